package org.qnsp.keygen;

import java.util.List;
import org.qnsp.core.client.AtExit;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.TerminalPrompt;
import org.qnsp.crypto.RandomSource;

/** The program. */
public final class Main {
    private Main() {
    }

    /** Runs and exits: 0 done, 1 wrong usage, not found or declined, 255 failed. */
    public static void main(String[] arguments) {
        if (arguments.length == 1 && arguments[0].equals("-V")) {
            System.out.println("qssh-keygen " + Main.class.getPackage().getImplementationVersion());
            return;
        }
        Console console = new Console(System.in, System.out, System.err, new TerminalPrompt(System::getenv, true));
        int status = new Keygen(console, LocalUser.current(), RandomSource.system()).run(List.of(arguments));
        console.out().flush();
        AtExit.exit(status);
    }
}
