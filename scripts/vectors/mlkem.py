"""ML-KEM-768 and ML-KEM-1024 (FIPS 203). Numbers in comments are its algorithms."""
import hashlib

Q, N, ETA = 3329, 256, 2


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


def _g(data):
    h = hashlib.sha3_512(data).digest()
    return h[:32], h[32:]


class Set:
    """A parameter set: k, du, dv; eta is 2 in both."""

    def __init__(self, k, du, dv):
        self.k, self.du, self.dv = k, du, dv
        self.EK, self.CT = 384 * k + 32, 32 * (du * k + dv)

    def _matrix(self, rho):
        return [[_sample_ntt(rho + bytes([j, i])) for j in range(self.k)] for i in range(self.k)]

    def keygen(self, seed):
        """16 (and 13); the seed is d | z. Returns (ek, dk)."""
        d, z = seed[:32], seed[32:]
        rho, sigma = _g(d + bytes([self.k]))
        a = self._matrix(rho)
        s = [_ntt(_cbd(sigma, i)) for i in range(self.k)]
        e = [_ntt(_cbd(sigma, self.k + i)) for i in range(self.k)]
        t = [_add(_dot(a[i], s), e[i]) for i in range(self.k)]
        ek = b"".join(byte_encode(12, p) for p in t) + rho
        dk = b"".join(byte_encode(12, p) for p in s) + ek + hashlib.sha3_256(ek).digest() + z
        return ek, dk

    def _encrypt(self, ek, m, r):                         # 14
        n = range(self.k)
        t = [byte_decode(12, ek[384 * i:384 * i + 384]) for i in n]
        a = self._matrix(ek[384 * self.k:])
        y = [_ntt(_cbd(r, i)) for i in n]
        u = [_add(_ntt_inverse(_dot([a[j][i] for j in n], y)), _cbd(r, self.k + i)) for i in n]
        mu = [decompress(1, b) for b in byte_decode(1, m)]
        v = _add(_ntt_inverse(_dot(t, y)), _cbd(r, 2 * self.k), mu)
        return (b"".join(byte_encode(self.du, [compress(self.du, x) for x in p]) for p in u)
                + byte_encode(self.dv, [compress(self.dv, x) for x in v]))

    def _decrypt(self, dk, c):                            # 15
        one = 32 * self.du
        u = [[decompress(self.du, x) for x in byte_decode(self.du, c[one * i:one * i + one])] for i in range(self.k)]
        v = [decompress(self.dv, x) for x in byte_decode(self.dv, c[one * self.k:])]
        s = [byte_decode(12, dk[384 * i:384 * i + 384]) for i in range(self.k)]
        w = _ntt_inverse(_dot(s, [_ntt(p) for p in u]))
        return byte_encode(1, [compress(1, (x - y) % Q) for x, y in zip(v, w)])

    def check_ek(self, ek):
        """Section 7.2: the length and the modulus check."""
        if len(ek) != self.EK or any(x >= Q for x in byte_decode(12, ek[:384 * self.k])):
            raise ValueError("not an ML-KEM encapsulation key")

    def encaps(self, ek, m):
        """17. Returns (ct, K), in the order in which the specification of QNSP names them."""
        self.check_ek(ek)
        key, r = _g(m + hashlib.sha3_256(ek).digest())
        return self._encrypt(ek, m, r), key

    def decaps(self, dk, c):                              # 18
        if len(c) != self.CT:
            raise ValueError("not an ML-KEM ciphertext")
        at = 384 * self.k
        ek, h, z = dk[at:at + self.EK], dk[at + self.EK:at + self.EK + 32], dk[at + self.EK + 32:]
        m = self._decrypt(dk, c)
        key, r = _g(m + h)
        if self._encrypt(ek, m, r) != c:
            return hashlib.shake_256(z + c).digest(32)    # implicit rejection
        return key


MLKEM768, MLKEM1024 = Set(3, 10, 4), Set(4, 11, 5)
# that of long-term keys and of the opening
EK, CT = MLKEM768.EK, MLKEM768.CT
keygen, check_ek, encaps, decaps = MLKEM768.keygen, MLKEM768.check_ek, MLKEM768.encaps, MLKEM768.decaps
