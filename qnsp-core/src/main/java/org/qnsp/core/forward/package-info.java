/** Streams of sockets carried by channels (C-27 to C-31): listening, connecting, joining; SOCKS. */
package org.qnsp.core.forward;
