"""The handshake of docs/spec/qnsp.md, section H, as roles of the checker. Comments cite its steps."""
from collections import namedtuple

from dy import T, Session, Violation, coded, const, ct, dh, ek, enc, h, kk, name, own, point, receive, sign, tup

NONE, ZEROS = const('none'), const('zeros')
ALICE, EVE = const('alice'), const('eve')          # eve is the intruder as a user
S, F, E = const('S'), const('F'), const('E')       # hosts; E is the intruder's
DUPLEX, SIMPLEX = const('DUPLEX'), const('SIMPLEX')
PLAIN, QUANTUM = const('plain'), const('quantum')
KEM, SIG, ZK, AUTH = const('kem'), const('sig'), const('zk'), const('auth-key')
ONE, ZERO = const('1'), const('0')


def private(who, half):
    return own(f'{half}.{who.args[0]}') if who in (E, EVE) else name(half, who.args[0])


def host_key(host):
    return ek(private(host, 'kem')), point(private(host, 'dh'))


user_key = host_key  # of the same type; sig keys stand beside it


def fingerprint(who):
    return h('fingerprint', *host_key(who))


def auth_key(user, host):
    """An auth key that this user has for this host (H-37), by its id."""
    return (own if user is EVE or host is E else name)(f'psk.{user.args[0]}.{host.args[0]}')


def auth_id(user, host):
    return const(f'id.{user.args[0]}.{host.args[0]}')


def quantum_key(kid):
    """What the key servers of both ends give for an id: never on the wire."""
    return own('kq') if kid.op == 'own' else T('secret', 'kq.' + kid.args[0])


LONG_TERM = [private(w, half) for w in (S, F, ALICE) for half in ('kem', 'dh')] + [private(ALICE, 'sig')]
TOKEN = name('invite')
SHARED = [auth_key(ALICE, S), auth_key(ALICE, F), TOKEN] + [quantum_key(name('kid', c)) for c in ('c1', 'c2')]


class Chain(namedtuple('Chain', 'th ck view')):
    """th and ck of H-1 to H-17. view is the bare sequence of messages: what both ends must agree on, whatever th is made of."""

    def absorb(self, m, hashed=...):
        """hashed: what th takes of m, where a fault leaves something out; None for nothing."""
        hashed = m if hashed is ... else hashed
        return Chain(self.th if hashed is None else h('th', self.th, hashed), self.ck, T('view', self.view, m))

    def mix(self, label, *inputs):
        return self._replace(ck=h('extract', label, self.ck, *inputs))

    def key(self, label):
        return h('expand', label, self.ck, self.th)

    def mac(self, label, *extra, bound=True):
        return h('mac', self.key(label), self.th, *extra) if bound else h('mac', h('expand', label, self.ck), *extra)


def start(about, psk):
    th = h('th', about)
    return Chain(th, h('extract', 'init', ZEROS, th, psk), T('view', about))


