/** What the daemon's owner and its users have written: qsshd_config and authorized_keys. Parsing only; nothing here opens a socket. */
package org.qnsp.qsshd.config;
