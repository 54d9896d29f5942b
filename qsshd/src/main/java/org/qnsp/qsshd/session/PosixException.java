package org.qnsp.qsshd.session;

import java.io.IOException;

/** A system call that failed, with its errno. */
final class PosixException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    PosixException(String call, int errno, String meaning) {
        super(call + ": " + meaning);
        this.errno = errno;
    }

    int errno() {
        return errno;
    }
}
