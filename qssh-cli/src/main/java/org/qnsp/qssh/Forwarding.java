package org.qnsp.qssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.HostLogin;
import org.qnsp.core.client.Messages;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.config.ForwardSpec.Place;
import org.qnsp.core.forward.Forwards;
import org.qnsp.core.forward.LocalForward;
import org.qnsp.core.forward.Notices;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;

/** The forwardings of one run: those of the configuration, -W's, and those of the escape's command line; and what ssh says about each. */
final class Forwarding {
    private static final int BUFFER_BYTES = 32768;
    private static final String HELP = """
        Commands:
              -L[bind_address:]port:host:hostport    Request local forward
              -R[bind_address:]port:host:hostport    Request remote forward
              -D[bind_address:]port                  Request dynamic forward
              -KL[bind_address:]port                 Cancel local forward
              -KR[bind_address:]port                 Cancel remote forward
              -KD[bind_address:]port                 Cancel dynamic forward
        """;

    private final ClientConfig config;
    private final List<ForwardSpec> specs;
    private final Place stdio;
    private final StandardStreams streams;
    private final Messages messages;
    private final Lines lines;
    /** What there is, with the port that the host has chosen, 0 where it has not. */
    private final Map<ForwardSpec, Integer> made = new HashMap<>();
    private Forwards forwards;
    private Channel stdioChannel;
    private CountDownLatch stdioDecided;
    private volatile String stdioRefusal;

    /** @param specs what is set up at the beginning @param stdio where standard input and output lead, null for nowhere */
    Forwarding(ClientConfig config, List<ForwardSpec> specs, Place stdio, StandardStreams streams, Messages messages) {
        this.config = config;
        this.specs = specs;
        this.stdio = stdio;
        this.streams = streams;
        this.messages = messages;
        this.lines = new Lines(messages);
    }

    /** Says what loops have to say, which must not wait for whoever reads standard error; in order, and what is too much not at all. */
    private static final class Lines implements Notices {
        private static final int WAITING = 1024;

        private final Messages messages;
        private final ThreadPoolExecutor thread;

