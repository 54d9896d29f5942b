/**
 * The words of the protocol: record kinds, frame types, reasons, limits, and the one codec of each body.
 * Pure: no IO, thread, clock, lock, logger or randomness.
 */
package org.qnsp.core.message;
