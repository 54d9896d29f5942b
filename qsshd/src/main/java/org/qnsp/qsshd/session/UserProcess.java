package org.qnsp.qsshd.session;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running program with its streams (C-15): the three of a pipe each, or one terminal for all. Its methods may be called from any thread, never
 * wait, and after the end do nothing.
 *
 * <p>When it has ended: over pipes, once the process has exited and every holder of its output has closed it, so that a background child
 * keeps the session open; on a terminal, once the process has exited and what the terminal still held has been delivered.
 */
public final class UserProcess {
    /** Most bytes of input waiting for a program that does not read; the channel's window must not be larger. */
    public static final int INPUT_BYTES_MAX = 32 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(UserProcess.class);

    /** The streams a program writes. On a terminal there is only {@link #OUTPUT}. */
    public enum Source { OUTPUT, ERROR }

    /**
     * Who listens. All calls come from the pump's one thread, so they must return soon and not wait: they are for moving bytes between
     * buffers.
     */
    public interface Events {
        /** How many bytes of {@code source} may be delivered now; 0 pauses that stream until {@link UserProcess#resume}. */
        int room(Source source);

        /** The first {@code length} of these bytes are from the program, at most the room just told; the array is another's after the call. */
        void output(Source source, byte[] bytes, int length);

        /** No more bytes will come from {@code source}. */
        void outputEnded(Source source);

        /** The program took (or will never take) so many bytes of input: the sender may send as many again. */
        void inputTaken(int bytes);

        /** The process has exited. Output may still follow. */
        void exited(ExitStatus status);

        /** All is over, this is the last call. After a hangup it comes as soon as the process has exited. */
        void ended();
    }

    /** Sends a signal to a process group with the rights of the session's user. */
    @FunctionalInterface
    interface Signaller {
        void send(int group, SessionSignal signal) throws IOException;
    }

    private final ProcessPump pump;
    private final int pid;
    private final int terminal;
    private final Optional<String> terminalPath;
    private final Signaller signaller;
    private final ExitWatch exitWatch;
    private final Writer input;
    private final List<Reader> outputs;
    private final AtomicLong inputBytes = new AtomicLong();
    private final AtomicReference<WindowSize> nextSize = new AtomicReference<>();

    // the rest belongs to the pump's thread
    private Events events;
    private ExitStatus status;
    private boolean hungUp;
    private boolean ended;

    private UserProcess(ProcessPump pump, int pid, Optional<String> terminalPath, int[] descriptors, Signaller signaller) throws IOException {
        this.pump = pump;
        this.pid = pid;
        this.terminalPath = terminalPath;
        this.signaller = signaller;
        this.terminal = terminalPath.isPresent() ? descriptors[0] : -1;
        this.input = new Writer(descriptors[0]);
        this.outputs = terminal >= 0
                ? List.of(new Reader(Source.OUTPUT, terminal))
                : List.of(new Reader(Source.OUTPUT, descriptors[1]), new Reader(Source.ERROR, descriptors[2]));
        this.exitWatch = new ExitWatch(Posix.processDescriptor(pid));
        pump.execute(() -> pump.add(exitWatch));
    }

    /**
     * Starts a command on a new terminal.
     *
     * @param owner the account to own the terminal, when this process may give it away
     */
    static UserProcess onTerminal(ProcessPump pump, PtyRequest request, Optional<Account> owner, Command command, Signaller signaller)
            throws IOException {
        pump.requireOpen();
        int master = Posix.openMaster();
        int pid = 0;
        try {
            String slave = Posix.slavePath(master);
            Posix.modes(master, request.modes());
            Posix.windowSize(master, request.size());
            Posix.nonBlocking(master);
            if (owner.isPresent()) {
                // as login does: writable for group tty, so that write(1) and wall(1) work and other users stay out
                OptionalLong tty = Posix.group("tty");
                Posix.own(slave, owner.get().uid(), tty.orElse(owner.get().gid()), tty.isPresent() ? 0620 : 0600);
            }
            pid = Posix.spawn(command.arguments(), command.environment(Optional.of(slave)), new Posix.Standard.Terminal(slave));
            return new UserProcess(pump, pid, Optional.of(slave), new int[] {master}, signaller);
        } catch (IOException | RuntimeException e) {
            Posix.close(master);
            abandon(pid);
            throw e;
        }
    }

