"""scripts/model: searches, tells."""
import argparse
import gc
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import classic
from dy import Knowledge, Search, Session, steps
from qnsp import ALICE, AUTH, DUPLEX, E, F, KEM, LONG_TERM, NONE, PLAIN, QUANTUM, S, SHARED, SIG, SIMPLEX, ZK, Model

ALL = (KEM, SIG, ZK, AUTH)


class Case:
    """A model and the sessions that run in it: clients as (host, method, variables), servers as host or (host, variables)."""

    def __init__(self, title, model, clients=(), servers=(), agent=False, hosts=(S,), quick=False, goal=True, goes_on=False):
        self.title, self.model, self.hosts, self.quick, self.goal, self.goes_on = title, model, hosts, quick, goal, goes_on
        self.sessions = []
        for i, (host, method, *more) in enumerate(clients):
            self.sessions.append(Session(model.client, f'c{i + 1}', 'start', dict(host=host, user=ALICE, method=method, auth=method is AUTH, quantum='') | (more[0] if more else {})))
        for i, host in enumerate(servers):
            host, more = host if isinstance(host, tuple) else (host, {})
            self.sessions.append(Session(model.server, f's{i + 1}', 'wait', dict(host=host, fails=False) | more))
        if agent:
            self.sessions.append(Session(model.agent, 'a1', 'wait', {}))
        self.bounds = ', '.join(filter(None, [count(len(clients), 'client'), count(len(servers), 'server'), 'agent' if agent else '']))

    def search(self, stop=None):
        Knowledge.made.clear()
        model = self.model
        leak = LONG_TERM + ([] if len(model.broken) == 2 else SHARED)  # where nothing else is left, what is shared must be kept
        return Search(self.sessions, Knowledge.of([], model.broken).add(model.knowledge(self.hosts)), model.check, leak, stop, goes_on=self.goes_on).run()


def count(n, what):
    return f'{n} {what}{"s" if n > 1 else ""}' if n else ''


def label(method):
    return 'SIMPLEX' if method is NONE else method.args[0]


def only(method, **more):
    """A model in which the intruder tries this method."""
    return Model(methods=(method,) if method is not NONE else (KEM,), modes=(DUPLEX, SIMPLEX) if method is NONE else (DUPLEX,), **more)


def true_cases():
    for m in (*ALL, NONE):
        yield Case(f'{label(m)}: a login, and the intruder as a user', only(m), [(S, m)], [S, S], quick=True)
    for m in (*ALL, NONE):
        yield Case(f'{label(m)}: the same, and the intruder more often', only(m), [(S, m)], [S, S, S])
    for m in (*ALL, NONE):
        yield Case(f'{label(m)}: a login that goes on after long-term keys leaked', only(m), [(S, m)], [S], goes_on=True)
    for m in (*ALL, NONE):
        yield Case(f'{label(m)}: a login at the intruder\'s host, relayed', only(m), [(E, m)], [S], quick=m in (KEM, SIG, ZK), goal=False)
    for m in ALL:
        yield Case(f'{label(m)}: a login here, one at the intruder\'s host', only(m), [(S, m), (E, m)], [S] if m is ZK else [S, S])
    for m in (KEM, SIG, AUTH):
        yield Case(f'{label(m)}: two logins at the intruder\'s host', only(m), [(E, m), (E, m)], [S])
    for m in ALL:
        yield Case(f'{label(m)}: two logins, two servers', only(m), [(S, m), (S, m)], [S, S])
    for m in ALL:
        yield Case(f'{label(m)}: the host\'s key is stolen', only(m, stolen=[S]), [(S, m)], [S], quick=m is ZK)
        yield Case(f'{label(m)}: the user\'s key is stolen', only(m, stolen=[ALICE]), [(S, m)], [S])
        yield Case(f'{label(m)}: two hosts that know the user', only(m), [(F, m)], [F, S], hosts=(S, F))
    for m in (*ALL, NONE):
        for half in ('kem', 'dh'):
            yield Case(f'{label(m)}: {"ML-KEM" if half == "kem" else "X25519"} is broken', only(m, broken=[half]), [(S, m)], [S, S], quick=m is KEM)
    for m in (*ALL, NONE):
        yield Case(f'{label(m)}: frames protect nothing', Model(clear=True, enrol=m is not NONE, methods=(m,) if m is not NONE else (KEM,), modes=(DUPLEX, SIMPLEX)), [(S, m)], [S], quick=m is KEM)
    yield Case('all methods tried against a login by kem', Model(), [(S, KEM)], [S])
    yield Case('quantum keys: a login', only(KEM, flags=(PLAIN, QUANTUM)), [(S, KEM, {'quantum': 'only'})], [S, S], quick=True)
    yield Case('quantum keys: refused, and done without', only(KEM, flags=(PLAIN, QUANTUM)), [(S, KEM, {'quantum': 'prefer'})], [(S, {'fails': True})])
    yield Case('quantum keys: frames protect nothing', Model(clear=True, methods=(KEM,), flags=(PLAIN, QUANTUM)), [(S, KEM, {'quantum': 'prefer'})], [(S, {'fails': True})])
    yield Case('quantum keys: ML-KEM and X25519 are broken', only(KEM, flags=(PLAIN, QUANTUM), broken=['kem', 'dh'], only=('secrecy', 'forward secrecy')), [(S, KEM, {'quantum': 'only'})], [S])
    yield Case('auth key: ML-KEM and X25519 are broken', only(AUTH, broken=['kem', 'dh'], only=('secrecy', 'forward secrecy')), [(S, AUTH)], [S])
    yield Case('invite: first contact', only(KEM, invite=True), [(S, KEM)], [S, S], quick=True)
    yield Case('invite: its token is stolen', only(KEM, invite=True, stolen=['token']), [(S, KEM)], [S])
    for m in (KEM, SIG, ZK):
        yield Case(f'{label(m)}: an agent held to one host, asked for another', only(m), [], [F], agent=True, hosts=(S, F), quick=True, goal=False)


