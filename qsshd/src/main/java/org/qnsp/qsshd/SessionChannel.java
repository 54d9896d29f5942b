package org.qnsp.qsshd;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.SessionRequest;
import org.qnsp.core.mux.DataStream;
import org.qnsp.core.transport.Channel;
import org.qnsp.qsshd.config.SafePath;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.forward.AgentSocket;
import org.qnsp.qsshd.net.Guest;
import org.qnsp.qsshd.net.Hospitality;
import org.qnsp.qsshd.session.Account;
import org.qnsp.qsshd.session.ExitStatus;
import org.qnsp.qsshd.session.LaunchRequest;
import org.qnsp.qsshd.session.LoginRecords;
import org.qnsp.qsshd.session.Program;
import org.qnsp.qsshd.session.PtyRequest;
import org.qnsp.qsshd.session.SessionLauncher;
import org.qnsp.qsshd.session.SessionSignal;
import org.qnsp.qsshd.session.TerminalModes;
import org.qnsp.qsshd.session.UserProcess;
import org.qnsp.qsshd.session.WindowSize;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of a session channel (C-13 to C-16): gathers what the client wants, starts the program, and moves bytes between the two. Called by the loop
 * and by the process pump; its own monitor guards its state and is never held over a call that waits.
 */
final class SessionChannel implements Hospitality.Session, UserProcess.Events {
    private static final Logger LOG = LoggerFactory.getLogger(SessionChannel.class);
    /** Input that may wait in front of a program that does not read; the rest waits in the channel's window, and then at the client. */
    private static final int INPUT_WAITING_BYTES = 256 << 10;
    private static final int CHUNK_BYTES = 32 << 10;
    private static final LoginRecords RECORDS = new LoginRecords();

    private enum Stage { ASKING, STARTING, RUNNING, OVER }

    private final Guest guest;
    private final SessionLauncher launcher;
    private final Executor starters;
    private final Services services;
    private final AgentSocket agent;
    private final Map<String, String> environment = new LinkedHashMap<>();
    /** Each signal costs a process of the user's, started on the one thread that serves all sessions. */
    private final Allowance signals = new Allowance(10, 100_000_000);
    private Channel channel;
    private Stage stage = Stage.ASKING;
    private PtyRequest pty;
    private String original;
    private boolean subsystem;
    private volatile AuthInfo authInfo;
    private UserProcess process;
    private int inputWaiting;
    private boolean inputEnded;
    private boolean clientGone;
    private boolean wantsAgent;
    private int outputsEnded;

    /**
     * @param starters runs what starts programs, which takes a few milliseconds
     * @param agent what leads to the client's agent, if the client asks for it
     */
    SessionChannel(Guest guest, SessionLauncher launcher, Executor starters, Services services, AgentSocket agent) {
        this.guest = guest;
        this.launcher = launcher;
        this.starters = starters;
        this.services = services;
        this.agent = agent;
    }

    @Override
    public void on(Channel accepted) {
        channel = accepted;
    }

    // ---- what the client asks, on the loop

    @Override
    public void requested(int id, String name, byte[] body) {
        try {
            Optional<SessionRequest.FromClient> request = SessionRequest.FromClient.decode(name, body);
            if (request.isEmpty()) {
                channel.reply(id, false);
                return;
            }
            switch (request.get()) {
                case SessionRequest.Env env -> channel.reply(id, takeEnvironment(env));
                case SessionRequest.Pty wanted -> channel.reply(id, takePty(wanted));
                case SessionRequest.Shell shell -> {
                    label("session:shell");
                    start(id, "");
                }
                case SessionRequest.Exec exec -> {
                    label("session:command");
                    start(id, exec.command());
                }
                case SessionRequest.Subsystem subsystem -> {
                    label("session:subsystem:" + subsystem.service());
                    startSubsystem(id, subsystem.service());
                }
                case SessionRequest.Window window -> channel.reply(id, resize(window));
                case SessionRequest.Agent wanted -> channel.reply(id, takeAgent());
                case SessionRequest.Signal signal -> channel.reply(id, signal(signal.signal()));
            }
        } catch (ProtocolException | IllegalArgumentException e) {
            LOG.info("session request {} refused: {}", name, e.getMessage());
            channel.reply(id, false);
        }
    }

