/** One 768-byte frame: its layout, sealing and opening (spec section F). Pure: no IO, no thread, no clock. */
package org.qnsp.core.frame;
