/**
 * Channels over frames (C-1 to C-19), pulled by the writer: {@link org.qnsp.core.mux.Mux} has no thread, clock or lock of its own.
 * Its caller holds the one lock of the connection around every call.
 */
package org.qnsp.core.mux;
