/** The shell around the pure core: sockets, threads, the one lock of a connection. */
package org.qnsp.core.transport;
