package org.qnsp.core.share;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.LocalLink;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.Wire;

/** One client of a master: its link and its channels. On the loop. */
final class Guest implements Connection.Listener {
    private final SharedMaster master;
    private final Connection connection;
    private final LocalLink link;
    private final Set<SharedChannel> channels = new LinkedHashSet<>();
    /** What could not be passed on at once; while there is any the client is not read, so that it grows by no more than was read. */
    private final ArrayDeque<BooleanSupplier> waiting = new ArrayDeque<>();
    private boolean used;

    Guest(SharedMaster master, Loop loop, Wire wire, Budget budget) {
        this.master = master;
        this.connection = new Connection(false, budget, this); // M-4
        this.link = new LocalLink(loop, wire, connection, (from, cause) -> ended());
    }

    void start() {
        link.start();
    }

    /** Whether it ever asked for more than an answer of the master's own. */
    boolean used() {
        return used;
    }

    @Override
    public void peerOpened(Connection from, int id, String type, byte[] body) {
        switch (type) {
            case ChannelOpening.Session.TYPE, ChannelOpening.DirectTcp.TYPE, ChannelOpening.DirectUnix.TYPE, ChannelOpening.Relay.TYPE -> {
                used = true;
                SharedChannel channel = new SharedChannel(this, connection, id, type, body, master.buffer());
                channels.add(channel);
                master.permit(allowed -> {
                    if (allowed) {
                        attempt(() -> channel.open(host()));
                    } else {
                        channel.refuse(OpenFailure.PROHIBITED, "Permission denied");
                    }
                });
            }
            default -> connection.refuse(id, OpenFailure.UNKNOWN_TYPE, "");
        }
    }

    @Override
    public void requested(Connection from, int id, String name, byte[] body) {
        try {
            switch (ControlRequest.decode(name, body).orElse(null)) {
                case ControlRequest request -> master.asked(this, id, request);
                case null -> connection.reply(id, name.equals(ConnectionRequest.Keepalive.NAME));
            }
        } catch (ProtocolException e) {
            connection.reply(id, false, ControlRequest.words("a request that cannot be read"));
        }
    }

    /** Answers; from any thread. */
    void reply(int id, boolean ok, byte[] body) {
        connection.reply(id, ok, body);
    }

    /** The client shares the connection, and not what the master's user keeps to himself. */
    boolean permits(String request) {
        return !request.equals(SessionRequest.Agent.NAME) || master.sharesAgent();
    }

    /** The connection that is shared. */
    Connection host() {
        return master.connection();
    }

    /** Whether so many sessions are open that the host may refuse one more. */
    boolean manySessions() {
        return master.manySessions();
    }

    long sessions() {
        return channels.stream().filter(SharedChannel::occupies).count();
    }

    void sessionEnded() {
        master.sessionEnded();
    }

    /** How long ago any client's session ended. */
    long sinceSessionEndedNanos(long now) {
        return master.sinceSessionEndedNanos(now);
    }

    void later(long nanos, Runnable task) {
        master.later(nanos, task);
    }

    /** Does something now, or as soon as it can be done, in the order in which it was asked. */
    void attempt(BooleanSupplier step) {
        if (!waiting.isEmpty() || !step.getAsBoolean()) {
            waiting.add(step);
            link.pause(true);
            master.retryLater();
        }
    }

    /** Tries what waits. Returns whether something still does. */
    boolean retry() {
        while (!waiting.isEmpty() && waiting.peek().getAsBoolean()) {
            waiting.poll();
        }
        link.pause(!waiting.isEmpty());
        return !waiting.isEmpty();
    }

    void forget(SharedChannel channel) {
        channels.remove(channel);
    }

    /** Whether everything that there is for the client is with it. */
    boolean idle() {
        return connection.idle() && channels.stream().allMatch(SharedChannel::over);
    }

    /** Says goodbye. */
    void dismiss(String why) {
        connection.disconnect(DisconnectReason.SHUTTING_DOWN, why);
    }

    void abort(IOException why) {
        link.abort(why);
    }

    private void ended() {
        waiting.clear();
        for (SharedChannel channel : Set.copyOf(channels)) {
            channel.abandon();
        }
        channels.clear();
        connection.release();
        master.left(this);
    }
}
