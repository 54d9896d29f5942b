"""Vectors of ratchets (R-3 to R-8, R-11): four exchanges of each direction, and frames before and after each."""
from cases_frame import TIME, example
from encoding import u64
from frame import C2S, S2C, Sealer, record
from ratchet import NAMES, RATCHET, SWITCH, Direction, Shared, message, roots
from stream import Stream
from vectorfile import Vector

# frames of the epoch before the one with the switch: in a page, at its end, past it, none
FRAMES = (5, 15, 33, 0)


def ratchets(direction):
    name = NAMES[direction]
    v = Vector("ratchet-%s.txt" % name, "four ratchets of one direction (R-3 to R-8, R-11)",
               "c2s: the client starts them; frame numbers run on through all of them")
    ck, th, chain = example("ratchet ck"), example("ratchet th"), example("ratchet chain")
    v.put("ck", ck)
    v.put("th", th)
    v.put("direction", direction)
    v.put("chain", chain)
    v.put("root", roots(ck, th)[direction])
    seeds = example("ratchet starter " + name), example("ratchet answerer " + name)
    v.put("stream-seed.starter", seeds[0])
    v.put("stream-seed.answerer", seeds[1])
    run = Direction(direction, roots(ck, th)[direction], Stream(seeds[0]), Stream(seeds[1]))
    sealer, at = Sealer(chain, direction, 2), 0

    def seal(payload):
        nonlocal at
        v.put("frame.%d" % at, sealer.seal(payload, TIME + at))
        at += 1

    two = Shared([(b"one", 256), (example("id", 255), 4096)], example("shared"), b"context")
    v.put("exchanges", len(FRAMES))
    for i, (frames, shared, taken) in enumerate(zip(FRAMES, (None, two, two, None), (True, True, False, True))):
        name = "exchange.%d." % i
        v.put(name + "offered", len(shared.ids) if shared else 0)
        if shared:
            for j, (key, bits) in enumerate(shared.ids):
                v.put(name + "id.%d" % j, key)
                v.put(name + "bits.%d" % j, bits)
            v.put(name + "secret", shared.secret)
            v.put(name + "context", shared.context)
            v.put(name + "taken", 1 if taken else 0)
        offer, reply, chain = run.exchange(shared, taken)
        v.put(name + "offer", offer)
        v.put(name + "reply", reply)
        v.put(name + "root", run.root)
        v.put(name + "chain", chain)
        v.put(name + "frames", frames)
        for _ in range(frames):
            seal(b"")
        seal(record(0, RATCHET, message(SWITCH, u64(at + 1))))
        run.switch(sealer, chain, at)
    for _ in range(3):
        seal(b"")
    v.put("frames", at)
    v.put("expect", "ok")
    return v


def all_vectors():
    return [ratchets(C2S), ratchets(S2C)]
