package org.qnsp.qscp;

/**
 * How a tree is copied, which both sides have to know.
 *
 * @param resume whether big files go on where an earlier copy of them stopped (P-28)
 */
record Manner(boolean recursive, boolean preserve, boolean resume) {}
