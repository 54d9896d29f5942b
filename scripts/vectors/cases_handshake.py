"""Vectors of whole handshakes (H)."""
from cases_frame import TIME, example
from handshake import PADDING_LOW, PADDING_MAX, PADDING_NORMAL, RATE_UNBOUNDED, Client, Server
from keys import KemKey, SigKey, fingerprint_text, invite_key, invite_uri
from schedule import DUPLEX, SIMPLEX, SUITE
from vectorfile import Vector


def kem_key(name):
    return KemKey(example(name + " seed", 64), example(name + " scalar"))


def sig_key(name):
    return SigKey(example(name + " xi"), example(name + " ed25519"))


HOST, DECOY = kem_key("host"), kem_key("decoy")
USER_KEM, OTHER_KEM = kem_key("user kem"), kem_key("other kem")
USER_SIG, OTHER_SIG = sig_key("user sig"), sig_key("other sig")


def _put_key(v, name, key):
    v.put(name + ".type", key.type)
    v.put(name + ".first", key.first)
    v.put(name + ".second", key.second)
    v.put(name + ".public", key.encoded)
    v.put(name + ".fingerprint", key.fingerprint)


class Case:
    """The inputs, and then the flights of the handshake in the order in which they are sent."""

    def __init__(self, name, comment, mode, first_contact="no", identities=(), user="", known=None,
                 token=None, enrol=None, cover=(PADDING_NORMAL, RATE_UNBOUNDED)):
        self.v = v = Vector("handshake-" + name + ".txt", comment)
        self.mode, self.denied = mode, False
        self.key = invite_key(token) if token else None
        v.comment("inputs")
        v.put("suite", SUITE)
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
        if token:
            v.put("invite.token", token)
            v.put("invite.key", self.key)
        seeds = {side: example(name + " " + side) for side in ("client", "server")}
        for side, seed in seeds.items():
            v.put("stream-seed." + side, seed)
        self.client = Client(v, seeds["client"], TIME, mode, user, identities, enrol, cover)
        self.server = Server(v, seeds["server"], TIME, HOST, DECOY, {user: known or []},
                             [self.key] if token else [], first_contact == "open")

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
        if self.mode == SIMPLEX:
            answer = server.read_cf(client.read_sf(sf))
        else:
            answer = server.read_ca(client.read_sc(server.read_ci(client.read_sf(sf))))
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
        Case("open-simplex", "open first contact, SIMPLEX", SIMPLEX, first_contact="open").first_contact(),
    ]
