/** Who may come in: host keys, openings that were seen, invites, and the keys of users. */
package org.qnsp.qsshd.auth;
