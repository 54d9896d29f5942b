package org.qnsp.keygen.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.qnsp.core.agent.Agent;
import org.qnsp.core.agent.Agent.Step;
import org.qnsp.core.agent.AgentLimits;
import org.qnsp.core.agent.AgentMessage;
import org.qnsp.core.agent.AgentMessage.Reply;
import org.qnsp.core.agent.AgentMessage.Request;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PassphraseLock;

/** Serves an agent to those who connect: a virtual thread each, so that one who is slow, or whose user is asked, holds nobody up. */
final class AgentServer {
    /** After a wrong passphrase the next try waits this long, after the second twice as long, and so on up to {@link #MOST_WAITS} times. */
    private static final long WAIT_MILLIS = 100;
    private static final int MOST_WAITS = 100;
    /** Keys are also forgotten by a clock that goes on while the machine sleeps, which a wait does not notice. */
    private static final long LONGEST_WAIT_MILLIS = 30_000;

    private final Agent agent;
    private final LongSupplier clock;
    private final Predicate<String> user;
    private final Consumer<String> log;
    private final AtomicInteger connections = new AtomicInteger();
    /** One passphrase at a time: each try costs 64 MiB, and a guesser gains nothing by many connections. */
    private final Semaphore passphrases = new Semaphore(1);
    private final Semaphore questions = new Semaphore(1);
    private int wrong;

    /** @param clock nanoseconds @param user asked before a key is used that wants it */
    AgentServer(Agent agent, LongSupplier clock, Predicate<String> user, Consumer<String> log) {
        this.agent = agent;
        this.clock = clock;
        this.user = user;
        this.log = log;
    }

    /** Takes connections until the socket is closed. */
    void run(AgentSocket socket) throws IOException {
        Thread.ofPlatform().daemon().name("qssh-agent-expiry").start(this::watch);
        while (true) {
            SocketChannel next = socket.accept();
            if (connections.incrementAndGet() > AgentLimits.CONNECTIONS) {
                connections.decrementAndGet();
                next.close();
            } else {
                Thread.ofVirtual().start(() -> serve(next));
            }
        }
    }

    private void watch() {
        try {
            while (true) {
                synchronized (agent) {
                    long left = agent.nextExpiryNanos().isEmpty() ? 0 : Math.max(1, (agent.nextExpiryNanos().getAsLong() - clock.getAsLong()) / 1_000_000 + 1);
                    agent.wait(Math.min(left == 0 ? LONGEST_WAIT_MILLIS : left, LONGEST_WAIT_MILLIS));
                    agent.expire(clock.getAsLong());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel channel) {
        Agent.Caller caller = new Agent.Caller();
        try (channel) {
            ByteBuffer length = ByteBuffer.allocate(4);
            while (fill(channel, length.clear())) {
                int bytes = length.flip().getInt();
                if (bytes < 1 || bytes > AgentLimits.MESSAGE_BYTES) {
                    log.accept("a message of " + Integer.toUnsignedString(bytes) + " bytes");
                    return;
                }
                byte[] whole = gather(channel, bytes);
                if (whole == null) {
                    return;
                }
                send(channel, answer(caller, whole));
            }
        } catch (IOException e) {
            log.accept("connection lost: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.decrementAndGet();
        }
    }

    /** In pieces: who only says that a long message comes takes no room for it. */
    private static byte[] gather(SocketChannel channel, int bytes) throws IOException {
        byte[] whole = {};
        while (whole.length < bytes) {
            byte[] longer = Arrays.copyOf(whole, Math.min(bytes, Math.max(4096, 2 * whole.length)));
            boolean filled = fill(channel, ByteBuffer.wrap(longer, whole.length, longer.length - whole.length));
            Arrays.fill(whole, (byte) 0);
            if (!filled) {
                return null;
            }
            whole = longer;
        }
        return whole;
    }

    private static boolean fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                return false;
            }
        }
        return true;
    }

    private static void send(SocketChannel channel, Reply reply) throws IOException {
        byte[] whole = reply.encode();
        reply.close();
        ByteBuffer framed = ByteBuffer.allocate(4 + whole.length).putInt(whole.length).put(whole).flip();
        Arrays.fill(whole, (byte) 0);
        while (framed.hasRemaining()) {
            channel.write(framed);
        }
        Arrays.fill(framed.array(), (byte) 0);
    }

    private Reply answer(Agent.Caller caller, byte[] whole) throws InterruptedException {
        AgentMessage message;
        try {
            message = AgentMessage.decode(whole);
        } catch (ProtocolException e) {
            log.accept(e.getMessage());
            if (e.reason() != ProtocolException.Reason.KIND) {
                caller.spoil();
            }
            return new AgentMessage.Failure();
        } finally {
            Arrays.fill(whole, (byte) 0);
        }
        log.accept(message.getClass().getSimpleName());
        if (!(message instanceof Request request)) {
            message.close();
            return new AgentMessage.Failure();
        }
        Reply reply = finish(caller, request, agent.take(caller, request, clock.getAsLong()));
        synchronized (agent) {
            agent.notifyAll(); // there may be a key that ends sooner
        }
        return reply;
    }

    private Reply finish(Agent.Caller caller, Request request, Step step) throws InterruptedException {
        return switch (step) {
            case Step.Say(Reply reply) -> reply;
            case Step.Confirm(String question) -> {
                boolean yes = asked(question);
                log.accept(yes ? "confirmed" : "not confirmed");
                yield yes ? finish(caller, request, agent.confirmed(caller, request, clock.getAsLong())) : new AgentMessage.Failure();
            }
            case Step.MakeLock(Secret passphrase) -> {
                passphrases.acquire();
                try (passphrase) {
                    yield finish(caller, request, agent.locked(PassphraseLock.with(passphrase, PassphraseCost.STANDARD, RandomSource.system())));
                } finally {
                    passphrases.release();
                }
            }
            case Step.TryLock(PassphraseLock lock, Secret passphrase) -> {
                passphrases.acquire();
                try (passphrase) {
                    yield tried(lock, passphrase);
                } finally {
                    passphrases.release();
                }
            }
        };
    }

    private boolean asked(String question) throws InterruptedException {
        questions.acquire();
        try {
            return user.test(question);
        } finally {
            questions.release();
        }
    }

    private Reply tried(PassphraseLock lock, Secret passphrase) throws InterruptedException {
        Thread.sleep(WAIT_MILLIS * Math.min(wrong, MOST_WAITS));
        if (agent.isLockedWith(lock) && lock.opensWith(passphrase)) {
            wrong = 0;
            return agent.unlocked(lock) instanceof Step.Say(Reply reply) ? reply : new AgentMessage.Failure();
        }
        wrong++;
        return new AgentMessage.Failure();
    }
}
