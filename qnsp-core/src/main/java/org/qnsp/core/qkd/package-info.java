/** Keys of quantum key distribution: where they come from (ETSI GS QKD 014), and what both ends of a login do with such a source. */
package org.qnsp.core.qkd;
