"""The fixed "randomness" of the vectors: one SHAKE256 stream for each side, read in order."""
import hashlib

from encoding import LP


class Stream:
    def __init__(self, seed):
        self.input = LP("vector") + LP(seed)
        self.buffer, self.at = b"", 0

    def take(self, n):
        if self.at + n > len(self.buffer):
            # hashlib squeezes from the start only; a longer digest has the shorter as its prefix
            self.buffer = hashlib.shake_256(self.input).digest(2 * (self.at + n) + 4096)
        self.at += n
        return self.buffer[self.at - n:self.at]

    def below(self, n):
        """Uniform in 0..n-1 by rejection; n = 1 reads nothing."""
        bits = (n - 1).bit_length()
        while True:
            x = int.from_bytes(self.take((bits + 7) // 8), "big") & ((1 << bits) - 1)
            if x < n:
                return x


class Fixed:
    """Not random: always the lowest or always the highest choice, for check values."""

    def __init__(self, high):
        self.high = high

    def below(self, n):
        return n - 1 if self.high else 0
