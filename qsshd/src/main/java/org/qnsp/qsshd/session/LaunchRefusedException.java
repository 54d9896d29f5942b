package org.qnsp.qsshd.session;

import java.io.IOException;

/** A session this daemon may not or will not start, whatever the system would say. */
public final class LaunchRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    LaunchRefusedException(String reason) {
        super(reason);
    }
}
