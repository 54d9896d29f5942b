/** One connection for many processes of a user: the control socket, the master that owns the connection, and its clients (docs/spec/control.md). */
package org.qnsp.core.share;
