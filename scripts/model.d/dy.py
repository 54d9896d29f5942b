"""Terms, the intruder's knowledge, and the search through all runs of a bounded number of sessions (Dolev-Yao).

A term is kept once, so that equality is identity. Messages have types: a field takes what the intruder knows of that type or makes himself.
"""
import itertools


class Term:
    """op(args); args are terms or strings. What each op means to the intruder stands in Knowledge."""
    __slots__ = ('op', 'args', 'n')
    made = {}

    def __repr__(self):
        return self.op + ('(' + ', '.join(map(str, self.args)) + ')' if self.args else '')


def T(op, *args):
    term = Term.made.get((op, args))
    if term is None:
        term = Term()
        term.op, term.args, term.n = op, args, len(Term.made)
        Term.made[op, args] = term
    return term


def const(text):
    """Public."""
    return T('const', text)


def name(*parts):
    """Fresh and secret until sent."""
    return T('name', '.'.join(map(str, parts)))


def own(text):
    """A value of the intruder's own making: a private key, a random number."""
    return T('own', text)


def ek(sk): return T('ek', sk)                      # KEM public key
def ct(key, r): return T('ct', key, r)              # KEM ciphertext made with randomness r
def kk(key, r): return T('kk', key, r)              # the secret in it
def point(x): return T('point', x)                  # X25519 public key
def dh(p, q): return T('dh', *sorted((p, q), key=lambda t: t.n))  # shared point of two public keys: commutative
def coded(value, n): return T('coded', value, n)    # Kemeleon: anyone decodes and encodes again
def enc(key, payload): return T('enc', key, payload)  # authenticated encryption
def aenc(key, payload): return T('aenc', key, payload)  # public-key encryption, for the checker's own tests
def sign(sk, text): return T('sign', sk, text)
def vk(sk): return T('vk', sk)
def tup(tag, *fields): return T('tup', tag, *fields)  # a message with its type
def h(label, *args): return T('h', label, *args)    # hash, HMAC, Extract, Expand: one way in every argument


class Knowledge:
    """What the intruder has, taken apart as far as he can. Immutable; one object for each set of terms and what is broken."""
    made = {}

    @classmethod
    def of(cls, parts, broken):
        key = (frozenset(parts), broken)
        found = cls.made.get(key)
        if found is None:
            found = cls.made[key] = cls(key)
        return found

    def __init__(self, key):
        self.parts, self.broken = key
        self.memo = {}
        self.yes = set()
        self.lists = {}
        self.grown = {}

    def add(self, terms):
        terms = tuple(t for t in terms if t not in self.parts)
        if not terms:
            return self
        if terms not in self.grown:
            parts, todo, sealed = set(self.parts), list(terms), self.all('enc') + self.all('aenc')
            while True:
                while todo:
                    t = todo.pop()
                    if t in parts:
                        continue
                    parts.add(t)
                    if t.op == 'tup':
                        todo += t.args[1:]
                    elif t.op == 'coded':
                        todo.append(t.args[0])
                    elif t.op in ('enc', 'aenc'):
                        sealed.append(t)
                now = Knowledge.of(parts, self.broken)
                for t in sealed:
                    key = t.args[0].args[0] if t.op == 'aenc' else t.args[0]
                    if t.args[1] not in parts and now.has(key):
                        todo.append(t.args[1])
                if not todo:
                    break
            now.yes |= self.yes  # who knows more can make what he could
            self.grown[terms] = now
        return self.grown[terms]

    def has(self, t):
        """Whether the intruder can make t."""
        if t in self.yes:
            return True
        known = self.memo.get(t)
        if known is None:
            known = self.memo[t] = t in self.parts or self.makes(t)
            if known:
                self.yes.add(t)
        return known

    def makes(self, t):
        op, args = t.op, t.args
        if op in ('const', 'own'):
            return True
        if op in ('name', 'secret'):
            return False
        if op == 'kk':
            key, r = args
            return self.has(key) and self.has(r) or self.has(T('ct', key, r)) and ('kem' in self.broken or key.op == 'ek' and self.has(key.args[0]))
        if op == 'dh':
            return any(self.has(q) and ('dh' in self.broken and self.has(p) or self.has(p.args[0])) for p, q in (args, args[::-1]))
        for a in reversed(args):  # what is new stands last, and the chain behind it is long
            if type(a) is Term and not self.has(a):
                return False
        return True

    def all(self, op):
        """What he has taken apart of one kind, in the order of its making."""
        if op not in self.lists:
            self.lists[op] = sorted((t for t in self.parts if t.op == op), key=lambda t: t.n)
        return self.lists[op]

    # Choices for a field of a message that the intruder composes.
    def points(self): return self.all('point') + [point(own('x'))]
    def eks(self): return self.all('ek') + [ek(own('sk'))]
    def cts(self, key): return [c for c in self.all('ct') if c.args[0] is key] + ([ct(key, own('r'))] if self.has(key) else [])
    def exact(self, t): return [t] if self.has(t) else []


