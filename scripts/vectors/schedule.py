"""What both sides compute alike: transcript and chain (H-1 to H-19)."""
from encoding import H, HMAC, LP, S16, expand, extract, u8, u32, zeros

SIMPLEX, DUPLEX = 1, 2
TYPES = {"CH": 1, "SH": 2, "SF": 3, "CF": 4, "CI": 5, "SC": 6, "CA": 7, "SA": 8, "SD": 9,
         "HK": 10, "CK": 11, "SK": 12, "QO": 13, "QA": 14, "QC": 15, "CC": 16, "SO": 17, "CO": 18}
METHOD_KEM, METHOD_SIG, METHOD_ZK, METHOD_AUTH_KEY = 1, 2, 3, 4
FLAG_QUANTUM = 1


def message(name, body):                                  # H-6
    return u8(TYPES[name]) + S16(body)


def server_mac_a(k_c, x_c, host_fp, user, key_fp, ct, th):
    """H-14: the secret a of a `kem` entry."""
    secret = extract(zeros(32), "qnsp1 client-auth", k_c, x_c, host_fp, user)
    return expand(secret, "qnsp1 client-auth", LP(key_fp) + LP(ct) + LP(th))


def confirm(a, th):                                       # H-14
    return HMAC(a, LP("qnsp1 confirm") + LP(th))


def to_sign(th, unsigned_body, host_fp, user):            # H-12
    t = H(th + LP(unsigned_body))
    return LP("QNSP-auth") + LP(t) + LP("client") + LP(host_fp) + LP(user)


def zk_commitment(rho, host_fp, user, th, ct, x_z, k, dh):     # H-34
    return HMAC(rho, LP("qnsp1 zk") + LP("client") + LP(host_fp) + LP(user) + LP(th) + LP(ct) + LP(x_z) + LP(k) + LP(dh))


def quantum_context(client_sae, server_sae, names):       # H-32
    return H(LP("qnsp1 QKD context") + u8(0) + LP(client_sae) + LP(server_sae) + b"".join(LP(key_id) + u32(bits) for key_id, bits in names))


def invite_tag(key, hour, encoded_key, nonce):            # H-20
    return HMAC(key, LP("qnsp1 invite") + hour.to_bytes(8, "big") + H(encoded_key + nonce))


def opening_id(secret):                                   # H-26
    return H(b"qnsp1 opening" + secret)[:16]


class Schedule:
    """th and ck of one side; every step is put into the vector under its name."""

    def __init__(self, vector, suite, host_fp=None):
        self.vector, self.ck, self.absorbed = vector, None, []
        self.th = H(LP(suite.text) + LP(host_fp if host_fp else "first contact"))    # H-1
        vector.put("th.start", self.th)

    def absorb(self, name, data):                         # H-2
        self.th = H(self.th + data)
        self.absorbed.append(name)
        if self.absorbed.count(name) > 1:                 # a message that there may be more than one of
            name += ".%d" % self.absorbed.count(name)
        self.vector.put("th." + name, self.th)
        return name

    def init(self, psk_outer):                            # H-4
        self.ck = extract(zeros(32), "qnsp1 init", self.th, psk_outer)
        self.vector.put("ck.init", self.ck)

    def mix(self, label, *inputs, name=None):
        self.ck = extract(self.ck, "qnsp1 " + label, *inputs)
        self.vector.put("ck." + (name or label), self.ck)

    def mix_shared(self, auth_key, quantum):              # H-16
        self.mix("PSK", auth_key or zeros(32))
        self.mix("QKD", *(quantum or (zeros(32), zeros(32))))

    def mix_unrecorded(self, label, secret):
        """The random a of H-15: the two sides do not agree on what follows."""
        self.ck = extract(self.ck, label, secret)

    def chain(self, stage, direction):                    # H-5, H-10, H-17
        return expand(self.ck, "qnsp1 %s %s" % (stage, direction), self.th)

    def finished(self, label, suffix=b"", branch=None):   # H-11, H-16, H-18, of a branch H-32, H-33
        return HMAC(expand(branch or self.ck, "qnsp1 fin " + label, self.th), self.th + suffix)

    def exporter(self):                                   # H-38
        return expand(self.ck, "qnsp1 exporter", self.th)

    def next_auth_key(self):                              # H-37
        return expand(self.ck, "qnsp1 auth key", self.th, 48)
