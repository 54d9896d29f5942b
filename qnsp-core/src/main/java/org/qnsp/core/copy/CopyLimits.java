package org.qnsp.core.copy;

/** Every bound of the copy protocol, once. */
public final class CopyLimits {
    /** Version of the protocol spoken here (P-1). */
    public static final int VERSION = 1;
    /** Bytes of one DATA body (P-3). */
    public static final int DATA_BYTES = 262_144;
    /** Bytes of a text (P-26). */
    public static final int TEXT_BYTES = 1024;
    /** Bytes of a name (P-8). */
    public static final int NAME_BYTES = 255;
    /** Bytes of a path in a request (P-4). */
    public static final int PATH_BYTES = 4096;
    /** Paths in one GET (P-4). */
    public static final int PATHS = 1024;
    /** Open directories (P-5). */
    public static final int DEPTH = 256;
    /** Top entries of one copy, and matches of its patterns (P-14, P-17). */
    public static final int TOP_ENTRIES = 100_000;
    /** REPORTs in one copy (P-22). */
    public static final int REPORTS = 1024;
    /** Permission bits (P-9). */
    public static final int MODE_MASK = 0777;
    /** Bytes of a digest. */
    public static final int DIGEST_BYTES = 32;
    /** A file of at least so many bytes is worth a round trip to find out what of it is there (P-30). */
    public static final long RESUMABLE_BYTES = 8 << 20;
    /** Largest absolute value of a time in seconds (P-10). */
    public static final long TIME_SECONDS = 1L << 40;
    /** Type and length before every body (P-2). */
    public static final int HEADER_BYTES = 1 + 4;
    /** Longest message a sender or receiver writes in the course of a copy, DATA apart. */
    public static final int MESSAGE_BYTES = HEADER_BYTES + 8 + 2 + TEXT_BYTES;

    private CopyLimits() {}
}
