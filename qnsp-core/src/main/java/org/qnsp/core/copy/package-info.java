/**
 * The copy protocol without files, threads or sockets: messages and their codec, the order each side must keep,
 * names, digests and patterns. {@code docs/spec/copy.md} is the text.
 */
package org.qnsp.core.copy;
