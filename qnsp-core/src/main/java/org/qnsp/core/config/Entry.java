package org.qnsp.core.config;

import java.util.List;

/** What a line came to. */
public sealed interface Entry {
    /**
     * A keyword with its canonical values.
     *
     * @param guard null outside all blocks
     */
    record Setting(Guard guard, Keyword keyword, List<String> values, Position at) implements Entry {
    }

    /** The begin of a block, where it is to be evaluated even if no line follows. */
    record Block(Guard guard) implements Entry {
    }

    /** A keyword that the dialect does not know; a fault unless IgnoreUnknown names it. */
    record Unknown(String key, Position at) implements Entry {
    }

    /** The end of a file that was read by itself, not by an Include. */
    record End(String name) implements Entry {
    }

    /** A fault, in words. */
    record Fault(List<String> lines) implements Entry {
    }
}
