"""Integers, length prefixes and hashes: the section "Notation" of docs/spec/qnsp.md."""
import hashlib
import hmac as _hmac


def u8(n):
    return n.to_bytes(1, "big")


def u16(n):
    return n.to_bytes(2, "big")


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def octets(x):
    """Labels and names may be given as text; on the wire they are UTF-8."""
    return x.encode("utf-8") if isinstance(x, str) else bytes(x)


def LP(x):
    x = octets(x)
    return u32(len(x)) + x


S32 = LP


def S8(x):
    x = octets(x)
    return u8(len(x)) + x


def S16(x):
    x = octets(x)
    return u16(len(x)) + x


def zeros(n):
    return bytes(n)


def H(x):
    return hashlib.sha3_256(x).digest()


def HMAC(key, x):
    return _hmac.new(key, x, hashlib.sha3_256).digest()


def XOF(x, n):
    return hashlib.shake_256(x).digest(n)


def extract(ck, label, *inputs):
    return HMAC(ck, LP(label) + b"".join(LP(x) for x in inputs))


def expand(ck, label, context, n=32):
    """RFC 5869 section 2.3; the counter is one byte, so n is at most 255 * 32."""
    info = LP(label) + LP(context)
    out, block, counter = b"", b"", 1
    while len(out) < n:
        block = HMAC(ck, block + info + u8(counter))
        out += block
        counter += 1
    return out[:n]


class Reader:
    """Takes fields off the front of a byte string; a body must be used up (done)."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError("short body")
        self.at += n
        return self.data[self.at - n:self.at]

    def uint(self, n):
        return int.from_bytes(self.take(n), "big")

    def prefixed(self, n):
        return self.take(self.uint(n))

    def rest(self):
        return self.take(len(self.data) - self.at)

    def done(self):
        if self.at != len(self.data):
            raise ValueError("bytes left over")
