package org.qnsp.qssh;

/** The command line is wrong. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean usage;

    private UsageException(String message, boolean usage) {
        super(message, null, false, false);
        this.usage = usage;
    }

    /** To be followed by the usage; the message may be null. */
    static UsageException withUsage(String message) {
        return new UsageException(message, true);
    }

    /** To be said alone. */
    static UsageException plain(String message) {
        return new UsageException(message, false);
    }

    /** {@code qssh: error: WHAT is not supported by this version}. */
    static UsageException unsupported(String what) {
        return new UsageException("qssh: error: " + what + " is not supported by this version", false);
    }

    boolean showsUsage() {
        return usage;
    }
}
