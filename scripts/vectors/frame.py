"""Records, frames and their keys: steps F-1 to F-9, R-1, R-2, C-2."""
import hmac

import aes
from encoding import HMAC, LP, XOF, u8, u16, u32, u64, zeros

FRAME, SEALED, PAYLOAD, RECORD_HEADER = 768, 736, 717, 7
C2S, S2C = 0, 1
EPOCH = {"early": 0, "handshake": 1, "application": 2}
NOISE, HANDSHAKE, DATA, CONTROL, QUANTUM = range(5)
KIND_HANDSHAKE, KIND_STAGE_END, KIND_DATA, KIND_EXTENDED = 1, 2, 19, 20


class Fault(Exception):
    """F-8: the word says which check failed; on the wire all are alike."""


def record(channel, kind, body=b""):                      # F-9
    return u32(channel) + u8(kind) + u16(len(body)) + body


def frame_type(payload):
    """F-7: the type of the first record's kind; no record is Noise."""
    if not payload:
        return NOISE
    kind = payload[4]
    if kind in (KIND_HANDSHAKE, KIND_STAGE_END):
        return HANDSHAKE
    if kind in (KIND_DATA, KIND_EXTENDED):
        return DATA
    return QUANTUM if 48 <= kind <= 63 else CONTROL


def page(chain):
    """16 pairs (encryption key, MAC key) and the next chain key."""
    out = b"".join(XOF(LP("qnsp1 page") + LP(chain) + u8(j), 132) for j in range(8))
    keys = [(out[64 * i:64 * i + 32], out[64 * i + 32:64 * i + 64]) for i in range(16)]
    return keys, out[1024:]


class Keys:
    """The frame keys of one stage and direction, one pair after the other."""

    def __init__(self, chain):
        self.chain, self.left = chain, []

    def next(self):
        if not self.left:
            self.left, self.chain = page(self.chain)
        return self.left.pop(0)


def plain(seq, time, kind, length, payload):              # F-1
    return u64(seq) + u64(time) + u8(kind) + u16(length) + payload + zeros(PAYLOAD - len(payload))


def seal_plain(pair, direction, epoch, seq, text):        # F-3, F-4
    sealed = aes.ctr(pair[0], text)
    return sealed + HMAC(pair[1], u32(epoch) + u8(direction) + u64(seq) + sealed)


class Sealer:
    def __init__(self, chain, direction, epoch, seq=0):
        self.keys, self.direction, self.epoch, self.seq = Keys(chain), direction, epoch, seq

    def seal(self, payload, time, **forced):
        """forced: seq, kind or length inside the frame other than they should be (negative vectors)."""
        text = plain(forced.get("seq", self.seq), time, forced.get("kind", frame_type(payload)),
                     forced.get("length", len(payload)), payload)
        frame = seal_plain(self.keys.next(), self.direction, self.epoch, self.seq, text)
        self.seq += 1
        return frame


class Opener:
    def __init__(self, chain, direction, epoch, seq=0):
        self.keys, self.direction, self.epoch, self.seq = Keys(chain), direction, epoch, seq
        self.time = 0

    def open(self, frame):
        """F-8, in its order. Returns (type, records, time)."""
        enc, mac = self.keys.next()
        sealed = frame[:SEALED]
        tag = HMAC(mac, u32(self.epoch) + u8(self.direction) + u64(self.seq) + sealed)
        if not hmac.compare_digest(tag, frame[SEALED:]):
            raise Fault("mac")
        text = aes.ctr(enc, sealed)
        time, kind, length = int.from_bytes(text[8:16], "big"), text[16], int.from_bytes(text[17:19], "big")
        if int.from_bytes(text[:8], "big") != self.seq:
            raise Fault("sequence")
        if time < self.time:
            raise Fault("time")
        if kind > QUANTUM:
            raise Fault("type")
        if length > PAYLOAD or (kind == NOISE) != (length == 0):
            raise Fault("length")
        self.seq, self.time = self.seq + 1, time
        return kind, text[19:19 + length], time


def records(payload):
    """F-9: (channel, kind, body) one after the other, filling the payload exactly."""
    out, at = [], 0
    while at < len(payload):
        length = int.from_bytes(payload[at + 5:at + 7], "big")
        if at + RECORD_HEADER + length > len(payload):
            raise ValueError("record does not fit")
        out.append((int.from_bytes(payload[at:at + 4], "big"), payload[at + 4],
                    payload[at + 7:at + 7 + length]))
        at += RECORD_HEADER + length
    return out
