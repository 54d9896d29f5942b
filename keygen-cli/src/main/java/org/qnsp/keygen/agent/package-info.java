/** qssh-agent: holds private keys in memory and answers on a socket (docs/spec/agent.md). */
package org.qnsp.keygen.agent;
