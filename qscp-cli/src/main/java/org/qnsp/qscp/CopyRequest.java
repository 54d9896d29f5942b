package org.qnsp.qscp;

/**
 * What one run of qscp does.
 *
 * @param resume whether big files go on where an earlier copy of them stopped (P-28)
 * @param kilobitsPerSecond of {@code -l}; 0 for no limit
 */
record CopyRequest(CopyPlan plan, boolean recursive, boolean preserve, boolean resume, long kilobitsPerSecond, DialOptions dialOptions) {}
