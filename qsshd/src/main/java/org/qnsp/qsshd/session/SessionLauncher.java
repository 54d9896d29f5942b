package org.qnsp.qsshd.session;

import java.io.IOException;

/**
 * Starts programs as users. This is where the daemon can be split: the part that talks to the network needs no more of the privileged
 * part than this.
 */
public interface SessionLauncher {
    /**
     * Starts a program; its bytes flow once {@link UserProcess#start} is called. The caller waits a few milliseconds.
     *
     * @throws LaunchRefusedException when this daemon may not act for that account
     * @throws IOException            when the system cannot (out of processes, descriptors or terminals, a tool missing)
     */
    UserProcess launch(LaunchRequest request) throws IOException;
}
