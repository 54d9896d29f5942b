package org.qnsp.core.ratchet;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.ratchet.RatchetMessage.Offer;
import org.qnsp.core.ratchet.RatchetMessage.Reply;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;

/** The exchanges for what this side sends: it offers, finishes with the reply, and switches. */
final class Starter implements AutoCloseable {
    private enum State { IDLE, MAKING, OFFERED, FINISHING, READY, CLOSED }

    /** a side begins no two exchanges within this time. */
    static final long LEAST_NANOS = 100_000_000L;
    /** after one that came to nothing for want of a secret. */
    static final long RETRY_NANOS = 10_000_000_000L;

    private final int direction;
    private final Kem kem;
    private final RandomSource random;
    private final LongUnaryOperator upTo;
    private final RatchetStream out;
    private final RatchetHost host;
    private RatchetSecrets secrets = RatchetSecrets.NONE;
    private RatchetLimit limit = RatchetLimit.DEFAULT;
    private State state = State.IDLE;
    private Secret root;
    private int epoch;
    private Exchange exchange;
    private RatchetStep step;
    private boolean wanted;
    private long now;
    private long notBefore;
    private long switchedNanos;
    private long switchedFrame;
    private long earlierNanos;

    /** @param root taken over @param upTo a random number from 0 up to the one given */
    Starter(int direction, Kem kem, Secret root, int epoch, RandomSource random, LongUnaryOperator upTo, RatchetStream out, RatchetHost host, long nowNanos) {
        this.direction = direction;
        this.kem = kem;
        this.root = root;
        this.epoch = epoch;
        this.random = random;
        this.upTo = upTo;
        this.out = out;
        this.host = host;
        this.now = nowNanos;
        this.notBefore = nowNanos;
        this.switchedNanos = nowNanos;
    }

    void terms(RatchetLimit until, RatchetSecrets from) {
        limit = until;
        secrets = from;
        earlierNanos = upTo.applyAsLong(limit.nanos() / 8);
    }

    /** An exchange as soon as there is none. */
    void want() {
        wanted |= state == State.IDLE;
    }

    /** @param sealed frames */
    void tick(long nowNanos, long sealed) {
        now = nowNanos;
        boolean due = wanted || sealed - switchedFrame >= limit.frames() || now - switchedNanos >= limit.nanos() - earlierNanos;
        if (state == State.IDLE && due && now - notBefore >= 0) {
            wanted = false;
            notBefore = now + LEAST_NANOS;
            state = State.MAKING;
            Exchange made = new Exchange();
            exchange = made;
            host.work(made::make, () -> offer(made));
        }
    }

    private void offer(Exchange made) {
        if (state == State.CLOSED) {
            made.close(); // it was made meanwhile
            return;
        }
        if (made.missing != null) {
            host.without(made.missing);
            if (secrets.required()) {
                abandon();
                return;
            }
        }
        made.offer = new Offer(made.e.encapsulationKey(), made.x.publicKey(), made.token, made.shared == null ? List.of() : made.shared.ids()).encode();
        out.add(made.offer);
        state = State.OFFERED;
    }

    /** then another one, later. */
    private void abandon() {
        exchange.close();
        exchange = null;
        notBefore = now + RETRY_NANOS;
        wanted = true;
        state = State.IDLE;
    }

    void on(Reply reply, byte[] whole) throws ProtocolException {
        if (state != State.OFFERED || out.waits(exchange.offer)) {
            throw new ProtocolException(Reason.STATE, "a reply to no offer");
        }
        if (reply.taken() && exchange.shared == null) {
            throw new ProtocolException(Reason.MALFORMED, "a key that was not offered");
        }
        state = State.FINISHING;
        Exchange open = exchange;
        host.work(() -> open.finish(reply), () -> finished(open, reply, whole));
    }

    private void finished(Exchange open, Reply reply, byte[] whole) throws ProtocolException {
        if (state == State.CLOSED) {
            open.close();
            return;
        }
        if (open.agreed == null) {
            throw new ProtocolException(Reason.MALFORMED, "key agreement in a ratchet");
        }
        if (open.shared != null && !reply.taken()) {
            host.without("the other side did not find the key that was offered");
            if (secrets.required()) {
                abandon();
                return;
            }
        }
        try (RatchetStep.Inputs in = RatchetStep.Inputs.of(open.encapsulated, open.agreed, open.token, reply.token(), reply.taken() ? open.shared : null)) {
            step = RatchetStep.of(root, direction, epoch + 1, in, open.offer, whole);
        }
        open.close();
        Arrays.fill(whole, (byte) 0);
        exchange = null;
        state = State.READY;
        out.addSwitch();
    }

    /** the frame with the switch is the one of this number. */
    void switched(long sequence) {
        epoch++;
        root.close();
        root = step.root();
        host.sends(sequence + 1, epoch, step.chainKey());
        step = null;
        switchedFrame = sequence + 1;
        switchedNanos = now;
        earlierNanos = upTo.applyAsLong(limit.nanos() / 8);
        state = State.IDLE;
    }

    @Override
    public void close() {
        // what is being worked on is wiped when that is done
        if (exchange != null && state == State.OFFERED) {
            exchange.close();
        }
        if (step != null) {
            step.close();
        }
        root.close();
        state = State.CLOSED;
    }

    /** What one exchange needs, made and finished on another thread. */
    private final class Exchange implements AutoCloseable {
        private Kem.Pair e;
        private X25519 x;
        private byte[] token;
        private RatchetSecrets.Shared shared;
        private String missing;
        private byte[] offer;
        private Secret encapsulated;
        private Secret agreed;

        void make() {
            e = kem.generate(random);
            x = X25519.generate(random);
            token = random.bytes(RatchetMessage.TOKEN_BYTES);
            try {
                shared = secrets.fresh().orElse(null);
            } catch (IOException cause) {
                missing = cause.getMessage();
            }
        }

        void finish(Reply reply) {
            try (Kem.Pair once = e; X25519 too = x) {
                encapsulated = once.decapsulate(reply.ct());
                agreed = too.agree(reply.x());
            } catch (GeneralSecurityException zero) {
                agreed = null;
            }
        }

        @Override
        public void close() {
            e.close();
            x.close();
            Arrays.fill(token, (byte) 0);
            if (offer != null) {
                Arrays.fill(offer, (byte) 0);
            }
            if (shared != null) {
                shared.secret().close();
            }
            if (encapsulated != null) {
                encapsulated.close();
            }
            if (agreed != null) {
                agreed.close();
            }
        }
    }
}
