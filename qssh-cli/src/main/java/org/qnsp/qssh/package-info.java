/** qssh: the remote shell client. */
package org.qnsp.qssh;
