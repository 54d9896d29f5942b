/** Certificates for TLS: making those of a test network, reading those that a configuration names. */
package org.qnsp.crypto.tls;
