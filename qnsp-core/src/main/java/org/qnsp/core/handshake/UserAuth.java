package org.qnsp.core.handshake;

import static org.qnsp.crypto.Encoding.concat;
import static org.qnsp.crypto.Encoding.lp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.X25519;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.crypto.keys.SigKeyPair;

/** What client and server compute alike to authenticate a user (H-12, H-14). */
public final class UserAuth {
    private UserAuth() {}

    /**
     * The secret a of H-14; kemShared and dhShared are wiped.
     *
     * @param userFingerprint H(pk_C)
     */
    static Secret secret(Secret kemShared, Secret dhShared, byte[] hostFingerprint, String user, byte[] userFingerprint, byte[] ciphertext, byte[] th) {
        try (kemShared; dhShared; Secret zeros = Secret.zeros(32);
                Secret prk = Kdf.extract(zeros, Labels.CLIENT_AUTH, kemShared.bytes(), dhShared.bytes(), hostFingerprint, user.getBytes(StandardCharsets.UTF_8))) {
            return Kdf.expand(prk, Labels.CLIENT_AUTH, concat(lp(userFingerprint), lp(ciphertext), lp(th)));
        }
    }

    /** What lets the holder of a key see that a challenge was meant for it: 32 bytes. */
    static byte[] confirm(Secret a, byte[] th) {
        return Hmac.mac(a.bytes(), lp(Encoding.ascii(Labels.CONFIRM)), lp(th));
    }

    /** com of H-34, 32 bytes. @param rho 32 bytes @param ephemeral the server's X25519 key for this challenge @param th after SC */
    static byte[] commitment(byte[] rho, byte[] hostFingerprint, String user, byte[] th, byte[] ciphertext, byte[] ephemeral, Secret kemShared, Secret dhShared) {
        return Hmac.mac(rho, lp(Encoding.ascii(Labels.ZK)), lp(Encoding.ascii("client")), lp(hostFingerprint), lp(user.getBytes(StandardCharsets.UTF_8)), lp(th), lp(ciphertext),
                lp(ephemeral), lp(kemShared.bytes()), lp(dhShared.bytes()));
    }

    /** Whether the challenge is what this message and scalar make for this key, with these two secrets (H-36): all of it is compared, in constant time. */
    private static boolean isMadeOf(byte[] message, byte[] scalar, PublicKey key, byte[] ciphertext, byte[] ephemeral, Secret kemShared, Secret dhShared) {
        try (X25519 x = X25519.fromScalar(scalar); Secret dh = x.agree(key.second())) {
            Kem.Encapsulation again = MlKem768.encapsulate(key.first(), message);
            try (Secret shared = again.shared()) {
                return MessageDigest.isEqual(again.ciphertext(), ciphertext) & shared.matches(kemShared.bytes())
                        & MessageDigest.isEqual(x.publicKey(), ephemeral) & dh.matches(dhShared.bytes());
            }
        } catch (GeneralSecurityException e) {
            return false; // no key of ours fails these checks; a scalar of the peer's may
        }
    }

