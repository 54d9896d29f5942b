/** The server's side of forwarding (C-27 to C-29, C-31): what a client may have connected to or listened at, and doing so. */
package org.qnsp.qsshd.forward;
