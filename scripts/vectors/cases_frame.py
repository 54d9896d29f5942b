"""Vectors of the key schedule (Notation, R-1), of frames (F) and of Kemeleon (K-10)."""
import kemeleon
import mlkem
from encoding import XOF, expand, extract
from frame import (C2S, DATA, NOISE, PAYLOAD, S2C, Fault, Opener, Sealer, frame_type, page, record,
                   records)
from selftest import cctv
from stream import Stream
from vectorfile import Vector

TIME = 1767225600000000                                   # 2026-01-01T00:00:00Z


def example(name, n=32):
    """Bytes without meaning, different for each name."""
    return XOF(("example " + name).encode(), n)


def key_schedule():
    v = Vector("keyschedule.txt", "Extract, Expand (Notation) and pages of frame keys (R-1)")
    cases = [("qnsp1 init", [example("th"), bytes(32)]), ("qnsp1 KS", [example("K")]),
             ("qnsp1 QKD", [bytes(32), bytes(32)]), ("qnsp1 CA", [b""]),
             ("qnsp1 client-auth", [example("K_C"), example("X"), example("fp"), "märta".encode()])]
    for i, (label, inputs) in enumerate(cases):
        ck = bytes(32) if i in (0, 4) else example("ck")
        v.put("extract.%d.ck" % i, ck)
        v.put("extract.%d.label" % i, label)
        v.put("extract.%d.inputs" % i, len(inputs))
        for j, x in enumerate(inputs):
            v.put("extract.%d.input.%d" % (i, j), x)
        v.put("extract.%d.out" % i, extract(ck, label, *inputs))
    cases = [("qnsp1 early c2s", example("th"), 32), ("qnsp1 invite key", b"", 32),
             ("qnsp1 fin S", b"context", 31), ("qnsp1 fin S", b"context", 33), ("qnsp1 fin S", b"context", 100)]
    for i, (label, context, n) in enumerate(cases):
        v.put("expand.%d.ck" % i, example("ck"))
        v.put("expand.%d.label" % i, label)
        v.put("expand.%d.context" % i, context)
        v.put("expand.%d.length" % i, n)
        v.put("expand.%d.out" % i, expand(example("ck"), label, context, n))
    chain = example("chain")
    for i in range(2):
        v.put("page.%d.chain" % i, chain)
        keys, chain = page(chain)
        for j, (enc, mac) in enumerate(keys):
            v.put("page.%d.enc.%d" % (i, j), enc)
            v.put("page.%d.mac.%d" % (i, j), mac)
        v.put("page.%d.next" % i, chain)
    return v


# --- frames that open

def _payloads():
    """One of every type, an empty body, several records, full frames, and Noise between."""
    return [record(0, 1, example("hs", 35)), b"", record(0, 2), record(1, 16, example("open", 20)),
            record(1, 19, example("full", 710)), b"", b"", record(1, 19, b"x"),
            record(1, 19, b"two") + record(3, 20, b"records") + record(1, 21, bytes(4)),
            record(0, 48, example("quantum", 64)), record(0xFFFFFFFF, 19, b"?"),
            record(1, 19, b"") + record(1, 22), record(2, 20, example("stderr", 300)), b"",
            record(1, 19, example("a", 100)) + record(1, 19, example("b", 603)),
            record(0, 24, example("request", 11)), record(1, 19, b"second page"), b"",
            record(1, 23), record(0, 27, b"\x01\x00\x00")]


def _header(name, chain, direction, epoch, first, *comments):
    v = Vector(name, *comments)
    v.put("chain", chain)
    v.put("direction", direction)
    v.put("epoch", epoch)
    v.put("first-seq", first)
    return v


def _sealed(name, direction, epoch, first, frames, comment):
    chain = example(name)
    v = _header(name, chain, direction, epoch, first, comment)
    sealer, opener = Sealer(chain, direction, epoch, first), Opener(chain, direction, epoch, first)
    v.put("frames", len(frames))
    for i, (payload, time) in enumerate(frames):
        frame = sealer.seal(payload, time)
        assert opener.open(frame) == (frame_type(payload), payload, time) and records(payload) is not None
        v.put("frame.%d.type" % i, frame_type(payload))
        v.put("frame.%d.time" % i, time)
        v.put("frame.%d.payload" % i, payload)
        v.put("frame.%d.sealed" % i, frame)
    v.put("expect", "ok")
    return v


