package org.qnsp.qsshd.sftp;

import java.io.IOException;

/** A system call that failed, by the number it gave. */
final class Errno extends IOException {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EBADF = 9;
    static final int EACCES = 13;
    static final int EFAULT = 14;
    static final int EEXIST = 17;
    static final int ENOTDIR = 20;
    static final int EINVAL = 22;
    static final int ENAMETOOLONG = 36;
    static final int ENOSYS = 38;
    static final int ELOOP = 40;
    static final int EOPNOTSUPP = 95;

    private static final long serialVersionUID = 1L;

    private final int number;

    Errno(int number) {
        super("errno " + number, null);
        this.number = number;
    }

    int number() {
        return number;
    }
}
