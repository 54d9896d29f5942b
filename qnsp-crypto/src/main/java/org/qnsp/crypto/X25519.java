package org.qnsp.crypto;

import java.security.GeneralSecurityException;

/** An X25519 key pair (RFC 7748). */
public final class X25519 implements AutoCloseable {
    /** Public key, scalar and shared point, bytes each. */
    public static final int KEY_BYTES = 32;

    private final Secret scalar;
    private final byte[] publicKey = new byte[KEY_BYTES];

    private X25519(Secret scalar) {
        this.scalar = scalar;
        org.bouncycastle.math.ec.rfc7748.X25519.generatePublicKey(scalar.bytes(), 0, publicKey, 0);
    }

    /** A new key pair; draws 32 bytes at once. */
    public static X25519 generate(RandomSource random) {
        return new X25519(Secret.owning(random.keyBytes(KEY_BYTES)));
    }

    /** The key pair of a 32-byte scalar, clamped when it is used (RFC 7748 section 5); the array is copied. */
    public static X25519 fromScalar(byte[] scalar) {
        MlKem768.requireLength("X25519 scalar", scalar, KEY_BYTES);
        return new X25519(Secret.copyOf(scalar));
    }

    /** The public u-coordinate, a copy of 32 bytes. */
    public byte[] publicKey() {
        return publicKey.clone();
    }

    /** The scalar as it was drawn, a copy of 32 bytes that the caller wipes. */
    public byte[] scalar() {
        return scalar.bytes().clone();
    }

    /**
     * The shared u-coordinate, 32 bytes (RFC 7748 section 6.1).
     *
     * @throws GeneralSecurityException if the peer's key is not 32 bytes or is of small order, so that the point is all zero (H-10)
     */
    public Secret agree(byte[] peerPublic) throws GeneralSecurityException {
        if (peerPublic.length != KEY_BYTES) {
            throw new InvalidKeyEncodingException("an X25519 public key is 32 bytes, not " + peerPublic.length);
        }
        byte[] shared = new byte[KEY_BYTES];
        if (!org.bouncycastle.math.ec.rfc7748.X25519.calculateAgreement(scalar.bytes(), 0, peerPublic, 0, shared, 0)) {
            throw new GeneralSecurityException("the X25519 shared point is zero");
        }
        return Secret.owning(shared);
    }

    /** Wipes the scalar. */
    @Override
    public void close() {
        scalar.close();
    }
}