def good_frames():
    payloads = _payloads()
    rising = [(p, TIME + 1000 * (i // 2)) for i, p in enumerate(payloads)]
    edge = [(b"", t) for t in (0, 0, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1, 2 ** 64 - 1)]
    return [
        _sealed("frame-c2s.txt", C2S, 2, 0, rising, "client to server, application stage, two pages of keys"),
        _sealed("frame-s2c.txt", S2C, 1, 0, rising, "server to client, handshake stage, two pages of keys"),
        _sealed("frame-late.txt", S2C, 2, 2 ** 40, rising[:3],
                "a late page: the chain key is the one whose page begins at first-seq"),
        _sealed("frame-time.txt", C2S, 0, 0, edge, "time is a u64: it may repeat, and rises past 2^63"),
    ]


# --- frames that do not

def _flip(frame, at, bit=1):
    return frame[:at] + bytes([frame[at] ^ bit]) + frame[at + 1:]


def _bad(name, expect, frames, comment):
    """The last frame fails with the word, those before it open."""
    chain, name = example("bad"), "frame-bad-" + name + ".txt"
    v = _header(name, chain, C2S, 2, 0, comment, "the last frame fails with the word after expect; F-8")
    opener, got = Opener(chain, C2S, 2), "ok"
    v.put("frames", len(frames))
    for i, frame in enumerate(frames):
        assert got == "ok"
        try:
            opener.open(frame)
        except Fault as fault:
            got = str(fault)
        v.put("frame.%d.sealed" % i, frame)
    assert got == expect, (name, got)
    v.put("expect", expect)
    return v


def bad_frames():
    chain, data = example("bad"), record(1, 19, b"data")

    def sealer(direction=C2S, epoch=2):
        return Sealer(chain, direction, epoch)

    def second(time=TIME, payload=data, **forced):
        """A good frame, then one sealed with the right keys and a wrong inside."""
        s = sealer()
        return [s.seal(data, TIME), s.seal(payload, time, **forced)]

    s = sealer()
    first, next_one, third = (s.seal(data, TIME) for _ in range(3))
    return [
        _bad("tag", "mac", [first, _flip(next_one, 736)], "first bit of the tag's first byte flipped"),
        _bad("tag-end", "mac", [first, _flip(next_one, 767, 0x80)], "a bit of the tag's last byte flipped"),
        _bad("seq-bit", "mac", [first, _flip(next_one, 7)], "a bit of the sealed seq flipped"),
        _bad("padding-bit", "mac", [first, _flip(next_one, 735)], "a bit of the sealed padding flipped"),
        _bad("replay", "mac", [first, first], "a frame twice"),
        _bad("skip", "mac", [first, third], "a frame left out"),
        _bad("direction", "mac", [sealer(direction=S2C).seal(data, TIME)], "of the other direction"),
        _bad("epoch", "mac", [sealer(epoch=1).seal(data, TIME)], "of the stage before"),
        _bad("seq", "sequence", second(seq=0), "valid tag; the seq inside is that of the frame before"),
        _bad("seq-next", "sequence", second(seq=2), "valid tag; the seq inside is that of the next frame"),
        _bad("time", "time", second(time=TIME - 1), "valid tag; time falls by one"),
        _bad("time-unsigned", "time", [(s2 := sealer()).seal(data, 2 ** 63), s2.seal(data, 2 ** 63 - 1)],
             "valid tag; time falls across 2^63"),
        _bad("type-5", "type", second(kind=5), "valid tag; type 5"),
        _bad("type-255", "type", second(kind=255), "valid tag; type 255"),
        _bad("type-empty", "type", second(payload=b"", kind=5), "valid tag; type 5 and len 0"),
        _bad("length-718", "length", second(length=PAYLOAD + 1), "valid tag; len 718"),
        _bad("length-65535", "length", second(length=65535), "valid tag; len 65535"),
        _bad("noise-length", "length", second(kind=NOISE), "valid tag; Noise with len > 0"),
        _bad("data-empty", "length", second(payload=b"", kind=DATA), "valid tag; Data with len 0"),
        _bad("seq-then-time", "sequence", second(time=TIME - 1, seq=0), "valid tag; seq is checked before time"),
        _bad("time-then-type", "time", second(time=TIME - 1, kind=9), "valid tag; time is checked before type"),
        _bad("type-then-length", "type", second(kind=9, length=718), "valid tag; type is checked before len"),
    ]


# --- Kemeleon

def _encodings(v, name, kind, thing, encode, decode, blocks):
    seed = example("kemeleon " + name)
    random = Stream(seed)
    encoded = encode(thing, random)
    assert decode(encoded) == thing
    v.put(name + "." + kind, thing)
    v.put(name + ".stream-seed", seed)
    v.put(name + ".stream-bytes-read", random.at)
    v.put(name + ".encoded", encoded)
    for block in range(blocks):
        other = kemeleon.malleate(encoded, block)
        assert other != encoded and decode(other) == thing
        v.put("%s.malleated.%d" % (name, block), other)


def kemeleon_vectors():
    v = Vector("kemeleon.txt", "Kemeleon (K-10): keys, ciphertexts, and arbitrary bytes decoded",
               "malleated.N: block N another representative, decodes to the same")
    cc = cctv()
    keys = [cc["ek"], mlkem.keygen(example("kemeleon d z", 64))[0]]
    cts = [cc["c"], mlkem.encaps(keys[1], example("kemeleon m"))[0], bytes(1088), b"\xff" * 1088]
    for i, ek in enumerate(keys):
        _encodings(v, "key.%d" % i, "ek", ek, kemeleon.encode_key, kemeleon.decode_key, 3)
    for i, ct in enumerate(cts):
        _encodings(v, "ct.%d" % i, "ct", ct, kemeleon.encode_ciphertext, kemeleon.decode_ciphertext, 4)
    for i, e in enumerate([bytes(1536), b"\xff" * 1536, example("junk", 1536)]):
        v.put("junk-ct.%d.encoded" % i, e)
        v.put("junk-ct.%d.ct" % i, kemeleon.decode_ciphertext(e))
        v.put("junk-key.%d.encoded" % i, e[:1184])
        v.put("junk-key.%d.ek" % i, kemeleon.decode_key(e[:1184]))
        mlkem.check_ek(kemeleon.decode_key(e[:1184]))     # total: every string is a valid key
    v.put("expect", "ok")
    return v


def all_vectors():
    return [key_schedule()] + good_frames() + bad_frames() + [kemeleon_vectors()]
