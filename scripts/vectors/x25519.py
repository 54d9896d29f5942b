"""X25519 (RFC 7748)."""
P = 2 ** 255 - 19
BASE = b"\x09" + bytes(31)


def _clamp(k):
    n = int.from_bytes(k, "little")
    return n & ~7 & (2 ** 255 - 1) | 2 ** 254


def x25519(k, u):
    scalar = _clamp(k)
    x1 = (int.from_bytes(u, "little") & (2 ** 255 - 1)) % P
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = scalar >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(k):
    return x25519(k, BASE)


def agree(k, u):
    """H-10: a shared point that is all zero is a fault."""
    shared = x25519(k, u)
    if shared == bytes(32):
        raise ValueError("all-zero X25519 point")
    return shared
