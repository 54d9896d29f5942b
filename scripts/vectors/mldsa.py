"""ML-DSA-65 and ML-DSA-87 (FIPS 204), pure, empty context. Numbers in comments are its algorithms."""
import hashlib

Q, N, D = 8380417, 256, 13
GAMMA1, GAMMA2 = 1 << 19, (8380417 - 1) // 32


class Set:
    """A parameter set; gamma1 and gamma2 are the same in both."""

    def __init__(self, k, l, eta, tau, strength, omega):
        self.k, self.l, self.eta, self.tau, self.strength, self.omega = k, l, eta, tau, strength, omega
        self.beta = tau * eta
        self.PK, self.SIG = 32 + 320 * k, strength // 4 + 640 * l + omega + k


MLDSA65, MLDSA87 = Set(6, 5, 4, 49, 192, 55), Set(8, 7, 2, 60, 256, 75)


def _h(data, n):
    return hashlib.shake_256(data).digest(n)


def _bitrev8(i):
    return int(format(i, "08b")[::-1], 2)


ZETAS = [pow(1753, _bitrev8(i), Q) for i in range(256)]


def _pack(values, bits):                                  # 16
    n = sum(v << bits * i for i, v in enumerate(values))
    return n.to_bytes(bits * N // 8, "little")


def _unpack(data, bits):                                  # 18
    n, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [n >> bits * i & mask for i in range(N)]


def _centred(x, m):
    """x mod+- m: the representative in (-m/2, m/2]."""
    x %= m
    return x - m if x > m // 2 else x


def _norm(polys):
    return max(abs(_centred(x, Q)) for p in polys for x in p)


# --- polynomials

def _ntt(w):                                              # 41
    w, m, length = list(w), 0, 128
    while length >= 1:
        for start in range(0, N, 2 * length):
            m += 1
            z = ZETAS[m]
            for j in range(start, start + length):
                t = z * w[j + length] % Q
                w[j + length] = w[j] - t
                w[j] += t
        length //= 2
    return [x % Q for x in w]


def _ntt_inverse(w):                                      # 42
    w, m, length = list(w), 256, 1
    while length < 256:
        for start in range(0, N, 2 * length):
            m -= 1
            z = Q - ZETAS[m]
            for j in range(start, start + length):
                t = w[j]
                w[j] = t + w[j + length]
                w[j + length] = z * (t - w[j + length]) % Q
        length *= 2
    return [x * 8347681 % Q for x in w]


def _times(f, g):
    return [a * b % Q for a, b in zip(f, g)]


def _add(f, g):
    return [(a + b) % Q for a, b in zip(f, g)]


def _sub(f, g):
    return [(a - b) % Q for a, b in zip(f, g)]


def _matrix_times(a, v):
    return [[sum(x * y for x, y in zip(row_c, v_c)) % Q for row_c, v_c in zip(zip(*row), zip(*v))]
            for row in a]


# --- sampling

def _rej_ntt(seed):                                       # 30
    data = hashlib.shake_128(seed).digest(1344)           # 448 candidates, one in 1000 is refused
    out, i = [], 0
    while len(out) < N:
        z = data[i] | data[i + 1] << 8 | (data[i + 2] & 127) << 16
        i += 3
        if z < Q:
            out.append(z)
    return out


def _rej_bounded(eta, seed):                              # 31 and 15
    out, n = [], 0
    data = _h(seed, 1024)
    while len(out) < N:
        for z in (data[n] & 15, data[n] >> 4):
            if z < (9 if eta == 4 else 15) and len(out) < N:
                out.append(eta - (z if eta == 4 else z % 5))
        n += 1
    return out


def _expand_a(p, rho):                                    # 32
    return [[_rej_ntt(rho + bytes([s, r])) for s in range(p.l)] for r in range(p.k)]


def _expand_s(p, rho):                                    # 33
    polys = [_rej_bounded(p.eta, rho + r.to_bytes(2, "little")) for r in range(p.l + p.k)]
    return polys[:p.l], polys[p.l:]


def _expand_mask(p, rho, kappa):                          # 34
    return [[GAMMA1 - x for x in _unpack(_h(rho + (kappa + r).to_bytes(2, "little"), 640), 20)]
            for r in range(p.l)]


def _sample_in_ball(tau, seed):                           # 29
    data = _h(seed, 1024)
    signs, at, c = int.from_bytes(data[:8], "little"), 8, [0] * N
    for i in range(N - tau, N):
        while data[at] > i:
            at += 1
        j = data[at]
        at += 1
        c[i] = c[j]
        c[j] = -1 if signs >> (i + tau - N) & 1 else 1
    return c


# --- rounding

def _power2round(r):                                      # 35
    r %= Q
    r0 = _centred(r, 1 << D)
    return (r - r0) >> D, r0


def _decompose(r):                                        # 36
    r %= Q
    r0 = _centred(r, 2 * GAMMA2)
    if r - r0 == Q - 1:
        return 0, r0 - 1
    return (r - r0) // (2 * GAMMA2), r0


def _high(r):
    return _decompose(r)[0]


def _use_hint(h, r):                                      # 40
    r1, r0 = _decompose(r)
    if not h:
        return r1
    return (r1 + 1) % 16 if r0 > 0 else (r1 - 1) % 16


def _encode_hint(p, h):                                   # 20
    y, index = bytearray(p.omega + p.k), 0
    for i in range(p.k):
        for j in range(N):
            if h[i][j]:
                y[index] = j
                index += 1
        y[p.omega + i] = index
    return bytes(y)


def _decode_hint(p, y):                                   # 21
    h, index = [[0] * N for _ in range(p.k)], 0
    for i in range(p.k):
        end = y[p.omega + i]
        if end < index or end > p.omega:
            return None
        first = index
        while index < end:
            if index > first and y[index - 1] >= y[index]:
                return None
            h[i][y[index]] = 1
            index += 1
    return None if any(y[index:p.omega]) else h


# --- keys and signatures

class Key:
    """KeyGen_internal (6) from the seed xi; the private key stays unpacked."""

    def __init__(self, xi, p=MLDSA65):
        self.p = p
        seed = _h(xi + bytes([p.k, p.l]), 128)
        rho, rho2, self.k = seed[:32], seed[32:96], seed[96:]
        self.a = _expand_a(p, rho)
        s1, s2 = _expand_s(p, rho2)
        self.s1, self.s2 = [_ntt(p) for p in s1], [_ntt(p) for p in s2]
        t = [_add(_ntt_inverse(p), e) for p, e in zip(_matrix_times(self.a, self.s1), s2)]
        rounded = [[_power2round(x) for x in p] for p in t]
        self.t0 = [_ntt([x[1] for x in p]) for p in rounded]
        self.pk = rho + b"".join(_pack([x[0] for x in p], 10) for p in rounded)
        self.tr = _h(self.pk, 64)

    def sign(self, message, rnd):
        """2 with an empty context, then 7."""
        mu = _h(self.tr + b"\x00\x00" + message, 64)
        rho = _h(self.k + rnd + mu, 64)
        kappa = 0
        while True:
            signature = self._attempt(mu, rho, kappa)
            if signature is not None:
                return signature
            kappa += self.p.l

    def _attempt(self, mu, rho, kappa):
        y = _expand_mask(self.p, rho, kappa)
        w = [_ntt_inverse(p) for p in _matrix_times(self.a, [_ntt(p) for p in y])]
        w1 = [[_high(x) for x in p] for p in w]
        c_tilde = _h(mu + b"".join(_pack(p, 4) for p in w1), self.p.strength // 4)
        c = _ntt(_sample_in_ball(self.p.tau, c_tilde))
        z = [_add(p, _ntt_inverse(_times(c, s))) for p, s in zip(y, self.s1)]
        if _norm(z) >= GAMMA1 - self.p.beta:
            return None
        r = [_sub(p, _ntt_inverse(_times(c, s))) for p, s in zip(w, self.s2)]
        if max(abs(_decompose(x)[1]) for p in r for x in p) >= GAMMA2 - self.p.beta:
            return None
        ct0 = [_ntt_inverse(_times(c, t)) for t in self.t0]
        # MakeHint (39): where adding ct0 changes the high bits
        h = [[int(_high(x) != _high(x + t)) for x, t in zip(p, tp)] for p, tp in zip(r, ct0)]
        if _norm(ct0) >= GAMMA2 or sum(map(sum, h)) > self.p.omega:
            return None
        packed = b"".join(_pack([GAMMA1 - _centred(x, Q) for x in p], 20) for p in z)
        return c_tilde + packed + _encode_hint(self.p, h)


def verify(p, pk, message, signature):
    """3 with an empty context, then 8."""
    if len(pk) != p.PK or len(signature) != p.SIG:
        return False
    start = p.strength // 4
    c_tilde = signature[:start]
    z = [[GAMMA1 - x for x in _unpack(signature[start + 640 * i:start + 640 + 640 * i], 20)] for i in range(p.l)]
    h = _decode_hint(p, signature[start + 640 * p.l:])
    if h is None or _norm(z) >= GAMMA1 - p.beta:
        return False
    t1 = [_ntt([x << D for x in _unpack(pk[32 + 320 * i:352 + 320 * i], 10)]) for i in range(p.k)]
    mu = _h(_h(pk, 64) + b"\x00\x00" + message, 64)
    c = _ntt(_sample_in_ball(p.tau, c_tilde))
    az = _matrix_times(_expand_a(p, pk[:32]), [_ntt(q) for q in z])
    w = [_ntt_inverse(_sub(q, _times(c, t))) for q, t in zip(az, t1)]
    w1 = [[_use_hint(b, x) for b, x in zip(hq, q)] for hq, q in zip(h, w)]
    return c_tilde == _h(mu + b"".join(_pack(q, 4) for q in w1), start)
