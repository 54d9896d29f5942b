/** Long-term keys: public key encodings and lines, fingerprints, private key files, invites (K-1 to K-8). */
package org.qnsp.crypto.keys;
