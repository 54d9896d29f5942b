package org.qnsp.qssh;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.qnsp.core.client.AgentForward;
import org.qnsp.core.client.AtExit;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.Connector;
import org.qnsp.core.client.HostLogin;
import org.qnsp.core.client.HostRequests;
import org.qnsp.core.client.Messages;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Lifeline;

/**
 * One session: what the host runs, joined to the streams of this process. Everything that the session needs is queued before there is a connection, so that it
 * rides right behind the login. One thread for each stream moves bytes; the main thread waits for the end, whoever brings it.
 */
final class RemoteSession {
    private static final int BUFFER_BYTES = 65536;
    private static final Duration FAREWELL = Duration.ofMillis(500);
    private static final Duration AFTER_FAULT = Duration.ofMillis(2_500);

    private final ClientConfig config;
    private final SessionPlan plan;
    private final StandardStreams streams;
    private final Terminal terminal;
    private final Messages messages;
    private final String term;
    private final Forwarding forwarding;
    private final End end = new End();
    private AgentForward agent;
    private LiveMeter meter;
    private Runnable ratchet;
    private Connection connection;
    private HostRequests requests;
    private Channel channel;
    private Channel.Request ptyRequest;
    private Channel.Request startRequest;
    private Reports reports;
    private volatile boolean ttyGranted;
    private volatile String farewell;
    private boolean shared;
    private final CountDownLatch errorsMoved = new CountDownLatch(1);

    /** How the session ended. @param notice for the user, or null @param error whether the notice is one of ours @param remote whether the host has reported it */
    private record Outcome(int status, String notice, boolean error, boolean remote) {
        Outcome(int status, String notice, boolean error) {
            this(status, notice, error, false);
        }

        static Outcome of(int status) {
            return new Outcome(status, null, false, false);
        }

        static Outcome remote(int status) {
            return new Outcome(status, null, false, true);
        }
    }

    /** Who waits for the connection to be as it was asked for. */
    @FunctionalInterface
    interface Readiness {
        /** It is. */
        void ready() throws IOException, InterruptedException;
    }

    /** The first to say how the session ends decides. */
    private static final class End {
        private Outcome outcome;

        /** Whether it was the first. */
        synchronized boolean with(Outcome how) {
            boolean first = outcome == null;
            if (first) {
                outcome = how;
                notifyAll();
            }
            return first;
        }

        synchronized Outcome await() throws InterruptedException {
            while (outcome == null) {
                wait();
            }
            return outcome;
        }
    }

    /** What the host reports of the session; told on the loop, in order. */
    private static final class Reports implements ChannelListener {
        private final CountDownLatch closed = new CountDownLatch(1);
        private volatile int status = -1;
        private volatile boolean signalled;

        @Override
        public void requested(int id, String name, byte[] body) {
            try {
                switch (SessionRequest.FromServer.decode(name, body).orElse(null)) {
                    case SessionRequest.ExitStatus exit -> status = (int) (exit.status() & 0xff);
                    case SessionRequest.ExitSignal signal -> signalled = true;
                    case null -> {}
                }
            } catch (ProtocolException e) {
                // a report that cannot be read is none
            }
        }

        @Override
        public void closed() {
            closed.countDown();
        }
    }

    /** @param terminal that standard input is; null where the session gets none or standard input is none @param term the terminal's type */
    RemoteSession(ClientConfig config, SessionPlan plan, StandardStreams streams, Terminal terminal, String term, Forwarding forwarding, Messages messages) {
        this.config = config;
        this.plan = plan;
        this.streams = streams;
        this.terminal = terminal;
        this.term = term;
        this.forwarding = forwarding;
        this.messages = messages;
    }

    /** Where {@code ~w} finds what the wire does; without it there is none. */
    void measures(LiveMeter.Source wire) {
        meter = new LiveMeter(wire, streams.err());
    }

    /** What {@code ~R} does; without it nothing. */
    void ratchets(Runnable renewal) {
        ratchet = renewal;
    }

