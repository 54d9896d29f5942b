"""Kemeleon, non-rejecting, for ML-KEM-768 (step K-10).

The source of randomness has one operation, below(n): uniform in 0..n-1.
"""
from mlkem import Q, byte_decode, byte_encode, compress, decompress

BLOCK = 384
DU, DV = 10, 4
QN = Q ** 256
TOP = 2 ** (8 * BLOCK) - 1


def _vector_encode(a, random):
    u = 0
    for x in reversed(a):
        u = u * Q + x
    m = random.below((TOP - u) // QN + 1)
    return (u + m * QN).to_bytes(BLOCK, "big")


def _vector_decode(b):
    u = int.from_bytes(b, "big") % QN
    a = []
    for _ in range(256):
        u, x = divmod(u, Q)
        a.append(x)
    return a


def _preimages(d):
    """For each x the y with Compress_d(y) = x, in ascending distance from Decompress_d(x) before mod q."""
    sets = []
    for x in range(2 ** d):
        centre, reach = decompress(d, x), Q // 2 ** d + 1
        sets.append([y % Q for y in range(centre - reach, centre + reach + 1) if compress(d, y % Q) == x])
    return sets


PREIMAGES = {d: _preimages(d) for d in (DU, DV)}


def _uncompress(d, x, random):
    choices = PREIMAGES[d][x]
    return choices[random.below(len(choices))]


def encode_key(ek, random):
    polys = [byte_decode(12, ek[BLOCK * i:BLOCK * i + BLOCK]) for i in range(3)]
    return b"".join(_vector_encode(p, random) for p in polys) + ek[1152:]


def decode_key(e):
    return b"".join(byte_encode(12, _vector_decode(e[BLOCK * i:BLOCK * i + BLOCK]))
                    for i in range(3)) + e[1152:]


def encode_ciphertext(c, random):
    """First a preimage of every coefficient (u0, u1, u2, v), then the four blocks."""
    a = [_uncompress(DU, x, random) for x in byte_decode(DU, c[:960])]
    a += [_uncompress(DV, x, random) for x in byte_decode(DV, c[960:])]
    return b"".join(_vector_encode(a[256 * i:256 * i + 256], random) for i in range(4))


def decode_ciphertext(e):
    polys = [_vector_decode(e[BLOCK * i:BLOCK * i + BLOCK]) for i in range(4)]
    return (b"".join(byte_encode(DU, [compress(DU, x) for x in p]) for p in polys[:3])
            + byte_encode(DV, [compress(DV, x) for x in polys[3]]))


def malleate(e, block):
    """Another encoding of the same thing: block + q^256, or less it where that does not fit."""
    at = BLOCK * block
    n = int.from_bytes(e[at:at + BLOCK], "big")
    n = n + QN if n + QN <= TOP else n - QN
    return e[:at] + n.to_bytes(BLOCK, "big") + e[at + BLOCK:]
