package org.qnsp.qsshd.session;

import java.util.Objects;

/**
 * The terminal a client asks for.
 *
 * @param term  value of TERM, at most 256 characters; empty leaves TERM unset
 * @param size  initial size
 * @param modes initial modes
 */
public record PtyRequest(String term, WindowSize size, TerminalModes modes) {
    private static final int TERM_MAX = 256;

    /** @throws IllegalArgumentException when {@code term} is too long or has a control character */
    public PtyRequest {
        Objects.requireNonNull(size);
        Objects.requireNonNull(modes);
        if (term.length() > TERM_MAX || term.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("unusable terminal type");
        }
    }
}
