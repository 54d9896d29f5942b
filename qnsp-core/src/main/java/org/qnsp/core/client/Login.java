package org.qnsp.core.client;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.qnsp.core.client.LoginException.Kind;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.QuantumOffer;
import org.qnsp.core.handshake.QuantumRefusal;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Lifeline;
import org.qnsp.core.transport.Link;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.WireMeter;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;

/** A login under way and the session that comes of it, for threads that wait. */
public final class Login implements Link.Owner, Lifeline {
    /** Decides about a host key at first contact; may ask the user and so may take its time. */
    @FunctionalInterface
    public interface HostKeyJudge {
        /** Whether this key is trusted. @throws IOException if that cannot be found out */
        boolean trusts(PublicKey hostKey) throws IOException;
    }

    private enum Stage { WAITING, ANSWERED, ASKING, ESTABLISHED, FAILED }

    private static final Duration FAREWELL = Duration.ofMillis(500);
    private static final long HEARD_NANOS = 200_000_000L;

    private final ClientHandshake handshake;
    private final HostKeyJudge judge;
    private final QuantumLogin quantum;
    private Link link;
    private Stage stage = Stage.WAITING;
    private LoginException failure;
    private PublicKey key;
    private boolean over;
    private IOException overCause;
    private volatile byte[] id;
    private volatile PublicKey userKey;
    private volatile Action.Established result;

    Login(ClientHandshake handshake, HostKeyJudge judge, QuantumLogin quantum) {
        this.handshake = handshake;
        this.judge = judge;
        this.quantum = quantum;
    }

    void link(Link of) {
        link = of;
    }

    /**
     * Waits for the login.
     *
     * @param silence how long the host may stay silent before it counts as not there
     * @param patience how long the login may take from then on, without the time that the user takes to judge a host key, or an agent to answer
     * @throws LoginException if there will be no session
     */
    public synchronized void await(Duration silence, Duration patience) throws LoginException {
        Stage seen = stage;
        long deadline = System.nanoTime() + silence.toNanos();
        while (stage != Stage.ESTABLISHED && stage != Stage.FAILED) {
            long left = deadline - System.nanoTime();
            if (stage == Stage.ASKING) {
                pause(0);
            } else if (left <= 0) {
                fail(stage == Stage.WAITING ? new LoginException(Kind.SILENCE, "no answer") : new LoginException(Kind.STALLED, "the login did not end in time"));
            } else {
                pause(left / 1_000_000 + 1);
            }
            if (stage != seen) {
                seen = stage;
                deadline = System.nanoTime() + patience.toNanos();
            }
        }
        if (stage == Stage.FAILED) {
            throw failure;
        }
    }

