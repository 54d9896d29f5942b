package org.qnsp.core.client;

import java.util.ArrayList;
import java.util.List;

/**
 * Options of a command line as POSIX and GNU have them: clustered ({@code -fNT}), values attached ({@code -p22}) or apart ({@code -p 22}), {@code --}
 * ends them. Operands may stand between options; a caller that wants the rest as it is asks {@link #rest} when it has seen one.
 */
public final class Getopt {
    /** What {@link #next} gives. */
    public static final int END = -1;
    /** An argument that is no option: {@link #value}. */
    public static final int OPERAND = 1;

    private final String options;
    private final List<String> arguments;
    private int at;
    private int inCluster;
    private boolean ended;
    private String value;

    /** An option that is not known or lacks its value; the message is getopt's. */
    public static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        public UsageException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Makes a reader.
     *
     * @param options the letters, each followed by a colon where it takes a value
     */
    public Getopt(String options, List<String> arguments) {
        this.options = options;
        this.arguments = List.copyOf(arguments);
    }

    /**
     * The next option's letter, {@link #OPERAND} or {@link #END}.
     *
     * @throws UsageException for an unknown option and a missing value
     */
    public int next() throws UsageException {
        value = null;
        if (inCluster > 0) {
            return option(arguments.get(at));
        }
        if (at == arguments.size()) {
            return END;
        }
        String word = arguments.get(at);
        if (!ended && word.equals("--")) {
            ended = true;
            at++;
            return next();
        }
        if (ended || word.length() < 2 || word.charAt(0) != '-') {
            at++;
            value = word;
            return OPERAND;
        }
        inCluster = 1;
        return option(word);
    }

    private int option(String word) throws UsageException {
        char letter = word.charAt(inCluster++);
        boolean last = inCluster == word.length();
        int index = letter == ':' ? -1 : options.indexOf(letter);
        if (index < 0) {
            throw new UsageException("unknown option -- " + letter);
        }
        boolean takesValue = index + 1 < options.length() && options.charAt(index + 1) == ':';
        if (!takesValue) {
            if (last) {
                leaveCluster();
            }
            return letter;
        }
        String attached = word.substring(inCluster);
        leaveCluster();
        if (last && at == arguments.size()) {
            throw new UsageException("option requires an argument -- " + letter);
        }
        value = last ? arguments.get(at++) : attached;
        return letter;
    }

    private void leaveCluster() {
        inCluster = 0;
        at++;
    }

    /** The value of the option or the operand that {@link #next} gave last; null for an option without one. */
    public String value() {
        return value;
    }

    /** The argument that comes next, as a value of what {@link #next} gave last. @throws UsageException if there is none */
    public String argument() throws UsageException {
        if (inCluster > 0 || at == arguments.size()) {
            throw new UsageException("option requires an argument -- " + value);
        }
        return arguments.get(at++);
    }

    /** Everything that was not read yet, as it stands. */
    public List<String> rest() {
        return new ArrayList<>(arguments.subList(at, arguments.size()));
    }
}
