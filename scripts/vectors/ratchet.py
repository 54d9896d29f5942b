"""The ratchets of one direction, both ends of it: steps R-3 to R-8, R-11."""
import mlkem
import x25519
from encoding import H, S8, S16, expand, extract, u8, u32, u64, zeros
from frame import Keys

RATCHET = 48                                              # the kind of its records (C-2)
OFFER, REPLY, SWITCH, ASK = 1, 2, 3, 4
NAMES = ("c2s", "s2c")


def message(kind, body=b""):
    return u8(kind) + S16(body)


def roots(ck, th):
    return [expand(ck, "qnsp1 ratchet " + name, th) for name in NAMES]


class Shared:
    """A secret that both ends have by other means: its names, and what it is bound to (R-11)."""

    def __init__(self, ids, secret, context):
        self.ids, self.secret, self.context = ids, secret, context


def step(root, direction, epoch, k, agreed, tokens, offer, reply, shared):
    """R-7: the next root and the chain key of the epoch."""
    about = u8(direction) + u32(epoch)
    secret, context = (shared.secret, H(shared.context)) if shared else (zeros(32), zeros(32))
    s = extract(root, "qnsp1 ratchet", k, agreed, tokens, H(offer + reply), about, secret, context)
    return expand(s, "qnsp1 ratchet root", about), expand(s, "qnsp1 ratchet chain", about)


class Direction:
    """What the starter and the answerer of a direction's exchanges do, each with its own random stream."""

    def __init__(self, direction, root, starter, answerer):
        self.direction, self.root, self.epoch = direction, root, 2
        self.starter, self.answerer = starter, answerer

    def exchange(self, shared=None, taken=True):
        """R-5 to R-7. Returns offer, reply and the chain key of the next epoch."""
        ek, dk = mlkem.keygen(self.starter.take(64))
        x = self.starter.take(32)
        token = self.starter.take(32)
        ids = shared.ids if shared else []
        offer = message(OFFER, ek + x25519.public(x) + token + u8(len(ids))
                        + b"".join(S8(name) + u32(bits) for name, bits in ids))
        ct, k = mlkem.encaps(ek, self.answerer.take(32))
        y = self.answerer.take(32)
        answer = self.answerer.take(32)
        mixed = shared if taken else None
        reply = message(REPLY, ct + x25519.public(y) + answer + u8(1 if mixed else 0))
        assert mlkem.decaps(dk, ct) == k
        agreed = x25519.agree(x, x25519.public(y))
        assert agreed == x25519.agree(y, x25519.public(x))
        self.epoch += 1
        self.root, chain = step(self.root, self.direction, self.epoch, k, agreed, token + answer, offer, reply, mixed)
        return offer, reply, chain

    def switch(self, sealer, chain, frame):
        """R-8: from this frame on the sealer uses the new chain."""
        assert sealer.seq == frame
        sealer.keys, sealer.epoch = Keys(chain), self.epoch
        return message(SWITCH, u64(frame))
