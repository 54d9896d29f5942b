package org.qnsp.keygen;

/** Why the program ends without having done what it was asked; the message is for the user. */
final class KeygenException extends Exception {
    /** Wrong usage, not found, declined. */
    static final int DECLINED = 1;
    /** Failed. */
    static final int FAILED = 255;

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String hint;

    private KeygenException(int status, String message, String hint) {
        super(message, null, false, false);
        this.status = status;
        this.hint = hint;
    }

    /** A failure. */
    static KeygenException failed(String message) {
        return new KeygenException(FAILED, message, null);
    }

    /** A failure, and what to do about it. */
    static KeygenException failed(String message, String hint) {
        return new KeygenException(FAILED, message, hint);
    }

    /** The user said no, or wrote what cannot be; an empty message says nothing. */
    static KeygenException declined(String message) {
        return new KeygenException(DECLINED, message, null);
    }

    int status() {
        return status;
    }

    /** What to do about it; null where there is nothing to say. */
    String hint() {
        return hint;
    }
}
