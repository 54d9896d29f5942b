/**
 * The sftp server, a program of its own that the daemon starts as the user of a login: version 3 of the protocol as every client speaks it, with
 * the extensions of OpenSSH. Files are reached by system calls and not through {@code java.nio.file}: names are bytes here, and an open file is
 * asked about itself even after it was renamed or removed.
 */
package org.qnsp.qsshd.sftp;
