package org.qnsp.core.client;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.qnsp.core.agent.AgentLimits;
import org.qnsp.core.agent.AgentMessage;
import org.qnsp.core.agent.AgentMessage.Reply;
import org.qnsp.core.agent.AgentMessage.Request;
import org.qnsp.core.handshake.Identity;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/** A connection to an agent (docs/spec/agent.md). Its calls wait for the answer; from any thread, one at a time. */
public final class AgentClient implements AutoCloseable {
    /** How long an agent may take to say what it speaks; later answers may wait for the user. */
    private static final Duration GREETING = Duration.ofSeconds(5);

    private final Path socket;
    private final SocketChannel channel;
    private boolean broken;

    private AgentClient(Path socket, SocketChannel channel) {
        this.socket = socket;
        this.channel = channel;
    }

    /** An agent that is one of another protocol, such as ssh's. */
    public static final class OtherAgentException extends IOException {
        private static final long serialVersionUID = 1;

        OtherAgentException(Path socket) {
            super(socket + " is the socket of an agent of another kind");
        }
    }

    /**
     * Connects and makes sure that it is an agent of ours.
     *
     * @throws OtherAgentException if it is not
     * @throws IOException where nobody answers; the message is the system's reason
     */
    public static AgentClient connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        AgentClient client = new AgentClient(socket, channel);
        try {
            CompletableFuture<Void> late = new CompletableFuture<Void>().orTimeout(GREETING.toMillis(), TimeUnit.MILLISECONDS);
            late.whenComplete((done, timeout) -> {
                if (timeout != null) {
                    client.close();
                }
            });
            channel.connect(UnixDomainSocketAddress.of(socket));
            client.greet();
            late.complete(null);
            return client;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The same over a channel that is connected and stays the caller's; it waits as long as the channel is open. */
    static AgentClient over(Path socket, SocketChannel channel) throws IOException {
        AgentClient client = new AgentClient(socket, channel);
        client.greet();
        return client;
    }

    private void greet() throws IOException {
        if (!(ask(new AgentMessage.Hello()) instanceof AgentMessage.Welcome)) {
            throw new OtherAgentException(socket);
        }
    }

    /** The socket that the environment names: ours before ssh's, which other agents use too. Null where it names none. */
    public static String socket(UnaryOperator<String> environment) {
        String ours = environment.apply("QSSH_AUTH_SOCK");
        String any = ours == null || ours.isEmpty() ? environment.apply("SSH_AUTH_SOCK") : ours;
        return any == null || any.isEmpty() ? null : any;
    }

    /** The keys that may be used from here, in the agent's order. */
    public List<AgentMessage.Listed> keys() throws IOException {
        return ask(new AgentMessage.ListKeys()) instanceof AgentMessage.Keys(List<AgentMessage.Listed> keys) ? keys : List.of();
    }

    /** Whether the agent does what is asked; for requests that are answered with yes or no. What is secret in the request is wiped. */
    public boolean does(Request request) throws IOException {
        try {
            return ask(request) instanceof AgentMessage.Success;
        } finally {
            request.close();
        }
    }

    /**
     * One of the agent's keys, for the handshake. It lives as long as this connection.
     *
     * @param trouble told when the agent refuses, or is gone
     */
    public Identity identity(PublicKey key, Consumer<IOException> trouble) {
        return key.type() == KeyType.KEM ? new Kem(this, key, trouble) : new Sig(this, key, trouble);
    }

    private record Kem(AgentClient agent, PublicKey publicKey, Consumer<IOException> trouble) implements Identity.Kem {
        @Override
        public Secret answer(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException {
            Request request = new AgentMessage.Answer(publicKey.fingerprint(), ciphertext, serverEphemeral, hostFingerprint, user, th);
            return agent.use(request, trouble) instanceof AgentMessage.Answered(Secret a) ? a : refused(trouble);
        }

        @Override
        public Commitment commit(byte[] ciphertext, byte[] serverEphemeral, byte[] hostFingerprint, String user, byte[] th) throws IOException {
            var challenge = new AgentMessage.Challenged(publicKey.fingerprint(), ciphertext, serverEphemeral, hostFingerprint, user, th);
            byte[] made = agent.use(new AgentMessage.Commit(challenge), trouble) instanceof AgentMessage.Committed(byte[] commitment) ? commitment : refused(trouble);
            return new Commitment() {
                @Override
                public byte[] value() {
                    return made;
                }

                @Override
                public byte[] open(byte[] message, byte[] scalar) throws IOException {
                    return agent.use(new AgentMessage.Open(challenge, message, scalar), trouble) instanceof AgentMessage.Opened(byte[] rho) ? rho : null;
                }
            };
        }
    }

    private record Sig(AgentClient agent, PublicKey publicKey, Consumer<IOException> trouble) implements Identity.Sig {
        @Override
        public byte[] sign(byte[] t, byte[] hostFingerprint, String user) throws IOException {
            Request request = new AgentMessage.Sign(publicKey.fingerprint(), t, hostFingerprint, user);
            return agent.use(request, trouble) instanceof AgentMessage.Signed(byte[] made) && made.length == publicKey.type().signatureBytes() ? made : refused(trouble);
        }
    }

    private Reply use(Request request, Consumer<IOException> trouble) throws IOException {
        try {
            return ask(request);
        } catch (IOException e) {
            trouble.accept(e);
            throw e;
        }
    }

    private static <T> T refused(Consumer<IOException> trouble) throws IOException {
        IOException refusal = new IOException("agent refused operation");
        trouble.accept(refusal);
        throw refusal;
    }

    /** @throws IOException if the agent is gone, or says what is no answer; the connection is of no use from then on */
    private synchronized Reply ask(Request request) throws IOException {
        if (broken) {
            throw new IOException("communication with agent failed");
        }
        broken = true;
        byte[] whole = request.encode();
        ByteBuffer framed = ByteBuffer.allocate(4 + whole.length).putInt(whole.length).put(whole).flip();
        try {
            while (framed.hasRemaining()) {
                channel.write(framed);
            }
            byte[] answer = read(limited(ByteBuffer.wrap(read(4)).getInt()));
            AgentMessage message = AgentMessage.decode(answer);
            Arrays.fill(answer, (byte) 0);
            if (!(message instanceof Reply reply)) {
                throw new IOException("communication with agent failed");
            }
            broken = false;
            return reply;
        } catch (ProtocolException e) {
            throw new IOException("communication with agent failed: " + e.getMessage(), e);
        } finally {
            Arrays.fill(whole, (byte) 0);
            Arrays.fill(framed.array(), (byte) 0);
        }
    }

    private static int limited(int length) throws IOException {
        if (length < 1 || length > AgentLimits.MESSAGE_BYTES) {
            throw new IOException("communication with agent failed: a message of " + Integer.toUnsignedString(length) + " bytes");
        }
        return length;
    }

    private byte[] read(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("communication with agent failed");
            }
        }
        return buffer.array();
    }

    /** Where it is. */
    public Path socket() {
        return socket;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // nothing is left to lose
        }
    }
}
