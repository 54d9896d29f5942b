/** Ratchets: new secrets for one direction of a running connection (spec R-3 on). Pure: no IO, no thread, no clock; what may wait is handed out as work. */
package org.qnsp.core.ratchet;
