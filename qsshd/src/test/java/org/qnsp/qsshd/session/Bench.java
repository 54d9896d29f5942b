package org.qnsp.qsshd.session;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A pump, a launcher and the daemon's own account: what most tests of this package stand on. */
final class Bench implements AutoCloseable {
    final ProcessPump pump = new ProcessPump();
    final InProcessLauncher launcher = new InProcessLauncher(pump, List.of());
    final Account self = Account.ofDaemon().orElseThrow();

    Bench() throws IOException {
    }

    static final PtyRequest PTY = new PtyRequest("xterm", new WindowSize(101, 33, 0, 0), TerminalModes.DEFAULTS);

    LaunchRequest request(String line) {
        return request(self, new Program.ShellCommand(line));
    }

    static LaunchRequest request(Account account, Program program) {
        return new LaunchRequest(account, program, Optional.empty(), Map.of(), Optional.empty());
    }

    static LaunchRequest withPty(Account account, Program program, PtyRequest pty) {
        return new LaunchRequest(account, program, Optional.of(pty), Map.of(), Optional.empty());
    }

    /** Runs a line over pipes, without input, to its end. */
    Recorder run(Account account, String line) throws IOException, InterruptedException {
        return finish(launcher.launch(request(account, new Program.ShellCommand(line))));
    }

    Recorder run(String line) throws IOException, InterruptedException {
        return run(self, line);
    }

    static Recorder finish(UserProcess process) throws InterruptedException {
        process.closeInput();
        Recorder recorder = Recorder.of(process);
        recorder.awaitEnd();
        return recorder;
    }

    @Override
    public void close() {
        pump.close();
    }
}
