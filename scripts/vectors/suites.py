"""The suites (S-1): version string, ephemeral KEM, type of signing keys."""
import os

import keys
import mlkem

HERE = os.path.dirname(os.path.abspath(__file__))


class MlKem:
    def __init__(self, parameters):
        self.set, self.EK, self.CT = parameters, parameters.EK, parameters.CT

    def generate(self, random):
        return self.set.keygen(random.take(64))

    def encaps(self, ek, random):
        return self.set.encaps(ek, random.take(32))

    def decaps(self, dk, ct):
        return self.set.decaps(dk, ct)


class Hqc192:
    """Not an implementation: what one gives for the keys and messages of the vectors is read from data/hqc192.txt, which the
    Java test checks. So these vectors hold the handshake with this KEM against both implementations, not the KEM."""
    EK, CT = 4514, 8978

    def __init__(self):
        with open(os.path.join(HERE, "data", "hqc192.txt"), encoding="ascii") as f:
            lines = [line.split() for line in f if not line.startswith("#")]
        self.rows = [[bytes.fromhex(word) for word in line] for line in lines]

    def _row(self, at, value):
        return next(row for row in self.rows if row[at] == value)

    def generate(self, random):
        seed = random.take(32)
        return self._row(0, seed)[3], seed

    def encaps(self, ek, random):
        row = self._row(3, ek)
        assert row[1:3] == [random.take(24), random.take(16)]
        return row[4], row[5]

    def decaps(self, seed, ct):
        row = self._row(0, seed)
        assert row[4] == ct
        return row[5]


class Suite:
    def __init__(self, exchange, signature, kem, signs):
        self.text = "QNSP-1/kemeleon-02/%s/%s/aes256ctr/hmac-sha3-256" % (exchange, signature)
        self.kem, self.signs = kem, signs
        self.contact_exchange = exchange.count("+") > 1       # H-23: the opening's exchange is not of the suite's KEM


MLKEM768 = DEFAULT = Suite("mlkem768+x25519", "mldsa65+ed25519", MlKem(mlkem.MLKEM768), keys.SIG)
MLKEM1024 = Suite("mlkem768+mlkem1024+x25519", "mldsa87+ed25519", MlKem(mlkem.MLKEM1024), keys.SIG87)
HQC192 = Suite("mlkem768+hqc192+x25519", "mldsa65+ed25519", Hqc192(), keys.SIG)
