package org.qnsp.core.mux;

import org.qnsp.core.message.RecordKind;

/** The two byte streams of each direction of a channel (C-2). */
public enum DataStream {
    /** Standard input and output; all of a forwarding. */
    MAIN(RecordKind.DATA),
    /** Standard error. */
    EXTENDED(RecordKind.EXTENDED);

    /** How many there are. */
    static final int COUNT = values().length;

    private final RecordKind kind;

    DataStream(RecordKind kind) {
        this.kind = kind;
    }

    /** The kind of record that carries it. */
    RecordKind kind() {
        return kind;
    }
}
