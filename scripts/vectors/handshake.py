"""Client and server of the handshake (H-1 to H-23), each computing alone from what it reads."""
import ed25519
import kemeleon
import keys
import mldsa
import mlkem
import x25519
from encoding import H, Reader, S8, S16, S32, u8, u16, zeros
from schedule import (DUPLEX, METHOD_KEM, METHOD_SIG, SIMPLEX, SUITE, TYPES, Schedule, confirm, invite_tag,
                      message, opening_id, server_mac_a, to_sign)
from stream import Stream
from wire import In, Out


class Side:
    def __init__(self, vector, seed, time, out, into):
        self.vector, self.random, self.time = vector, Stream(seed), time
        self.out, self.into = Out(vector, out, time), In(into)

    def message(self, name, body):
        """Makes, records and absorbs a message (H-2)."""
        raw = message(name, body)
        self.vector.put("message." + name, raw)
        self.schedule.absorb(name, raw)
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
    """identities: KemKey and SigKey in the order of the entries; enrol: index of the one enrolled or None."""

    def __init__(self, vector, seed, time, mode, user="", identities=(), enrol=None, cover=(PADDING_NORMAL, RATE_UNBOUNDED)):
        super().__init__(vector, seed, time, "c2s", "s2c")
        self.cover = cover
        self.mode, self.user, self.identities, self.enrol = mode, user, identities, enrol

    # --- known host key

    def open_known(self, host_encoded):
        """H-3, H-4, H-5 and CH."""
        _, self.ek_s, self.x_host = keys.decode_public(host_encoded)
        self.host_fp = H(host_encoded)
        ct_s, k_s = mlkem.encaps(self.ek_s, self.random.take(32))
        ec = kemeleon.encode_ciphertext(ct_s, self.random)
        ek_e, self.dk_e = mlkem.keygen(self.random.take(64))
        self.x_c = self.random.take(32)
        self.vector.put("ct_S", ct_s)
        self.schedule = Schedule(self.vector, self.host_fp)
        self.schedule.init(keys.NO_INVITE)
        self.schedule.absorb("raw-c2s", ec)
        self.schedule.mix("KS", k_s)
        raw = self.out.raw(ec)
        self.enter("early")
        hello = self.message("CH", H(SUITE.encode()) + u8(self.mode) + u16(0) + cover(self.cover) + self.random.take(32)
                             + ek_e + x25519.public(self.x_c))
        return raw, self.out.send(hello)

    def read_sh(self, frames):
        """SH: KE, EE, ES; then the client ends c2s early."""
        (body, raw), = self.read(frames, "SH", None)
        self.schedule.absorb("SH", raw)
        self._take_cover(body)
        body.take(32)
        ct_e, self.x_s = body.take(1088), body.take(32)
        self._take_ek_e2(body)
        self.schedule.mix("KE", mlkem.decaps(self.dk_e, ct_e))
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
        self.schedule = Schedule(self.vector)
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
        self.vector.put("ct_S", ct_s)
        key = self.message("CK", H(SUITE.encode()) + u8(self.mode) + u16(0) + cover(self.cover) + self.random.take(32)
                           + ct_s + x25519.public(self.x_c))
        return self.out.send(key)

    def read_sk(self, frames):
        (body, raw), = self.read(frames, "SK", None)
        self.schedule.absorb("SK", raw)
        self._take_cover(body)
        body.take(32)
        self.x_s = body.take(32)
        self._take_ek_e2(body)
        self.schedule.mix("KS", self.k_s)
        return self._end_early()

    # --- both

    def _take_cover(self, body):
        """C-34: hidden no less than asked for, and sent no faster."""
        padding, rate = take_cover(body)
        assert padding >= self.cover[0] and rate <= self.cover[1]

    def _take_ek_e2(self, body):
        self.ek_e2 = body.take(1184) if self.mode == DUPLEX else None
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
        if self.mode == SIMPLEX:
            return self._send_cf()
        return self._send_ci()

    def _send_cf(self):                                   # H-16, second half
        frames = self.out.send(self.message("CF", self.schedule.finished("C")), end=True)
        self.schedule.mix_login(zeros(32))
        self.schedule.mix("CA", zeros(32))
        self.derive("application")
        self.enter_out()
        return frames

    def _send_ci(self):                                   # H-12
        ct_e2, k_e2 = mlkem.encaps(self.ek_e2, self.random.take(32))
        body = ct_e2 + S8(self.user) + u8(len(self.identities))
        for key in self.identities:
            body += u8(METHOD_KEM if key.type == keys.KEM else METHOD_SIG) + key.fingerprint
        body += S16(b"" if self.enrol is None else self.identities[self.enrol].encoded) + S8(b"")
        text = to_sign(self.schedule.th, body, self.host_fp, self.user)
        for key in self.identities:
            if key.type == keys.SIG:
                body += key.mldsa.sign(text, self.random.take(32)) + ed25519.sign(key.second, text)
        identity = self.message("CI", body)
        self.schedule.mix_login(k_e2)
        return self.out.send(identity)

    def read_sc(self, frames):
        """SC, answered with CA and STAGE_END (H-15, H-16)."""
        (body, raw), = self.read(frames, "SC")
        which, a = self._first_that_holds(body)
        self.schedule.absorb("SC", raw)
        if a is None:
            which, a = 0, self.random.take(32)
        self.vector.put("which", which)
        self.vector.put("client.a", a)
        self.schedule.mix("CA", a)
        answer = self.message("CA", u8(which) + self.schedule.finished("C2", u8(which)))
        frames = self.out.send(answer, end=True)
        self.derive("application")
        self.enter_out()
        return frames

    def _first_that_holds(self, body):
        assert body.uint(1) == len(self.identities)
        found = None
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

    def read_sd(self, frames):
        (body, _), = self.read(frames, "SD")
        reason, text = body.uint(1), body.prefixed(2).decode()
        body.done()
        return reason, text


