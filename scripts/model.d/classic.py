"""Protocols whose attacks are known: what the checker itself is tested on."""
from dy import (Knowledge, Search, Session, Violation, aenc, const, dh, ek, enc, h, kk, ct, name, own, point, receive, sign, tup, vk)

A, B, E = const('A'), const('B'), const('E')


def private(agent):
    return own('sk') if agent is E else name('sk', agent.args[0])


def public_key(agent):
    return ek(private(agent))


def to(k, agent, tag, *fields):
    """What an agent can be made to take that is encrypted to its key: ready made, or composed, the key being public."""
    for t in k.all('aenc'):
        if t.args[0] is public_key(agent) and t.args[1].args[0] == tag:
            yield t.args[1].args[1:]
    done = [()]
    for field in fields:
        done = [d + (c,) for d in done for c in field(*d)]
    yield from done


def nonces(k):
    return k.all('name') + [own('n')]


def ns(lowe):
    """Needham and Schroeder's protocol with public keys (1978); with Lowe's mend (1995) the second message names its sender."""
    def initiator(s, k, others):
        if s.step == 'start':
            na = name('na', s.sid)
            yield s.to('sent', na=na), [aenc(public_key(s.peer), tup('1', na, A))]
        elif s.step == 'sent':
            for fields in to(k, A, '2', lambda *f: k.exact(s.na), lambda *f: nonces(k), *([lambda *f: [B, E]] if lowe else [])):
                if fields[0] is s.na and (not lowe or fields[2] is s.peer):
                    yield s.to('done', nb=fields[1]), [aenc(public_key(s.peer), tup('3', fields[1]))]

    def responder(s, k, others):
        if s.step == 'wait':
            for na, peer in to(k, B, '1', lambda *f: nonces(k), lambda *f: [A, E]):
                nb = name('nb', s.sid)
                yield s.to('sent', na=na, nb=nb, peer=peer), [aenc(public_key(peer), tup('2', na, nb, *([B] if lowe else [])))]
        elif s.step == 'sent':
            for nb, in to(k, B, '3', lambda *f: k.exact(s.nb)):
                if nb is s.nb:
                    yield s.to('done'), []

    def check(before, after, sessions, k, leaked):
        for s in sessions:
            if s.role is responder and s.step == 'done' and s.peer is A:
                if not any(o.role is initiator and o.step == 'done' and o.peer is B and o.na is s.na and o.nb is s.nb for o in sessions):
                    raise Violation('authentication', 'B took the intruder for A')

    def run():
        sessions = [Session(initiator, 'a1', 'start', {'peer': E}), Session(initiator, 'a2', 'start', {'peer': B}), Session(responder, 'b1', 'wait', {}), Session(responder, 'b2', 'wait', {})]
        return search(sessions, [public_key(A), public_key(B)], check)
    return run


def exchange(signed, static):
    """Diffie-Hellman or, where static, a KEM to a long-term key: without signatures the intruder stands in the middle; without ephemeral keys later theft opens all."""
    sk = name('sk', 'B')

    def a(s, k, others):
        x = name('x', s.sid)
        if s.step == 'start':
            if static:
                yield s.to('done', app=h('k', kk(ek(sk), x))), [ct(ek(sk), x)]
            else:
                yield s.to('sent'), [point(x)]
        elif s.step == 'sent':
            for p in k.points():
                if not signed or k.has(sign(sk, h('t', point(x), p))):
                    yield s.to('done', app=h('k', dh(point(x), p))), []

    def b(s, k, others):
        if s.step == 'wait':
            y = name('y', s.sid)
            for p in k.points():
                yield s.to('over'), [point(y), sign(sk, h('t', p, point(y)))]

    def check(before, after, sessions, k, leaked):
        for s in sessions:
            if s.role is a and 'app' in s.locals and (not leaked or 'sealed' in s.locals) and k.has(s.app):
                raise Violation('secrecy', 'the intruder has the key')

    return lambda: search([Session(a, 'a1', 'start', {}), Session(a, 'a2', 'start', {}), Session(b, 'b1', 'wait', {}), Session(b, 'b2', 'wait', {})],
                          [ek(sk), vk(sk)], check, leak=[sk])


def search(sessions, knowledge, check, leak=None):
    return Search(sessions, Knowledge.of([], frozenset()).add(knowledge), check, leak, stop=bool).run()


# name, run, whether an attack is there to be found
TESTS = [
    ('Needham-Schroeder public key: Lowe\'s attack', ns(False), True),
    ('Needham-Schroeder-Lowe', ns(True), False),
    ('Diffie-Hellman without signatures: man in the middle', exchange(False, False), True),
    ('signed Diffie-Hellman, later theft', exchange(True, False), False),
    ('KEM to a long-term key, later theft', exchange(False, True), True),
]
