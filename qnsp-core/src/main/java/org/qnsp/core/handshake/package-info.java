/**
 * The handshake of either end as a pure state machine (spec section H): messages and facts in, actions out. No IO, no thread, no clock; randomness comes in
 * as a parameter.
 */
package org.qnsp.core.handshake;
