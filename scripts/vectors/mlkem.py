"""ML-KEM-768 (FIPS 203). Numbers in comments are its algorithms."""
import hashlib

Q, N, K, ETA, DU, DV = 3329, 256, 3, 2, 10, 4
EK, DK, CT = 1184, 2400, 1088


def _bitrev7(i):
    return int(format(i, "07b")[::-1], 2)


ZETAS = [pow(17, _bitrev7(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _bitrev7(i) + 1, Q) for i in range(128)]


def compress(d, x):
    """K-10 writes it so; equal to FIPS 203's rounding of x 2^d / q, half up."""
    return (x * 2 ** (d + 1) + Q) // (2 * Q) % 2 ** d


def decompress(d, y):
    return (2 * Q * y + 2 ** d) // 2 ** (d + 1)


def byte_encode(d, values):                               # 5
    n = sum(v << d * i for i, v in enumerate(values))
    return n.to_bytes(d * len(values) // 8, "little")


def byte_decode(d, data):                                 # 6, without the reduction of d = 12
    n, mask = int.from_bytes(data, "little"), (1 << d) - 1
    return [n >> d * i & mask for i in range(8 * len(data) // d)]


def _sample_ntt(seed):                                    # 7
    data = hashlib.shake_128(seed).digest(1344)           # 8 blocks: enough but for 1 in 2^80 or so
    out, i = [], 0
    while len(out) < N:
        b0, b1, b2 = data[i:i + 3]
        i += 3
        for d in (b0 + 256 * (b1 % 16), b1 // 16 + 16 * b2):
            if d < Q and len(out) < N:
                out.append(d)
    return out


def _cbd(key, nonce):                                     # 8 with eta = 2
    bits = int.from_bytes(hashlib.shake_256(key + bytes([nonce])).digest(64 * ETA), "little")
    out = []
    for i in range(N):
        b = bits >> 4 * i & 15
        out.append(((b & 1) + (b >> 1 & 1) - (b >> 2 & 1) - (b >> 3)) % Q)
    return out


def _ntt(f):                                              # 9
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, N, 2 * length):
            z = ZETAS[i]
            i += 1
            for j in range(start, start + length):
                t = z * f[j + length]
                f[j + length] = (f[j] - t) % Q
                f[j] = (f[j] + t) % Q
        length //= 2
    return f


def _ntt_inverse(f):                                      # 10
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, N, 2 * length):
            z = ZETAS[i]
            i -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = z * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def _multiply(f, g):                                      # 11, 12
    h = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 * GAMMAS[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def _add(*polys):
    return [sum(c) % Q for c in zip(*polys)]


def _dot(f, g):
    return _add(*[_multiply(a, b) for a, b in zip(f, g)])


def _matrix(rho):
    return [[_sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def _g(data):
    h = hashlib.sha3_512(data).digest()
    return h[:32], h[32:]


def keygen(seed):
    """16 (and 13); the seed is d | z. Returns (ek, dk)."""
    d, z = seed[:32], seed[32:]
    rho, sigma = _g(d + bytes([K]))
    a = _matrix(rho)
    s = [_ntt(_cbd(sigma, i)) for i in range(K)]
    e = [_ntt(_cbd(sigma, K + i)) for i in range(K)]
    t = [_add(_dot(a[i], s), e[i]) for i in range(K)]
    ek = b"".join(byte_encode(12, p) for p in t) + rho
    dk = b"".join(byte_encode(12, p) for p in s) + ek + hashlib.sha3_256(ek).digest() + z
    return ek, dk


def _encrypt(ek, m, r):                                   # 14
    t = [byte_decode(12, ek[384 * i:384 * i + 384]) for i in range(K)]
    a = _matrix(ek[1152:])
    y = [_ntt(_cbd(r, i)) for i in range(K)]
    u = [_add(_ntt_inverse(_dot([a[j][i] for j in range(K)], y)), _cbd(r, K + i)) for i in range(K)]
    mu = [decompress(1, b) for b in byte_decode(1, m)]
    v = _add(_ntt_inverse(_dot(t, y)), _cbd(r, 2 * K), mu)
    return (b"".join(byte_encode(DU, [compress(DU, x) for x in p]) for p in u)
            + byte_encode(DV, [compress(DV, x) for x in v]))


def _decrypt(dk, c):                                      # 15
    u = [[decompress(DU, x) for x in byte_decode(DU, c[320 * i:320 * i + 320])] for i in range(K)]
    v = [decompress(DV, x) for x in byte_decode(DV, c[960:])]
    s = [byte_decode(12, dk[384 * i:384 * i + 384]) for i in range(K)]
    w = _ntt_inverse(_dot(s, [_ntt(p) for p in u]))
    return byte_encode(1, [compress(1, (x - y) % Q) for x, y in zip(v, w)])


def check_ek(ek):
    """Section 7.2: the length and the modulus check."""
    if len(ek) != EK or any(x >= Q for x in byte_decode(12, ek[:1152])):
        raise ValueError("not an ML-KEM-768 encapsulation key")


def encaps(ek, m):
    """17. Returns (ct, K), in the order in which the specification of QNSP names them."""
    check_ek(ek)
    key, r = _g(m + hashlib.sha3_256(ek).digest())
    return _encrypt(ek, m, r), key


def decaps(dk, c):                                        # 18
    if len(c) != CT:
        raise ValueError("not an ML-KEM-768 ciphertext")
    ek, h, z = dk[1152:2336], dk[2336:2368], dk[2368:]
    m = _decrypt(dk, c)
    key, r = _g(m + h)
    if _encrypt(ek, m, r) != c:
        return hashlib.shake_256(z + c).digest(32)        # implicit rejection
    return key