    /**
     * Starts a command over three pipes.
     *
     * @param owner the account to own the pipes (so that it can reopen {@code /dev/stdout}), when this process may give them away
     */
    static UserProcess overPipes(ProcessPump pump, Optional<Account> owner, Command command, Signaller signaller) throws IOException {
        pump.requireOpen();
        List<Integer> ours = new ArrayList<>();
        List<Integer> theirs = new ArrayList<>();
        int pid = 0;
        try {
            for (int i = 0; i < 3; i++) {
                int[] pipe = Posix.pipe();
                ours.add(i == 0 ? pipe[1] : pipe[0]);
                theirs.add(i == 0 ? pipe[0] : pipe[1]);
                Posix.nonBlocking(ours.getLast());
                if (owner.isPresent()) {
                    Posix.own(theirs.getLast(), owner.get().uid(), owner.get().gid());
                }
            }
            pid = Posix.spawn(command.arguments(), command.environment(Optional.empty()),
                    new Posix.Standard.Descriptors(theirs.get(0), theirs.get(1), theirs.get(2)));
            return new UserProcess(pump, pid, Optional.empty(), ours.stream().mapToInt(Integer::intValue).toArray(), signaller);
        } catch (IOException | RuntimeException e) {
            ours.forEach(Posix::close);
            abandon(pid);
            throw e;
        } finally {
            theirs.forEach(Posix::close);
        }
    }

    /** A command with an environment that may name the terminal. */
    interface Command {
        List<String> arguments() throws IOException;

        List<String> environment(Optional<String> terminal);
    }

    private static void abandon(int pid) throws IOException {
        if (pid > 0) {
            Posix.signalGroup(pid, SessionSignal.KILL.number());
            Posix.collect(pid);
        }
    }

    /** The process id, which is also that of its session. */
    public int pid() {
        return pid;
    }

    /** The path of the terminal, as in {@code /dev/pts/3}; empty over pipes. */
    public Optional<String> terminal() {
        return terminalPath;
    }

    /** Lets the bytes flow. To be called once. */
    public void start(Events listener) {
        pump.execute(() -> {
            if (events != null) {
                throw new IllegalStateException("started twice");
            }
            events = listener;
            if (!hungUp) {
                outputs.forEach(pump::add);
                pump.add(input);
            }
            if (status != null) {
                events.exited(status);
                finishIfOver();
            }
        });
    }

    /**
     * Input for the program. The array is this object's from now on.
     *
     * @throws IllegalStateException when more than {@link #INPUT_BYTES_MAX} would wait
     */
    public void write(byte[] bytes) {
        if (inputBytes.addAndGet(bytes.length) > INPUT_BYTES_MAX) {
            inputBytes.addAndGet(-bytes.length);
            throw new IllegalStateException("more input than a window allows");
        }
        if (bytes.length > 0) {
            pump.execute(() -> offer(bytes));
        }
    }

    private void offer(byte[] bytes) {
        try {
            input.offer(bytes);
        } catch (IOException | RuntimeException e) {
            failed(e);
        }
    }

    /**
     * No more input will come. Over pipes the program sees the end once it has read the rest. On a terminal it sees nothing, as with sshd:
     * a terminal has no end, and the program may still want to talk.
     */
    public void closeInput() {
        pump.execute(input::finish);
    }

    /** There may be room again for output that was paused. */
    public void resume() {
        if (outputs.stream().anyMatch(r -> r.paused)) {
            pump.execute(() -> outputs.forEach(r -> r.paused = false));
        }
    }

    /** The client's window has another size; of sizes that come faster than they can be set the last one counts. Without a terminal nothing happens. */
    public void resize(WindowSize size) {
        if (nextSize.getAndSet(size) == null) {
            pump.execute(this::resize);
        }
    }