class Model:
    """faults: what this variant of the protocol lacks. clear: the frames before the application protect nothing. stolen: long-term secrets that the intruder has from the start.
    methods: how the intruder himself tries to log in; a server takes them all."""

    def __init__(self, faults=(), clear=False, stolen=(), broken=(), methods=(KEM, SIG, ZK, AUTH), invite=False, modes=(DUPLEX,), flags=(PLAIN,), enrol=False, only=None):
        self.faults, self.clear, self.stolen, self.broken = frozenset(faults), clear, frozenset(stolen), frozenset(broken)
        self.methods, self.invite, self.modes, self.flags, self.enrol, self.only = methods, invite, modes, flags, enrol, only

    def knowledge(self, hosts=(S,)):
        """What is public, of the hosts that take part."""
        public = [t for who in (*hosts, ALICE) for t in host_key(who)]
        if 'token' in self.stolen:
            public.append(TOKEN)
        return public + [private(w, half) for w in (S, F, ALICE) for half in ('kem', 'dh', 'sig') if w in self.stolen]

    def seal(self, key, payload):
        return payload if self.clear else enc(key, payload)

    def read(self, k, key, tag, *fields):
        return receive(k, key, tag, *fields, clear=self.clear)

    def names(self, k, kind):
        """rand goes into th and nowhere else, so another's is of use only where frames are altered on the way: whole frames are passed on anyhow."""
        return [t for t in k.all('name') if t.args[0].startswith(kind + '.') and (self.clear or kind != 'rand')] + [own(kind)]

    def points(self, k):
        """Of ephemeral keys, and the intruder's."""
        return [p for p in k.points() if not self.clear or p.args[0].args[0].startswith(('x.', 'xs.'))]

    def client_points(self, k, ek_e):
        """X_c beside this ek_e: the intruder's own, or the one that the same client sent. What a server sends does not depend on X_c, and nobody has the keys for any other."""
        return [p for p in self.points(k) if self.clear or p.args[0].op == 'own' or p.args[0].args[0][1:] == ek_e.args[0].args[0][1:]]

    def challenges(self, k):
        """X_z: one that is the intruder's or that a server will open. A commitment to another is never opened, and no better than junk."""
        return [p for p in k.all('point') if p.args[0].args[0].startswith('xz.')] + [point(own('x'))]

    def eks(self, k):
        return [e for e in k.eks() if not self.clear or e.args[0].args[0].startswith(('e.', 'e2.'))]

    # What both ends compute alike.

    def hello(self, chain, m):
        return chain.absorb(m, tup(m.args[0], *m.args[3:]) if 'mode' in self.faults else m)

    def mixed(self, chain, label, *secrets):
        return chain if 'no-' + label in self.faults else chain.mix(label, *secrets)

    def agree(self, chain, x_c, x_s, host_point):
        """H-10."""
        return self.mixed(self.mixed(chain, 'EE', dh(x_c, x_s)), 'ES', dh(x_c, host_point))

    def fin_s(self, chain):
        return chain.mac('fin S', bound='sf-th' not in self.faults)

    def secret_a(self, user, host, kc, shared, c, th):
        """H-14."""
        return h('a', kc, shared, *([] if 'a-host' in self.faults else [fingerprint(host)]), user, fingerprint(user), c, *([] if 'a-th' in self.faults else [th]))

    def confirm(self, a, th):
        return h('confirm', a, *([] if 'a-th' in self.faults else [th]))

    def commitment(self, rho, user, host, th, c, x_z, kc, shared):
        """H-34."""
        return h('zk', rho, *([] if 'com-host' in self.faults else [fingerprint(host)]), user, *([] if 'zk-th' in self.faults else [th]), c, x_z, kc, shared)

    def signature(self, user, host, th, head):
        """H-12."""
        t = h('t', *([] if 'sig-th' in self.faults else [th]), head)
        return sign(private(user, 'sig'), h('QNSP-auth', t, *([] if 'sig-host' in self.faults else [fingerprint(host)]), user))

    def shared(self, chain, psk, kid):
        """H-16."""
        chain = chain.mix('PSK', psk)
        return chain.mix('QKD', ZEROS, ZEROS) if kid is NONE else chain.mix('QKD', quantum_key(kid), h('qctx', kid))

    def quantum_mac(self, chain, label, kid):
        """H-32."""
        return chain._replace(ck=h('extract', 'QKD confirm', chain.ck, quantum_key(kid), h('qctx', kid))).mac(label)

    def fin_c2(self, chain):
        return chain.mac('fin C2', bound='ca-th' not in self.faults)

    # The client. Its variables: host, user, method, auth (whether it offers its auth key), quantum (no, prefer, only).

    def client(self, s, k, others):
        yield from getattr(self, 'client_' + s.step.replace('-', '_'), lambda *a: ())(s, k)

    def client_start(self, s, k):
        mode = SIMPLEX if s.method is NONE else DUPLEX
        flags = QUANTUM if s.quantum else PLAIN
        e, x, n, rand = name('e', s.sid), name('x', s.sid), name('n', s.sid), name('rand', s.sid)
        if self.invite:
            nonce, eek = name('nonce', s.sid), coded(ek(e), n)
            tag = self.tag(eek, nonce)
            yield s.to('reply', mode=mode, flags=flags, opening=tup('O', eek, nonce, tag)), [tup('O', eek, nonce, tag)]
            return
        host_ek, _ = host_key(s.host)
        r = name('rS', s.sid)
        ec = coded(ct(host_ek, r), n)
        chain = start(fingerprint(s.host), ZEROS).absorb(ec, None if 'ec' in self.faults else ec).mix('KS', kk(host_ek, r))
        m = tup('CH', mode, flags, rand, ek(e), point(x), name('kid', s.sid) if 'kid-early' in self.faults and s.quantum else NONE)
        sent = [ec, self.seal(chain.key('early c2s'), m)]
        early = chain.key('early s2c')
        yield s.to('hello', chain=self.hello(chain, m), early=early, **({'kid_sent': name('kid', s.sid)} if 'kid-early' in self.faults and s.quantum else {})), sent

    def tag(self, eek, nonce):
        """H-20."""
        return h('invite tag', TOKEN, *([] if 'tag' in self.faults else [eek]), nonce)

    def client_reply(self, s, k):
        """H-21 to H-23."""
        e, x = name('e', s.sid), name('x', s.sid)
        for c in k.cts(ek(e)):
            for r in [t for t in k.all('coded') if t.args[0] is c] + [coded(c, own('n'))]:
                chain = start(const('first contact'), TOKEN).absorb(s.opening).absorb(r).mix('KE', kk(*c.args))
                for key in self.read(k, chain.key('early s2c'), 'HK', lambda *f: self.hosts(), lambda *f: [host_key(w)[1] for w in (S, E) if host_key(w)[0] is f[0]]):
                    if key != host_key(s.host) and 'fingerprint' not in self.faults:
                        continue
                    r_s = name('rS', s.sid)
                    m = tup('CK', s.mode, s.flags, name('rand', s.sid), ct(key[0], r_s), point(x))
                    after = self.hello(chain.absorb(tup('HK', *key)), m)
                    yield s.to('hello', chain=after, early=chain.key('early s2c'), got=tup('HK', *key), r_s=kk(key[0], r_s)), [self.seal(chain.key('early c2s'), m)]

    def hosts(self):
        return [host_key(S)[0], host_key(E)[0]]

    def client_hello(self, s, k):
        """SH (SK) and SF: H-10, H-11."""
        e, x = ek(name('e', s.sid)), point(name('x', s.sid))
        host_point = s.got.args[2] if self.invite else host_key(s.host)[1]
        fields = (lambda *f: self.names(k, 'rand'),) + (() if self.invite else (lambda *f: k.cts(e),)) + (
            lambda *f: self.points(k), lambda *f: self.eks(k) if s.method is not NONE else [NONE])
        for m in self.read(k, s.early, 'SK' if self.invite else 'SH', *fields):
            message = tup('SK' if self.invite else 'SH', *m)
            chain = s.chain.absorb(message)
            chain = chain.mix('KS', s.r_s) if self.invite else self.mixed(chain, 'KE', kk(*m[1].args))
            x_s, ek_e2 = m[-2], m[-1]
            chain = self.agree(chain, x, x_s, host_point)
            mac = self.fin_s(chain)
            if 'ci-early' in self.faults:
                finished = [(mac,)]
            else:
                finished = [f for f in self.read(k, chain.key('handshake s2c'), 'SF', lambda *f: k.exact(mac)) if f[0] is mac]
            for _ in finished:
                known = s.to('', hs=(chain.key('handshake c2s'), chain.key('handshake s2c')), chain=chain.absorb(tup('SF', mac)), x_s=x_s, ek_e2=ek_e2, x=x,
                             finished=chain.view)
                if s.quantum:
                    kid = name('kid', s.sid)
                    m = tup('QO', kid)
                    yield known.to('quantum', chain=known.chain.absorb(m), kid_sent=kid), [self.seal(known.hs[0], m)]
                else:
                    yield self.identify(known, NONE, [])

    def client_quantum(self, s, k):
        """H-33."""
        mac = self.quantum_mac(s.chain, 'fin QS', s.kid_sent)
        for result, m in self.read(k, s.hs[1], 'QA', lambda *f: [ZERO, ONE], lambda r: k.exact(mac) if r is ZERO else self.names(k, 'junk')):
            qa = tup('QA', result, m)
            chain = s.chain.absorb(qa, None if 'qa' in self.faults else qa)
            if result is ZERO and m is mac:
                qc = tup('QC', self.quantum_mac(chain, 'fin QC', s.kid_sent))
                yield self.identify(s.to('', chain=chain.absorb(qc)), s.kid_sent, [self.seal(s.hs[0], qc)])
            elif result is ONE and s.quantum == 'prefer':
                qo = tup('QO', NONE)
                yield self.identify(s.to('', chain=chain.absorb(qo)), NONE, [self.seal(s.hs[0], qo)])

    def identify(self, s, kid, sent):
        """CI (H-12), or CF (H-16). Returns what a step yields."""
        chain = s.chain
        if s.method is NONE:
            m = tup('CF', chain.mac('fin C'))
            chain = self.shared(chain.absorb(m).mix('KE2', ZEROS), ZEROS, kid).mix('CA', ZEROS)
            return self.over(s, 'accept', chain, kid), sent + [self.seal(s.hs[0], m)]
        r = name('rE2', s.sid)
        token = name('ci', s.sid)
        head = (ct(s.ek_e2, r), s.user, s.method, NONE if s.method is AUTH else fingerprint(s.user), NONE, auth_id(s.user, s.host) if s.auth else NONE, token)
        m = tup('CI', *head, self.signature(s.user, s.host, chain.th, tup('head', *head)) if s.method is SIG else NONE)
        return s.to('challenge', chain=chain.absorb(m).mix('KE2', kk(s.ek_e2, r)), kid=kid, token_sent=token), sent + [self.seal(s.hs[0], m)]

    def over(self, s, step, chain, kid=NONE):
        return s.to(step, chain=chain, app=chain.key('application'), kid=kid)

    def client_challenge(self, s, k):
        """H-15, H-34."""
        user_ek, user_point = user_key(s.user)
        which = [ONE] if s.method is AUTH and 'auth-zero' not in self.faults else [ZERO, ONE] if s.auth else [ZERO]
        th = s.chain.th

        def confirm(w, c):
            return self.confirm(self.a_of(s, c, th), th)

        if s.method is KEM:
            fields = lambda *f: k.cts(user_ek), lambda w, c: k.exact(confirm(w, c))
        elif s.method is ZK:
            fields = lambda *f: k.cts(user_ek), lambda *f: self.challenges(k)
        else:
            fields = lambda *f: [const('accepted')], lambda *f: [NONE]
        for m in self.read(k, s.hs[1], 'SC', lambda: which, *fields):
            if m[0] not in which:
                continue
            chain = self.shared(s.chain.absorb(tup('SC', *m)), auth_key(s.user, s.host) if m[0] is ONE else ZEROS, s.kid)
            if s.method is KEM and m[2] is confirm(*m[:2]):
                yield self.answer(s, chain.mix('CA', self.a_of(s, m[1], th)), [])
            elif s.method is ZK and m[1].op == 'ct' and m[1].args[0] is user_ek:
                com = self.commitment(name('rho', s.sid), s.user, s.host, chain.th, m[1], m[2], kk(*m[1].args), dh(user_point, m[2]))
                cc = tup('CC', com)
                yield s.to('openings', chain=chain.absorb(cc), c=m[1], x_z=m[2]), [self.seal(s.hs[0], cc)]
            elif s.method in (SIG, AUTH):
                yield self.answer(s, chain.mix('CA', ZEROS), [])

    def a_of(self, s, c, th):
        user_point = user_key(s.user)[1]
        return self.secret_a(s.user, s.host, kk(*c.args), dh(user_point, s.x_s), c, th)

    def client_openings(self, s, k):
        """H-36: the client encapsulates again and compares."""
        for m, x_z in self.read(k, s.hs[1], 'SO', lambda: k.exact(s.c.args[1]), lambda m: k.exact(s.x_z.args[0])):
            if m is s.c.args[1] and x_z is s.x_z.args[0]:
                co = tup('CO', name('rho', s.sid))
                chain = s.chain.absorb(tup('SO', m, x_z)).absorb(co)
                yield self.answer(s, chain.mix('CA', ZEROS), [self.seal(s.hs[0], co)])

    def answer(self, s, chain, sent):
        """H-16."""
        m = tup('CA', self.fin_c2(chain))
        return self.over(s, 'accept', chain.absorb(m), s.kid), sent + [self.seal(s.hs[0], m)]

    def client_accept(self, s, k):
        """H-18."""
        mac = s.chain.mac('fin S2')
        for m, in self.read(k, s.chain.key('application s2c'), 'SA', lambda: k.exact(mac)):
            if m is mac:
                yield s.to('done'), []

    # The server. Its variables: host, fails (whether its key server refuses).

    def server(self, s, k, others):
        yield from getattr(self, 'server_' + s.step, lambda *a: ())(s, k)

    def server_wait(self, s, k):
        if self.invite:
            yield from self.server_opening(s, k)
            return
        host_ek, host_point = host_key(s.host)
        for c in k.cts(host_ek):
            for ec in [t for t in k.all('coded') if t.args[0] is c] + [coded(c, own('n'))]:
                first = start(fingerprint(s.host), ZEROS).absorb(ec, None if 'ec' in self.faults else ec).mix('KS', kk(*c.args))
                for m in self.read(k, first.key('early c2s'), 'CH', lambda *f: self.modes, lambda *f: self.flags, lambda *f: self.names(k, 'rand'), lambda *f: self.eks(k),
                                   lambda *f: self.client_points(k, f[3]), lambda *f: [NONE]):
                    mode, flags, _, ek_e, x_c, _ = m
                    r = name('rE', s.sid)
                    x_s = point(name('xs', s.sid))
                    sh = tup('SH', name('rand', s.sid), ct(ek_e, r), x_s, ek(name('e2', s.sid)) if mode is DUPLEX else NONE)
                    chain = self.mixed(self.hello(first, tup('CH', *m)).absorb(sh), 'KE', kk(ek_e, r))
                    yield self.finish(s, chain, mode, flags, x_c, x_s, host_point, [self.seal(first.key('early s2c'), sh)])

    def server_opening(self, s, k):
        """H-20 to H-22."""
        eeks = [t for t in k.all('coded') if t.args[0].op == 'ek'] + [coded(e, own('n')) for e in k.eks() if e.args[0].args[0].startswith(('e.', 'sk'))]
        for eek in eeks:
            for nonce in self.names(k, 'nonce'):
                if k.has(self.tag(eek, nonce)):
                    ek_e = eek.args[0]
                    opening = tup('O', eek, nonce, self.tag(eek, nonce))
                    c = ct(ek_e, name('rE', s.sid))
                    r = coded(c, name('n', s.sid))
                    first = start(const('first contact'), TOKEN).absorb(opening).absorb(r).mix('KE', kk(*c.args))
                    hk = tup('HK', *host_key(s.host))
                    yield s.to('contact', answered=opening, chain=first.absorb(hk), early=(first.key('early c2s'), first.key('early s2c'))), [r, self.seal(first.key('early s2c'), hk)]

    def server_contact(self, s, k):
        host_ek, host_point = host_key(s.host)
        for m in self.read(k, s.early[0], 'CK', lambda *f: self.modes, lambda *f: self.flags, lambda *f: self.names(k, 'rand'), lambda *f: k.cts(host_ek), lambda *f: self.points(k)):
            mode, flags, _, c, x_c = m
            if c.args[0] is not host_ek:
                continue  # decapsulates to what nobody knows
            x_s = point(name('xs', s.sid))
            sk = tup('SK', name('rand', s.sid), x_s, ek(name('e2', s.sid)) if mode is DUPLEX else NONE)
            chain = self.hello(s.chain, tup('CK', *m)).absorb(sk).mix('KS', kk(*c.args))
            yield self.finish(s, chain, mode, flags, x_c, x_s, host_point, [self.seal(s.early[1], sk)])

    def finish(self, s, chain, mode, flags, x_c, x_s, host_point, sent):
        """H-11."""
        chain = self.agree(chain, x_c, x_s, host_point)
        sf = tup('SF', self.fin_s(chain))
        step = 'quantum' if flags is QUANTUM else 'identity' if mode is DUPLEX else 'finished'
        return s.to(step, mode=mode, hs=(chain.key('handshake c2s'), chain.key('handshake s2c')), chain=chain.absorb(sf), x_s=x_s, kid=NONE,
                    finished=chain.view), sent + [self.seal(chain.key('handshake s2c'), sf)]

    def server_quantum(self, s, k):
        """H-32."""
        following = 'identity' if s.mode is DUPLEX else 'finished'
        for kid, in self.read(k, s.hs[0], 'QO', lambda: self.names(k, 'kid') + [NONE]):
            chain = s.chain.absorb(tup('QO', kid))
            if kid is NONE:
                yield s.to(following, chain=chain), []
            elif s.fails:
                qa = tup('QA', ONE, name('junk', s.sid))
                yield s.to('quantum', chain=chain.absorb(qa, None if 'qa' in self.faults else qa), fails=False), [self.seal(s.hs[1], qa)]
            else:
                qa = tup('QA', ZERO, self.quantum_mac(chain, 'fin QS', kid))
                yield s.to('confirm', chain=chain.absorb(qa, None if 'qa' in self.faults else qa), kid=kid), [self.seal(s.hs[1], qa)]

    def server_confirm(self, s, k):
        mac = self.quantum_mac(s.chain, 'fin QC', s.kid)
        for m, in self.read(k, s.hs[0], 'QC', lambda: k.exact(mac)):
            if m is mac:
                yield s.to('identity' if s.mode is DUPLEX else 'finished', chain=s.chain.absorb(tup('QC', mac))), []

    def server_finished(self, s, k):
        mac = s.chain.mac('fin C')
        for m, in self.read(k, s.hs[0], 'CF', lambda: k.exact(mac)):
            if m is mac:
                chain = self.shared(s.chain.absorb(tup('CF', mac)).mix('KE2', ZEROS), ZEROS, s.kid).mix('CA', ZEROS)
                yield self.welcome(s.to('', user=NONE), chain)

    def server_identity(self, s, k):
        """CI and SC: H-12 to H-14."""
        e2 = ek(name('e2', s.sid))
        users = [ALICE, EVE]
        ids = [NONE] + [auth_id(u, s.host) for u in users]
        found = self.read(k, s.hs[0], 'CI', lambda *f: k.cts(e2), lambda *f: users, lambda *f: self.methods,
                          lambda c, u, method: [NONE] if method is AUTH else [fingerprint(u)] + ([fingerprint(ALICE)] if method is ZK and u is EVE else []),
                          lambda *f: [NONE, fingerprint(EVE)] if self.enrol else [NONE],
                          lambda *f: ids if AUTH in self.methods else [NONE], lambda *f: self.names(k, 'ci'),
                          lambda *f: k.exact(self.signature(f[1], s.host, s.chain.th, tup('head', *f))) if f[2] is SIG else [NONE])
        for m in found:
            c_e2, user, method, key, _, aid, _, signature = m
            if method is SIG and signature is not self.signature(user, s.host, s.chain.th, tup('head', *m[:-1])):
                continue
            owner = user if method is AUTH else next((u for u in users if fingerprint(u) is key), None)
            if owner is None or owner is not user and method is not ZK:
                continue  # decoys, of which nothing can come
            valid = aid is auth_id(user, s.host) or 'psk-user' in self.faults and aid is not NONE
            if method is AUTH and not valid:
                continue
            psk = auth_key(EVE if aid is auth_id(EVE, s.host) else ALICE, s.host) if valid else ZEROS
            chain = s.chain.absorb(tup('CI', *m)).mix('KE2', kk(*c_e2.args))
            th, w = chain.th, ONE if valid else ZERO
            owner_ek, owner_point = user_key(owner)
            known = s.to('', user=user)
            if method is KEM:
                c = ct(owner_ek, name('rC', s.sid))
                a = self.secret_a(user, s.host, kk(*c.args), dh(owner_point, s.x_s), c, th)
                sc = tup('SC', w, c, self.confirm(a, th))
                chain = self.shared(chain.absorb(sc), psk, s.kid)
                yield known.to('answer', chain=chain.mix('CA', a), c=c, asked=th), [self.seal(s.hs[1], sc)]
            elif method is ZK:
                m_z, x_z = name('mz', s.sid), name('xz', s.sid)
                c = ct(owner_ek, m_z)
                sc = tup('SC', w, c, point(x_z))
                chain = self.shared(chain.absorb(sc), psk, s.kid)
                openings = [self.seal(s.hs[1], tup('SO', m_z, x_z))] if 'so-early' in self.faults else []
                yield known.to('commitment', chain=chain, c=c, asked=chain.th, holds=owner is user), [self.seal(s.hs[1], sc)] + openings
            else:
                sc = tup('SC', w, const('accepted'), NONE)
                yield known.to('answer', chain=self.shared(chain.absorb(sc), psk, s.kid).mix('CA', ZEROS)), [self.seal(s.hs[1], sc)]

    def proof(self, s, rho):
        m_z, x_z = name('mz', s.sid), name('xz', s.sid)
        return self.commitment(rho, s.user, s.host, s.asked, s.c, point(x_z), kk(*s.c.args), dh(user_key(s.user)[1], point(x_z)))

    def server_commitment(self, s, k):
        """H-35. Of the commitments that the intruder can choose those matter that he has from others, or that open to what the server will compute."""
        m_z, x_z = name('mz', s.sid), name('xz', s.sid)
        for com, in self.read(k, s.hs[0], 'CC', lambda: [t for t in k.all('h') if t.args[0] == 'zk'] + k.exact(self.proof(s, own('rho'))) + [own('junk')]):
            so = tup('SO', m_z, x_z)
            yield s.to('proof', com=com, chain=s.chain.absorb(tup('CC', com)).absorb(so)), [self.seal(s.hs[1], so)]

    def server_proof(self, s, k):
        for rho, in self.read(k, s.hs[0], 'CO', lambda: k.exact(s.com.args[1]) if s.com.op == 'h' else []):
            if s.holds and self.proof(s, rho) is s.com:
                chain = s.chain.absorb(tup('CO', rho)).mix('CA', ZEROS)
                yield from self.server_answer(s.to('answer', chain=chain), k)

    def server_answer(self, s, k):
        """H-16, H-18."""
        mac = self.fin_c2(s.chain)
        for m, in self.read(k, s.hs[0], 'CA', lambda: k.exact(mac)):
            if m is mac:
                yield self.welcome(s, s.chain.absorb(tup('CA', mac)))

    def welcome(self, s, chain):
        return self.over(s, 'done', chain, s.kid), [self.seal(chain.key('application s2c'), tup('SA', chain.mac('fin S2')))]

    # An agent of alice's, forwarded to the intruder, with a key that is held to host S (docs/spec/agent.md, A-14, A-20). What is asked for th's that no server waits with is of no use.

    def agent(self, s, k, others):
        user_ek, user_point = user_key(ALICE)
        for o in others:
            if o.role.__name__ != 'server' or s.step == 'over':
                continue
            if s.step == 'wait' and o.step == 'answer' and 'c' in o.locals and k.has(o.asked) and k.has(o.c):
                yield s.to('over'), [self.secret_a(ALICE, S, kk(*o.c.args), dh(user_point, o.x_s), o.c, o.asked)]
            if s.step == 'wait' and o.step == 'identity' and k.has(o.chain.th):
                head = tup('head', ct(ek(name('e2', o.sid)), own('r')), ALICE, SIG, fingerprint(ALICE), NONE, NONE, own('ci'))
                yield s.to('over'), [self.signature(ALICE, S, o.chain.th, head)]
            if s.step == 'wait' and o.step == 'commitment' and k.has(o.asked):
                x_z = point(name('xz', o.sid))
                com = self.commitment(name('rho', s.sid), ALICE, S, o.asked, o.c, x_z, kk(*o.c.args), dh(user_point, x_z))
                yield s.to('committed', m=name('mz', o.sid), x_z=name('xz', o.sid)), [com]
        if s.step == 'committed' and k.has(s.m) and k.has(s.x_z):
            yield s.to('over'), [name('rho', s.sid)]

    # What must hold.

    def check(self, before, after, sessions, k, leaked):
        """After every step. A session keeps in 'sealed' that it had its keys before long-term keys leaked."""
        if after is not None and not leaked:
            self.agreement(before, after, sessions)
        for s in sessions:
            client = s.role.__name__ == 'client'
            if client and s.host is not E and S not in self.stolen:
                for what, prop in (('token_sent', 'identity'), ('kid_sent', 'quantum ids')):
                    if what in s.locals and (not leaked or 'sealed' in s.locals) and not self.clear and k.has(s.locals[what]):
                        self.violated(prop, f'the intruder learns what {s.sid} says to nobody but the host')
            if 'app' in s.locals and (not leaked or 'sealed' in s.locals):
                peers = [o for o in sessions if o.role is not s.role and o.locals.get('finished') is s.finished]
                private_to_us = (s.host is not E and (S not in self.stolen or peers)) if client else s.user is ALICE and ALICE not in self.stolen or s.user is NONE and peers
                if len(self.broken) == 2:  # what is left is a secret that both have: of those who use one
                    private_to_us = client or s.kid.op == 'name' or s.user is ALICE and AUTH in self.methods
                if private_to_us and k.has(s.app):
                    self.violated('forward secrecy' if leaked else 'secrecy', f'the intruder has the application keys of {s.sid}')

    def agreement(self, before, after, sessions):
        clients = [s for s in sessions if s.role.__name__ == 'client']
        servers = [s for s in sessions if s.role.__name__ == 'server']
        if after.role.__name__ == 'client' and after.host is not E and S not in self.stolen:
            if 'finished' in after.locals and 'finished' not in before.locals:
                if not any(o.host is after.host and o.locals.get('finished') is after.finished for o in servers):
                    self.violated('host', f'{after.sid} believes a host that has not said this')
                if any(o is not after and o.locals.get('finished') is after.finished for o in clients):
                    self.violated('host', 'two clients in one run')
            if after.step == 'done' and not any(o.step == 'done' and o.host is after.host and o.chain.view is after.chain.view for o in servers):
                self.violated('confirmation', f'{after.sid} believes in a login that the host has not accepted so')
        if after.role.__name__ == 'server':
            if after.step == 'done' and after.user is ALICE and ALICE not in self.stolen:
                if not any(o.user is ALICE and o.host is after.host and 'app' in o.locals and o.chain.view is after.chain.view and o.app is after.app for o in clients):
                    self.violated('user', f'{after.sid} takes for alice who is not, or what she has not said')
                if any(o is not after and o.step == 'done' and o.chain.view is after.chain.view for o in servers):
                    self.violated('user', 'one login of alice is taken twice')
            if after.step == 'done' and after.user is NONE and any(o.locals.get('finished') is after.finished for o in clients):
                if not any('app' in o.locals and o.chain.view is after.chain.view for o in clients):
                    self.violated('downgrade', f'{after.sid} is in another run than its client')
            if 'answered' in after.locals and 'token' not in self.stolen:
                if not any(o.locals.get('opening') is after.answered for o in clients):
                    self.violated('silence', 'the host answers an opening that no invited client made')

    def violated(self, prop, text):
        if self.only is None or prop in self.only:
            raise Violation(prop, text)
