package org.qnsp.core.share;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.message.Limits;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.CreditBudget;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.Wire;

/**
 * The process that owns a connection lets others of its user share it: takes clients at a control socket and joins their channels to channels of its own. Everything
 * runs on the loop of that connection, where nothing of it blocks; what asks the user or makes forwardings runs elsewhere.
 */
public final class SharedMaster implements Closeable, Loop.Handler {
    /** How it shares. */
    public interface Terms {
        /** Decides, on any thread, whether a client may open a channel. */
        void permit(Consumer<Boolean> answer);

        /** Whether clients may have the agent of this connection forwarded to their sessions. */
        boolean sharesAgent();

        /** What {@link ControlRequest.Info} answers. */
        String info();

        /** Makes a forwarding; on a thread that may wait. @return the port bound by choice, else 0 @throws IOException in words for the client */
        int forward(ForwardSpec spec) throws IOException;

        /** Takes a forwarding back; on a thread that may wait. @throws IOException in words for the client */
        void cancel(ForwardSpec spec) throws IOException;

        /** A client asked the connection to end (M-7); what was answered is on its way. On the loop. */
        void exitAsked();

        /** No client, no channel, and none may come any more, or none came for the time set: the connection can end. On the loop. */
        void unused();
    }

    /** Memory for all that clients have under way to the host and that waits for them. */
    private static final long BUDGET_BYTES = 96L << 20;
    private static final int BUFFER_BYTES = 16_384;
    /** The sessions of one connection that a server usually allows (MaxSessions). */
    private static final int USUAL_SESSIONS = 10;
    private static final long RETRY_NANOS = 20_000_000L;
    private static final long GOODBYE_NANOS = 30_000_000L;
    /** Time enough to say goodbye before it. */
    private static final long BEFORE_GRID_NANOS = 1_000_000_000L;
    /** As many times {@link #RETRY_NANOS} a client has to take what came for it, and then to go. */
    private static final int FAREWELL_TURNS = 50;
    private static final int LEAVING_TURNS = 5;
    /** How often a connection that could end is looked at while it carries a forwarded stream. */
    private static final long LOOK_NANOS = 200_000_000L;
    /** Whoever started the master has at least so long to come. */
    private static final long FIRST_NANOS = 15_000_000_000L;

    private final Loop loop;
    private final ControlSocket socket;
    private final Connection connection;
    private final Terms terms;
    private final long lingerNanos;
    private final LongUnaryOperator grid;
    private final CreditBudget budget = new CreditBudget(BUDGET_BYTES);
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final Set<Guest> guests = new LinkedHashSet<>();
    private SelectionKey key;
    private boolean retrying;
    private boolean stopped;
    private boolean ended;
    private boolean endsUnused;
    private boolean hadGuest;
    private long usedNanos = System.nanoTime();
    private long sessionEndedNanos = usedNanos;
    private Loop.Timer timer;

    /**
     * @param connection that is shared, a client's, its events told on this loop
     * @param lingerSeconds how long it outlives its last client, 0 until it is told to stop or end, -1 where the master's own use decides
     * @param grid null, or the next time from a given one at which the connection may end: it does at the first at which it is not in use
     */
    public SharedMaster(Loop loop, ControlSocket socket, Connection connection, int lingerSeconds, LongUnaryOperator grid, Terms terms) {
        this.loop = loop;
        this.socket = socket;
        this.connection = connection;
        this.terms = terms;
        this.grid = grid;
        this.lingerNanos = lingerSeconds * 1_000_000_000L;
    }

    /** Begins to take clients. */
    public void start() {
        loop.execute(() -> {
            try {
                socket.server().configureBlocking(false);
                key = loop.register(socket.server(), SelectionKey.OP_ACCEPT, this);
                if (grid == null) {
                    watch();
                } else {
                    nextOnGrid();
                }
            } catch (IOException e) {
                stop();
            }
        });
    }

    /** From now on the connection can end once nobody uses it: what the master itself wanted of it is over. From any thread. */
    public void endWhenUnused() {
        loop.execute(() -> {
            endsUnused = true;
            watch();
        });
    }

    @Override
    public void ready(SelectionKey ready) {
        try {
            for (SocketChannel client = socket.server().accept(); client != null; client = socket.server().accept()) {
                if (guests.size() >= Limits.SHARING_CLIENTS || !ControlSocket.trusted(client)) { // L-22, M-1
                    client.close();
                    continue;
                }
                Guest guest = new Guest(this, loop, Wire.of(client), budget);
                guests.add(guest);
                guest.start();
            }
        } catch (IOException e) {
            // no descriptor for one more; the others go on
        }
    }

    // ---- for guests

    Connection connection() {
        return connection;
    }

    byte[] buffer() {
        return buffer;
    }

    boolean sharesAgent() {
        return terms.sharesAgent();
    }

    /** With one of the master's own. */
    boolean manySessions() {
        return guests.stream().mapToLong(Guest::sessions).sum() + 1 >= USUAL_SESSIONS;
    }

