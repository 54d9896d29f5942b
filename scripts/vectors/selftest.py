"""Checks the primitives against published vectors before anything is generated from them."""
import hashlib
import hmac
import json
import os

import aes
import ed25519
import kemeleon
import mldsa
import mlkem
import x25519
from encoding import H
from stream import Fixed

HERE = os.path.dirname(os.path.abspath(__file__))


def check(what, got, want):
    if got != want:
        raise SystemExit("self-check failed: %s\n got  %s\n want %s" % (what, got, want))


def aes_vectors():
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    plain = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
    check("SP 800-38A F.5.5",
          aes.ctr(key, plain, int("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", 16)).hex(),
          "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
          "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6")


def x25519_vectors():
    k, u = x25519.BASE, x25519.BASE
    check("RFC 7748 5.2, once", x25519.x25519(k, u).hex(),
          "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
    for _ in range(1000):
        k, u = x25519.x25519(k, u), k
    check("RFC 7748 5.2, 1000 times", k.hex(),
          "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51")


def ed25519_vectors():
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    pk = ed25519.public(seed)
    check("RFC 8032 7.1 test 2, key", pk.hex(),
          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = ed25519.sign(seed, b"\x72")
    check("RFC 8032 7.1 test 2, signature", signature.hex(),
          "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
          "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    check("Ed25519 verify", ed25519.verify(pk, b"\x72", signature), True)
    check("Ed25519 verify, other message", ed25519.verify(pk, b"\x73", signature), False)


def cctv():
    with open(os.path.join(HERE, "data", "mlkem768-cctv.json")) as f:
        return {k: v if k == "source" else bytes.fromhex(v) for k, v in json.load(f).items()}


def mlkem_vectors():
    v = cctv()
    check("CCTV decapsulation", mlkem.decaps(v["dk"], v["c"]), v["K"])
    bad = bytes([v["c"][0] ^ 1]) + v["c"][1:]
    z = v["dk"][2368:]
    check("implicit rejection", mlkem.decaps(v["dk"], bad), hashlib.shake_256(z + bad).digest(32))


def mlkem_accumulated():
    """CCTV's accumulated test for ML-KEM-768: 100 keys, encapsulations and random ciphertexts."""
    source, at, out = hashlib.shake_128(b"").digest(100 * (64 + 32 + mlkem.CT)), 0, hashlib.shake_128()

    def take(n):
        nonlocal at
        at += n
        return source[at - n:at]
    for _ in range(100):
        ek, dk = mlkem.keygen(take(64))
        c, key = mlkem.encaps(ek, take(32))
        check("decapsulation", mlkem.decaps(dk, c), key)
        out.update(ek + c + key + mlkem.decaps(dk, take(mlkem.CT)))
    check("CCTV ML-KEM-768 accumulated, 100", out.hexdigest(32),
          "1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415")


def mldsa_roundtrip():
    for p in (mldsa.MLDSA65, mldsa.MLDSA87):
        key = mldsa.Key(bytes(range(32)), p)
        signature = key.sign(b"message", bytes(range(32)))
        check("sizes of ML-DSA", (len(key.pk), len(signature)), (p.PK, p.SIG))
        check("ML-DSA verify", mldsa.verify(p, key.pk, b"message", signature), True)
        check("ML-DSA verify, other message", mldsa.verify(p, key.pk, b"massage", signature), False)


def mlkem1024_roundtrip():
    kem = mlkem.MLKEM1024
    ek, dk = kem.keygen(bytes(range(64)))
    ct, key = kem.encaps(ek, bytes(range(32)))
    check("sizes of ML-KEM-1024", (len(ek), len(ct), kem.EK, kem.CT), (1568,) * 4)
    check("ML-KEM-1024 decapsulation", kem.decaps(dk, ct), key)


def mldsa_accumulated():
    """CCTV's accumulated tests: 100 keys and deterministic signatures of nothing."""
    source = hashlib.shake_128(b"").digest(3200)
    for p, want in ((mldsa.MLDSA65, "8358a1843220194417cadbc2651295cd8fc65125b5a5c1a239a16dc8b57ca199"),
                    (mldsa.MLDSA87, "8c3ad714777622b8f21ce31bb35f71394f23bc0fcf3c78ace5d608990f3b061b")):
        out = hashlib.shake_128()
        for i in range(100):
            key = mldsa.Key(source[32 * i:32 * i + 32], p)
            out.update(key.pk + key.sign(b"", bytes(32)))
        check("CCTV ML-DSA accumulated, 100", out.hexdigest(32), want)


def kemeleon_vectors():
    v = cctv()
    for name, high in (("low", False), ("high", True)):
        ec = kemeleon.encode_ciphertext(v["c"], Fixed(high))
        check("Kemeleon ciphertext, " + name, H(ec), v["sha3_256_ec_" + name])
        check("Kemeleon ciphertext, back", kemeleon.decode_ciphertext(ec), v["c"])
    eek = kemeleon.encode_key(v["ek"], Fixed(False))
    check("Kemeleon key", H(eek), v["sha3_256_eek_low"])
    check("Kemeleon key, back", kemeleon.decode_key(eek), v["ek"])
    high = H(kemeleon.encode_key(v["ek"], Fixed(True))).hex()
    check("Kemeleon key, highest m", high[:8], "b6ee942a")
    sizes = {d: sorted(map(len, sets)) for d, sets in kemeleon.PREIMAGES.items()}
    check("preimage sets of 10 bits", sizes[10], [3] * 767 + [4] * 257)
    check("preimage sets of 4 bits", sizes[4], [208] * 15 + [209])


def hmac_vector():
    """NIST's HMAC example for SHA3-256 with a 32-byte key."""
    got = hmac.new(bytes(range(32)), b"Sample message for keylen<blocklen", hashlib.sha3_256).hexdigest()
    check("HMAC-SHA3-256", got, "4fe8e202c4f058e8dddc23d8c34e467343e23555e24fc2f025d598f558f67205")


QUICK = [hmac_vector, aes_vectors, x25519_vectors, ed25519_vectors, mlkem_vectors, kemeleon_vectors,
         mldsa_roundtrip, mlkem1024_roundtrip]
LONG = [mlkem_accumulated, mldsa_accumulated]


def run(long=False):
    for test in QUICK + (LONG if long else []):
        test()


if __name__ == "__main__":
    run(long=True)
    print("self-checks hold")