def faults():
    """name, what is left out, case."""
    def agent(m, fault):
        return Case('', only(m, faults=[fault]), [], [F], agent=True, hosts=(S, F))

    def clear(m, fault, **more):
        return Case('', Model(faults=[fault], clear=True, methods=(m,), **more), [(S, m)], [S])

    def stolen(m, fault):
        return Case('', only(m, faults=[fault], stolen=[S]), [(S, m)], [S])

    quantum = [(S, KEM, {'quantum': 'only'})]
    yield 'zk-th', 'the transcript in the zk commitment', stolen(ZK, 'zk-th')
    yield 'com-host', 'H(pk_S) in the zk commitment', agent(ZK, 'com-host')
    yield 'so-early', 'the commitment before the server\'s opening', Case('', only(ZK, faults=['so-early']), [], [S])
    yield 'a-host', 'H(pk_S) in a', agent(KEM, 'a-host')
    yield 'zk-relay', 'transcript and H(pk_S) in the zk commitment', Case('', only(ZK, faults=['zk-th', 'com-host']), [(E, ZK)], [S])
    yield 'sig-host', 'H(pk_S) in the signature', agent(SIG, 'sig-host')
    yield 'sig-th', 'the transcript in the signature, ML-KEM being broken', Case('', only(SIG, faults=['sig-th'], stolen=[S], broken=['kem']), [(S, SIG)], [S])
    yield 'ec', 'the coded opening in the transcript', Case('', only(KEM, faults=['ec']), [(S, KEM)], [S])
    yield 'mode', 'mode and flags in the transcript', clear(KEM, 'mode', modes=(DUPLEX,), flags=(PLAIN, QUANTUM))
    yield 'sf-th', 'the transcript in SF\'s mac', clear(KEM, 'sf-th')
    yield 'ca-th', 'the transcript in CA\'s mac', clear(AUTH, 'ca-th', enrol=True)
    yield 'qa', 'the result of QA in the transcript', Case('', Model(faults=['qa'], clear=True, methods=(KEM,), flags=(QUANTUM,)), [(S, KEM, {'quantum': 'prefer'})], [(S, {'fails': True})])
    yield 'kid-early', 'the wait of quantum key ids for the host\'s proof', Case('', only(KEM, faults=['kid-early'], flags=(PLAIN, QUANTUM)), quantum, [S])
    yield 'ci-early', 'the wait of CI for the host\'s proof', clear(KEM, 'ci-early')
    yield 'auth-zero', 'the key of a login by auth key, ML-KEM and X25519 being broken', Case('', only(AUTH, faults=['auth-zero'], broken=['kem', 'dh'], only=('secrecy',)), [(S, AUTH)], [])
    yield 'psk-user', 'the user of an auth key', Case('', only(AUTH, faults=['psk-user']), [], [S])
    yield 'no-KE', 'K_e in the chain, X25519 being broken', Case('', only(NONE, faults=['no-KE'], broken=['dh']), [(S, NONE)], [S])
    yield 'no-EE', 'X25519(e, e) in the chain, ML-KEM being broken', Case('', only(NONE, faults=['no-EE'], broken=['kem']), [(S, NONE)], [S])
    yield 'no-ES', 'X25519(e, host) in the chain, ML-KEM being broken', Case('', only(KEM, faults=['no-ES'], broken=['kem']), [(S, KEM)], [S])
    yield 'fingerprint', 'the look at an invite\'s fingerprint, its token being stolen', Case('', only(KEM, faults=['fingerprint'], invite=True, stolen=['token']), [(S, KEM)], [S])
    yield 'tag', 'the key in an invite\'s tag', Case('', only(KEM, faults=['tag'], invite=True), [(S, KEM)], [S])