    void sessionEnded() {
        sessionEndedNanos = System.nanoTime();
    }

    long sinceSessionEndedNanos(long now) {
        return now - sessionEndedNanos;
    }

    void later(long nanos, Runnable task) {
        loop.at(System.nanoTime() + nanos, task);
    }

    /** Answers on the loop. */
    void permit(Consumer<Boolean> answer) {
        terms.permit(allowed -> {
            if (loop.isCurrent()) {
                answer.accept(allowed);
            } else {
                loop.execute(() -> answer.accept(allowed));
            }
        });
    }

    void asked(Guest guest, int id, ControlRequest request) {
        switch (request) {
            case ControlRequest.Check check -> guest.reply(id, true, ControlRequest.Check.reply(ProcessHandle.current().pid()));
            case ControlRequest.Info info -> guest.reply(id, true, ControlRequest.words(terms.info()));
            case ControlRequest.Stop stop -> {
                stop();
                guest.reply(id, true, new byte[0]);
            }
            case ControlRequest.Exit exit -> {
                guest.reply(id, true, new byte[0]);
                loop.at(System.nanoTime() + GOODBYE_NANOS, terms::exitAsked);
            }
            case ControlRequest.Forward forward -> elsewhere(guest, id, () -> ControlRequest.Forward.reply(terms.forward(forward.spec())));
            case ControlRequest.Cancel cancel -> elsewhere(guest, id, () -> {
                terms.cancel(cancel.spec());
                return new byte[0];
            });
        }
    }

    /** Work that may wait. */
    private interface Work {
        byte[] answer() throws IOException;
    }

    /** C-10 bounds how many of these one client has. */
    private static void elsewhere(Guest guest, int id, Work work) {
        Thread.ofPlatform().daemon().name("qssh-share").start(() -> {
            try {
                guest.reply(id, true, work.answer());
            } catch (IOException e) {
                guest.reply(id, false, ControlRequest.words(String.valueOf(e.getMessage())));
            }
        });
    }

    void retryLater() {
        if (!retrying) {
            retrying = true;
            loop.at(System.nanoTime() + RETRY_NANOS, () -> {
                retrying = false;
                boolean waits = false;
                for (Guest guest : List.copyOf(guests)) {
                    waits |= guest.retry();
                }
                if (waits) {
                    retryLater();
                }
            });
        }
    }

    void left(Guest guest) {
        guests.remove(guest);
        if (guest.used()) {
            hadGuest = true;
            usedNanos = System.nanoTime();
        }
        watch();
    }

    // ---- ending

    /** M-7: takes the socket away; clients that are there stay. From any thread. */
    public void stop() {
        loop.execute(() -> {
            if (!stopped) {
                stopped = true;
                shut();
                watch();
            }
        });
    }

    private void shut() {
        if (key != null) {
            key.cancel();
        }
        try {
            socket.close();
        } catch (IOException e) {
            // then the next one finds nobody behind it
        }
    }

    /** C-26: a connection that may end at certain times only is asked shortly before each of them whether it is in use. */
    private void nextOnGrid() {
        loop.at(grid.applyAsLong(System.nanoTime() + BEFORE_GRID_NANOS + 1) - BEFORE_GRID_NANOS, () -> {
            if (!ended && guests.isEmpty() && connection.channelCount() == 0) {
                ended = true;
                terms.unused();
            } else if (!ended) {
                nextOnGrid();
            }
        });
    }

    /** Ends the master when its time has come, or looks again when that may be. */
    private void watch() {
        if (ended || grid != null || !(lingerNanos >= 0 || endsUnused)) {
            return;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (!guests.isEmpty()) {
            return; // left() looks again
        }
        long now = System.nanoTime();
        long due = now;
        if (connection.channelCount() > 0) {
            usedNanos = now;
            due = now + LOOK_NANOS;
        } else if (!stopped && lingerNanos == 0) {
            return;
        } else if (!stopped && lingerNanos > 0) {
            due = usedNanos + (hadGuest ? lingerNanos : Math.max(lingerNanos, FIRST_NANOS));
        }
        if (due - now > 0) {
            timer = loop.at(due, this::watch);
            return;
        }
        ended = true;
        terms.unused();
    }

    /** The connection is over: clients get what came for them, then learn why. @param why a line for their users */
    public void dismiss(String why, Runnable then) {
        loop.execute(() -> {
            ended = true;
            stopped = true;
            shut();
            say(why, then, 0);
        });
    }

    private void say(String why, Runnable then, int turn) {
        boolean patient = turn < FAREWELL_TURNS;
        for (Guest guest : List.copyOf(guests)) {
            if (guest.idle() || !patient) {
                guest.dismiss(why);
            }
        }
        if (guests.isEmpty() || turn > FAREWELL_TURNS + LEAVING_TURNS) {
            then.run();
        } else {
            loop.at(System.nanoTime() + RETRY_NANOS, () -> say(why, then, turn + 1));
        }
    }

    /** Takes the socket away at once; from any thread, for a process that ends. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // as above
        }
    }
}
