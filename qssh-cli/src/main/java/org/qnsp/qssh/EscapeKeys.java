package org.qnsp.qssh;

/**
 * The escape keys of an interactive session: after a line end the escape character and another key are a command to the client. Pure; owned by the thread that
 * reads the keyboard.
 */
final class EscapeKeys {
    /** What to do with a key. */
    enum Action {
        /** Send it. */
        SEND,
        /** Nothing yet: it may be half of a command. */
        HOLD,
        /** It was no command: send the escape character, then this key. */
        SEND_BOTH,
        /** End the connection. */
        TERMINATE,
        /** Stop the client, to be continued. */
        SUSPEND,
        /** Say what commands there are. */
        HELP,
        /** Say what is open. */
        LIST,
        /** Say less. */
        QUIETER,
        /** Say more. */
        LOUDER,
        /** Read a command about forwardings. */
        COMMAND_LINE,
        /** Show or hide what the wire does. */
        METER,
        /** A command of ssh that this version does not have. */
        UNSUPPORTED,
        /** A command that has no purpose here: keys change with every frame. */
        REKEY
    }

    private final int escape;
    private boolean lineStarts = true;
    private boolean pending;

    /** @param escape the character, -1 for none */
    EscapeKeys(int escape) {
        this.escape = escape;
    }

    /** The next byte from the keyboard. */
    Action next(byte key) {
        int c = key & 0xff;
        if (pending) {
            pending = false;
            Action command = command(c);
            if (command == Action.SEND || command == Action.SEND_BOTH) {
                lineStarts = isLineEnd(c);
            }
            return command;
        }
        if (lineStarts && c == escape) {
            pending = true;
            return Action.HOLD;
        }
        lineStarts = isLineEnd(c);
        return Action.SEND;
    }

    private Action command(int c) {
        return switch (c) {
            case '.' -> Action.TERMINATE;
            case 'Z' & 0x1f -> Action.SUSPEND;
            case '?' -> Action.HELP;
            case '#' -> Action.LIST;
            case 'V' -> Action.QUIETER;
            case 'v' -> Action.LOUDER;
            case 'R' -> Action.REKEY;
            case 'C' -> Action.COMMAND_LINE;
            case 'w' -> Action.METER;
            case 'B', '&', 'I' -> Action.UNSUPPORTED;
            default -> c == escape ? Action.SEND : Action.SEND_BOTH;
        };
    }

    private static boolean isLineEnd(int c) {
        return c == '\r' || c == '\n';
    }

    /** How the character is written. */
    String name() {
        return escape < ' ' ? "^" + (char) (escape + '@') : String.valueOf((char) escape);
    }

    /** The text of {@link Action#HELP}. */
    String help() {
        String e = name();
        return e + "?\nSupported escape sequences:\n"
            + " " + e + ".   - terminate connection\n"
            + " " + e + "C   - open a command line\n"
            + " " + e + "R   - renew the keys\n"
            + " " + e + "V/v - decrease/increase verbosity (LogLevel)\n"
            + " " + e + "^Z  - suspend qssh\n"
            + " " + e + "#   - list forwarded connections\n"
            + " " + e + "w   - show or hide what the wire does\n"
            + " " + e + "?   - this message\n"
            + " " + e + e + "   - send the escape character by typing it twice\n"
            + "(Note that escapes are only recognized immediately after newline.)\n";
    }
}
