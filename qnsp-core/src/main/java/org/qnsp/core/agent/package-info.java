/**
 * The agent without its socket: messages of docs/spec/agent.md and their codec, whose keys may be used for what, and the keys themselves.
 */
package org.qnsp.core.agent;
