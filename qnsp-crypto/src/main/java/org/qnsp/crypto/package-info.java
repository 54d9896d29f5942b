/** Cryptographic primitives, keys and key files; a leaf: the JDK and Bouncy Castle, no Bouncy Castle type exported. */
package org.qnsp.crypto;
