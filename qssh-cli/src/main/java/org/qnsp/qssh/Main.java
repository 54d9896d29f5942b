package org.qnsp.qssh;

import java.util.List;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.TerminalPrompt;

/** The entry point of {@code qssh}. */
public final class Main {
    private Main() {}

    /** Runs the program; its exit status is the remote program's, or 255. */
    public static void main(String[] args) throws InterruptedException {
        Signals.handleEnding();
        Qssh qssh = new Qssh(StandardStreams.ofProcess(), LocalUser.current(), System.getenv(), new TerminalPrompt(System::getenv, false));
        System.exit(qssh.run(List.of(args)));
    }
}
