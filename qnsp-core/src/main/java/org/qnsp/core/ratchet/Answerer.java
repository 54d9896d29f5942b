package org.qnsp.core.ratchet;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.ratchet.RatchetMessage.Offer;
import org.qnsp.core.ratchet.RatchetMessage.Reply;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;

/** The exchanges for what the peer sends: it is answered, and switches. */
final class Answerer implements AutoCloseable {
    private enum State { IDLE, ASKED, ANSWERING, ANSWERED, CLOSED }

    private final int direction;
    private final Kem kem;
    private final RandomSource random;
    private final RatchetStream out;
    private final RatchetHost host;
    private RatchetSecrets secrets = RatchetSecrets.NONE;
    private State state = State.IDLE;
    private Secret root;
    private int epoch;
    private Exchange exchange;
    private byte[] reply;
    private RatchetStep step;
    private long notBefore;
    private long switchFrame;

    /** @param direction the peer's @param root taken over */
    Answerer(int direction, Kem kem, Secret root, int epoch, RandomSource random, RatchetStream out, RatchetHost host, long nowNanos) {
        this.direction = direction;
        this.kem = kem;
        this.root = root;
        this.epoch = epoch;
        this.random = random;
        this.out = out;
        this.host = host;
        this.notBefore = nowNanos;
    }

    void secrets(RatchetSecrets from) {
        secrets = from;
    }

    /** @param sequence number of the frame that it came in, or ended in */
    void on(Offer offer, byte[] whole, long sequence) throws ProtocolException {
        boolean again = state == State.ANSWERED && !out.waits(reply); // the peer does without what was answered
        if (state != State.IDLE && !again || sequence < switchFrame) {
            throw new ProtocolException(Reason.STATE, "an offer while another one is open");
        }
        if (again) {
            step.close();
            step = null;
        }
        exchange = new Exchange(offer, whole);
        state = State.ASKED;
    }

    /** a peer that offers all the time is answered at its time. */
    void tick(long nowNanos) {
        if (state == State.ASKED && nowNanos - notBefore >= 0) {
            notBefore = nowNanos + Starter.LEAST_NANOS;
            state = State.ANSWERING;
            Exchange open = exchange;
            host.work(open::answer, () -> answered(open));
        }
    }

    private void answered(Exchange open) throws ProtocolException {
        try (open) {
            if (state == State.CLOSED) {
                return;
            }
            if (open.agreed == null) {
                throw new ProtocolException(Reason.MALFORMED, "keys of a ratchet");
            }
            boolean without = open.shared == null && (open.missing != null || secrets.required());
            if (without) {
                host.without(open.missing != null ? open.missing : "the other side offered no key that is here");
            }
            reply = new Reply(open.ct, open.x, open.token, open.shared != null).encode();
            try (RatchetStep.Inputs in = RatchetStep.Inputs.of(open.encapsulated, open.agreed, open.offer.token(), open.token, open.shared)) {
                step = RatchetStep.of(root, direction, epoch + 1, in, open.whole, reply);
            }
            exchange = null;
            out.add(reply);
            state = State.ANSWERED;
        }
    }

    /** @param sequence number of the frame that the message ended in */
    void on(RatchetMessage.Switch message, long sequence) throws ProtocolException {
        if (state != State.ANSWERED || out.waits(reply)) {
            throw new ProtocolException(Reason.STATE, "a switch without an answer");
        }
        long ahead = message.frame() - sequence;
        if (message.frame() < 0 || ahead < 1 || ahead > Limits.SWITCH_AHEAD_FRAMES) { // L-30
            throw new ProtocolException(Reason.SEQUENCE, "a switch at a frame that it cannot be at");
        }
        epoch++;
        root.close();
        root = step.root();
        switchFrame = message.frame();
        host.reads(switchFrame, epoch, step.chainKey());
        step = null;
        Arrays.fill(reply, (byte) 0);
        reply = null;
        state = State.IDLE;
    }

    @Override
    public void close() {
        if (step != null) {
            step.close();
        }
        root.close();
        state = State.CLOSED;
    }

    /** What one exchange needs, computed on another thread. */
    private final class Exchange implements AutoCloseable {
        private final Offer offer;
        private final byte[] whole;
        private byte[] ct;
        private byte[] x;
        private byte[] token = new byte[0];
        private Secret encapsulated;
        private Secret agreed;
        private RatchetSecrets.Shared shared;
        private String missing;

        Exchange(Offer offer, byte[] whole) {
            this.offer = offer;
            this.whole = whole;
        }

        void answer() {
            try {
                Kem.Encapsulation to = kem.encapsulate(offer.ek(), random);
                encapsulated = to.shared();
                ct = to.ciphertext();
                try (X25519 once = X25519.generate(random)) {
                    x = once.publicKey();
                    agreed = once.agree(offer.x());
                }
            } catch (GeneralSecurityException bad) {
                return; // agreed stays null
            }
            token = random.bytes(RatchetMessage.TOKEN_BYTES);
            try {
                shared = offer.keys().isEmpty() ? null : secrets.find(offer.keys()).orElse(null);
            } catch (IOException cause) {
                missing = cause.getMessage();
            }
        }

        @Override
        public void close() {
            Arrays.fill(token, (byte) 0);
            Arrays.fill(offer.token(), (byte) 0);
            Arrays.fill(whole, (byte) 0);
            if (encapsulated != null) {
                encapsulated.close();
            }
            if (agreed != null) {
                agreed.close();
            }
            if (shared != null) {
                shared.secret().close();
            }
        }
    }
}
