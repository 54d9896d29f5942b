package org.qnsp.qsshd.session;

import java.util.List;

/** What to run in a session. */
public sealed interface Program {

    /** The account's shell as a login shell. */
    record LoginShell() implements Program {
    }

    /** A line for the account's shell, run as {@code $SHELL -c line}. */
    record ShellCommand(String line) implements Program {
        /** @throws IllegalArgumentException when the line has a NUL, which no argument can carry */
        public ShellCommand {
            noNul(line);
        }
    }

    /** A program of the daemon's own choice, run without a shell reading its arguments; the first is its absolute path. */
    record Service(List<String> arguments) implements Program {
        /** @throws IllegalArgumentException when the path is not absolute or an argument has a NUL */
        public Service {
            arguments = List.copyOf(arguments);
            if (arguments.isEmpty() || !arguments.getFirst().startsWith("/")) {
                throw new IllegalArgumentException("a service needs an absolute path");
            }
            arguments.forEach(Program::noNul);
        }
    }

    private static void noNul(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("NUL in a command");
        }
    }
}
