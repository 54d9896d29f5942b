"""Client and server of the handshake (H-1 to H-23), each computing alone from what it reads."""
import ed25519
import kemeleon
import keys
import mldsa
import mlkem
import suites
import x25519
from encoding import H, Reader, S8, S16, S32, extract, u8, u16, u32, zeros
from schedule import (DUPLEX, FLAG_QUANTUM, METHOD_AUTH_KEY, METHOD_KEM, METHOD_SIG, METHOD_ZK, SIMPLEX, TYPES, Schedule, confirm, invite_tag,
                      message, opening_id, quantum_context, server_mac_a, to_sign, zk_commitment)
from stream import Stream
from wire import In, Out


class Side:
    def __init__(self, vector, seed, time, out, into, suite):
        self.suite = suite
        self.vector, self.random, self.time = vector, Stream(seed), time
        self.out, self.into = Out(vector, out, time), In(into)

    def message(self, name, body):
        """Makes, records and absorbs a message (H-2)."""
        raw = message(name, body)
        self.vector.put("message." + self.schedule.absorb(name, raw), raw)
        return raw

    def read(self, frames, *names):
        """Exactly these messages (None: STAGE_END), not yet absorbed: Readers of the bodies, and the raw ones."""
        got = self.into.read(frames)
        want = [n and TYPES[n] for n in names]
        assert [g and g[0] for g in got] == want, (got, names)
        return [(Reader(g[1]), g[2]) for g in got if g]

    def derive(self, stage):
        """Chain keys of both directions from ck and th as they are now; entered when the stage before ended."""
        self.next_stage = stage
        self.chains = {d: self.schedule.chain(stage, d) for d in ("c2s", "s2c")}
        for d in ("c2s", "s2c"):
            self.vector.put("chain.%s.%s" % (stage, d), self.chains[d])

    def enter_out(self):
        self.out.stage(self.next_stage, self.chains[self.out.direction])

    def enter_in(self):
        self.into.stage(self.next_stage, self.chains[self.into.direction])

    def enter(self, stage):
        self.derive(stage)
        self.enter_out()
        self.enter_in()

    def secrets(self):                                    # H-37, H-38; the names of both sides are the same, and so must be the values
        self.vector.put("exporter", self.schedule.exporter())
        if self.mode == DUPLEX:
            self.vector.put("next-auth-key", self.schedule.next_auth_key())

    def confirmation(self, keys, context):                # H-32
        branch = extract(self.schedule.ck, "qnsp1 QKD confirm", keys, context)
        self.vector.put("quantum.confirmation", branch)
        return branch

    def mix_dh(self, ee, es):                             # H-10
        self.schedule.mix("EE", ee)
        self.schedule.mix("ES", es)


PADDING_LOW, PADDING_NORMAL, PADDING_MAX = 1, 2, 3
RATE_FAST, RATE_HIGHEST, RATE_UNBOUNDED = 3, 10, 15


def cover(padding_and_rate):                              # C-34
    padding, rate = padding_and_rate
    return u8(padding) + u8(rate)


def take_cover(body):
    padding, rate = body.uint(1), body.uint(1)
    assert padding in (PADDING_LOW, PADDING_NORMAL, PADDING_MAX)
    assert rate <= RATE_HIGHEST or rate == RATE_UNBOUNDED and padding != PADDING_MAX
    return padding, rate


def judge(asked):
    """C-34, of a server that allows every mode, but no constant rate above class 3."""
    padding, rate = asked
    return padding, min(rate, RATE_FAST) if padding == PADDING_MAX else rate


