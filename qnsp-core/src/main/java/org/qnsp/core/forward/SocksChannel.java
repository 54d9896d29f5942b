package org.qnsp.core.forward;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.function.Predicate;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;

/** A SOCKS client at the far end of a channel (-R without a target): hears what it wants, connects, joins. On the switchboard's loop. */
final class SocksChannel implements ChannelListener {
    private static final byte[] NOTHING = new byte[0];
    private static final long REQUEST_NANOS = 60_000_000_000L;

    private final Switchboard board;
    private final Dialer dialer;
    private final Predicate<Endpoint> permitted;
    private final Circuits circuits;
    private final Notices notices;
    private final Socks socks = new Socks();
    private Channel channel;
    private boolean asked;
    private boolean over;

    /** @param permitted where it may have itself connected to */
    SocksChannel(Switchboard board, Dialer dialer, Predicate<Endpoint> permitted, Circuits circuits, Notices notices) {
        this.board = board;
        this.dialer = dialer;
        this.permitted = permitted;
        this.circuits = circuits;
        this.notices = notices;
    }

    void start(Channel on) {
        channel = on;
        board.loop().at(System.nanoTime() + REQUEST_NANOS, () -> {
            if (!asked) {
                end();
            }
        });
        hear();
    }

    @Override
    public void dataArrived(DataStream stream) {
        board.loop().execute(this::hear);
    }

    @Override
    public void eofArrived() {
        board.loop().execute(this::hear);
    }

    @Override
    public void closed() {
        board.loop().execute(this::hear);
    }

    private void hear() {
        byte[] chunk = board.chunk();
        while (!asked && !over && channel != null) {
            int n = channel.readNow(DataStream.MAIN, chunk, 0, chunk.length);
            if (n < 0) {
                end();
            }
            if (n <= 0) {
                return;
            }
            step(ByteBuffer.wrap(chunk, 0, n));
        }
    }

    private void step(ByteBuffer bytes) {
        while (true) {
            switch (socks.take(bytes)) {
                case Socks.Step.More m -> {
                    return;
                }
                case Socks.Step.Reply(byte[] reply) -> channel.writeNow(DataStream.MAIN, reply, 0, reply.length);
                case Socks.Step.Refuse(byte[] reply) -> {
                    end(reply);
                    return;
                }
                case Socks.Step.Connect(Endpoint to) -> {
                    asked = true;
                    byte[] early = new byte[bytes.remaining()];
                    bytes.get(early);
                    connect(to, early);
                    return;
                }
            }
        }
    }

    private void connect(Endpoint to, byte[] early) {
        if (!permitted.test(to)) {
            notices.say("WARNING: Server requested a connection to " + to.host() + " port " + to.port() + ", which PermitRemoteOpen does not allow.");
            end(socks.failed(OpenFailure.PROHIBITED));
            return;
        }
        dialer.tcp(to, new Dialer.Outcome() {
            @Override
            public void connected(SocketChannel socket) {
                byte[] reply = socks.granted();
                channel.writeNow(DataStream.MAIN, reply, 0, reply.length);
                StreamJoin join = new StreamJoin(board, socket, JoinOnConnect.owner(circuits));
                circuits.began(join, "dynamic-tcpip: for " + to.host() + " port " + to.port());
                channel.listen(join);
                join.start(channel, NOTHING, early);
            }

            @Override
            public void failed(IOException why) {
                notices.say("connect_to " + to.host() + " port " + to.port() + ": failed.");
                end(socks.failed(OpenFailure.CONNECT_FAILED));
            }
        });
    }

    private void end(byte[] reply) {
        channel.writeNow(DataStream.MAIN, reply, 0, reply.length);
        end();
    }

    private void end() {
        if (!over) {
            over = true;
            asked = true;
            channel.close();
        }
    }
}
