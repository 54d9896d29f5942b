package org.qnsp.qsshd.session;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One platform thread that moves the bytes of all processes and notices their ends: {@code poll(2)} over their descriptors and a pipe that
 * wakes it. Descriptors are read, written and closed on this thread only, which is why a terminal's master is never closed under a reader
 * (the kernel would delay the hangup until that reader is done).
 */
public final class ProcessPump implements AutoCloseable {
    /** Most bytes moved by one read or write. */
    static final int TRANSFER_BYTES = 64 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ProcessPump.class);
    private static final int FIRST_ROOM = 64;
    private static final int COMMANDS_AT_ONCE = 1024;

    /** Something with a descriptor. All methods run on the pump's thread. */
    interface Watch {
        /** The descriptor to poll, or -1 for none at the moment. */
        int descriptor();

        /** The poll events of interest; errors and hangups always are. */
        int interest();

        /** Whether "nothing ready" is news as well: {@link #ready} is then called with 0 at once. */
        default boolean settling() {
            return false;
        }

        /** The descriptor has these poll events. */
        void ready(int events) throws IOException;

        /** {@link #ready} failed. */
        void failed(Exception cause);

        /** The pump ends. */
        void closed();
    }

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment transfer = arena.allocate(TRANSFER_BYTES, 16);
    private final byte[] moved = new byte[TRANSFER_BYTES];
    private final MemorySegment wakeByte = arena.allocate(FIRST_ROOM);
    private final List<Watch> watches = new ArrayList<>();
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();
    private final int wakeRead;
    private final int wakeWrite;
    private final Thread thread;
    private volatile boolean closing;
    private boolean pipeClosed; // guarded by this: a late caller must not write to a descriptor that is someone else's by now

    /**
     * Starts the thread.
     *
     * @throws IOException when this system cannot run sessions, or no pipe is to be had
     */
    public ProcessPump() throws IOException {
        Posix.requireSupported();
        int[] pipe = Posix.pipe();
        wakeRead = pipe[0];
        wakeWrite = pipe[1];
        Posix.nonBlocking(wakeRead);
        Posix.nonBlocking(wakeWrite);
        thread = Thread.ofPlatform().name("qsshd-pump").daemon().start(this::run);
    }

    /** Hangs up on all processes and ends the thread. Processes that outlive the hangup are no longer reaped. */
    @Override
    public void close() {
        closing = true;
        wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** @throws IOException once the pump is closed */
    void requireOpen() throws IOException {
        if (closing) {
            throw new IOException("the process pump is closed");
        }
    }

    /** Runs {@code command} soon on the pump's thread; it must not wait for anything. Does nothing once the pump is closed. */
    void execute(Runnable command) {
        if (!closing) {
            commands.add(command);
            wake();
        }
    }

    /** Reaps a process nobody asks about. */
    void reapQuietly(int pid) throws IOException {
        int descriptor = Posix.processDescriptor(pid);
        execute(() -> add(new Watch() {
            @Override
            public int descriptor() {
                return descriptor;
            }

            @Override
            public int interest() {
                return Posix.POLLIN;
            }

            @Override
            public void ready(int events) throws IOException {
                if (Posix.reap(pid).isPresent()) {
                    closed();
                }
            }

            @Override
            public void failed(Exception cause) {
                LOG.warn("process {}: {}", pid, cause.getMessage());
                closed();
            }

            @Override
            public void closed() {
                remove(this);
                Posix.close(descriptor);
            }
        }));
    }

    /** Begins polling a descriptor. Pump thread only. */
    void add(Watch watch) {
        watches.add(watch);
    }

    /** Ends polling a descriptor. Pump thread only. */
    void remove(Watch watch) {
        watches.remove(watch);
    }

    /** A buffer for the duration of one {@link Watch#ready}. Pump thread only. */
    MemorySegment transfer() {
        return transfer;
    }

    /** The same on the heap. */
    byte[] moved() {
        return moved;
    }

    private void wake() {
        if (!awake.getAndSet(true) && thread != Thread.currentThread()) {
            signalPipe();
        }
    }

    private synchronized void signalPipe() {
        if (!pipeClosed) {
            try {
                Posix.write(wakeWrite, wakeByte, 1);
            } catch (IOException e) {
                throw new IllegalStateException("the pump cannot be woken", e);
            }
        }
    }

    private synchronized void closePipe() {
        pipeClosed = true;
        Posix.close(wakeRead);
        Posix.close(wakeWrite);
    }

    private void run() {
        try (PollSet polled = new PollSet()) {
            while (!closing) {
                awake.set(false); // before looking at the queue: a command added now wakes the poll below
                runCommands();
                polled.fill(watches, wakeRead);
                polled.await(awake.get());
                polled.dispatch();
            }
        } catch (IOException e) {
            LOG.error("the process pump stops: {}", e.getMessage());
        } finally {
            closing = true;
            while (!commands.isEmpty()) {
                runCommands();
            }
            List.copyOf(watches).forEach(Watch::closed);
            closePipe();
        }
    }

    /** So many at a time that descriptors get their turn however fast commands come. */
    private void runCommands() {
        for (int i = 0; i < COMMANDS_AT_ONCE; i++) {
            Runnable command = commands.poll();
            if (command == null) {
                return;
            }
            try {
                command.run();
            } catch (RuntimeException e) {
                LOG.error("process pump", e);
            }
        }
        awake.set(true); // the poll does not wait: there are more
    }

    /** The array given to poll(2), and which watch each place stands for; place 0 is the wake-up pipe. */
    private final class PollSet implements AutoCloseable {
        private final List<Watch> places = new ArrayList<>();
        private final BitSet settling = new BitSet();
        private Arena memory = Arena.ofConfined();
        private MemorySegment descriptors = memory.allocate((long) FIRST_ROOM * Posix.POLLFD_BYTES, 8);

        void fill(List<Watch> watches, int wake) {
            places.clear();
            settling.clear();
            if (descriptors.byteSize() < (watches.size() + 1L) * Posix.POLLFD_BYTES) {
                memory.close();
                memory = Arena.ofConfined();
                descriptors = memory.allocate(2L * (watches.size() + 1) * Posix.POLLFD_BYTES, 8);
            }
            place(0, wake, Posix.POLLIN);
            for (Watch watch : watches) {
                int descriptor = watch.descriptor();
                if (descriptor >= 0) {
                    places.add(watch);
                    place(places.size(), descriptor, watch.interest());
                    settling.set(places.size(), watch.settling());
                }
            }
        }

        private void place(int index, int descriptor, int interest) {
            descriptors.set(ValueLayout.JAVA_INT, (long) index * Posix.POLLFD_BYTES, descriptor);
            descriptors.set(ValueLayout.JAVA_SHORT, (long) index * Posix.POLLFD_BYTES + 4, (short) interest);
            descriptors.set(ValueLayout.JAVA_SHORT, (long) index * Posix.POLLFD_BYTES + 6, (short) 0);
        }

        private int events(int index) {
            return descriptors.get(ValueLayout.JAVA_SHORT, (long) index * Posix.POLLFD_BYTES + 6);
        }

        void await(boolean hurry) throws IOException {
            Posix.poll(descriptors, places.size() + 1, hurry || !settling.isEmpty() ? 0 : -1);
        }

        void dispatch() throws IOException {
            if (events(0) != 0) {
                Posix.read(wakeRead, wakeByte, FIRST_ROOM);
            }
            for (int i = 1; i <= places.size(); i++) {
                Watch watch = places.get(i - 1);
                // a watch whose descriptor an earlier one has closed meanwhile answers -1
                if ((events(i) != 0 || settling.get(i)) && watch.descriptor() >= 0) {
                    try {
                        watch.ready(events(i));
                    } catch (IOException | RuntimeException e) {
                        watch.failed(e);
                    }
                }
            }
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
