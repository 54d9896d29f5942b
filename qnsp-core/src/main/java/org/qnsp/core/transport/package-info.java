/**
 * The shell around the pure core: sockets, threads and clocks.
 *
 * <p>One {@link org.qnsp.core.transport.Loop} thread owns the sockets: it reads, opens frames, seals frames ahead of their slots and sends bulk. One
 * {@link org.qnsp.core.transport.SlotThread} writes what was sealed at its deadline and does nothing else. Applications meet them at
 * {@link org.qnsp.core.transport.Connection}, which holds the one lock; it is held for memory work only, never over IO, a callback or a wait for a consumer.
 */
package org.qnsp.core.transport;