    @Override
    public synchronized boolean awaitEnd(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!over && deadline - System.nanoTime() > 0) {
            pause((deadline - System.nanoTime()) / 1_000_000 + 1);
        }
        return over;
    }

    @Override
    public void awaitFarewell(boolean resident) {
        boolean max = cover().mode() == PaddingMode.MAX;
        if (max && !resident && !awaitEnd(FAREWELL)) {
            link.leave(); // it shows, but at a slot and in order
        }
        while (!awaitEnd(FAREWELL) && !Thread.currentThread().isInterrupted() && (max ? resident : System.nanoTime() - link.heardNanos() < HEARD_NANOS)) {
            // a volume is being filled up (C-25), or the end of the minute awaited (C-26)
        }
    }

    /** The key that the login was proved with; null before its end and in SIMPLEX. */
    public synchronized PublicKey key() {
        return key;
    }

    @Override
    public synchronized IOException endCause() {
        return overCause;
    }

    private void pause(long millis) {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(new LoginException(Kind.BROKEN, "interrupted"));
        }
    }

    private synchronized void fail(LoginException why) {
        if (stage != Stage.ESTABLISHED && stage != Stage.FAILED) {
            stage = Stage.FAILED;
            failure = why;
            notifyAll();
        }
    }

    private synchronized void stage(Stage next) {
        if (stage != Stage.FAILED) {
            stage = next;
            notifyAll();
        }
    }

    /** The application's side. */
    public Connection connection() {
        return link.connection();
    }

    /** Asks what the connection has done so far; the answer is told on the loop, unless it is over. */
    public void meter(Loop loop, Consumer<WireMeter> answer) {
        loop.execute(() -> answer.accept(link.meter()));
    }

    /** Renews the keys of both directions; from any thread. */
    public void ratchet() {
        link.ratchet();
    }

    /** When a connection whose last word is said at that time ends (C-26); on the loop. */
    public long endNanos(long nanos) {
        return link.endNanos(nanos);
    }

    /** What both sides send, whatever is said (C-34). */
    public Cover cover() {
        return link.cover();
    }

    /** The key that the host proved to have; null before the login. */
    PublicKey hostKey() {
        return handshake.hostKey();
    }

    /** The key of the user's that the host chose for the proof; null before the login, and in simplex mode. */
    PublicKey userKey() {
        return userKey;
    }

    /** What the login came to; null before. */
    Action.Established result() {
        return result;
    }

    /**
     * A key for the application's use, which the host can make too (H-38); once logged in.
     *
     * @param name what it is for
     * @param n bytes
     */
    public byte[] export(String name, byte[] context, int n) {
        return result.secrets().export(name, context, n);
    }

    /** The connection's name, 32 bytes: the same at both ends, different for every connection; null before the login. */
    byte[] id() {
        return id;
    }

    // ---- told on the loop

    @Override
    public void verified() {
        stage(Stage.ANSWERED);
    }

    @Override
    public void asked(Link from, Action.Question question) {
        stage(Stage.ASKING);
        Runnable asking = switch (question) {
            case Action.JudgeHostKey(PublicKey key) -> () -> judge(from, key);
            case Action.UseKeys(Runnable work) -> () -> useKeys(from, work);
            case Action.GetQuantumKeys(QuantumRefusal refusal) -> () -> getQuantumKeys(from, refusal);
            default -> throw new IllegalStateException("a client is not asked for " + question.getClass().getSimpleName());
        };
        Thread.ofPlatform().daemon().name("qnsp-judge").start(asking); // the schedule goes on while the user thinks
    }

    private void useKeys(Link from, Runnable work) {
        work.run();
        stage(Stage.ANSWERED);
        from.proceed(handshake::onKeysUsed);
    }

    private void getQuantumKeys(Link from, QuantumRefusal refusal) {
        try {
            QuantumLogin.Offer got = quantum.get(refusal, handshake.quantumOffersLeft());
            stage(Stage.ANSWERED);
            from.proceed(() -> handshake.onQuantumKeys(got.offer(), got.keys()));
        } catch (LoginException e) {
            fail(e);
            from.proceed(() -> {
                throw new ProtocolException(ProtocolException.Reason.QUANTUM, e.getMessage()); // before anything names the user
            });
        }
    }

    /** The quantum keys that both ends confirmed, null without. */
    QuantumOffer quantumKeys() {
        return handshake.quantumKeys();
    }

    private void judge(Link from, PublicKey key) {
        boolean trusted = false;
        try {
            trusted = judge.trusts(key);
        } catch (IOException e) {
            fail(new LoginException(Kind.HOST_KEY, e.getMessage(), e));
        }
        if (trusted) {
            stage(Stage.ANSWERED);
        } else {
            fail(new LoginException(Kind.HOST_KEY, "Host key verification failed."));
        }
        boolean answer = trusted;
        from.proceed(() -> handshake.onHostKeyJudged(answer));
    }

    @Override
    public void established(Link from, Action.Established result) {
        synchronized (this) {
            key = result.key();
        }
        this.result = result;
        id = result.id();
        userKey = result.key();
        stage(Stage.ESTABLISHED);
    }

    @Override
    public void denied(Link from, Action.Denied denial) {
        fail(new LoginException(Kind.DENIED, denial.text()));
    }

    @Override
    public void failed(Link from, IOException cause) {
        Kind kind = cause.getCause() instanceof ProtocolException e ? switch (e.reason()) {
            case COVER -> Kind.COVER;
            case AUTH_KEY -> Kind.AUTH_KEY;
            case QUANTUM -> Kind.QUANTUM;
            default -> Kind.BROKEN;
        } : Kind.BROKEN;
        fail(kind == Kind.BROKEN ? new LoginException(kind, "the other side broke the protocol (" + cause.getMessage() + ")", cause) : new LoginException(kind, cause.getMessage(), cause));
    }

    @Override
    public synchronized void ended(Link from, IOException cause) {
        over = true;
        overCause = cause;
        if (cause != null && cause.getCause() instanceof ProtocolException) {
            failed(from, cause);
        }
        fail(new LoginException(Kind.BROKEN, cause == null ? "the other side closed the connection" : cause.getMessage(), cause));
        notifyAll();
    }

    /** The handshake as a link drives it. */
    static Link.Handshaker handshaker(ClientHandshake handshake) {
        return new Link.Handshaker() {
            @Override
            public int rawReplyBytes() {
                return handshake.rawReplyBytes();
            }

            @Override
            public List<Action> onRawReply(byte[] reply) throws ProtocolException {
                return handshake.onRawReply(reply);
            }

            @Override
            public List<Action> on(byte[] whole) throws ProtocolException, IOException {
                return handshake.on(whole);
            }

            @Override
            public void close() {
                handshake.close();
            }
        };
    }
}
