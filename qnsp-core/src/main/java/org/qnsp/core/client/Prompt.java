package org.qnsp.core.client;

/** Someone to ask. */
public interface Prompt {
    /**
     * Asks for a passphrase, without showing what is typed.
     *
     * @return the answer, which the caller wipes; null where nobody can be asked or the question was dismissed
     */
    char[] secret(String question);

    /**
     * Asks for a line.
     *
     * @return the answer without its line end; null where nobody can be asked or the question was dismissed
     */
    String line(String question);

    /** Asks for a yes by a program that asks, where there is one: whether it was given. */
    default boolean confirms(String question) {
        return false;
    }
}
