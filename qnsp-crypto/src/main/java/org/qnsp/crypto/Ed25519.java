package org.qnsp.crypto;

/** An Ed25519 key pair (RFC 8032, pure Ed25519, deterministic). */
public final class Ed25519 implements AutoCloseable {
    /** Seed, bytes. */
    public static final int SEED_BYTES = 32;
    /** Public key, bytes. */
    public static final int PUBLIC_BYTES = 32;
    /** Signature, bytes. */
    public static final int SIGNATURE_BYTES = 64;

    private final Secret seed;
    private final byte[] publicKey = new byte[PUBLIC_BYTES];

    private Ed25519(Secret seed) {
        this.seed = seed;
        org.bouncycastle.math.ec.rfc8032.Ed25519.generatePublicKey(seed.bytes(), 0, publicKey, 0);
    }

    /** A new key pair; draws 32 bytes at once. */
    public static Ed25519 generate(RandomSource random) {
        return new Ed25519(Secret.owning(random.keyBytes(SEED_BYTES)));
    }

    /** The key pair of a 32-byte seed; the array is copied. */
    public static Ed25519 fromSeed(byte[] seed) {
        MlKem768.requireLength("Ed25519 seed", seed, SEED_BYTES);
        return new Ed25519(Secret.copyOf(seed));
    }

    /** The public key, a copy of 32 bytes. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** The seed for a key file, a copy of 32 bytes that the caller wipes. */
    public byte[] seed() {
        return seed.bytes().clone();
    }

    /** The 64-byte signature of the message (RFC 8032 section 5.1.6). */
    public byte[] sign(byte[] message) {
        byte[] signature = new byte[SIGNATURE_BYTES];
        org.bouncycastle.math.ec.rfc8032.Ed25519.sign(
                seed.bytes(), 0, publicKey, 0, message, 0, message.length, signature, 0);
        return signature;
    }

    /** Whether it is a signature of the message; false for wrong lengths and for what is no point of the curve. */
    public static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
        return publicKey.length == PUBLIC_BYTES
                && signature.length == SIGNATURE_BYTES
                && org.bouncycastle.math.ec.rfc8032.Ed25519.verify(
                        signature, 0, publicKey, 0, message, 0, message.length);
    }

    /** Whether the 32 bytes are the canonical encoding of a point of the curve that is not of small order. */
    public static boolean isPublicKey(byte[] publicKey) {
        return publicKey.length == PUBLIC_BYTES
                && org.bouncycastle.math.ec.rfc8032.Ed25519.validatePublicKeyPartial(publicKey, 0);
    }

    /** Wipes the seed. */
    @Override
    public void close() {
        seed.close();
    }
}
