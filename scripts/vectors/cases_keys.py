"""Vectors of key encodings, fingerprints and invites (K-1 to K-8)."""
import keys
from cases_frame import example
from cases_handshake import USER_KEM, USER_SIG, USER_SIG87
from vectorfile import Vector


def key_file(name, key, comment):
    v = Vector("keyfile-%s.txt" % name, "key encodings of a %s key (K-1 to K-5)" % key.type)
    data = keys.private_bytes(key, comment)
    v.put("type", key.type)
    v.put("comment", comment)
    v.put("first", key.first)
    v.put("second", key.second)
    v.put("public", key.encoded)
    v.put("public-line", keys.public_line(key, comment))
    v.put("fingerprint", key.fingerprint)
    v.put("fingerprint-text", keys.fingerprint_text(key))
    v.put("secret", keys.encode_secret(key, comment))
    v.put("private", data)
    for i, line in enumerate(keys.private_file(data).splitlines()):
        v.put("file.%d" % i, line)
    v.comment("with a passphrase: all before LP(sealed), which is the associated data")
    v.put("argon2id.memory-kib", 65536)
    v.put("argon2id.passes", 3)
    v.put("argon2id.lanes", 4)
    v.put("argon2id.salt", example("salt", 16))
    v.put("nonce", example("nonce", 12))
    v.put("associated-data", keys.private_header(key, 65536, 3, 4, example("salt", 16), example("nonce", 12)))
    v.put("expect", "ok")
    return v


def invites():
    v = Vector("keyfile-invite.txt", "invite URIs and keys (K-7, K-8), hashed host names (K-6)")
    cases = [("alice", "host.example", None), ("", "host.example", None), ("alice", "192.0.2.7", 2200)]
    for i, (user, host, port) in enumerate(cases):
        token, fingerprint = example("token %d" % i), example("invite fingerprint %d" % i)
        v.put("invite.%d.user" % i, user)
        v.put("invite.%d.host" % i, host)
        v.put("invite.%d.port" % i, port or 22768)
        v.put("invite.%d.fingerprint" % i, fingerprint)
        v.put("invite.%d.token" % i, token)
        v.put("invite.%d.uri" % i, keys.invite_uri(host, fingerprint, token, user, port))
        v.put("invite.%d.key" % i, keys.invite_key(token))
    for i, name in enumerate(["host.example", "[host.example]:2200"]):
        v.put("known-host.%d.name" % i, name)
        v.put("known-host.%d.salt" % i, example("known host salt", 20))
        v.put("known-host.%d.hashed" % i, keys.hashed_host(example("known host salt", 20), name))
    v.put("expect", "ok")
    return v


def all_vectors():
    return [key_file("kem", USER_KEM, "alice@example"), key_file("sig", USER_SIG, ""), key_file("sig87", USER_SIG87, ""), invites()]
