"""AES-256 encryption (FIPS 197) and its counter mode (SP 800-38A), as step F-3 uses it."""


def _xtime(a):
    a <<= 1
    return (a ^ 0x11B) & 0xFF if a & 0x100 else a


def _make_sbox():
    """S-box by walking the powers of the generator 3 and of its inverse together."""
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p ^= _xtime(p)                                    # p := 3p
        for shift in (1, 2, 4):                           # q := q/3
            q ^= q << shift
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        rotated = q
        for shift in (1, 2, 3, 4):
            rotated ^= ((q << shift) | (q >> (8 - shift))) & 0xFF
        sbox[p] = rotated ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


SBOX = _make_sbox()
_S2 = [_xtime(s) for s in SBOX]
# One column of MixColumns for a byte in row 0; the other rows are rotations of it.
_T0 = [(s2 << 24) | (s << 16) | (s << 8) | (s ^ s2) for s, s2 in zip(SBOX, _S2)]
_T1 = [(t >> 8) | (t & 0xFF) << 24 for t in _T0]
_T2 = [(t >> 8) | (t & 0xFF) << 24 for t in _T1]
_T3 = [(t >> 8) | (t & 0xFF) << 24 for t in _T2]


def _sub_word(w):
    return SBOX[w >> 24] << 24 | SBOX[w >> 16 & 255] << 16 | SBOX[w >> 8 & 255] << 8 | SBOX[w & 255]


def expand_key(key):
    if len(key) != 32:
        raise ValueError("AES-256 only")
    w = [int.from_bytes(key[i:i + 4], "big") for i in range(0, 32, 4)]
    rcon = 1
    for i in range(8, 60):
        t = w[i - 1]
        if i % 8 == 0:
            t = _sub_word((t << 8 | t >> 24) & 0xFFFFFFFF) ^ rcon << 24
            rcon = _xtime(rcon)
        elif i % 8 == 4:
            t = _sub_word(t)
        w.append(w[i - 8] ^ t)
    return w


def encrypt_block(w, block):
    s = [int.from_bytes(block[4 * i:4 * i + 4], "big") ^ w[i] for i in range(4)]
    for r in range(4, 56, 4):
        s = [_T0[s[i] >> 24] ^ _T1[s[(i + 1) % 4] >> 16 & 255] ^ _T2[s[(i + 2) % 4] >> 8 & 255]
             ^ _T3[s[(i + 3) % 4] & 255] ^ w[r + i] for i in range(4)]
    out = b""
    for i in range(4):                                    # the last round has no MixColumns
        t = (SBOX[s[i] >> 24] << 24 | SBOX[s[(i + 1) % 4] >> 16 & 255] << 16
             | SBOX[s[(i + 2) % 4] >> 8 & 255] << 8 | SBOX[s[(i + 3) % 4] & 255])
        out += (t ^ w[56 + i]).to_bytes(4, "big")
    return out


def ctr(key, data, counter=0):
    """The counter block is one 128-bit big-endian integer (F-3: it starts at 0)."""
    w = expand_key(key)
    stream = b"".join(encrypt_block(w, ((counter + i) % (1 << 128)).to_bytes(16, "big"))
                      for i in range((len(data) + 15) // 16))
    return bytes(a ^ b for a, b in zip(data, stream))