class Client(Side):
    """identities: KemKey and SigKey in the order of the entries; enrol: index of the one enrolled or None; auth_keys: (id, key)s;
    quantum: None, or for each offer (client SAE, server SAE, [(key id, bits, key)])."""

    def __init__(self, vector, seed, time, mode, user="", identities=(), enrol=None, cover=(PADDING_NORMAL, RATE_UNBOUNDED), zk=False, auth_keys=(), quantum=None, suite=suites.DEFAULT):
        super().__init__(vector, seed, time, "c2s", "s2c", suite)
        self.zk, self.auth_keys, self.offers, self.quantum = zk, auth_keys, quantum, None
        self.cover = cover
        self.mode, self.user, self.identities, self.enrol = mode, user, identities, enrol

    # --- known host key

    def open_known(self, host_encoded):
        """H-3, H-4, H-5 and CH."""
        _, self.ek_s, self.x_host = keys.decode_public(host_encoded)
        self.host_fp = H(host_encoded)
        ct_s, k_s = mlkem.encaps(self.ek_s, self.random.take(32))
        ec = kemeleon.encode_ciphertext(ct_s, self.random)
        ek_e, self.dk_e = self.suite.kem.generate(self.random)
        self.x_c = self.random.take(32)
        self.vector.put("ct_S", ct_s)
        self.schedule = Schedule(self.vector, self.suite, self.host_fp)
        self.schedule.init(keys.NO_INVITE)
        self.schedule.absorb("raw-c2s", ec)
        self.schedule.mix("KS", k_s)
        raw = self.out.raw(ec)
        self.enter("early")
        hello = self.message("CH", H(self.suite.text.encode()) + u8(self.mode) + u16(self._flags()) + cover(self.cover) + self.random.take(32)
                             + ek_e + x25519.public(self.x_c))
        return raw, self.out.send(hello)

    def read_sh(self, frames):
        """SH: KE, EE, ES; then the client ends c2s early."""
        (body, raw), = self.read(frames, "SH", None)
        self.schedule.absorb("SH", raw)
        self._take_cover(body)
        body.take(32)
        ct_e, self.x_s = body.take(self.suite.kem.CT), body.take(32)
        self._take_ek_e2(body)
        self.schedule.mix("KE", self.suite.kem.decaps(self.dk_e, ct_e))
        return self._end_early()

    # --- first contact

    def open_unknown(self, invite_key=None):
        """H-20: O."""
        ek_e, self.dk_e = mlkem.keygen(self.random.take(64))
        encoded = kemeleon.encode_key(ek_e, self.random)
        nonce = self.random.take(32)
        hour = self.time // 3600000000
        tag = invite_tag(invite_key, hour, encoded, nonce) if invite_key else self.random.take(32)
        opening = encoded + nonce + tag + self.random.take(288)
        self.vector.put("ek_e", ek_e)
        self.schedule = Schedule(self.vector, suites.DEFAULT)
        self.schedule.init(invite_key or keys.NO_INVITE)
        self.schedule.absorb("raw-c2s", opening)
        return self.out.raw(opening)

    def read_hk(self, raw_frames, frames):
        """R and HK, answered with CK (H-21 to H-23)."""
        reply = b"".join(raw_frames)
        self.schedule.absorb("raw-s2c", reply)
        self.schedule.mix("KE", mlkem.decaps(self.dk_e, kemeleon.decode_ciphertext(reply)))
        self.enter("early")
        (body, raw), = self.read(frames, "HK")
        self.schedule.absorb("HK", raw)
        host_encoded = body.prefixed(4)
        body.done()
        _, self.ek_s, self.x_host = keys.decode_public(host_encoded)
        self.host_fp = H(host_encoded)
        ct_s, self.k_s = mlkem.encaps(self.ek_s, self.random.take(32))
        self.x_c = self.random.take(32)
        ek_f, self.dk_f = self.suite.kem.generate(self.random) if self.suite.contact_exchange else (b"", None)
        self.vector.put("ct_S", ct_s)
        key = self.message("CK", H(self.suite.text.encode()) + u8(self.mode) + u16(self._flags()) + cover(self.cover) + self.random.take(32)
                           + ct_s + x25519.public(self.x_c) + ek_f)
        return self.out.send(key)

    def read_sk(self, frames):
        (body, raw), = self.read(frames, "SK", None)
        self.schedule.absorb("SK", raw)
        self._take_cover(body)
        body.take(32)
        self.x_s = body.take(32)
        ct_f = body.take(self.suite.kem.CT) if self.suite.contact_exchange else None
        self._take_ek_e2(body)
        self.schedule.mix("KS", self.k_s)
        if ct_f:                                          # H-23
            self.schedule.mix("KE", self.suite.kem.decaps(self.dk_f, ct_f), name="KE.2")
        return self._end_early()

    # --- both

    def _take_cover(self, body):
        """C-34: hidden no less than asked for, and sent no faster."""
        padding, rate = take_cover(body)
        assert padding >= self.cover[0] and rate <= self.cover[1]

    def _flags(self):                                     # H-9
        return 0 if self.offers is None else FLAG_QUANTUM

    def _take_ek_e2(self, body):
        self.ek_e2 = body.take(self.suite.kem.EK) if self.mode == DUPLEX else None
        body.done()

    def _end_early(self):
        self.mix_dh(x25519.agree(self.x_c, self.x_s), x25519.agree(self.x_c, self.x_host))
        end = self.out.send(b"", end=True)
        self.enter("handshake")
        return end

    def read_sf(self, frames):
        """SF verified (H-11), answered with CF and STAGE_END or with CI."""
        (body, raw), = self.read(frames, "SF")
        assert body.take(32) == self.schedule.finished("S")
        self.schedule.absorb("SF", raw)
        if self.offers is not None:
            return self._send_qo()
        return self._identify(b"")

    def _send_qo(self):                                   # H-31
        self.offered = self.offers.pop(0) if self.offers else ("", "", [])
        client_sae, server_sae, names = self.offered
        offer = self.message("QO", S8(client_sae) + S8(server_sae) + u8(len(names))
                             + b"".join(S8(key_id) + u32(bits) for key_id, bits, _ in names))
        if not names:
            return self._identify(offer)
        return self.out.send(offer)

    def read_qa(self, frames):                            # H-32, H-33
        (body, raw), = self.read(frames, "QA")
        result, mac = body.uint(1), body.take(32)
        body.done()
        if result != 0:
            self.schedule.absorb("QA", raw)
            return self._send_qo()
        client_sae, server_sae, names = self.offered
        keys_joined = b"".join(key for _, _, key in names)
        context = quantum_context(client_sae, server_sae, [(key_id, bits) for key_id, bits, _ in names])
        branch = self.confirmation(keys_joined, context)
        assert mac == self.schedule.finished("QS", branch=branch)
        self.schedule.absorb("QA", raw)
        self.quantum = (keys_joined, context)
        return self._identify(self.message("QC", self.schedule.finished("QC", branch=branch)))

    def _identify(self, before):
        """With what goes out right before."""
        return self._send_cf(before) if self.mode == SIMPLEX else self._send_ci(before)

    def _send_cf(self, before):                           # H-16, second half
        frames = self.out.send(before + self.message("CF", self.schedule.finished("C")), end=True)
        self.schedule.mix("KE2", zeros(32))
        self.schedule.mix_shared(None, self.quantum)
        self.schedule.mix("CA", zeros(32))
        self.derive("application")
        self.enter_out()
        return frames

    def _method(self, key):
        return METHOD_SIG if key.type == self.suite.signs else METHOD_ZK if self.zk else METHOD_KEM

    def _send_ci(self, before):                           # H-12
        ct_e2, k_e2 = self.suite.kem.encaps(self.ek_e2, self.random)
        body = ct_e2 + S8(self.user) + u8(len(self.identities) or 1)
        for key in self.identities:
            body += u8(self._method(key)) + key.fingerprint
        if not self.identities:
            body += u8(METHOD_AUTH_KEY) + zeros(32)
        body += S16(b"" if self.enrol is None else self.identities[self.enrol].encoded)
        body += u8(len(self.auth_keys)) + b"".join(key_id for key_id, _ in self.auth_keys)
        if self.zk:
            body += b"".join(S16(key.encoded) for key in self.identities)
        text = to_sign(self.schedule.th, body, self.host_fp, self.user)
        for key in self.identities:
            if key.type == self.suite.signs:
                body += key.mldsa.sign(text, self.random.take(32)) + ed25519.sign(key.second, text)
        identity = self.message("CI", body)
        self.schedule.mix("KE2", k_e2)
        return self.out.send(before + identity)

    def read_sc(self, frames):
        """SC, answered with CA and STAGE_END (H-15, H-16), or with CC (H-34)."""
        (body, raw), = self.read(frames, "SC")
        self.auth_key = body.uint(1)
        assert self.auth_key <= len(self.auth_keys)
        if self.zk:
            assert body.uint(1) == len(self.identities)
            challenges = [(body.take(1088), body.take(32)) for _ in self.identities]
            body.done()
            self.schedule.absorb("SC", raw)
            return self._send_cc(challenges)
        which, a = self._first_that_holds(body)
        self.schedule.absorb("SC", raw)
        if a is None:
            which, a = 0, self.random.take(32)
        self.vector.put("client.a", a)
        return self._send_ca(b"", which, a)

    def _send_cc(self, challenges):                       # H-34
        self.made = []
        commitments = []
        for key, (ct, x_z) in zip(self.identities, challenges):
            rho = self.random.take(32)
            k, dh = mlkem.decaps(key.dk, ct), x25519.agree(key.second, x_z)
            commitments.append(zk_commitment(rho, self.host_fp, self.user, self.schedule.th, ct, x_z, k, dh))
            self.made.append((key, ct, x_z, rho, k, dh))
        return self.out.send(self.message("CC", u8(len(commitments)) + b"".join(commitments)))

    def read_so(self, frames):
        """SO, answered with CO and CA (H-36)."""
        (body, raw), = self.read(frames, "SO")
        assert body.uint(1) == len(self.made)
        openings = [(body.take(32), body.take(32)) for _ in self.made]
        body.done()
        self.schedule.absorb("SO", raw)
        rhos, first = [], None
        for i, ((key, ct, x_z, rho, k, dh), (m, scalar)) in enumerate(zip(self.made, openings)):
            _, ek, x = keys.decode_public(key.encoded)
            honest = mlkem.encaps(ek, m) == (ct, k) and x25519.public(scalar) == x_z and x25519.agree(scalar, x) == dh
            rhos.append(rho if honest else self.random.take(32))
            first = i if honest and first is None else first
        opened = self.message("CO", u8(len(rhos)) + b"".join(rhos))
        return self._send_ca(opened, len(rhos) - 1 if first is None else first, zeros(32))

    def _send_ca(self, before, which, a):
        self.vector.put("which", which)
        self.schedule.mix_shared(self.auth_keys[self.auth_key - 1][1] if self.auth_key else None, self.quantum)
        self.schedule.mix("CA", a)
        answer = self.message("CA", u8(which) + self.schedule.finished("C2", u8(which)))
        frames = self.out.send(before + answer, end=True)
        self.derive("application")
        self.enter_out()
        return frames

    def _first_that_holds(self, body):
        assert body.uint(1) == (len(self.identities) or 1)
        found = None
        if not self.identities and body.uint(1) == 1:
            found = (0, zeros(32))
        for i, key in enumerate(self.identities):
            a = zeros(32)
            if key.type == keys.KEM:
                ct, proof = body.take(1088), body.take(32)
                a = server_mac_a(mlkem.decaps(key.dk, ct), x25519.agree(key.second, self.x_s), self.host_fp,
                                 self.user, key.fingerprint, ct, self.schedule.th)
                if proof != confirm(a, self.schedule.th):
                    continue
            elif body.uint(1) != 1:
                continue
            found = found or (i, a)
        body.done()
        return found or (None, None)

    def noise(self):
        """The first application frame; its payload is nobody's business."""
        return self.out.send(b"")

    def read_sa(self, end, frames):                       # H-18
        """s2c handshake ends with the first frames, SA is in the second."""
        self.read(end, None)
        self.enter_in()
        (body, _), = self.read(frames, "SA")
        assert body.rest() == self.schedule.finished("S2")
        self.secrets()

    def read_sd(self, frames):
        (body, _), = self.read(frames, "SD")
        reason, text = body.uint(1), body.prefixed(2).decode()
        body.done()
        return reason, text


