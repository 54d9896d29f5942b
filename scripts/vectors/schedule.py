"""What both sides compute alike: transcript and chain (H-1 to H-19)."""
from encoding import H, HMAC, LP, S16, expand, extract, u8, zeros

SUITE = "QNSP-1/kemeleon-02/mlkem768+x25519/mldsa65+ed25519/aes256ctr/hmac-sha3-256"
SIMPLEX, DUPLEX = 1, 2
TYPES = {"CH": 1, "SH": 2, "SF": 3, "CF": 4, "CI": 5, "SC": 6, "CA": 7, "SA": 8, "SD": 9,
         "HK": 10, "CK": 11, "SK": 12}
METHOD_KEM, METHOD_SIG = 1, 2


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


def invite_tag(key, hour, encoded_key, nonce):            # H-20
    return HMAC(key, LP("qnsp1 invite") + hour.to_bytes(8, "big") + H(encoded_key + nonce))


def opening_id(secret):                                   # H-26
    return H(b"qnsp1 opening" + secret)[:16]


class Schedule:
    """th and ck of one side; every step is put into the vector under its name."""

    def __init__(self, vector, host_fp=None):
        self.vector, self.ck = vector, None
        self.th = H(LP(SUITE) + LP(host_fp if host_fp else "first contact"))    # H-1
        vector.put("th.start", self.th)

    def absorb(self, name, data):                         # H-2
        self.th = H(self.th + data)
        self.vector.put("th." + name, self.th)

    def init(self, psk_outer):                            # H-4
        self.ck = extract(zeros(32), "qnsp1 init", self.th, psk_outer)
        self.vector.put("ck.init", self.ck)

    def mix(self, name, *inputs):
        self.ck = extract(self.ck, "qnsp1 " + name, *inputs)
        self.vector.put("ck." + name, self.ck)

    def mix_login(self, k_e2):                            # H-13
        self.mix("KE2", k_e2)
        self.mix("PSK", zeros(32))
        self.mix("QKD", zeros(32), zeros(32))

    def mix_unrecorded(self, label, secret):
        """The random a of H-15: the two sides do not agree on what follows."""
        self.ck = extract(self.ck, label, secret)

    def chain(self, stage, direction):                    # H-5, H-10, H-17
        return expand(self.ck, "qnsp1 %s %s" % (stage, direction), self.th)

    def finished(self, label, suffix=b""):                # H-11, H-16, H-18
        return HMAC(expand(self.ck, "qnsp1 fin " + label, self.th), self.th + suffix)
