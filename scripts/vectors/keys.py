"""Key pairs and their encodings: steps K-1 to K-8."""
import base64
import hashlib
import hmac

import ed25519
import mldsa
import mlkem
import x25519
from encoding import H, LP, S8, Reader, expand, u32, zeros

KEM, SIG, SIG87 = "mlkem768-x25519", "mldsa65-ed25519", "mldsa87-ed25519"
SETS = {SIG: mldsa.MLDSA65, SIG87: mldsa.MLDSA87}


class KemKey:
    """Host keys, users' `kem` keys and the decoy: seed d | z and an X25519 scalar (K-4)."""
    type = KEM

    def __init__(self, first, second):
        self.first, self.second = first, second
        self.ek, self.dk = mlkem.keygen(first)
        self.encoded = encode_public(KEM, self.ek, x25519.public(second))
        self.fingerprint = H(self.encoded)


class SigKey:
    """A user's `sig` key: the seed xi and the Ed25519 seed (K-4)."""

    def __init__(self, first, second, kind=SIG):
        self.type, self.first, self.second = kind, first, second
        self.mldsa = mldsa.Key(first, SETS[kind])
        self.encoded = encode_public(kind, self.mldsa.pk, ed25519.public(second))
        self.fingerprint = H(self.encoded)


def encode_public(kind, first, second):                   # K-1
    return LP(kind) + LP(first) + LP(second)


def decode_public(encoded):
    """(type, first, second)"""
    r = Reader(encoded)
    kind, first, second = r.prefixed(4).decode(), r.prefixed(4), r.prefixed(4)
    r.done()
    if (kind, len(first), len(second)) not in [(KEM, mlkem.EK, 32)] + [(kind, p.PK, 32) for kind, p in SETS.items()]:
        raise ValueError("not a public key")
    if kind == KEM:
        mlkem.check_ek(first)
    return kind, first, second


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def public_line(key, comment=""):                         # K-2
    return key.type + " " + b64(key.encoded) + (" " + comment if comment else "")


def fingerprint_text(key):                                # K-3
    return "SHA3-256:" + b64(key.fingerprint).rstrip("=")


def encode_secret(key, comment=""):                       # K-4
    return LP(key.type) + LP(key.first) + LP(key.second) + LP(comment)


def private_bytes(key, comment=""):
    """K-5 without a passphrase."""
    return (b"qnsp-key-v1\x00" + LP("none") + LP("") + LP("none") + LP("")
            + LP(key.encoded) + LP(encode_secret(key, comment)))


def private_header(key, memory_kib, passes, lanes, salt, nonce):
    """K-5 with a passphrase: everything before LP(sealed), the associated data of the GCM."""
    parameters = u32(memory_kib) + u32(passes) + u32(lanes) + S8(salt)
    return (b"qnsp-key-v1\x00" + LP("argon2id") + LP(parameters) + LP("aes256-gcm") + LP(nonce)
            + LP(key.encoded))


def private_file(data):                                   # K-5
    text = b64(data)
    lines = [text[i:i + 70] for i in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN QNSP PRIVATE KEY-----"] + lines + ["-----END QNSP PRIVATE KEY-----", ""])


def hashed_host(salt, name):
    """K-6, as OpenSSH's: HMAC-SHA1 with the salt as its key."""
    return "|1|" + b64(salt) + "|" + b64(hmac.new(salt, name.encode(), hashlib.sha1).digest())


def invite_uri(host, fingerprint, token, user="", port=None):    # K-7
    authority = (user + "@" if user else "") + host + (":%d" % port if port else "")
    return "qssh://%s?fp=%s&invite=%s" % (authority, b64url(fingerprint), b64url(token))


def invite_key(token):                                    # K-8
    return expand(token, "qnsp1 invite key", b"", 32)


NO_INVITE = zeros(32)                                     # H-4: psk_outer without an invite