    /** Lets the host use the agent, if there is one to forward. */
    void forwards(AgentForward forwarded) {
        agent = forwarded;
    }

    /** The connection with the session on it, nothing of it sent yet. With forwardings the session comes after them, as what it runs may use them. */
    Connection prepare(HostRequests host) throws IOException {
        requests = host;
        open(Connector.connection(listener()));
        return connection;
    }

    /** Who hears of what concerns the whole connection. */
    Connection.Listener listener() {
        return new Connection.Listener() {
            @Override
            public void peerOpened(Connection from, int id, String type, byte[] body) {
                try {
                    ChannelOpening opening = ChannelOpening.decode(type, body).orElse(null);
                    boolean taken = opening instanceof ChannelOpening.Agent ? agent != null && agent.opened(from, id, opening) : opening != null && forwarding.opened(id, opening);
                    if (!taken) {
                        from.refuse(id, OpenFailure.PROHIBITED, "not asked for"); // A-18, C-30
                    }
                } catch (ProtocolException e) {
                    from.refuse(id, OpenFailure.PROHIBITED, "not asked for");
                }
            }

            @Override
            public void requested(Connection from, int id, String name, byte[] body) {
                if (requests == null) {
                    from.reply(id, false); // a master has its own
                } else {
                    requests.take(from, id, name, body);
                }
            }

            @Override
            public void disconnected(DisconnectReason reason, String text) {
                farewell = text;
                messages.debug("Received disconnect: " + reason + (text.isEmpty() ? "" : ": " + HostLogin.clean(text)));
            }
        };
    }

    private void open(Connection on) throws IOException {
        connection = on;
        forwarding.on(on);
        if (plan.start() != null && !forwarding.wanted()) {
            openSession();
        }
    }

    private void openSession() throws IOException {
        reports = new Reports();
        channel = connection.open("session", new byte[0], Limits.CHANNEL_CREDIT_BYTES, reports);
        plan.environment().forEach(this::tell);
        if (agent != null || shared && !config.forwardAgent().equals("no")) { // a master has its own to forward
            tell(new SessionRequest.Agent());
        }
        if (plan.tty()) {
            ptyRequest = ask(pty());
        } else {
            channel.unattended();
        }
        startRequest = ask(plan.start());
        if (alone() && !forwarding.wanted()) {
            requests.endsWithChannels();
        }
    }

    /** Whether nobody else may come to use the connection. */
    private boolean alone() {
        return !shared && config.controlMaster() == ClientConfig.ControlMaster.NO;
    }

    /** C-32: where the connection is not shared the host need not serve what somebody else might ask by it. */
    private void endSessions() {
        if (alone()) {
            connection.tell(ConnectionRequest.NoMoreSessions.NAME, new ConnectionRequest.NoMoreSessions().encode());
        }
    }

    /** Opens the session on the connection of a master. Returns whether that came about; if not, another connection may still serve. */
    boolean openShared(Connection on) {
        shared = true;
        try {
            open(on);
            if (channel != null) {
                channel.awaitOpened();
            }
            return true;
        } catch (IOException e) {
            messages.say(Messages.Level.ERROR, "mux_client_request_session: session request failed: " + HostLogin.clean(String.valueOf(e.getMessage())));
            return false;
        }
    }

    private SessionRequest.Pty pty() {
        TerminalModes modes = terminal == null ? TerminalModes.NONE : terminal.modes();
        return new SessionRequest.Pty(term, new SessionRequest.Window(modes.columns(), modes.rows(), 0, 0), modes.encoded());
    }

    private void tell(SessionRequest.FromClient request) {
        channel.tell(request.name(), request.encode());
    }

    private Channel.Request ask(SessionRequest.FromClient request) throws IOException {
        return channel.ask(request.name(), request.encode());
    }

