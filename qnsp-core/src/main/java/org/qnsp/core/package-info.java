/** The protocol: frames, handshake, channels, transport, client side, copy. */
package org.qnsp.core;
