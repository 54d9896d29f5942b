package org.qnsp.qssh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.qnsp.core.client.Connector;
import org.qnsp.core.transport.JvmThreads;

/**
 * Going to the background. A virtual machine cannot fork; so the process that is to stay behind is started before there is a connection, with the same arguments, in
 * the same session and with the same terminal, where it asks what there is to ask. Once all is well it leaves the terminal and says so on a pipe. No connection
 * ever moves from one process to another.
 */
final class Background {
    /** What the process that stays behind is for. */
    enum Purpose {
        /** The session, {@code -f}. */
        SESSION,
        /** To be the master of a shared connection, ControlPersist. */
        MASTER
    }

    /** The first argument of a process that stays behind, before its purpose; for nobody else. */
    static final String OPTION = "--in-background=";

    private static final int PIPE = 3;
    private static final int READY = 'r';
    private static final int REFUSED = 'x';
    /** How long a turn of this process's threads is, and of the one that writes frames. */
    private static final long SLICE_NANOS = 400_000;
    private static final long SLOT_SLICE_NANOS = 100_000;

    private final Purpose purpose;

    private Background(Purpose purpose) {
        this.purpose = purpose;
    }

    /** The role that the first argument gives this process; null for that of the usual one. */
    static Background of(String firstArgument) {
        for (Purpose purpose : Purpose.values()) {
            if (firstArgument.equals(OPTION + purpose)) {
                return new Background(purpose);
            }
        }
        return null;
    }

    Purpose purpose() {
        return purpose;
    }

    /**
     * Starts a process to stay behind and waits until it has left.
     *
     * @return its exit status if it did not come so far; 0 when it stays
     * @throws IOException if it cannot be started
     */
    static int start(Purpose purpose, List<String> arguments, Map<String, String> environment) throws IOException {
        String home = System.getProperty("qnsp.home");
        if (home == null) {
            throw new IOException("cannot go to the background: this is no installed program");
        }
        List<String> command = new ArrayList<>(List.of(Path.of(home, "bin", "qssh").toString(), OPTION + purpose));
        command.addAll(arguments);
        int[] pipe = Posix.pipe();
        try {
            int pid = Posix.spawn(command, environment, purpose == Purpose.SESSION, pipe[1]);
            Posix.close(pipe[1]);
            return switch (Posix.read(pipe[0])) {
                case READY -> 0;
                case REFUSED -> Qssh.FAILED;
                default -> failure(Posix.waitFor(pid));
            };
        } finally {
            Posix.close(pipe[0]);
        }
    }

    private static int failure(int status) {
        return status == 0 || status > 128 ? Qssh.FAILED : status;
    }

    /** Leaves the terminal and the streams of whoever started this process, and lets him go on. */
    void leave() throws IOException {
        leave(READY);
    }

    /** As {@link #leave}, where there will be no session: the process stays for the sake of the wire alone. */
    void refuse() throws IOException {
        leave(REFUSED);
    }

    /** Goes through what leaving takes, before there is a connection whose slots it would delay (0117), and has the threads that slots wait for go first (0118). */
    void rehearse() {
        try {
            Posix.slice(0, SLICE_NANOS);
            Posix.rehearse();
        } catch (IOException e) {
            // what fails now is told by the real one
        }
    }

    /** Has frames go out before anything else of this process has its turn (0118); for once there is the thread that writes them. */
    void favourSlots() {
        try {
            for (int thread : JvmThreads.named(Connector.SLOT_THREAD)) {
                Posix.slice(thread, SLOT_SLICE_NANOS);
            }
        } catch (IOException e) {
            // slots go out a little less exactly then
        }
    }

    private void leave(int word) throws IOException {
        Posix.setsid();
        if (purpose == Purpose.MASTER) {
            Posix.discard(2); // whoever waits for the end of that stream must not wait for us
        }
        Posix.write(PIPE, word);
        Posix.close(PIPE);
    }
}
