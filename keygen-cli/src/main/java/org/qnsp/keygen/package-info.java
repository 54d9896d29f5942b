/** qssh-keygen. */
package org.qnsp.keygen;