    /**
     * Runs the session to its end and says goodbye.
     *
     * @param life of the connection
     * @param master that shares the connection with others, which outlasts the session for their sake; or null
     * @param ready is told once the connection is as it was asked for, before anything that belongs to the session moves
     * @return the exit status
     */
    int run(Lifeline life, Mastership master, Readiness ready) throws InterruptedException {
        Signals.onEnding(() -> {
            if (!end.with(Outcome.of(Qssh.FAILED))) {
                AtExit.exit(Qssh.FAILED); // it is ending already, though not fast enough
            }
        });
        if (!shared) {
            Keepalive.start(config, connection, () -> end.with(new Outcome(Qssh.FAILED, "Timeout, server " + config.hostName() + " not responding.", false)));
        }
        if (master != null) {
            master.onEnding(() -> end.with(Outcome.of(Qssh.FAILED)));
        }
        daemon("qssh-session", () -> converse(life, ready));
        Outcome outcome = end.await();
        if (meter != null) {
            meter.off();
        }
        if (terminal != null) {
            terminal.leaveRaw();
            messages.raw(false);
        }
        closeInput();
        if (master != null && outcome.remote()) {
            if (channel != null) {
                channel.close(); // else it would count as a use of the connection
            }
            master.awaitUnused(() -> life.awaitEnd(Duration.ZERO));
        }
        say(outcome);
        if (master != null) {
            master.dismiss(outcome.notice() == null ? "" : outcome.notice());
        }
        if (requests != null) {
            requests.settle(connection);
        }
        forwarding.close();
        connection.disconnect(DisconnectReason.DONE, "");
        life.awaitFarewell(master != null && master.isResident());
        return outcome.status();
    }

    private void say(Outcome outcome) {
        if (outcome.error()) {
            messages.error(outcome.notice());
        } else if (outcome.notice() != null) {
            messages.info(outcome.notice());
        }
        if (ttyGranted) {
            messages.info((shared ? "Shared connection to " : "Connection to ") + config.hostName() + " closed.");
        }
    }

    private void converse(Lifeline login, Readiness ready) {
        try {
            if (!forwarding.begin(status -> end.with(status == 0 ? Outcome.remote(status) : Outcome.of(status)))) {
                end.with(Outcome.of(Qssh.FAILED));
                return;
            }
            ready.ready();
            if (plan.start() != null && channel == null) {
                openSession();
            }
            if (plan.start() == null) {
                endSessions();
            }
            if (channel == null || begin(login)) {
                while (channel == null && !login.awaitEnd(Duration.ofDays(1))) {
                    messages.detail("still connected");
                }
                end.with(lost(login));
            }
        } catch (IOException e) {
            end.with(lost(login));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end.with(Outcome.of(Qssh.FAILED));
        }
    }

    /** Starts what the host was asked for; true if there is no session after all. */
    private boolean begin(Lifeline login) throws IOException {
        if (!plan.tty()) {
            startInput();
        }
        try {
            channel.awaitOpened();
        } catch (IOException e) {
            if (!channel.refused() && login.awaitEnd(Duration.ZERO)) { // who refuses may end the connection in the same breath (C-40)
                throw e;
            }
            end.with(new Outcome(Qssh.FAILED, "channel 0: open failed: " + e.getMessage(), false));
            return false;
        }
        endSessions();
        if (plan.tty()) {
            ttyGranted = ptyRequest.await().ok();
            if (!ttyGranted) {
                messages.info("PTY allocation request failed on channel 0");
            } else if (terminal != null) {
                makeRaw();
            }
            startInput();
        }
        daemon("qssh-stdout", () -> moveOutput(login));
        daemon("qssh-stderr", () -> pump(DataStream.EXTENDED, streams.err()));
        if (!startRequest.await().ok() && reports.status < 0 && !reports.signalled && !login.awaitEnd(Duration.ZERO)) {
            end.with(new Outcome(Qssh.FAILED, plan.start().name() + " request failed on channel 0", false));
        }
        return false;
    }

