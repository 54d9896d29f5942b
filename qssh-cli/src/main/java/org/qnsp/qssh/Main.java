package org.qnsp.qssh;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.qnsp.core.client.AtExit;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.TerminalPrompt;

/** The entry point of {@code qssh}. */
public final class Main {
    private Main() {}

    /** Runs the program; its exit status is the remote program's, or 255. */
    public static void main(String[] args) throws InterruptedException {
        Signals.handleEnding();
        Qssh qssh = new Qssh(StandardStreams.ofProcess(), LocalUser.current(), environment(System.getProperty("qnsp.locale")), new TerminalPrompt(System::getenv, false));
        AtExit.exit(qssh.run(List.of(args)));
    }

    /** The user's environment: the launcher widens the C locale for Java's sake, and that is not for the host. @param locale NAME=value as it was, value empty for none; or null */
    private static Map<String, String> environment(String locale) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        if (locale != null) {
            int equals = locale.indexOf('=');
            if (equals == locale.length() - 1) {
                environment.remove(locale.substring(0, equals));
            } else {
                environment.put(locale.substring(0, equals), locale.substring(equals + 1));
            }
        }
        return environment;
    }
}