class Table:
    def __init__(self, verbose):
        self.verbose, self.wrong, self.states, self.begun = verbose, 0, 0, time.process_time()
        self.line('what', 'bounds', 'result', 'states', 's')

    def line(self, what, bounds, result, states, seconds):
        print(f'{what:<76} {bounds:<22} {result:<28} {states:>8} {seconds:>6}', flush=True)

    def row(self, what, bounds, search, begun, expected, reached=()):
        found = ', '.join(search.violations)
        missing = [f'{role} never {step}' for role, step in reached if (role, step) not in search.reached]
        good = bool(found) == expected and not missing
        result = ('attack on ' + found if found else 'holds') if not missing else 'VACUOUS: ' + ', '.join(missing)
        self.wrong += not good
        self.states += search.states
        self.line(what, bounds, result + ('' if good else '  WRONG'), search.states, f'{time.process_time() - begun:.1f}')
        if self.verbose or found and not expected:
            for prop, (text, past) in search.violations.items():
                print(f'    {prop}: {text}', *steps(past), sep='\n      ')
        gc.collect()


def main():
    parser = argparse.ArgumentParser(prog='scripts/model', description='Searches all runs of the handshake within the bounds for attacks, and a variant with each planted fault, where one must be found.')
    parser.add_argument('--quick', action='store_true', help='the smaller cases')
    parser.add_argument('--verbose', action='store_true', help='tell the attacks, step by step')
    args = parser.parse_args()
    gc.disable()
    table = Table(args.verbose)
    print('The checker itself, on protocols that are known')
    for title, run, expected in classic.TESTS:
        begun = time.process_time()
        table.row('  ' + title, '', run(), begun, expected)
    print('The handshake')
    for case in true_cases():
        if case.quick or not args.quick:
            begun = time.process_time()
            clients = any(s.role.__name__ == 'client' for s in case.sessions)
            table.row('  ' + case.title, case.bounds, case.search(), begun, False, [('client', 'done'), ('server', 'done')] if case.goal else [])
    print('Planted faults: without ...')
    for name, what, case in faults():
        begun = time.process_time()
        table.row(f'  {what} ({name})', case.bounds, case.search(stop=bool), begun, True)
    print('More than the properties need: without ...')
    for title, more, clients in (('an intruder\'s host', {}, [(E, KEM)]), ('a host whose key is stolen', {'stolen': [S]}, [(S, KEM)])):
        case = Case('', only(KEM, faults=['a-th', 'a-host'], broken=['dh'], **more), clients, [S])
        begun = time.process_time()
        table.row(f'  transcript and H(pk_S) in a, X25519 being broken, at {title}', case.bounds, case.search(), begun, False, [('client', 'done')])
    print(f'{table.states} states, {time.process_time() - table.begun:.0f} s: ' + ('all as it must be' if not table.wrong else f'{table.wrong} WRONG'))
    return 1 if table.wrong else 0


if __name__ == '__main__':
    sys.exit(main())
