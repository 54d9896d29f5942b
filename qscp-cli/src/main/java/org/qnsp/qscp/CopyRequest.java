package org.qnsp.qscp;

/**
 * What one run of qscp does.
 *
 * @param kilobitsPerSecond of {@code -l}; 0 for no limit
 */
record CopyRequest(CopyPlan plan, boolean recursive, boolean preserve, long kilobitsPerSecond, DialOptions dialOptions) {}
