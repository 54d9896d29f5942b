/** Sources that feed the entropy pool beside the operating system (spec section E): what they are, whether they are sound, and the thread that reads them. */
package org.qnsp.crypto.entropy;
