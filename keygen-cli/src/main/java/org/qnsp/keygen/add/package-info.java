/** qssh-add: what an agent holds, and for how long (docs/spec/agent.md). */
package org.qnsp.keygen.add;