    /** For ChannelTimeout; a further request of this kind, which is refused, changes nothing. */
    private synchronized void label(String kind) {
        if (stage == Stage.ASKING) {
            channel.label(kind);
        }
    }

    private synchronized boolean takeEnvironment(SessionRequest.Env env) {
        boolean taken = stage == Stage.ASKING && environment.size() < Limits.ENVIRONMENT_VARIABLES && config().acceptsEnv(env.variable());
        if (taken) {
            environment.put(env.variable(), env.value());
        }
        return taken;
    }

    /** A-17, C-30 */
    private synchronized boolean takeAgent() {
        boolean taken = stage == Stage.ASKING && !guest.anonymous() && !config().confines() && config().allowsAgentForwarding() && guest.options().agentForwarding();
        wantsAgent |= taken;
        return taken;
    }

    private synchronized boolean takePty(SessionRequest.Pty wanted) {
        if (stage != Stage.ASKING || pty != null || !config().permitTty() || !guest.options().pty()) {
            return false;
        }
        SessionRequest.Window window = wanted.size();
        pty = new PtyRequest(wanted.term(), WindowSize.nearest(window.columns(), window.rows(), window.widthPixels(), window.heightPixels()),
                TerminalModes.decode(wanted.modes()));
        return true;
    }

    /** An empty command is a login shell. What the key's line or the configuration commands is run in its place, as with sshd. */
    private void start(int id, String command) {
        String forced = config().forceCommand() != null ? config().forceCommand() : guest.options().command();
        if (guest.anonymous() && forced == null) {
            LOG.info("anonymous session without a forced command refused");
            channel.reply(id, false);
            return;
        }
        if (forced != null) {
            original = command;
        }
        startLine(id, forced == null ? command : forced);
    }

    /** A line of the client's or of the configuration, where {@code internal-sftp} is a word of its own, as with sshd. */
    private void startLine(int id, String line) {
        boolean configured = original != null || subsystem;
        Optional<List<String>> sftp = configured ? ServerConfig.internalSftp(line) : Optional.empty();
        if (sftp.isPresent() && services.sftp().isPresent()) {
            List<String> arguments = new ArrayList<>(List.of(services.sftp().get()));
            arguments.addAll(sftp.get());
            start(id, new Program.Service(arguments));
        } else if (sftp.isPresent()) {
            LOG.error("no internal-sftp outside an installation");
            channel.reply(id, false);
        } else {
            start(id, line.isEmpty() ? new Program.LoginShell() : new Program.ShellCommand(line));
        }
    }

    private void startSubsystem(int id, String name) {
        boolean forced = config().forceCommand() != null || guest.options().command() != null;
        subsystem = true;
        if (forced || guest.anonymous()) {
            Optional<String> named = config().subsystem(name);
            start(id, named.orElse(name)); // sshd too runs the forced command, whatever was asked for, and tells it the command of the subsystem
        } else if (name.equals(SessionRequest.Subsystem.COPY) && services.copy().isPresent() && root().isEmpty()) {
            start(id, new Program.Service(List.of(services.copy().get(), "--serve")));
        } else {
            Optional<String> command = config().subsystem(name);
            if (command.isEmpty()) {
                LOG.info("no subsystem {}", name);
                channel.reply(id, false);
            } else {
                startLine(id, command.get());
            }
        }
    }

    private void start(int id, Program program) {
        LaunchRequest request;
        synchronized (this) {
            if (stage != Stage.ASKING) {
                channel.reply(id, false);
                return;
            }
            request = new LaunchRequest(guest.findings().account(), program, Optional.ofNullable(pty), wholeEnvironment(), imposedEnvironment(), guest.peers(), customs(program));
            stage = Stage.STARTING;
        }
        if (pty == null) {
            channel.unattended();
        }
        guest.prelude().whenComplete((said, fault) -> {
            try {
                starters.execute(() -> launch(id, request));
            } catch (RejectedExecutionException e) {
                failed(id, new IOException("too many programs are being started"));
            }
        });
    }

    private LaunchRequest.Customs customs(Program program) {
        boolean rc = !subsystem && original == null && config().permitUserRc() && guest.options().userRc() && root().isEmpty();
        return new LaunchRequest.Customs(config().userEnvironment(), rc && !(program instanceof Program.Service), Optional.empty(), root());
    }