class Server(Side):
    """users: name -> encoded public keys; invites: invite keys; auth_keys: id -> key, which may log in alone;
    quantum: (master SAE, own SAE, key id) -> key, of its key server."""

    def __init__(self, vector, seed, time, host, decoy, users=None, invites=(), open_contact=False, auth_keys=None, quantum=None, suite=suites.DEFAULT):
        super().__init__(vector, seed, time, "s2c", "c2s", suite)
        self.auth_keys, self.key_server, self.quantum = auth_keys or {}, quantum or {}, None
        self.host, self.decoy, self.users = host, decoy, users or {}
        self.invites, self.open_contact, self.invited = invites, open_contact, False

    # --- known host key

    def read_known(self, raw_frames, frames):
        """The opening and CH; answered with SH and STAGE_END, then SF. Two flights."""
        ec = b"".join(raw_frames)
        ct_s = kemeleon.decode_ciphertext(ec)
        self.vector.put("opening-id", opening_id(ct_s))   # H-26
        self.schedule = Schedule(self.vector, self.suite, self.host.fingerprint)
        self.schedule.init(keys.NO_INVITE)
        self.schedule.absorb("raw-c2s", ec)
        self.schedule.mix("KS", mlkem.decaps(self.host.dk, ct_s))
        self.enter("early")
        (body, raw), = self.read(frames, "CH")            # H-24: the third frame verifies
        self.schedule.absorb("CH", raw)
        self._take_hello(body)
        ek_e, self.x_c = body.take(self.suite.kem.EK), body.take(32)
        body.done()
        ct_e, k_e = self.suite.kem.encaps(ek_e, self.random)
        x_s = self.random.take(32)
        hello = self.message("SH", cover(self.agreed) + self.random.take(32) + ct_e + x25519.public(x_s) + self._make_ek_e2())
        self.schedule.mix("KE", k_e)
        return self._end_early(hello, x_s)

    # --- first contact

    def read_unknown(self, raw_frames):
        """O, answered with R and HK (H-21, H-22, H-24)."""
        opening = b"".join(raw_frames)
        body = Reader(opening)
        encoded, nonce, tag = body.take(1184), body.take(32), body.take(32)
        psk_outer = self._find_invite(encoded, nonce, tag)
        self.schedule = Schedule(self.vector, suites.DEFAULT)
        self.schedule.init(psk_outer)
        self.schedule.absorb("raw-c2s", opening)
        ct_e, k_e = mlkem.encaps(kemeleon.decode_key(encoded), self.random.take(32))
        reply = kemeleon.encode_ciphertext(ct_e, self.random)
        self.vector.put("ct_e", ct_e)
        self.schedule.absorb("raw-s2c", reply)
        self.schedule.mix("KE", k_e)
        raw = self.out.raw(reply)
        self.enter("early")
        return raw, self.out.send(self.message("HK", S32(self.host.encoded)))

    def _find_invite(self, encoded, nonce, tag):
        hour = self.time // 3600000000
        for key in self.invites:
            if tag in [invite_tag(key, h, encoded, nonce) for h in (hour - 1, hour, hour + 1)]:
                self.invited = True
                self.vector.put("opening-id", opening_id(tag))
                return key
        assert self.open_contact
        return keys.NO_INVITE

    def read_ck(self, frames):
        """CK, answered with SK and STAGE_END, then SF."""
        (body, raw), = self.read(frames, "CK")
        self.schedule.absorb("CK", raw)
        self._take_hello(body)
        k_s = mlkem.decaps(self.host.dk, body.take(1088))
        self.x_c = body.take(32)
        ct_f, k_f = self.suite.kem.encaps(body.take(self.suite.kem.EK), self.random) if self.suite.contact_exchange else (b"", None)
        body.done()
        x_s = self.random.take(32)
        hello = self.message("SK", cover(self.agreed) + self.random.take(32) + x25519.public(x_s) + ct_f + self._make_ek_e2())
        self.schedule.mix("KS", k_s)
        if ct_f:                                          # H-23
            self.schedule.mix("KE", k_f, name="KE.2")
        return self._end_early(hello, x_s)

    # --- both

    def _take_hello(self, body):
        assert body.take(32) == H(self.suite.text.encode())
        self.mode = body.uint(1)
        assert self.mode in (SIMPLEX, DUPLEX) and body.uint(2) in (0, FLAG_QUANTUM)
        self.agreed = judge(take_cover(body))
        body.take(32)

    def _make_ek_e2(self):
        if self.mode == SIMPLEX:
            return b""
        ek_e2, self.dk_e2 = self.suite.kem.generate(self.random)
        return ek_e2

    def _end_early(self, hello, x_s):
        self.x_s = x_s
        self.mix_dh(x25519.agree(x_s, self.x_c), x25519.agree(self.host.second, self.x_c))
        early = self.out.send(hello, end=True)
        self.derive("handshake")
        self.enter_out()
        return early, self.out.send(self.message("SF", self.schedule.finished("S")))

    def read_end(self, frames):
        """The client's end of c2s early."""
        self.read(frames, None)
        self.enter_in()

    def read_qo(self, frames):
        """QO, answered with QA (H-31, H-32)."""
        (body, raw), = self.read(frames, "QO")
        client_sae, server_sae, count = body.prefixed(1).decode(), body.prefixed(1).decode(), body.uint(1)
        assert 1 <= count <= 8
        names = [(body.prefixed(1).decode(), body.uint(4)) for _ in range(count)]
        body.done()
        self.schedule.absorb("QO", raw)
        found = [self.key_server.get((client_sae, server_sae, key_id)) for key_id, _ in names]
        if None in found:
            return self.out.send(self.message("QA", u8(1) + self.random.take(32)))
        context = quantum_context(client_sae, server_sae, names)
        self.branch = self.confirmation(b"".join(found), context)
        self.pending = (b"".join(found), context)
        return self.out.send(self.message("QA", u8(0) + self.schedule.finished("QS", branch=self.branch)))

    def _before(self, frames, *names):
        """What may come before CI and CF: QC, or an empty QO; then these messages."""
        if getattr(self, "pending", None):
            want = self.schedule.finished("QC", branch=self.branch)
            (body, raw), *rest = self.read(frames, "QC", *names)
            assert body.rest() == want                    # H-33
            self.schedule.absorb("QC", raw)
            self.quantum = self.pending
        elif self.key_server:
            (body, raw), *rest = self.read(frames, "QO", *names)
            assert body.take(3) == zeros(3)
            self.schedule.absorb("QO", raw)
        else:
            rest = self.read(frames, *names)
        return rest

    def read_cf(self, frames):
        """CF and STAGE_END (H-16), answered with STAGE_END, then SA."""
        (body, raw), = self._before(frames, "CF", None)
        assert body.rest() == self.schedule.finished("C")
        self.schedule.absorb("CF", raw)
        self.schedule.mix("KE2", zeros(32))
        self.schedule.mix_shared(None, self.quantum)
        self.schedule.mix("CA", zeros(32))
        return self._accept()

    def read_ci(self, frames):
        """CI, answered with SC (H-12 to H-14)."""
        (body, raw), = self._before(frames, "CI")
        th = self.schedule.th
        self.schedule.absorb("CI", raw)
        ct_e2, user, count = body.take(self.suite.kem.CT), body.prefixed(1).decode(), body.uint(1)
        assert 1 <= count <= 4
        entries = [(body.uint(1), body.take(32)) for _ in range(count)]
        enrol = body.prefixed(2)
        named = [body.take(16) for _ in range(body.uint(1))]
        assert len(named) <= 2
        brought = [body.prefixed(2) if method == METHOD_ZK else None for method, _ in entries]
        known = {H(k): k for k in self.users.get(user, [])}
        if enrol:
            assert self.invited and H(enrol) in [fp for _, fp in entries]
            known[H(enrol)] = enrol
        text = to_sign(th, body.data[:body.at], self.host.fingerprint, user)
        self.user = user
        self.answers = [None] * count                     # a of every entry that holds
        shared = next((i for i, key_id in enumerate(named, 1) if key_id in self.auth_keys), 0)
        self.vector.put("auth-key", shared)
        for i, (method, fp) in enumerate(entries):
            if method == METHOD_SIG:
                self._check_signatures(i, known.get(fp), text, body.take(keys.SETS[self.suite.signs].SIG), body.take(64))
        body.done()
        self.schedule.mix("KE2", self.suite.kem.decaps(self.dk_e2, ct_e2))
        self.challenges = []
        proofs = [self._challenge(i, known.get(fp), fp, user) if method == METHOD_KEM
                  else self._zk_challenge(i, brought[i], fp, known) if method == METHOD_ZK
                  else self._by_auth_key(i, shared) if method == METHOD_AUTH_KEY
                  else u8(self.answers[i] is not None)
                  for i, (method, fp) in enumerate(entries)]
        challenge = self.message("SC", u8(shared) + u8(len(proofs)) + b"".join(proofs))
        self.th_challenged = self.schedule.th
        self.schedule.mix_shared(self.auth_keys[named[shared - 1]] if shared else None, self.quantum)
        return self.out.send(challenge)

    def _by_auth_key(self, i, shared):
        self.answers[i] = zeros(32) if shared else None
        return u8(1 if shared else 0)

    def _zk_challenge(self, i, public, fp, known):        # H-34
        assert H(public) == fp
        _, ek, x = keys.decode_public(public)
        m, x_z = self.random.take(32), self.random.take(32)
        ct, k = mlkem.encaps(ek, m)
        self.challenges.append((m, x_z, ct, k, x25519.agree(x_z, x), fp in known))
        return ct + x25519.public(x_z)

    def read_cc(self, frames):
        """CC, answered with SO (H-35)."""
        (body, raw), = self.read(frames, "CC")
        assert body.uint(1) == len(self.challenges)
        self.commitments = [body.take(32) for _ in self.challenges]
        body.done()
        self.schedule.absorb("CC", raw)
        return self.out.send(self.message("SO", u8(len(self.challenges)) + b"".join(m + x_z for m, x_z, *_ in self.challenges)))

    def _check_signatures(self, i, public, text, first, second):
        if public is None:
            return
        kind, mldsa_pk, ed_pk = keys.decode_public(public)
        if kind == self.suite.signs and mldsa.verify(keys.SETS[kind], mldsa_pk, text, first) and ed25519.verify(ed_pk, text, second):
            self.answers[i] = zeros(32)

    def _challenge(self, i, public, fp, user):            # H-14
        real = public is not None
        _, ek, x = keys.decode_public(public if real else self.decoy.encoded)
        ct, k_c = mlkem.encaps(ek, self.random.take(32))
        a = server_mac_a(k_c, x25519.agree(self.x_s, x), self.host.fingerprint, user, fp, ct,
                         self.schedule.th)
        if not real:
            return ct + self.random.take(32)
        self.answers[i] = a
        return ct + confirm(a, self.schedule.th)

    def read_ca(self, frames):
        """CA and STAGE_END: accepted with STAGE_END and SA, or refused with SD (H-16, H-18, H-19)."""
        if self.challenges:
            (opened, raw_opened), (body, raw) = self.read(frames, "CO", "CA", None)
            self.schedule.absorb("CO", raw_opened)
            self._judge(opened)
        else:
            (body, raw), = self.read(frames, "CA", None)
        which, mac = body.uint(1), body.take(32)
        body.done()
        a = self.answers[which] if which < len(self.answers) else None
        if self.challenges:                               # the client does not learn which of its keys may log in
            a = next((answer for answer in self.answers if answer), None)
        if a is None:
            return self._deny(1, "Permission denied")
        self.schedule.mix("CA", a)
        assert mac == self.schedule.finished("C2", u8(which))
        self.schedule.absorb("CA", raw)
        return self._accept()

    def _judge(self, body):                               # H-36
        assert body.uint(1) == len(self.challenges)
        for i, (m, x_z, ct, k, dh, known) in enumerate(self.challenges):
            made = zk_commitment(body.take(32), self.host.fingerprint, self.user, self.th_challenged, ct, x25519.public(x_z), k, dh)
            self.answers[i] = zeros(32) if known and made == self.commitments[i] else None
        body.done()

    def _accept(self):
        end = self.out.send(b"", end=True)
        self.derive("application")
        self.enter_out()
        self.enter_in()
        raw = message("SA", self.schedule.finished("S2"))
        self.vector.put("message.SA", raw)
        self.secrets()
        return end, self.out.send(raw)

    def _deny(self, reason, text):
        raw = message("SD", u8(reason) + S16(text))
        self.vector.put("message.SD", raw)
        return self.out.send(raw)

    def read_noise(self, frames):
        assert self.into.read(frames) == []
