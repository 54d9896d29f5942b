package org.qnsp.core.handshake;

import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;
import org.qnsp.crypto.Transcript;

/** The transcript th and the chain ck of a handshake (H-1 to H-17). Owns the chain; each mixing wipes the link before. */
final class KeySchedule implements AutoCloseable {
    /** The one suite of this version; hashed, never negotiated. */
    static final String SUITE = "QNSP-1/kemeleon-02/mlkem768+x25519/mldsa65+ed25519/aes256ctr/hmac-sha3-256";

    private Transcript transcript;
    private Secret chain;

    private KeySchedule(byte[] about, Secret pskOuter) {
        transcript = Transcript.start(Encoding.ascii(SUITE), about); // H-1
        try (Secret zeros = Secret.zeros(32)) {
            chain = Kdf.extract(zeros, Labels.INIT, transcript.hash(), pskOuter.bytes()); // H-4
        }
    }

    /** Towards a host whose key is known. */
    static KeySchedule known(byte[] hostFingerprint) {
        try (Secret zeros = Secret.zeros(32)) {
            return new KeySchedule(hostFingerprint, zeros);
        }
    }

    /** First contact. @param pskOuter the invite key, or 32 zero bytes; stays the caller's */
    static KeySchedule firstContact(Secret pskOuter) {
        return new KeySchedule(Encoding.ascii(Labels.FIRST_CONTACT), pskOuter);
    }

    static byte[] suiteHash() {
        return Sha3.hash(Encoding.ascii(SUITE));
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

    /** Inputs that are absent: zeros in their place (H-13). */
    void mixAbsentPskAndQkd() {
        mix(Labels.PSK, new byte[32]);
        mix(Labels.QKD, new byte[32], new byte[32]);
    }

    /** Expand(ck, label, th): a stage's chain key; the caller's. */
    Secret stage(String label) {
        return Kdf.expand(chain, label, transcript.hash());
    }

    /** what ratchets begin with, where the chain and th are those of the application stage (H-17). */
    Action.Roots roots() {
        return new Action.Roots(stage(Labels.RATCHET_C2S), stage(Labels.RATCHET_S2C));
    }

    /** HMAC(Expand(ck, label, th), th | extra). */
    byte[] finished(String label, byte... extra) {
        try (Secret key = stage(label)) {
            return Hmac.mac(key.bytes(), transcript.hash(), extra);
        }
    }

    /** Whether mac is {@link #finished}; in constant time. */
    boolean verifies(String label, byte[] mac, byte... extra) {
        try (Secret expected = Secret.owning(finished(label, extra))) {
            return expected.matches(mac);
        }
    }

    @Override
    public void close() {
        chain.close();
    }
}