    /** ChrootDirectory, as the configuration has it for this user. */
    private Optional<Path> root() {
        Account account = guest.findings().account();
        try {
            return Optional.ofNullable(config().chrootDirectory(account.name(), (int) account.uid(), Path.of(account.home())));
        } catch (ConfigException e) {
            throw new IllegalStateException(e); // the login would have been refused
        }
    }

    /** The key's own variables win over the client's. */
    private Map<String, String> wholeEnvironment() {
        Map<String, String> whole = new LinkedHashMap<>(environment);
        guest.options().environment().forEach(pair -> {
            String name = pair.substring(0, pair.indexOf('='));
            if (config().permitsUserEnvironment(name)) {
                whole.put(name, pair.substring(name.length() + 1));
            }
        });
        if (original != null) {
            whole.put("SSH_ORIGINAL_COMMAND", original);
        }
        return whole;
    }

    private Map<String, String> imposedEnvironment() {
        Map<String, String> imposed = new LinkedHashMap<>();
        config().setEnv().forEach(pair -> imposed.putIfAbsent(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1)));
        return imposed;
    }

    private void launch(int id, LaunchRequest asked) {
        try {
            LaunchRequest request = completed(asked);
            LOG.debug("starting a program for {}", request.account().name());
            UserProcess started = started(withAgent(request));
            LOG.debug("started process {}", started.pid());
            boolean gone;
            synchronized (this) {
                process = started;
                stage = Stage.RUNNING;
                gone = clientGone;
            }
            started.terminal().ifPresent(terminal -> RECORDS.login(request.account(), terminal, started.pid(), host(), Instant.now()));
            channel.reply(id, true);
            started.start(this);
            if (gone) {
                started.hangup();
            }
            pumpInput();
        } catch (IOException e) {
            failed(id, e);
        }
    }

    /** With what is only known by looking at files. */
    private LaunchRequest completed(LaunchRequest asked) throws IOException {
        LaunchRequest.Customs customs = asked.customs();
        boolean greets = asked.program() instanceof Program.LoginShell && asked.pty().isPresent() && config().printLastLog();
        Map<String, String> imposed = new LinkedHashMap<>(asked.imposed());
        if (config().exposeAuthInfo() && guest.key() != null && customs.root().isEmpty()) {
            authInfo = AuthInfo.write(asked.account(), guest.key());
            imposed.put(AuthInfo.VARIABLE, authInfo.file().toString());
        }
        return new LaunchRequest(asked.account(), asked.program(), asked.pty(), asked.environment(), imposed, asked.peers(), new LaunchRequest.Customs(
                customs.environmentFile(), customs.userRc(), greets ? RECORDS.last(asked.account()) : Optional.empty(), customs.root()));
    }

    private String host() {
        return guest.peers().map(peers -> peers.client().getAddress().getHostAddress()).orElse("");
    }

    /** A session whose agent's socket cannot be had starts without one, as with sshd. */
    private LaunchRequest withAgent(LaunchRequest request) {
        synchronized (this) {
            if (!wantsAgent) {
                return request;
            }
        }
        Map<String, String> imposed = new LinkedHashMap<>(request.imposed());
        try {
            imposed.put("SSH_AUTH_SOCK", agent.open().toString());
        } catch (IOException e) {
            LOG.error("no socket for the agent of {}: {}", request.account().name(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new LaunchRequest(request.account(), request.program(), request.pty(), request.environment(), imposed, request.peers(), request.customs());
    }

    private UserProcess started(LaunchRequest request) throws IOException {
        if (request.customs().root().isPresent()) {
            Optional<String> fault = SafePath.rootFault(request.customs().root().get());
            if (fault.isPresent()) {
                throw new IOException("ChrootDirectory: " + fault.get());
            }
        }
        try {
            return launcher.launch(request);
        } catch (RuntimeException e) {
            throw new IOException("internal fault", e); // an answer is owed all the same
        }
    }

    private void failed(int id, IOException e) {
        LOG.error("no program started for {}: {}", guest.findings().account().name(), e.getMessage());
        channel.reply(id, false);
        over();
    }

    private synchronized boolean resize(SessionRequest.Window window) {
        if (pty == null) {
            return false;
        }
        WindowSize size = WindowSize.nearest(window.columns(), window.rows(), window.widthPixels(), window.heightPixels());
        pty = new PtyRequest(pty.term(), size, pty.modes());
        if (process != null) {
            process.resize(size);
        }
        return true;
    }

    private synchronized boolean signal(String name) {
        Optional<SessionSignal> signal = SessionSignal.named(name);
        boolean sent = process != null && signal.isPresent() && signals.take(System.nanoTime());
        if (sent) {
            process.signal(signal.get());
        }
        return sent;
    }

    // ---- input, from the loop and the pump

    @Override
    public void dataArrived(DataStream stream) {
        pumpInput();
    }

    @Override
    public void eofArrived() {
        pumpInput();
    }

    @Override
    public void roomAvailable() {
        synchronized (this) {
            if (process == null) {
                return;
            }
        }
        process.resume();
    }

    @Override
    public void closed() {
        UserProcess running;
        synchronized (this) {
            clientGone = true;
            running = process;
        }
        if (running != null) {
            running.hangup(); // C-16
        }
        synchronized (this) {
            if (stage == Stage.ASKING) {
                over();
            }
        }
    }

    /** Moves what came to the program, as much as may wait in front of it; credit for it is granted as it is taken from the channel (C-8). */
    private synchronized void pumpInput() {
        while (process != null && !inputEnded && inputWaiting < INPUT_WAITING_BYTES) {
            int there = Math.max(1, channel.availableNow(DataStream.MAIN)); // the end is read like a byte
            byte[] chunk = new byte[Math.min(there, Math.min(CHUNK_BYTES, INPUT_WAITING_BYTES - inputWaiting))];
            int n = channel.readNow(DataStream.MAIN, chunk, 0, chunk.length);
            if (n < 0) {
                inputEnded = true;
                process.closeInput();
            } else if (n == 0) {
                return;
            } else {
                inputWaiting += n;
                process.write(chunk); // all of it is filled: nobody else reads here
            }
        }
    }

    // ---- what the program does, on the pump

    @Override
    public void inputTaken(int bytes) {
        synchronized (this) {
            inputWaiting -= bytes;
        }
        pumpInput();
    }

    @Override
    public int room(UserProcess.Source source) {
        int room = channel.roomNow();
        return room < 0 ? CHUNK_BYTES : room; // no one listens any more: let the program write and drop it
    }

    @Override
    public void output(UserProcess.Source source, byte[] bytes, int length) {
        DataStream stream = source == UserProcess.Source.OUTPUT ? DataStream.MAIN : DataStream.EXTENDED;
        if (channel.writeNow(stream, bytes, 0, length) < length && channel.roomNow() >= 0) {
            throw new IllegalStateException("more output than there was room for");
        }
    }

    @Override
    public void outputEnded(UserProcess.Source source) {
        outputsEnded++;
        if (outputsEnded == (pty == null ? 2 : 1)) {
            channel.eof();
        }
    }

    @Override
    public void exited(ExitStatus status) {
        LOG.debug("process {} ended", process.pid());
        SessionRequest report = switch (status) {
            case ExitStatus.Exited(int code) -> new SessionRequest.ExitStatus(code);
            case ExitStatus.Signalled(int number, String name, boolean core) -> new SessionRequest.ExitSignal(name, core, "");
        };
        channel.tell(report.name(), report.encode());
    }

    @Override
    public void ended() {
        over();
    }

    private void over() {
        synchronized (this) {
            if (stage == Stage.OVER) {
                return;
            }
            stage = Stage.OVER;
        }
        LOG.debug("session over");
        UserProcess ended = process;
        AuthInfo info = authInfo;
        if (info != null || ended != null && ended.terminal().isPresent()) {
            tidy(ended, info);
        }
        agent.close();
        channel.close();
        guest.sessionEnded();
    }

    private void tidy(UserProcess ended, AuthInfo info) {
        try {
            starters.execute(() -> {
                if (ended != null) {
                    ended.terminal().ifPresent(terminal -> RECORDS.logout(terminal, ended.pid(), Instant.now()));
                }
                if (info != null) {
                    info.delete();
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.warn("the end of a session is not recorded: too much to do at once");
        }
    }

    private ServerConfig config() {
        return guest.findings().config();
    }
}