def receive(k, key, tag, *fields, clear=False):
    """The payloads of type tag that a party with this key can be made to accept: those sealed with it on the wire, and, where the intruder has the key, all that he can compose.
    A field is a function of the fields before it that gives its choices (k's, or a check against one expected term). clear: the frame is not protected."""
    seen = set()
    if not clear:
        for t in k.all('enc'):
            if t.args[0] is key and t.args[1].args[0] == tag and t not in seen:
                seen.add(t.args[1])
                yield t.args[1].args[1:]
        if not k.has(key):
            return

    def compose(done):
        if len(done) == len(fields):
            yield done
            return
        for choice in fields[len(done)](*done):
            yield from compose(done + (choice,))

    for done in compose(()):
        if tup(tag, *done) not in seen:
            seen.add(tup(tag, *done))
            yield done


class Session:
    """One run of one role. locals are its variables; step says what it waits for; trace is for people."""
    __slots__ = ('role', 'sid', 'step', 'locals', 'id')

    def __init__(self, role, sid, step, variables):
        self.role, self.sid, self.step, self.locals = role, sid, step, variables
        self.id = (role.__name__, sid, step, frozenset(variables.items()))

    def __getattr__(self, attribute):
        try:
            return self.locals[attribute]
        except KeyError:
            raise AttributeError(attribute) from None

    def alike(self, o):
        """Whether both have yet to begin and differ in name only; then the first goes first."""
        return self.step == o.step == 'wait' and self.role == o.role and self.locals == o.locals

    def keyed(self):
        """Whether it has keys that later theft must not open."""
        return any(v in self.locals for v in ('app', 'token_sent', 'kid_sent'))

    def to(self, step, **changes):
        return Session(self.role, self.sid, step, {**self.locals, **changes})


class Violation(Exception):
    def __init__(self, prop, text):
        super().__init__(prop, text)
        self.prop, self.text = prop, text


class Found(Exception):
    pass


class Search:
    """All interleavings. role(session, knowledge, others) yields (next session, terms it sends); check(before, after, sessions, knowledge, leaked) raises Violation.
    leak: what the intruder is given at some moment when there are secrets to keep; goes_on: whether sessions go on after it. stop: whether these violations are enough."""

    def __init__(self, sessions, knowledge, check, leak=None, stop=None, goes_on=True, limit=2_000_000):
        self.check, self.leak, self.stop, self.goes_on, self.limit = check, leak, stop, goes_on, limit
        self.violations = {}
        self.states = 0
        self.reached = set()
        # A session that waits for nothing to begin begins at once: earlier messages never take anything from the intruder.
        self.start = (tuple(sessions), knowledge, False)

    def run(self):
        seen, stack = set(), [(self.start, None)]
        while stack:
            (sessions, knowledge, leaked), past = stack.pop()
            key = (tuple(s.id for s in sessions), knowledge.parts, leaked)
            if key in seen:
                continue
            seen.add(key)
            self.states += 1
            if self.states > self.limit:
                raise RuntimeError('more states than the bound')
            for s in sessions:
                self.reached.add((s.role.__name__, s.step))
            if leaked and not self.goes_on:
                continue
            eager = next((i for i, s in enumerate(sessions) if s.step == 'start'), None)
            for i, s in enumerate(sessions):
                if eager is not None and i != eager or any(s.alike(o) for o in sessions[:i]):
                    continue
                for after, sent in s.role(s, knowledge, sessions):
                    new = sessions[:i] + (after,) + sessions[i + 1:]
                    self.judge(s, after, new, knowledge.add(sent), leaked, (past, f'{s.role.__name__} {s.sid}: {s.step} -> {after.step}'), stack)
                    if self.stop is not None and self.stop(self.violations):
                        return self
            if self.leak is not None and not leaked and any(s.keyed() for s in sessions):
                sealed = tuple(s.to(s.step, sealed=True) if s.keyed() else s for s in sessions)
                self.judge(None, None, sealed, knowledge.add(self.leak), True, (past, 'long-term keys leak'), stack)
        return self

    def judge(self, before, after, sessions, knowledge, leaked, past, stack):
        try:
            self.check(before, after, sessions, knowledge, leaked)
        except Violation as v:
            self.violations.setdefault(v.prop, (v.text, past))
        else:
            stack.append(((sessions, knowledge, leaked), past))


def steps(past):
    """The run that led here, first step first."""
    out = []
    while past is not None:
        past, text = past
        out.append(text)
    return out[::-1]
