package org.qnsp.crypto.entropy;

/**
 * Cut-offs of the health tests of SP 800-90B section 4.4, computed.
 *
 * @param repetition a value that comes so many times in a row fails
 * @param proportion a window whose first value comes so many times in it, itself counted, fails
 */
record CutOffs(int repetition, int proportion) {
    /**
     * For an assumed min-entropy and rate of false alarms. The proportion is the text's corrected: the first value is there for certain, so W - 1 others are left to chance.
     *
     * @param bitsPerSample H, above 0
     * @param alarmBits     alpha = 2^-alarmBits for each test
     * @param window        W, samples
     */
    static CutOffs of(double bitsPerSample, int alarmBits, int window) {
        return new CutOffs(1 + (int) Math.ceil(alarmBits / bitsPerSample), 2 + quantile(window - 1, Math.pow(2, -bitsPerSample), alarmBits));
    }

    /** The least k for which more than k successes in n trials of chance p are no likelier than 2^-alarmBits. */
    static int quantile(int n, double p, int alarmBits) {
        double odds = Math.log(p) - Math.log1p(-p);
        double logMass = n * Math.log(p); // of n successes; then of one fewer each turn
        double tail = 0;
        double alpha = Math.pow(2, -alarmBits);
        for (int k = n; k > 0; k--) {
            tail += Math.exp(logMass);
            if (tail > alpha) {
                return k;
            }
            logMass += Math.log(k) - Math.log(n - k + 1) - odds;
        }
        return 0;
    }
}
