package org.qnsp.core.handshake;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.keys.KeyType;

/** The suites (S-1). Each is a version string of its own that both ends hash; none is ever negotiated (S-2). */
public enum Suite {
    /** The one that every implementation has. */
    MLKEM768("mlkem768", "mlkem768+x25519", "mldsa65+ed25519", Kem.MLKEM768, KeyType.SIG),
    /** Ephemeral keys and signatures of NIST's category 5. */
    MLKEM1024("mlkem1024", "mlkem768+mlkem1024+x25519", "mldsa87+ed25519", Kem.MLKEM1024, KeyType.SIG87),
    /** Ephemeral keys that rest on codes, where all others rest on lattices. */
    HQC192("hqc192", "mlkem768+hqc192+x25519", "mldsa65+ed25519", Kem.HQC192, KeyType.SIG);

    /** What is used where nothing is said. */
    public static final Suite DEFAULT = MLKEM768;
    /** What a host allows where nothing is said: those whose parts are standards. */
    public static final List<Suite> STANDARD = List.of(MLKEM768, MLKEM1024);

    private final String label;
    private final String exchange;
    private final String text;
    private final Kem kem;
    private final KeyType signatures;

    Suite(String label, String exchange, String signature, Kem kem, KeyType signatures) {
        this.label = label;
        this.exchange = exchange;
        this.text = "QNSP-1/kemeleon-02/" + exchange + "/" + signature + "/aes256ctr/hmac-sha3-256";
        this.kem = kem;
        this.signatures = signatures;
    }

    /** The name in configurations. */
    public String label() {
        return label;
    }

    /** What keys are exchanged by, as in the version string. */
    public String exchange() {
        return exchange;
    }

    /** The version string. */
    public String text() {
        return text;
    }

    /** H(suite), 32 bytes. */
    byte[] hash() {
        return Sha3.hash(Encoding.ascii(text));
    }

    /** The KEM of ephemeral keys, in the handshake and in ratchets. */
    public Kem kem() {
        return kem;
    }

    /** The type of users' keys that sign. */
    public KeyType signatures() {
        return signatures;
    }

    /** Whether a user's key of this type is of use: one that answers challenges always, one that signs if it is the suite's. */
    public boolean takes(KeyType type) {
        return !type.signs() || type == signatures;
    }

    /** Whether CK and SK carry an exchange of this suite's KEM (H-23): else the opening's is of it. */
    boolean contactExchange() {
        return kem != Kem.MLKEM768;
    }

    /** The suite of a name in a configuration, {@code default} among them. */
    public static Optional<Suite> named(String name) {
        return name.equals("default") ? Optional.of(DEFAULT) : Arrays.stream(values()).filter(suite -> suite.label.equals(name)).findFirst();
    }

    @Override
    public String toString() {
        return label;
    }
}
