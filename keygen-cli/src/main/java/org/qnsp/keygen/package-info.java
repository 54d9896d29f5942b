/** qssh-keygen: makes, changes and shows keys, and edits known hosts, in the manner of ssh-keygen. */
package org.qnsp.keygen;
