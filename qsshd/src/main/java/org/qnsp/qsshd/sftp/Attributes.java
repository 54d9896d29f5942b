package org.qnsp.qsshd.sftp;

import java.nio.ByteBuffer;

/**
 * Attributes of a file as the protocol has them: any of four groups may be missing.
 *
 * @param present which there are
 * @param size    bytes
 * @param mode    permissions, and in answers the kind of the file
 * @param accessed seconds since 1970, unsigned 32-bit, as is {@code modified}
 */
record Attributes(int present, long size, int uid, int gid, int mode, int accessed, int modified) {
    static final int SIZE = 1;
    static final int OWNER = 2;
    static final int MODE = 4;
    static final int TIMES = 8;
    private static final int EXTENDED = 0x80000000;
    /** The longest encoding. */
    static final int BYTES_MAX = 32;

    static Attributes decode(Packet packet) throws Packet.MalformedException {
        int present = packet.u32();
        long size = (present & SIZE) != 0 ? packet.u64() : 0;
        int uid = (present & OWNER) != 0 ? packet.u32() : 0;
        int gid = (present & OWNER) != 0 ? packet.u32() : 0;
        int mode = (present & MODE) != 0 ? packet.u32() & 07777 : 0;
        int accessed = (present & TIMES) != 0 ? packet.u32() : 0;
        int modified = (present & TIMES) != 0 ? packet.u32() : 0;
        for (int left = (present & EXTENDED) != 0 ? packet.u32() : 0; left != 0; left--) {
            packet.data();
            packet.data();
        }
        return new Attributes(present, size, uid, gid, mode, accessed, modified);
    }

    static Attributes of(Kernel.Stat stat) {
        return new Attributes(SIZE | OWNER | MODE | TIMES, stat.size(), stat.uid(), stat.gid(), stat.mode(), (int) stat.accessed(), (int) stat.modified());
    }

    boolean has(int group) {
        return (present & group) != 0;
    }

    /** Of all four groups. */
    void encode(ByteBuffer out) {
        out.putInt(present).putLong(size).putInt(uid).putInt(gid).putInt(mode).putInt(accessed).putInt(modified);
    }
}
