package org.qnsp.core.forward;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;

/** Answers a channel that the peer opened: accepted and joined once the socket is connected, else refused. On the switchboard's loop. */
public final class JoinOnConnect implements Dialer.Outcome {
    private static final byte[] NOTHING = new byte[0];

    private final Switchboard board;
    private final Connection connection;
    private final int id;
    private final Circuits circuits;
    private final String label;
    private final Consumer<IOException> failed;

    /** @param label what the stream is called @param failed is told, besides the peer */
    public JoinOnConnect(Switchboard board, Connection connection, int id, Circuits circuits, String label, Consumer<IOException> failed) {
        this.board = board;
        this.connection = connection;
        this.id = id;
        this.circuits = circuits;
        this.label = label;
        this.failed = failed;
    }

    @Override
    public void connected(SocketChannel socket) {
        StreamJoin join = new StreamJoin(board, socket, owner(circuits));
        circuits.began(join, label);
        Channel channel = connection.accept(id, Limits.STREAM_CREDIT_BYTES, join);
        join.start(channel, NOTHING, NOTHING);
    }

    static StreamJoin.Owner owner(Circuits circuits) {
        return new StreamJoin.Owner() {
            @Override
            public void ended(StreamJoin join) {
                circuits.ended(join);
            }
        };
    }

    @Override
    public void failed(IOException why) {
        connection.refuse(id, OpenFailure.CONNECT_FAILED, String.valueOf(why.getMessage()));
        failed.accept(why);
    }
}