    private void makeRaw() {
        Signals.onResize(this::resized);
        Signals.onContinue(this::continued);
        continued();
    }

    private void resized() {
        int[] size = Terminal.size();
        tell(new SessionRequest.Window(size[1], size[0], 0, 0));
    }

    private void continued() {
        try {
            terminal.enterRaw();
            messages.raw(true);
        } catch (IOException e) {
            messages.info("the terminal cannot be made raw: " + e.getMessage());
        }
        if (Terminal.size() instanceof int[] size && (size[0] != terminal.modes().rows() || size[1] != terminal.modes().columns())) {
            tell(new SessionRequest.Window(size[1], size[0], 0, 0));
        }
    }

    // ---- output

    /** Moves the main stream, then waits for the other one and for the host's report, which comes before the channel closes. */
    private void moveOutput(Lifeline login) {
        pump(DataStream.MAIN, streams.out());
        try {
            errorsMoved.await();
            reports.closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (reports.status >= 0 || reports.signalled) {
            awaitForwards(login);
            end.with(Outcome.remote(reports.status >= 0 ? reports.status : Qssh.FAILED));
        } else {
            // H-29: after a fault of the host's our slots go on for up to two seconds; leaving earlier would show when it was
            end.with(login.awaitEnd(AFTER_FAULT) ? lost(login) : Outcome.of(Qssh.FAILED));
        }
    }

    /** As with ssh, what is forwarded over this connection is not cut off by the end of its session. */
    private void awaitForwards(Lifeline login) {
        if (terminal != null && forwarding.active()) {
            terminal.leaveRaw(); // so that Ctrl-C ends it
            messages.raw(false);
        }
        boolean over = false;
        while (!over && forwarding.active()) {
            over = login.awaitEnd(Duration.ofMillis(20));
        }
    }

    private void pump(DataStream stream, WritableByteChannel to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        boolean open = true;
        try (InputStream in = channel.input(stream)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                open = open && write(to, buffer, n, stream);
            }
        } catch (IOException e) {
            messages.detail("output ends: " + e.getMessage()); // who watches the link says why
        } finally {
            if (stream == DataStream.EXTENDED) {
                errorsMoved.countDown();
            }
        }
    }

