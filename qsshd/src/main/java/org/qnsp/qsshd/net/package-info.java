/** The daemon's face to the network: who knocks, who is drained, who becomes a guest. */
package org.qnsp.qsshd.net;
