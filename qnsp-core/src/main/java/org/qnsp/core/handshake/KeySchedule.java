package org.qnsp.core.handshake;

import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Transcript;

/** The transcript th and the chain ck of a handshake (H-1 to H-17). Owns the chain; each mixing wipes the link before. */
final class KeySchedule implements AutoCloseable {
    private Transcript transcript;
    private Secret chain;

    private KeySchedule(Suite suite, byte[] about, Secret pskOuter) {
        transcript = Transcript.start(Encoding.ascii(suite.text()), about); // H-1
        try (Secret zeros = Secret.zeros(32)) {
            chain = Kdf.extract(zeros, Labels.INIT, transcript.hash(), pskOuter.bytes()); // H-4
        }
    }

    /** Towards a host whose key is known. */
    static KeySchedule known(Suite suite, byte[] hostFingerprint) {
        try (Secret zeros = Secret.zeros(32)) {
            return new KeySchedule(suite, hostFingerprint, zeros);
        }
    }

    /** First contact, which begins alike in all suites (H-1). @param pskOuter the invite key, or 32 zero bytes; stays the caller's */
    static KeySchedule firstContact(Secret pskOuter) {
        return new KeySchedule(Suite.DEFAULT, Encoding.ascii(Labels.FIRST_CONTACT), pskOuter);
    }

    /** th := H(th | message) (H-2). */
    void absorb(byte[] message) {
        transcript = transcript.absorb(message);
    }

    byte[] th() {
        return transcript.hash();
    }

    /** ck := Extract(ck, label, inputs...). */
    void mix(String label, byte[]... inputs) {
        Secret next = Kdf.extract(chain, label, inputs);
        chain.close();
        chain = next;
    }

    /** As {@link #mix(String, byte[]...)}, and the secret that went in is wiped. */
    void mix(String label, Secret input) {
        try (input) {
            mix(label, input.bytes());
        }
    }

    /** Extract(ck, label, inputs...), which the chain does not go on with; the caller's. */
    Secret branch(String label, byte[]... inputs) {
        return Kdf.extract(chain, label, inputs);
    }

    /** H-16: the auth key and the quantum keys, zeros where there are none; both stay the caller's. @param quantum null where there are none */
    void mixShared(AuthKey authKey, QuantumOffer quantum, Secret joined) {
        mix(Labels.PSK, authKey == null ? new byte[32] : authKey.key().bytes());
        if (quantum == null) {
            mix(Labels.QKD, new byte[32], new byte[32]);
        } else {
            mix(Labels.QKD, joined.bytes(), quantum.context());
        }
    }

    /** Expand(ck, label, th): a stage's chain key; the caller's. */
    Secret stage(String label) {
        return Kdf.expand(chain, label, transcript.hash());
    }

    /** what ratchets begin with, where the chain and th are those of the application stage (H-17). */
    Action.Roots roots(Suite suite) {
        return new Action.Roots(suite.kem(), stage(Labels.RATCHET_C2S), stage(Labels.RATCHET_S2C));
    }

    /** HMAC(Expand(ck, label, th), th | extra). */
    byte[] finished(String label, byte... extra) {
        return finished(chain, label, extra);
    }

    /** As {@link #finished(String, byte...)}, of a branch. */
    byte[] finished(Secret branch, String label, byte... extra) {
        try (Secret key = Kdf.expand(branch, label, transcript.hash())) {
            return Hmac.mac(key.bytes(), transcript.hash(), extra);
        }
    }

    /** Whether mac is {@link #finished}; in constant time. */
    boolean verifies(String label, byte[] mac, byte... extra) {
        return verifies(chain, label, mac, extra);
    }

    /** As {@link #verifies(String, byte[], byte...)}, of a branch. */
    boolean verifies(Secret branch, String label, byte[] mac, byte... extra) {
        try (Secret expected = Secret.owning(finished(branch, label, extra))) {
            return expected.matches(mac);
        }
    }

    /** What the application may make keys of (H-38); the chain is then the master secret. The caller's. */
    Secret exporter() {
        return stage(Labels.EXPORTER);
    }

    /** The auth key that the next login of this client may use (H-37); the caller's. */
    AuthKey nextAuthKey() {
        return AuthKey.of(Secret.owning(Kdf.expand(chain, Labels.AUTH_KEY, transcript.hash(), AuthKey.ID_BYTES + AuthKey.KEY_BYTES)));
    }

    @Override
    public void close() {
        chain.close();
    }
}
