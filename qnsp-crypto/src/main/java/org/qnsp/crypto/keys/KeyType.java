package org.qnsp.crypto.keys;

import java.util.List;
import java.util.Optional;
import org.qnsp.crypto.Ed25519;
import org.qnsp.crypto.MlDsa;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.X25519;

/** The types of long-term keys, all hybrid: each has a post-quantum first part and a classical second part (K-1, K-4). */
public enum KeyType {
    /** ML-KEM-768 and X25519: authenticates by decapsulating. Host keys are of this type. */
    KEM("mlkem768-x25519", "MLKEM768 X25519", MlKem768.EK_BYTES, X25519.KEY_BYTES,
            MlKem768.SEED_BYTES, X25519.KEY_BYTES, null, List.of("mlkem768", "kyber768")),
    /** ML-DSA-65 and Ed25519: authenticates by signing. Who asks for Ed25519, as scripts do, gets it with its post-quantum half. */
    SIG("mldsa65-ed25519", "MLDSA65 ED25519", MlDsa.Set.ML_DSA_65, List.of("mldsa65", "dilithium3", "ed25519")),
    /** ML-DSA-87 and Ed25519: the same, for suites whose signatures are of that level (S-1). */
    SIG87("mldsa87-ed25519", "MLDSA87 ED25519", MlDsa.Set.ML_DSA_87, List.of("mldsa87", "dilithium5"));

    private final String typeName;
    private final String title;
    private final int firstBytes;
    private final int secondBytes;
    private final int firstSecretBytes;
    private final int secondSecretBytes;
    private final MlDsa.Set signs;
    private final List<String> aliases;

    KeyType(String typeName, String title, MlDsa.Set signs, List<String> aliases) {
        this(typeName, title, signs.publicBytes(), Ed25519.PUBLIC_BYTES, MlDsa.SEED_BYTES, Ed25519.SEED_BYTES, signs, aliases);
    }

    KeyType(String typeName, String title, int firstBytes, int secondBytes,
            int firstSecretBytes, int secondSecretBytes, MlDsa.Set signs, List<String> aliases) {
        this.typeName = typeName;
        this.title = title;
        this.firstBytes = firstBytes;
        this.secondBytes = secondBytes;
        this.firstSecretBytes = firstSecretBytes;
        this.secondSecretBytes = secondSecretBytes;
        this.signs = signs;
        this.aliases = aliases;
    }

    /** The name on the wire and in files, as in K-1. */
    public String typeName() {
        return typeName;
    }

    /** The name for a picture's frame, at most 15 characters. */
    String title() {
        return title;
    }

    /** Other names that `-t` of the key generator takes. */
    public List<String> aliases() {
        return aliases;
    }

    /** Whether a key of it signs; else it answers challenges. */
    public boolean signs() {
        return signs != null;
    }

    /** The strength, bits of a comparable symmetric key: NIST's category 3, or 5. */
    public int strengthBits() {
        return this == SIG87 ? 256 : 192;
    }

    /** The parameter set of what it signs with. */
    MlDsa.Set set() {
        return signs;
    }

    /** Both signatures together (H-12), bytes; for a type that signs. */
    public int signatureBytes() {
        return signs.signatureBytes() + Ed25519.SIGNATURE_BYTES;
    }

    /** Public part, post-quantum, bytes. */
    public int firstBytes() {
        return firstBytes;
    }

    /** Public part, classical, bytes. */
    public int secondBytes() {
        return secondBytes;
    }

    /** Secret part, post-quantum, bytes: a seed. */
    public int firstSecretBytes() {
        return firstSecretBytes;
    }

    /** Secret part, classical, bytes. */
    public int secondSecretBytes() {
        return secondSecretBytes;
    }

    /** The type of exactly this name (K-1). */
    public static Optional<KeyType> ofTypeName(String typeName) {
        for (KeyType type : values()) {
            if (type.typeName.equals(typeName)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /** The type of this name or alias, as a user writes it. */
    public static Optional<KeyType> named(String name) {
        for (KeyType type : values()) {
            if (type.typeName.equals(name) || type.aliases.contains(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
