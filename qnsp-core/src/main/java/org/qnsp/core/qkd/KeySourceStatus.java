package org.qnsp.core.qkd;

import org.qnsp.core.qkd.QkdException.Reason;

/**
 * What a key source says of itself; sizes in bits.
 *
 * @param sourceKme     the key server that answers
 * @param targetKme     the one at the other end of the link
 * @param master        the SAE id by which it knows the caller
 * @param slave         the peer's
 * @param size          of a key where none is asked for
 * @param stored        keys that it holds, as far as it says
 * @param mostStored    how many it can hold
 * @param mostInRequest keys that a request may ask for
 * @param largest       a key's largest size
 * @param smallest      and its smallest
 * @param simulated     whether it says that its keys are those of a simulator
 */
public record KeySourceStatus(String sourceKme, String targetKme, String master, String slave, long size, long stored, long mostStored, long mostInRequest,
        long largest, long smallest, boolean simulated) {
    /** How many keys of which size to ask for. */
    public record Plan(int count, int bits) {}

    /**
     * As few keys as hold so many bits: one of that size where it is allowed, else as many of the default size as it takes.
     *
     * @param most keys that the caller takes
     * @throws QkdException UNSUITABLE if that cannot be
     */
    public Plan plan(int bits, int most) throws QkdException {
        if (smallest <= bits && bits <= largest && mostInRequest > 0) {
            return new Plan(1, bits);
        }
        long count = size <= 0 ? Long.MAX_VALUE : (bits + size - 1) / size;
        if (count > most || mostInRequest <= 0 || size % 8 != 0 || size > Etsi014KeySource.LARGEST_KEY_BITS) {
            throw new QkdException(Reason.UNSUITABLE, "its keys have " + size + " bits (" + smallest + " to " + largest + "), " + mostInRequest + " to a request; " + bits + " bits are needed");
        }
        return new Plan((int) count, (int) size);
    }
}