        Lines(Messages messages) {
            this.messages = messages;
            this.thread = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING),
                Thread.ofPlatform().daemon().name("qssh-notices").factory(), new ThreadPoolExecutor.DiscardPolicy());
            thread.allowCoreThreadTimeOut(true);
        }

        @Override
        public void say(String line) {
            thread.execute(() -> messages.info(HostLogin.clean(line).replace('\n', '?')));
        }

        @Override
        public void debug(String line) {
            thread.execute(() -> messages.debug(HostLogin.clean(line).replace('\n', '?')));
        }

        /** Returns when all that was given so far has been said. */
        void flush() {
            try {
                thread.submit(() -> {}).get(1, TimeUnit.SECONDS);
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                // nobody reads it
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Whether there is anything to be set up before the session begins. */
    boolean wanted() {
        return !specs.isEmpty();
    }

    /** The connection that is about to be made. */
    void on(Connection connection) throws IOException {
        forwards = new Forwards(connection, new Forwards.Settings(config.gatewayPorts(), config.streamLocalBindMask(), config.streamLocalBindUnlink(), this::permits), lines);
        if (stdio != null) {
            Endpoint nowhere = new Endpoint("", 0);
            ChannelOpening opening = switch (stdio) {
                case Place.Tcp(String host, int port) -> new ChannelOpening.DirectTcp(new Endpoint(host, port), nowhere);
                case Place.Unix(String path) -> new ChannelOpening.DirectUnix(path);
                case Place.Socks socks -> throw new IllegalArgumentException("nowhere to connect to");
            };
            CountDownLatch decided = new CountDownLatch(1);
            stdioDecided = decided;
            stdioChannel = connection.open(opening, Limits.CHANNEL_CREDIT_BYTES, new ChannelListener() {
                @Override
                public void refused(OpenFailure reason, String text) {
                    stdioRefusal = LocalForward.words(reason) + (text.isEmpty() ? "" : ": " + HostLogin.clean(text));
                    decided.countDown();
                }

                @Override
                public void opened() {
                    decided.countDown();
                }

                @Override
                public void closed() {
                    decided.countDown();
                }
            });
        }
    }

    /** PermitRemoteOpen. */
    private boolean permits(Endpoint to) {
        return config.permitRemoteOpen().stream().anyMatch(permit -> {
            int colon = permit.lastIndexOf(':');
            if (colon < 0) {
                return permit.equals("any");
            }
            String host = permit.substring(0, colon);
            String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
            String port = permit.substring(colon + 1);
            return (bare.equals("*") || bare.equals(to.host())) && (port.equals("*") || port.equals(Integer.toString(to.port())));
        });
    }

    /** A channel that the host opens; whether it was one that was asked for. */
    boolean opened(int id, ChannelOpening opening) {
        return forwards.opened(id, opening);
    }

    /**
     * Sets up all that is configured, once there is a login.
     *
     * @param ended is told the exit status when -W is over
     * @return whether to go on: no where ExitOnForwardFailure says so
     * @throws IOException if the connection is lost
     */
    boolean begin(IntConsumer ended) throws IOException {
        if (stdioChannel != null) {
            daemon("qssh-stdio", () -> joinStdio(ended));
        }
        boolean whole = listenHere() && listenThere();
        lines.flush();
        return whole;
    }

    private boolean listenHere() {
        List<ForwardSpec> local = specs.stream().filter(spec -> spec.kind() != ForwardSpec.Kind.REMOTE).toList();
        long listening = local.stream().filter(this::listen).count();
        boolean fatal = listening < local.size() && config.exitOnForwardFailure();
        if (fatal || listening == 0 && !local.isEmpty()) {
            lines.say("Could not request local forwarding.");
        }
        return !fatal;
    }

    private synchronized boolean listen(ForwardSpec spec) {
        boolean listening = forwards.listen(spec);
        if (listening) {
            made.put(spec, 0);
        }
        return listening;
    }

    private boolean listenThere() throws IOException {
        record Asked(ForwardSpec spec, Forwards.Asked answer) {}
        List<Asked> asked = new java.util.ArrayList<>();
        for (ForwardSpec spec : specs) {
            if (spec.kind() == ForwardSpec.Kind.REMOTE) {
                asked.add(new Asked(spec, forwards.ask(spec)));
            }
        }
        for (Asked one : asked) {
            boolean granted = said(one.spec(), one.answer().await(), config.exitOnForwardFailure() ? "Error: " : "Warning: ");
            if (!granted && config.exitOnForwardFailure()) {
                return false;
            }
        }
        return true;
    }

    private synchronized boolean said(ForwardSpec spec, Forwards.Granted answer, String severity) {
        if (answer.ok()) {
            made.put(spec, spec.listen() instanceof Place.Tcp(String host, int port) && port == 0 ? answer.port() : 0);
        }
        if (!answer.ok()) {
            lines.say(severity + "remote port forwarding failed for listen "
                + (spec.listen() instanceof Place.Tcp(String host, int port) ? "port " + port : "path " + spec.listen()));
        } else if (spec.listen() instanceof Place.Tcp(String host, int port) && port == 0) {
            lines.say(allocated(spec, answer.port()));
        }
        return answer.ok();
    }

    /** What is said of a port that the host has chosen. */
    static String allocated(ForwardSpec spec, int port) {
        return "Allocated port " + port + " for remote forward to " + switch (spec.connect()) {
            case Place.Tcp(String to, int toPort) -> to + ":" + toPort;
            case Place.Unix(String path) -> path + ":0";
            case Place.Socks socks -> "socks:0";
        };
    }

    // ---- for those who share the connection

    /** Makes a forwarding; one that there is already stays as it is. @return the port that the host has chosen, else 0 @throws IOException in words for who asked */
    synchronized int add(ForwardSpec spec) throws IOException {
        if (made.containsKey(spec)) {
            return made.get(spec);
        }
        int port = 0;
        if (spec.kind() != ForwardSpec.Kind.REMOTE) {
            if (!forwards.listen(spec)) {
                throw new IOException("Port forwarding failed");
            }
        } else {
            Forwards.Granted answer = forwards.ask(spec).await();
            if (!answer.ok()) {
                throw new IOException("remote port forwarding failed for listen " + (spec.listen() instanceof Place.Tcp(String host, int at) ? "port " + at : "path " + spec.listen()));
            }
            port = spec.listen() instanceof Place.Tcp(String host, int at) && at == 0 ? answer.port() : 0;
        }
        made.put(spec, port);
        return port;
    }

    /** Takes a forwarding back; false where there is none. */
    synchronized boolean cancel(ForwardSpec spec) throws IOException {
        Integer chosen = made.remove(spec);
        boolean byChoice = chosen != null && chosen != 0 && spec.listen() instanceof Place.Tcp;
        return forwards.cancel(byChoice ? new ForwardSpec(spec.kind(), new Place.Tcp(((Place.Tcp) spec.listen()).host(), chosen), spec.connect()) : spec);
    }

    // ---- -W

    /** Moves both directions until the far end has closed the channel. Whether the connection is lost before that is watched elsewhere. */
    private void joinStdio(IntConsumer ended) {
        daemon("qssh-stdin", this::moveInput);
        try (InputStream in = stdioChannel.input(DataStream.MAIN)) {
            stdioDecided.await();
            if (stdioRefusal != null) {
                messages.info("channel 0: open failed: " + stdioRefusal);
                messages.info("stdio forwarding failed");
                ended.accept(Qssh.FAILED);
                return;
            }
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (!write(ByteBuffer.wrap(buffer, 0, n))) {
                    ended.accept(Qssh.FAILED);
                    return;
                }
            }
            streams.out().close(); // the end of this direction; the other may go on
            stdioChannel.awaitClosed();
            ended.accept(0);
        } catch (IOException e) {
            messages.detail("output ends: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** False where nobody reads any more. */
    private boolean write(ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                streams.out().write(bytes);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private void moveInput() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (OutputStream out = stdioChannel.output(DataStream.MAIN)) {
            while (!config.stdinNull() && streams.in().read(buffer.clear()) >= 0) {
                out.write(buffer.array(), 0, buffer.position());
            }
        } catch (IOException e) {
            messages.detail("input ends: " + e.getMessage());
        }
    }

    // ---- the escapes

    /** Does what a line of the escape's command line asks for, and says what came of it. */
    void command(String typed) {
        String line = typed.strip();
        String rest = line.startsWith("-") ? line.substring(1) : line;
        boolean cancel = rest.startsWith("K");
        rest = cancel ? rest.substring(1) : rest;
        if (line.isEmpty()) {
            return;
        }
        if (line.equals("?") || line.equals("help") || rest.equals("h") || rest.equals("?")) {
            messages.info(HELP);
            return;
        }
        ForwardSpec.Kind kind = switch (line.startsWith("-") && !rest.isEmpty() ? rest.charAt(0) : ' ') {
            case 'L' -> ForwardSpec.Kind.LOCAL;
            case 'R' -> ForwardSpec.Kind.REMOTE;
            case 'D' -> ForwardSpec.Kind.DYNAMIC;
            default -> null;
        };
        if (kind == null) {
            messages.info("Invalid command.");
            return;
        }
        try {
            String text = rest.substring(1).strip();
            if (cancel) {
                boolean found = forwards.cancel(listening(kind, text));
                messages.info(found ? "Canceled forwarding." : "Unknown port forwarding.");
            } else {
                typed(ForwardSpec.parse(kind, text));
            }
        } catch (ConfigException e) {
            messages.info(cancel ? "Bad forwarding close port" : "Bad forwarding specification.");
        } catch (IOException e) {
            messages.info("Port forwarding failed.");
        }
    }

    private void typed(ForwardSpec spec) throws IOException {
        boolean ok = spec.kind() == ForwardSpec.Kind.REMOTE ? said(spec, forwards.ask(spec).await(), "Warning: ") : forwards.listen(spec);
        lines.flush();
        messages.info(ok ? "Forwarding port." : "Port forwarding failed.");
    }

    /** To cancel, only the place that is listened at counts. */
    private static ForwardSpec listening(ForwardSpec.Kind kind, String text) throws ConfigException {
        try {
            ForwardSpec dynamic = ForwardSpec.parse(ForwardSpec.Kind.DYNAMIC, text);
            return new ForwardSpec(kind, dynamic.listen(), dynamic.connect());
        } catch (ConfigException e) {
            return ForwardSpec.parse(kind, text);
        }
    }

    /** What is open, a line each. */
    String list() {
        StringBuilder out = new StringBuilder();
        int n = 1;
        for (String circuit : forwards.list()) {
            out.append("  #").append(n++).append(' ').append(HostLogin.clean(circuit)).append('\n');
        }
        return out.toString();
    }

    /** Whether forwarded connections are open. */
    boolean active() {
        return forwards.active();
    }

    /** Listens no more. */
    void close() {
        forwards.close();
        lines.flush();
    }

    private static void daemon(String name, Runnable task) {
        Thread.ofPlatform().daemon().name(name).start(task);
    }
}
