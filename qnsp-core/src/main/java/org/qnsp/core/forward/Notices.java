package org.qnsp.core.forward;

/** What forwarding has to say to the client's user. From any thread; must not block. */
public interface Notices {
    /** To be read in any case. */
    void say(String line);

    /** For who wants to know. */
    void debug(String line);
}
