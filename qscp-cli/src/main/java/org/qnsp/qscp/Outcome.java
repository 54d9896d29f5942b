package org.qnsp.qscp;

/** How a copy that ran to its end went: entries that were not copied, on either side. */
record Outcome(long failedHere, long failedThere) {
    long failed() {
        return failedHere + failedThere;
    }
}