    private void resize() {
        WindowSize size = nextSize.getAndSet(null);
        if (terminal >= 0 && !hungUp && !ended) {
            try {
                Posix.windowSize(terminal, size);
            } catch (IOException e) {
                LOG.debug("process {}: {}", pid, e.getMessage());
            }
        }
    }

    /** Sends a signal to the program's process group, with the user's rights. */
    public void signal(SessionSignal signal) {
        pump.execute(() -> {
            if (status == null) { // reaped, its number may be someone else's
                try {
                    signaller.send(pid, signal);
                } catch (IOException e) {
                    LOG.info("process {}: signal {} not sent: {}", pid, signal, e.getMessage());
                }
            }
        });
    }

    /**
     * The client is gone. A terminal hangs up, which ends what runs on it unless it was told to ignore that; over pipes the streams close
     * and the program is left alone, as with sshd.
     */
    public void hangup() {
        pump.execute(this::hangUp);
    }

    /** Ends the whole process group at once, whatever it is. For the daemon's own helpers. */
    void kill() {
        pump.execute(() -> {
            if (status == null) {
                try {
                    Posix.signalGroup(pid, SessionSignal.KILL.number());
                } catch (IOException e) {
                    LOG.warn("process {}: {}", pid, e.getMessage());
                }
            }
        });
    }

    private void hangUp() {
        if (hungUp || ended) {
            return;
        }
        hungUp = true;
        outputs.forEach(Reader::shut);
        input.shut();
        if (terminal >= 0) {
            Posix.close(terminal);
        }
        finishIfOver();
    }

    private void exited(ExitStatus exit) {
        status = exit;
        if (events != null) {
            events.exited(exit);
        }
        input.abandon();
        finishIfOver();
    }

    private void finishIfOver() {
        if (ended || status == null || events == null || !outputs.stream().allMatch(r -> r.over)) {
            return;
        }
        ended = true;
        input.shut();
        if (terminal >= 0 && !hungUp) {
            Posix.close(terminal);
        }
        events.ended();
    }

    private void failed(Exception cause) {
        LOG.warn("process {}: {}", pid, cause.toString());
        hangUp();
    }

    /** Notices the end of the process. */
    private final class ExitWatch implements ProcessPump.Watch {
        private int descriptor;

        ExitWatch(int descriptor) {
            this.descriptor = descriptor;
        }

        @Override
        public int descriptor() {
            return descriptor;
        }

        @Override
        public int interest() {
            return Posix.POLLIN;
        }

        @Override
        public void ready(int pollEvents) throws IOException {
            OptionalInt reaped = Posix.reap(pid);
            if (reaped.isPresent()) {
                close();
                exited(ExitStatus.ofWaitStatus(reaped.getAsInt()));
            }
        }

        @Override
        public void failed(Exception cause) {
            UserProcess.this.failed(cause);
        }

        @Override
        public void closed() {
            close();
            hangUp();
        }

        private void close() {
            if (descriptor >= 0) {
                pump.remove(this);
                Posix.close(descriptor);
                descriptor = -1;
            }
        }
    }

    /** Reads one stream as fast as the listener has room. */
    private final class Reader implements ProcessPump.Watch {
        private final Source source;
        private final int descriptor;
        private volatile boolean paused;
        private boolean over;

        Reader(Source source, int descriptor) {
            this.source = source;
            this.descriptor = descriptor;
        }

        @Override
        public int descriptor() {
            return over || paused ? -1 : descriptor;
        }

        @Override
        public int interest() {
            return Posix.POLLIN;
        }

        /** A terminal whose leader has exited is over when nothing is left in it, even if someone still holds it. */
        @Override
        public boolean settling() {
            return terminal >= 0 && status != null;
        }

