"""The frames of one direction, written and read in the stages of the handshake (F, H-6, H-7)."""
from frame import (C2S, EPOCH, HANDSHAKE, KIND_HANDSHAKE, KIND_STAGE_END, NOISE, PAYLOAD, RECORD_HEADER,
                   S2C, Opener, Sealer, record, records)

DIRECTION = {"c2s": C2S, "s2c": S2C}


class Out:
    """Packs messages greedily: a HANDSHAKE record a frame, STAGE_END in the last one where it fits."""

    def __init__(self, vector, direction, time):
        self.vector, self.direction, self.time = vector, direction, time
        self.raws, self.frames, self.flights = 0, 0, 0

    def _flight(self, stage, count):
        name = "%s.flight.%d" % (self.direction, self.flights)
        self.flights += 1
        self.vector.put(name, "%s %d" % (stage, count))

    def raw(self, data):                                  # F-1, H-3, H-20, H-21
        frames = [data[i:i + 768] for i in range(0, len(data), 768)]
        self._flight("raw", len(frames))
        for frame in frames:
            self.vector.put("%s.raw.%d" % (self.direction, self.raws), frame)
            self.raws += 1
        return frames

    def stage(self, stage, chain):
        self.name = stage
        self.sealer = Sealer(chain, DIRECTION[self.direction], EPOCH[stage])

    def send(self, data, end=False):
        """One flight: the messages in data, then STAGE_END where asked; b"" alone is Noise."""
        room = PAYLOAD - RECORD_HEADER
        payloads = [record(0, KIND_HANDSHAKE, data[i:i + room]) for i in range(0, len(data), room)] or [b""]
        if end:
            if len(payloads[-1]) + RECORD_HEADER > PAYLOAD:
                payloads.append(b"")
            payloads[-1] += record(0, KIND_STAGE_END)
        self._flight(self.name, len(payloads))
        sealed = [self.sealer.seal(p, self.time) for p in payloads]
        for frame in sealed:
            self.vector.put("%s.frame.%d" % (self.direction, self.frames), frame)
            self.frames += 1
        return sealed


class In:
    """Opens frames and gives whole messages as (type, body, raw), and None for STAGE_END."""

    def __init__(self, direction):
        self.direction, self.pending = direction, b""

    def stage(self, stage, chain):
        self.opener = Opener(chain, DIRECTION[self.direction], EPOCH[stage])

    def read(self, frames):
        out = []
        for frame in frames:
            kind, payload, _ = self.opener.open(frame)
            if kind == NOISE:
                continue
            assert kind == HANDSHAKE
            for channel, record_kind, body in records(payload):
                assert channel == 0 and (not out or out[-1] is not None), "H-7: STAGE_END is last"
                out += self._take(record_kind, body)
        return out

    def _take(self, kind, body):
        if kind == KIND_STAGE_END:
            assert not self.pending and not body, "H-7: no message is split across STAGE_END"
            return [None]
        assert kind == KIND_HANDSHAKE
        self.pending += body
        out = []
        while len(self.pending) >= 3 and len(self.pending) >= 3 + int.from_bytes(self.pending[1:3], "big"):
            n = 3 + int.from_bytes(self.pending[1:3], "big")
            out.append((self.pending[0], self.pending[3:n], self.pending[:n]))
            self.pending = self.pending[n:]
        return out
