package org.qnsp.qscp;

/**
 * What one run of qscp does.
 *
 * @param kilobitsPerSecond of {@code -l}; 0 for no limit
 */
record CopyRequest(CopyPlan plan, Manner manner, long kilobitsPerSecond, DialOptions dialOptions) {}