class Server(Side):
    """users: name -> encoded public keys; invites: invite keys."""

    def __init__(self, vector, seed, time, host, decoy, users=None, invites=(), open_contact=False):
        super().__init__(vector, seed, time, "s2c", "c2s")
        self.host, self.decoy, self.users = host, decoy, users or {}
        self.invites, self.open_contact, self.invited = invites, open_contact, False

    # --- known host key

    def read_known(self, raw_frames, frames):
        """The opening and CH; answered with SH and STAGE_END, then SF. Two flights."""
        ec = b"".join(raw_frames)
        ct_s = kemeleon.decode_ciphertext(ec)
        self.vector.put("opening-id", opening_id(ct_s))   # H-26
        self.schedule = Schedule(self.vector, self.host.fingerprint)
        self.schedule.init(keys.NO_INVITE)
        self.schedule.absorb("raw-c2s", ec)
        self.schedule.mix("KS", mlkem.decaps(self.host.dk, ct_s))
        self.enter("early")
        (body, raw), = self.read(frames, "CH")            # H-24: the third frame verifies
        self.schedule.absorb("CH", raw)
        self._take_hello(body)
        ek_e, self.x_c = body.take(1184), body.take(32)
        body.done()
        ct_e, k_e = mlkem.encaps(ek_e, self.random.take(32))
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
        self.schedule = Schedule(self.vector)
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
        body.done()
        x_s = self.random.take(32)
        hello = self.message("SK", cover(self.agreed) + self.random.take(32) + x25519.public(x_s) + self._make_ek_e2())
        self.schedule.mix("KS", k_s)
        return self._end_early(hello, x_s)

    # --- both

    def _take_hello(self, body):
        assert body.take(32) == H(SUITE.encode())
        self.mode = body.uint(1)
        assert self.mode in (SIMPLEX, DUPLEX) and body.uint(2) == 0
        self.agreed = judge(take_cover(body))
        body.take(32)

    def _make_ek_e2(self):
        if self.mode == SIMPLEX:
            return b""
        ek_e2, self.dk_e2 = mlkem.keygen(self.random.take(64))
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

    def read_cf(self, frames):
        """CF and STAGE_END (H-16), answered with STAGE_END, then SA."""
        want = self.schedule.finished("C")
        (body, raw), = self.read(frames, "CF", None)
        assert body.rest() == want
        self.schedule.absorb("CF", raw)
        self.schedule.mix_login(zeros(32))
        self.schedule.mix("CA", zeros(32))
        return self._accept()

    def read_ci(self, frames):
        """CI, answered with SC (H-12 to H-14)."""
        th = self.schedule.th
        (body, raw), = self.read(frames, "CI")
        self.schedule.absorb("CI", raw)
        ct_e2, user, count = body.take(1088), body.prefixed(1).decode(), body.uint(1)
        assert 1 <= count <= 4
        entries = [(body.uint(1), body.take(32)) for _ in range(count)]
        enrol, auth_key = body.prefixed(2), body.prefixed(1)
        assert auth_key == b""
        known = {H(k): k for k in self.users.get(user, [])}
        if enrol:
            assert self.invited and H(enrol) in [fp for _, fp in entries]
            known[H(enrol)] = enrol
        text = to_sign(th, body.data[:body.at], self.host.fingerprint, user)
        self.answers = [None] * count                     # a of every entry that holds
        for i, (method, fp) in enumerate(entries):
            if method == METHOD_SIG:
                self._check_signatures(i, known.get(fp), text, body.take(3309), body.take(64))
        body.done()
        self.schedule.mix_login(mlkem.decaps(self.dk_e2, ct_e2))
        proofs = [self._challenge(i, known.get(fp), fp, user) if method == METHOD_KEM
                  else u8(self.answers[i] is not None)
                  for i, (method, fp) in enumerate(entries)]
        return self.out.send(self.message("SC", u8(len(proofs)) + b"".join(proofs)))

    def _check_signatures(self, i, public, text, first, second):
        if public is None:
            return
        _, mldsa_pk, ed_pk = keys.decode_public(public)
        if mldsa.verify(mldsa_pk, text, first) and ed25519.verify(ed_pk, text, second):
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
        (body, raw), = self.read(frames, "CA", None)
        which, mac = body.uint(1), body.take(32)
        body.done()
        a = self.answers[which] if which < len(self.answers) else None
        if a is None:
            return self._deny(1, "Permission denied")
        self.schedule.mix("CA", a)
        assert mac == self.schedule.finished("C2", u8(which))
        self.schedule.absorb("CA", raw)
        return self._accept()

    def _accept(self):
        end = self.out.send(b"", end=True)
        self.derive("application")
        self.enter_out()
        self.enter_in()
        raw = message("SA", self.schedule.finished("S2"))
        self.vector.put("message.SA", raw)
        return end, self.out.send(raw)

    def _deny(self, reason, text):
        raw = message("SD", u8(reason) + S16(text))
        self.vector.put("message.SD", raw)
        return self.out.send(raw)

    def read_noise(self, frames):
        assert self.into.read(frames) == []