    /** False where nobody reads any more. Without a reader of standard output the session is over, as for any program in a pipe. */
    private boolean write(WritableByteChannel to, byte[] buffer, int length, DataStream stream) {
        try {
            for (ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length); bytes.hasRemaining(); ) {
                to.write(bytes);
            }
            return true;
        } catch (IOException e) {
            if (stream == DataStream.MAIN) {
                end.with(Outcome.of(Qssh.FAILED));
            }
            return false;
        }
    }

    // ---- input

    private void startInput() {
        if (config.stdinNull()) {
            channel.eof();
        } else {
            daemon("qssh-stdin", this::moveInput);
        }
    }

    /** What is typed from now on is for who comes after us. */
    private void closeInput() {
        try {
            streams.in().close();
        } catch (IOException e) {
            // then it ends with the process
        }
    }

    private void moveInput() {
        EscapeKeys escapes = ttyGranted && config.escapeChar() >= 0 ? new EscapeKeys(config.escapeChar()) : null;
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (OutputStream out = channel.output(DataStream.MAIN)) {
            ReadableByteChannel in = streams.in();
            while (in.read(buffer.clear()) >= 0) {
                if (escapes == null) {
                    out.write(buffer.array(), 0, buffer.position());
                } else {
                    keys(escapes, buffer.flip(), out);
                }
            }
        } catch (IOException e) {
            messages.detail("input ends: " + e.getMessage()); // the far end takes no more, or the terminal is gone
        }
    }

    private void keys(EscapeKeys escapes, ByteBuffer keys, OutputStream out) throws IOException {
        byte[] send = new byte[2 * keys.remaining()];
        int n = 0;
        while (keys.hasRemaining()) {
            byte key = keys.get();
            EscapeKeys.Action action = escapes.next(key);
            switch (action) {
                case SEND -> send[n++] = key;
                case SEND_BOTH -> {
                    send[n++] = (byte) config.escapeChar();
                    send[n++] = key;
                }
                case HOLD -> {}
                case TERMINATE, SUSPEND, HELP, LIST, QUIETER, LOUDER, COMMAND_LINE, METER, UNSUPPORTED, REKEY -> {
                    out.write(send, 0, n);
                    n = 0;
                    command(action, escapes, key, keys);
                }
            }
        }
        out.write(send, 0, n);
    }

    /** @param ahead what was typed after it */
    private void command(EscapeKeys.Action action, EscapeKeys escapes, byte key, ByteBuffer ahead) throws IOException {
        String typed = escapes.name() + (key < ' ' ? "^" + (char) (key + '@') : String.valueOf((char) key));
        switch (action) {
            case TERMINATE -> {
                escape(typed);
                end.with(Outcome.of(Qssh.FAILED));
            }
            case SUSPEND -> {
                escape(typed + " [suspend qssh]");
                terminal.leaveRaw();
                messages.raw(false);
                Terminal.suspend();
                continued();
            }
            case HELP -> escape(escapes.help());
            case LIST -> escape(typed + "\nThe following connections are open:\n  #0 client-session (channel " + channel.id() + ")\n" + forwarding.list());
            case COMMAND_LINE -> commandLine(ahead);
            case METER -> {
                if (meter == null) {
                    escape(typed + " [the wire is that of the connection that is shared]");
                } else {
                    meter.toggle();
                }
            }
            case QUIETER, LOUDER -> escape(typed + " [LogLevel " + messages.step(action == EscapeKeys.Action.LOUDER ? 1 : -1) + "]");
            case REKEY -> {
                if (ratchet == null) {
                    escape(typed + " [the keys are those of the connection that is shared]");
                } else {
                    escape(typed + " [new secrets for the keys of both directions]");
                    ratchet.run();
                }
            }
            default -> escape(typed + " [not supported by this version]");
        }
    }

    /** Reads a line as the terminal edits it, which it does when it is not raw. */
    private void commandLine(ByteBuffer ahead) throws IOException {
        if (!config.enableEscapeCommandline()) {
            escape("commandline disabled\n");
            return;
        }
        terminal.leaveRaw();
        messages.raw(false);
        try {
            escape("");
            forwarding.command(line("qssh> ", ahead));
        } finally {
            continued();
        }
    }

    private String line(String prompt, ByteBuffer ahead) throws IOException {
        write(streams.err(), prompt.getBytes(StandardCharsets.UTF_8), prompt.length(), DataStream.EXTENDED);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (line.size() < BUFFER_BYTES && (ahead.hasRemaining() || streams.in().read(one.clear()) > 0)) {
            byte key = ahead.hasRemaining() ? ahead.get() : one.get(0);
            if (key == '\n' || key == '\r') {
                break;
            }
            line.write(key);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private void escape(String text) {
        messages.say(Messages.Level.QUIET, text);
    }

    /** The connection is over before the session was. */
    private Outcome lost(Lifeline login) {
        login.awaitEnd(FAREWELL); // the cause comes a moment after its effects
        if (shared) {
            String said = farewell == null ? "Control master terminated unexpectedly" : HostLogin.clean(farewell);
            return new Outcome(Qssh.FAILED, said.isEmpty() ? null : said, false);
        }
        IOException cause = login.endCause();
        return cause != null && cause.getCause() instanceof ProtocolException
            ? new Outcome(Qssh.FAILED, "the connection broke: " + cause.getMessage(), true)
            : new Outcome(Qssh.FAILED, "Connection to " + config.hostName() + " closed by remote host.", false);
    }

    private static Thread daemon(String name, Runnable task) {
        return Thread.ofPlatform().daemon().name(name).start(task);
    }
}
