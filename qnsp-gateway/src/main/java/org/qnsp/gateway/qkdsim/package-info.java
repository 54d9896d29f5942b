/** qkd-sim: a pair of simulated key servers (ETSI GS QKD 014) for trials and tests. */
package org.qnsp.gateway.qkdsim;
