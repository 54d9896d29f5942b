/**
 * The process side of the daemon: accounts, login checks, pseudo-terminals, processes running as their users, and reading users' files.
 *
 * <p>All native calls are in {@link org.qnsp.qsshd.session.Posix}. One platform thread, {@link org.qnsp.qsshd.session.ProcessPump}, moves the
 * bytes of every process, so that a session costs descriptors and not threads.
 */
package org.qnsp.qsshd.session;
