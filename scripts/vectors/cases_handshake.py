"""Vectors of whole handshakes (H)."""
from cases_frame import TIME, example
from handshake import PADDING_LOW, PADDING_MAX, PADDING_NORMAL, RATE_UNBOUNDED, Client, Server
from keys import SIG87, KemKey, SigKey, fingerprint_text, invite_key, invite_uri
from schedule import DUPLEX, SIMPLEX
import suites
from vectorfile import Vector


def kem_key(name):
    return KemKey(example(name + " seed", 64), example(name + " scalar"))


def sig_key(name, *kind):
    return SigKey(example(name + " xi"), example(name + " ed25519"), *kind)


HOST, DECOY = kem_key("host"), kem_key("decoy")
USER_KEM, OTHER_KEM = kem_key("user kem"), kem_key("other kem")
USER_SIG, OTHER_SIG = sig_key("user sig"), sig_key("other sig")
USER_SIG87 = sig_key("user sig87", SIG87)

AUTH_KEYS = [(example("auth key id %d" % i, 16), example("auth key %d" % i)) for i in (0, 1)]


def _quantum_key(name, bits=256):
    return ("c0ffee00-0000-4000-8000-%012d" % name, bits, example("quantum key %d" % name, bits // 8))


QUANTUM = [("alice-sae", "host-sae", [_quantum_key(1)]), ("alice-sae", "host-sae", [_quantum_key(2), _quantum_key(3, 128)])]


def _put_key(v, name, key):
    v.put(name + ".type", key.type)
    v.put(name + ".first", key.first)
    v.put(name + ".second", key.second)
    v.put(name + ".public", key.encoded)
    v.put(name + ".fingerprint", key.fingerprint)


class Case:
    """The inputs, and then the flights of the handshake in the order in which they are sent."""

    def __init__(self, name, comment, mode, first_contact="no", identities=(), user="", known=None,
                 token=None, enrol=None, cover=(PADDING_NORMAL, RATE_UNBOUNDED), zk=False, auth_keys=(), auth_keys_known=(), quantum=None, quantum_known=(), suite=suites.DEFAULT):
        self.v = v = Vector("handshake-" + name + ".txt", comment)
        self.mode, self.denied = mode, False
        self.key = invite_key(token) if token else None
        v.comment("inputs")
        v.put("suite", suite.text)
        v.put("mode", mode)
        v.put("padding", cover[0])
        v.put("rate", cover[1])
        v.put("first-contact", first_contact)
        v.put("time", TIME)
        _put_key(v, "host", HOST)
        _put_key(v, "decoy", DECOY)
        v.put("user", user)
        v.put("identities", len(identities))
        for i, key in enumerate(identities):
            _put_key(v, "identity.%d" % i, key)
            v.put("identity.%d.known" % i, "yes" if key.encoded in (known or ()) else "no")
        v.put("enrol", "none" if enrol is None else enrol)
        v.put("zk", "yes" if zk else "no")
        v.put("auth-keys", len(auth_keys))
        for i, (key_id, key) in enumerate(auth_keys):
            v.put("auth-key.%d.id" % i, key_id)
            v.put("auth-key.%d.key" % i, key)
            v.put("auth-key.%d.known" % i, "yes" if key_id in auth_keys_known else "no")
        v.put("quantum-offers", "none" if quantum is None else len(quantum))
        for i, (client_sae, server_sae, names) in enumerate(quantum or []):
            v.put("quantum.%d.client" % i, client_sae)
            v.put("quantum.%d.server" % i, server_sae)
            v.put("quantum.%d.keys" % i, len(names))
            for j, (key_id, bits, key) in enumerate(names):
                v.put("quantum.%d.%d.id" % (i, j), key_id)
                v.put("quantum.%d.%d.bits" % (i, j), bits)
                v.put("quantum.%d.%d.key" % (i, j), key)
                v.put("quantum.%d.%d.known" % (i, j), "yes" if key_id in quantum_known else "no")
        if token:
            v.put("invite.token", token)
            v.put("invite.key", self.key)
        seeds = {side: example(name + " " + side) for side in ("client", "server")}
        for side, seed in seeds.items():
            v.put("stream-seed." + side, seed)
        self.client = Client(v, seeds["client"], TIME, mode, user, identities, enrol, cover, zk, auth_keys, None if quantum is None else list(quantum), suite)
        key_server = {(client_sae, server_sae, key_id): key if key_id in quantum_known else None
                      for client_sae, server_sae, names in quantum or [] for key_id, _, key in names}
        self.server = Server(v, seeds["server"], TIME, HOST, DECOY, {user: known or []}, [self.key] if token else [], first_contact == "open",
                             {key_id: key for key_id, key in auth_keys if key_id in auth_keys_known}, key_server, suite)

    def known_host(self):
        self.v.comment("handshake")
        raw, frames = self.client.open_known(HOST.encoded)
        early, sf = self.server.read_known(raw, frames)
        return self._finish(self.client.read_sh(early), sf)

    def first_contact(self):
        self.v.comment("handshake")
        opening = self.client.open_unknown(self.key)
        raw, hk = self.server.read_unknown(opening)
        early, sf = self.server.read_ck(self.client.read_hk(raw, hk))
        return self._finish(self.client.read_sk(early), sf)

    def _finish(self, end, sf):
        client, server = self.client, self.server
        server.read_end(end)
        said = client.read_sf(sf)
        while client.quantum is None and client.offers is not None and client.offered[2]:
            said = client.read_qa(server.read_qo(said))
        if self.mode == SIMPLEX:
            answer = server.read_cf(said)
        else:
            said = client.read_sc(server.read_ci(said))
            if client.zk:
                said = client.read_so(server.read_cc(said))
            answer = server.read_ca(said)
        noise = client.noise()
        if isinstance(answer, tuple):
            server.read_noise(noise)
            client.read_sa(*answer)
            self.v.put("expect", "ok")
        else:
            self.v.put("denied.reason", client.read_sd(answer)[0])
            self.v.put("expect", "denied")
        for side in (client, server):
            self.v.put("stream-bytes-read." + ("client" if side is client else "server"), side.random.at)
        return self.v


def all_vectors():
    token = example("invite token")
    return [
        Case("simplex", "known host key, SIMPLEX, the least cover asked for", SIMPLEX,
             cover=(PADDING_LOW, RATE_UNBOUNDED)).known_host(),
        Case("duplex-kem", "known host key, DUPLEX, two kem entries: the first unknown to the server", DUPLEX,
             user="märta", identities=[OTHER_KEM, USER_KEM], known=[USER_KEM.encoded]).known_host(),
        Case("duplex-sig", "known host key, DUPLEX, one sig entry", DUPLEX, user="alice",
             identities=[USER_SIG], known=[USER_SIG.encoded], cover=(PADDING_MAX, 0)).known_host(),
        Case("duplex-mixed", "known host key, DUPLEX: an unknown kem entry, an unknown sig entry, a sig entry, a known kem entry",
             DUPLEX, user="alice", identities=[OTHER_KEM, OTHER_SIG, USER_SIG, USER_KEM],
             known=[USER_SIG.encoded, USER_KEM.encoded]).known_host(),
        Case("duplex-denied", "known host key, DUPLEX, the only key is unknown; the client goes on with a "
             "random a, so ck.CA and what follows is the client's alone", DUPLEX, user="alice",
             identities=[OTHER_KEM], known=[USER_KEM.encoded]).known_host(),
        Case("invite-duplex-enrol", "first contact with an invite, DUPLEX, the kem key enrolled, a constant rate asked for that the server lowers", DUPLEX,
             first_contact="invite", user="alice", identities=[USER_KEM], token=token, enrol=0, cover=(PADDING_MAX, 7)).first_contact(),
        Case("duplex-zk", "known host key, DUPLEX, two zk entries: the first may not log in, and the client does not learn it", DUPLEX,
             user="alice", identities=[OTHER_KEM, USER_KEM], known=[USER_KEM.encoded], zk=True).known_host(),
        Case("duplex-zk-denied", "known host key, DUPLEX, a zk entry that may not log in", DUPLEX,
             user="alice", identities=[OTHER_KEM], known=[USER_KEM.encoded], zk=True).known_host(),
        Case("duplex-auth-key", "known host key, DUPLEX, a kem entry, and two auth keys, the second of which the server knows", DUPLEX,
             user="alice", identities=[USER_KEM], known=[USER_KEM.encoded], auth_keys=AUTH_KEYS, auth_keys_known=[AUTH_KEYS[1][0]]).known_host(),
        Case("duplex-auth-key-alone", "known host key, DUPLEX, nothing but an auth key", DUPLEX, user="alice", auth_keys=AUTH_KEYS[:1], auth_keys_known=[AUTH_KEYS[0][0]]).known_host(),
        Case("duplex-quantum", "known host key, DUPLEX, a kem entry; an offer of a quantum key that the server's key server does not know, then one of two that it does", DUPLEX,
             user="alice", identities=[USER_KEM], known=[USER_KEM.encoded], quantum=[QUANTUM[0], QUANTUM[1]], quantum_known=[name for name, _, _ in QUANTUM[1][2]]).known_host(),
        Case("duplex-quantum-none", "known host key, DUPLEX, a kem entry; an offer that is not taken; the client goes on without", DUPLEX,
             user="alice", identities=[USER_KEM], known=[USER_KEM.encoded], quantum=[QUANTUM[0]]).known_host(),
        Case("simplex-quantum", "known host key, SIMPLEX, quantum keys", SIMPLEX, quantum=[QUANTUM[1]], quantum_known=[name for name, _, _ in QUANTUM[1][2]]).known_host(),
        Case("mlkem1024", "suite mlkem1024, known host key, DUPLEX: an unknown kem entry, a sig entry", DUPLEX, user="alice",
             identities=[OTHER_KEM, USER_SIG87], known=[USER_SIG87.encoded], suite=suites.MLKEM1024).known_host(),
        Case("mlkem1024-invite", "suite mlkem1024, first contact with an invite, DUPLEX, the sig key enrolled", DUPLEX, first_contact="invite",
             user="alice", identities=[USER_SIG87], token=token, enrol=0, suite=suites.MLKEM1024).first_contact(),
        Case("hqc192", "suite hqc192, known host key, DUPLEX, a kem entry", DUPLEX, user="alice",
             identities=[USER_KEM], known=[USER_KEM.encoded], suite=suites.HQC192).known_host(),
        Case("open-simplex", "open first contact, SIMPLEX", SIMPLEX, first_contact="open").first_contact(),
    ]