        @Override
        public void ready(int pollEvents) throws IOException {
            if (pollEvents == 0) {
                end();
                return;
            }
            paused = true; // before asking for room, so that a resume in between is not lost
            int room = events.room(source);
            if (room <= 0) {
                return;
            }
            paused = false;
            int n = Posix.read(descriptor, pump.transfer(), Math.min(room, ProcessPump.TRANSFER_BYTES));
            if (n == Posix.CLOSED) {
                end();
            } else if (n > 0) {
                MemorySegment.copy(pump.transfer(), ValueLayout.JAVA_BYTE, 0, pump.moved(), 0, n);
                events.output(source, pump.moved(), n);
            }
        }

        private void end() {
            shut();
            events.outputEnded(source);
            finishIfOver();
        }

        void shut() {
            if (!over) {
                over = true;
                pump.remove(this);
                if (terminal < 0) {
                    Posix.close(descriptor);
                }
            }
        }

        @Override
        public void failed(Exception cause) {
            UserProcess.this.failed(cause);
        }

        @Override
        public void closed() {
            hangUp();
        }
    }

    /** Writes what the client sent as fast as the program reads it; discards it once nobody will. */
    private final class Writer implements ProcessPump.Watch {
        private final int descriptor;
        private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
        private boolean finishing;
        private boolean deaf;
        private boolean over;

        Writer(int descriptor) {
            this.descriptor = descriptor;
        }

        @Override
        public int descriptor() {
            return over || waiting.isEmpty() ? -1 : descriptor;
        }

        @Override
        public int interest() {
            return Posix.POLLOUT;
        }

        void offer(byte[] bytes) throws IOException {
            if (!finishing || over) {
                waiting.add(ByteBuffer.wrap(bytes));
            }
            if (deaf || over) {
                discard();
            } else if (events != null && waiting.size() == 1) {
                ready(Posix.POLLOUT); // there may be room at once; if not, the poll says when
            }
        }

        @Override
        public void ready(int pollEvents) throws IOException {
            MemorySegment buffer = pump.transfer();
            int n = Posix.write(descriptor, buffer, gather(buffer));
            if (n == Posix.CLOSED) {
                abandon();
            } else if (n > 0) {
                advance(n);
                taken(n);
                if (finishing && waiting.isEmpty()) {
                    shut();
                }
            }
        }

        /** Many small messages make one write. */
        private int gather(MemorySegment buffer) {
            int length = 0;
            for (ByteBuffer next : waiting) {
                int n = Math.min(next.remaining(), ProcessPump.TRANSFER_BYTES - length);
                MemorySegment.copy(next.array(), next.position(), buffer, ValueLayout.JAVA_BYTE, length, n);
                length += n;
                if (length == ProcessPump.TRANSFER_BYTES) {
                    break;
                }
            }
            return length;
        }

        private void advance(int n) {
            int left = n;
            while (left > 0) {
                ByteBuffer first = waiting.getFirst();
                int step = Math.min(left, first.remaining());
                first.position(first.position() + step);
                left -= step;
                if (!first.hasRemaining()) {
                    waiting.removeFirst();
                }
            }
        }

        void finish() {
            finishing = true;
            if (terminal < 0 && waiting.isEmpty()) {
                shut();
            }
        }

        /** Nobody reads any more: keep taking input, so that the sender does not stall, and drop it. */
        void abandon() {
            deaf = true;
            discard();
            if (terminal < 0) {
                shut();
            }
        }

        private void discard() {
            int n = waiting.stream().mapToInt(ByteBuffer::remaining).sum();
            waiting.clear();
            if (n > 0) {
                taken(n);
            }
        }

        private void taken(int n) {
            inputBytes.addAndGet(-n);
            if (events != null && !hungUp && !ended) {
                events.inputTaken(n);
            }
        }

        void shut() {
            if (!over) {
                over = true;
                pump.remove(this);
                if (terminal < 0) {
                    Posix.close(descriptor);
                }
                discard();
            }
        }

        @Override
        public void failed(Exception cause) {
            UserProcess.this.failed(cause);
        }

        @Override
        public void closed() {
            hangUp();
        }
    }
}