    /**
     * Commits to a challenge with a key that is in this process, or opens what was committed to: both are functions of the arguments, so that an agent need remember nothing
     * between the two.
     *
     * @param rho 32 bytes
     */
    public static byte[] commitment(KemKeyPair key, byte[] rho, byte[] ciphertext, byte[] ephemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException {
        try (Secret kemShared = key.decapsulate(ciphertext); Secret dhShared = key.agree(ephemeral)) {
            return commitment(rho, hostFingerprint, user, th, ciphertext, ephemeral, kemShared, dhShared);
        } catch (GeneralSecurityException e) {
            throw new IOException("key agreement failed", e);
        }
    }

    /** Whether a commitment to this challenge may be opened (H-36). */
    public static boolean mayOpen(KemKeyPair key, byte[] ciphertext, byte[] ephemeral, byte[] message, byte[] scalar) throws IOException {
        try (Secret kemShared = key.decapsulate(ciphertext); Secret dhShared = key.agree(ephemeral)) {
            return isMadeOf(message, scalar, key.publicKey(), ciphertext, ephemeral, kemShared, dhShared);
        } catch (GeneralSecurityException e) {
            throw new IOException("key agreement failed", e);
        }
    }

    /** What stands for the transcript in a signature, 32 bytes. @param th the transcript before CI @param head the body of CI before the signatures */
    static byte[] toSign(byte[] th, byte[] head) {
        return Sha3.hash(th, lp(head));
    }

    /** The bytes that both signatures of an entry cover. @param t of {@link #toSign} */
    static byte[] signed(byte[] t, byte[] hostFingerprint, String user) {
        return concat(lp(Encoding.ascii(Labels.QNSP_AUTH)), lp(t), lp(Encoding.ascii("client")), lp(hostFingerprint), lp(user.getBytes(StandardCharsets.UTF_8)));
    }

    /** An identity whose private key is in this process; the key stays the caller's. */
    public static Identity identity(PrivateKey key, RandomSource random) {
        return switch (key) {
            case KemKeyPair kem -> new LocalKem(kem, random);
            case SigKeyPair sig -> new LocalSig(sig, random);
        };
    }

    /**
     * Whether who answers for this identity holds the private key: it is challenged as by a host, or signs and is verified.
     *
     * @param hostFingerprint of the host that it is asked for, 32 bytes
     * @throws IOException when the holder of the key does not answer
     */
    public static boolean isHeld(Identity identity, byte[] hostFingerprint, String user, RandomSource random) throws IOException {
        byte[] th = random.bytes(32);
        PublicKey key = identity.publicKey();
        return switch (identity) {
            case Identity.Kem kem -> {
                try (X25519 x = X25519.generate(random)) {
                    Kem.Encapsulation toUser = MlKem768.encapsulate(key.first(), random);
                    try (Secret expected = secret(toUser.shared(), x.agree(key.second()), hostFingerprint, user, key.fingerprint(), toUser.ciphertext(), th);
                            Secret answer = kem.answer(toUser.ciphertext(), x.publicKey(), hostFingerprint, user, th)) {
                        yield expected.matches(answer.bytes());
                    }
                } catch (GeneralSecurityException e) {
                    throw new IOException("key agreement failed", e);
                }
            }
            case Identity.Sig sig -> SigKeyPair.verify(key, signed(th, hostFingerprint, user), sig.sign(th, hostFingerprint, user));
        };
    }

    private record LocalKem(KemKeyPair key, RandomSource random) implements Identity.Kem {
        @Override
        public PublicKey publicKey() {
            return key.publicKey();
        }

        @Override
        public Secret answer(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException {
            try {
                return secret(key.decapsulate(ciphertext), key.agree(serverEphemeral), hostFingerprint, user, publicKey().fingerprint(), ciphertext, th);
            } catch (GeneralSecurityException e) {
                throw new IOException("key agreement failed", e);
            }
        }

        @Override
        public Identity.Commitment commit(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException {
            byte[] rho = random.bytes(32);
            byte[] value = commitment(key, rho, ciphertext, serverEphemeral, hostFingerprint, user, th);
            return new Identity.Commitment() {
                @Override
                public byte[] value() {
                    return value;
                }

                @Override
                public byte[] open(byte[] message, byte[] scalar) throws IOException {
                    return mayOpen(key, ciphertext, serverEphemeral, message, scalar) ? rho : null;
                }
            };
        }
    }

    private record LocalSig(SigKeyPair key, RandomSource random) implements Identity.Sig {
        @Override
        public PublicKey publicKey() {
            return key.publicKey();
        }

        @Override
        public byte[] sign(byte[] t, byte[] hostFingerprint, String user) {
            return key.sign(signed(t, hostFingerprint, user), random);
        }
    }
}
