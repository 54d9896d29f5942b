/** qsshd: the daemon. */
package org.qnsp.qsshd;
