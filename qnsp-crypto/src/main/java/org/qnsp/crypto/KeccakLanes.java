package org.qnsp.crypto;

import static jdk.incubator.vector.VectorOperators.AND_NOT;
import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Keccak-f[1600] on four or eight states at once. The one class that needs the vector module, which a runtime may lack; {@link Keccak} sees to that. Hundreds of times
 * slower than it should be until it is compiled.
 *
 * <p>Vectors of 512 bits where the processor works on as many at a time ({@link Processor}), else of 256: longer ones that are worked on in halves made the whole
 * slower, as more of the state then goes through memory for the same work. Of vectors in memory most cross the end of a cache line, wherever the array lies; so the state is
 * there only between blocks, and in registers from the first round to the last. That the compiler keeps it there hangs on what the loop begins with being plain loads:
 * with the block taken in beside them it allocated vectors in each round.
 */
final class KeccakLanes implements Keccak.Absorber {
    private static final VectorSpecies<Long> SPECIES =
        LongVector.SPECIES_PREFERRED.length() == 8 && Processor.wholeVectorsOf512() ? LongVector.SPECIES_512 : LongVector.SPECIES_256;
    private static final int STRIDE = Keccak.LANES;
    private static final long[] ROUNDS = Keccak.ROUNDS;

    KeccakLanes() {
        if (LongVector.SPECIES_PREFERRED.length() < SPECIES.length()) {
            throw new UnsupportedOperationException("vectors of " + LongVector.SPECIES_PREFERRED.length() + " lanes gain nothing");
        }
    }

    @Override
    public void absorb(long[] state, long[] words, int block, int lanes) {
        int from = block * Keccak.BLOCK_WORDS * STRIDE;
        for (int lane = 0; lane < lanes; lane += SPECIES.length()) {
            for (int i = lane; i < Keccak.BLOCK_WORDS * STRIDE; i += STRIDE) {
                at(state, i).lanewise(XOR, at(words, from + i)).intoArray(state, i);
            }
            permute(state, lane);
        }
    }

    private static LongVector at(long[] words, int index) {
        return LongVector.fromArray(SPECIES, words, index);
    }

    /** FIPS 202, 3.2: c and d are theta, b rho and pi, what then becomes the state is chi, and iota for its first word. */
    private static void permute(long[] state, int lane) {
        LongVector a0 = at(state, lane + 0 * STRIDE);
        LongVector a1 = at(state, lane + 1 * STRIDE);
        LongVector a2 = at(state, lane + 2 * STRIDE);
        LongVector a3 = at(state, lane + 3 * STRIDE);
        LongVector a4 = at(state, lane + 4 * STRIDE);
        LongVector a5 = at(state, lane + 5 * STRIDE);
        LongVector a6 = at(state, lane + 6 * STRIDE);
        LongVector a7 = at(state, lane + 7 * STRIDE);
        LongVector a8 = at(state, lane + 8 * STRIDE);
        LongVector a9 = at(state, lane + 9 * STRIDE);
        LongVector a10 = at(state, lane + 10 * STRIDE);
        LongVector a11 = at(state, lane + 11 * STRIDE);
        LongVector a12 = at(state, lane + 12 * STRIDE);
        LongVector a13 = at(state, lane + 13 * STRIDE);
        LongVector a14 = at(state, lane + 14 * STRIDE);
        LongVector a15 = at(state, lane + 15 * STRIDE);
        LongVector a16 = at(state, lane + 16 * STRIDE);
        LongVector a17 = at(state, lane + 17 * STRIDE);
        LongVector a18 = at(state, lane + 18 * STRIDE);
        LongVector a19 = at(state, lane + 19 * STRIDE);
        LongVector a20 = at(state, lane + 20 * STRIDE);
        LongVector a21 = at(state, lane + 21 * STRIDE);
        LongVector a22 = at(state, lane + 22 * STRIDE);
        LongVector a23 = at(state, lane + 23 * STRIDE);
        LongVector a24 = at(state, lane + 24 * STRIDE);
        for (long constant : ROUNDS) {
            LongVector c0 = a0.lanewise(XOR, a5).lanewise(XOR, a10).lanewise(XOR, a15).lanewise(XOR, a20);
            LongVector c1 = a1.lanewise(XOR, a6).lanewise(XOR, a11).lanewise(XOR, a16).lanewise(XOR, a21);
            LongVector c2 = a2.lanewise(XOR, a7).lanewise(XOR, a12).lanewise(XOR, a17).lanewise(XOR, a22);
            LongVector c3 = a3.lanewise(XOR, a8).lanewise(XOR, a13).lanewise(XOR, a18).lanewise(XOR, a23);
            LongVector c4 = a4.lanewise(XOR, a9).lanewise(XOR, a14).lanewise(XOR, a19).lanewise(XOR, a24);
            LongVector d0 = c4.lanewise(XOR, c1.lanewise(ROL, 1));
            LongVector d1 = c0.lanewise(XOR, c2.lanewise(ROL, 1));
            LongVector d2 = c1.lanewise(XOR, c3.lanewise(ROL, 1));
            LongVector d3 = c2.lanewise(XOR, c4.lanewise(ROL, 1));
            LongVector d4 = c3.lanewise(XOR, c0.lanewise(ROL, 1));
            LongVector b0 = a0.lanewise(XOR, d0);
            LongVector b1 = a6.lanewise(XOR, d1).lanewise(ROL, 44);
            LongVector b2 = a12.lanewise(XOR, d2).lanewise(ROL, 43);
            LongVector b3 = a18.lanewise(XOR, d3).lanewise(ROL, 21);
            LongVector b4 = a24.lanewise(XOR, d4).lanewise(ROL, 14);
            LongVector b5 = a3.lanewise(XOR, d3).lanewise(ROL, 28);
            LongVector b6 = a9.lanewise(XOR, d4).lanewise(ROL, 20);
            LongVector b7 = a10.lanewise(XOR, d0).lanewise(ROL, 3);
            LongVector b8 = a16.lanewise(XOR, d1).lanewise(ROL, 45);
            LongVector b9 = a22.lanewise(XOR, d2).lanewise(ROL, 61);
            LongVector b10 = a1.lanewise(XOR, d1).lanewise(ROL, 1);
            LongVector b11 = a7.lanewise(XOR, d2).lanewise(ROL, 6);
            LongVector b12 = a13.lanewise(XOR, d3).lanewise(ROL, 25);
            LongVector b13 = a19.lanewise(XOR, d4).lanewise(ROL, 8);
            LongVector b14 = a20.lanewise(XOR, d0).lanewise(ROL, 18);
            LongVector b15 = a4.lanewise(XOR, d4).lanewise(ROL, 27);
            LongVector b16 = a5.lanewise(XOR, d0).lanewise(ROL, 36);
            LongVector b17 = a11.lanewise(XOR, d1).lanewise(ROL, 10);
            LongVector b18 = a17.lanewise(XOR, d2).lanewise(ROL, 15);
            LongVector b19 = a23.lanewise(XOR, d3).lanewise(ROL, 56);
            LongVector b20 = a2.lanewise(XOR, d2).lanewise(ROL, 62);
            LongVector b21 = a8.lanewise(XOR, d3).lanewise(ROL, 55);
            LongVector b22 = a14.lanewise(XOR, d4).lanewise(ROL, 39);
            LongVector b23 = a15.lanewise(XOR, d0).lanewise(ROL, 41);
            LongVector b24 = a21.lanewise(XOR, d1).lanewise(ROL, 2);
            a0 = b0.lanewise(XOR, b2.lanewise(AND_NOT, b1)).lanewise(XOR, constant);
            a1 = b1.lanewise(XOR, b3.lanewise(AND_NOT, b2));
            a2 = b2.lanewise(XOR, b4.lanewise(AND_NOT, b3));
            a3 = b3.lanewise(XOR, b0.lanewise(AND_NOT, b4));
            a4 = b4.lanewise(XOR, b1.lanewise(AND_NOT, b0));
            a5 = b5.lanewise(XOR, b7.lanewise(AND_NOT, b6));
            a6 = b6.lanewise(XOR, b8.lanewise(AND_NOT, b7));
            a7 = b7.lanewise(XOR, b9.lanewise(AND_NOT, b8));
            a8 = b8.lanewise(XOR, b5.lanewise(AND_NOT, b9));
            a9 = b9.lanewise(XOR, b6.lanewise(AND_NOT, b5));
            a10 = b10.lanewise(XOR, b12.lanewise(AND_NOT, b11));
            a11 = b11.lanewise(XOR, b13.lanewise(AND_NOT, b12));
            a12 = b12.lanewise(XOR, b14.lanewise(AND_NOT, b13));
            a13 = b13.lanewise(XOR, b10.lanewise(AND_NOT, b14));
            a14 = b14.lanewise(XOR, b11.lanewise(AND_NOT, b10));
            a15 = b15.lanewise(XOR, b17.lanewise(AND_NOT, b16));
            a16 = b16.lanewise(XOR, b18.lanewise(AND_NOT, b17));
            a17 = b17.lanewise(XOR, b19.lanewise(AND_NOT, b18));
            a18 = b18.lanewise(XOR, b15.lanewise(AND_NOT, b19));
            a19 = b19.lanewise(XOR, b16.lanewise(AND_NOT, b15));
            a20 = b20.lanewise(XOR, b22.lanewise(AND_NOT, b21));
            a21 = b21.lanewise(XOR, b23.lanewise(AND_NOT, b22));
            a22 = b22.lanewise(XOR, b24.lanewise(AND_NOT, b23));
            a23 = b23.lanewise(XOR, b20.lanewise(AND_NOT, b24));
            a24 = b24.lanewise(XOR, b21.lanewise(AND_NOT, b20));
        }
        a0.intoArray(state, lane + 0 * STRIDE);
        a1.intoArray(state, lane + 1 * STRIDE);
        a2.intoArray(state, lane + 2 * STRIDE);
        a3.intoArray(state, lane + 3 * STRIDE);
        a4.intoArray(state, lane + 4 * STRIDE);
        a5.intoArray(state, lane + 5 * STRIDE);
        a6.intoArray(state, lane + 6 * STRIDE);
        a7.intoArray(state, lane + 7 * STRIDE);
        a8.intoArray(state, lane + 8 * STRIDE);
        a9.intoArray(state, lane + 9 * STRIDE);
        a10.intoArray(state, lane + 10 * STRIDE);
        a11.intoArray(state, lane + 11 * STRIDE);
        a12.intoArray(state, lane + 12 * STRIDE);
        a13.intoArray(state, lane + 13 * STRIDE);
        a14.intoArray(state, lane + 14 * STRIDE);
        a15.intoArray(state, lane + 15 * STRIDE);
        a16.intoArray(state, lane + 16 * STRIDE);
        a17.intoArray(state, lane + 17 * STRIDE);
        a18.intoArray(state, lane + 18 * STRIDE);
        a19.intoArray(state, lane + 19 * STRIDE);
        a20.intoArray(state, lane + 20 * STRIDE);
        a21.intoArray(state, lane + 21 * STRIDE);
        a22.intoArray(state, lane + 22 * STRIDE);
        a23.intoArray(state, lane + 23 * STRIDE);
        a24.intoArray(state, lane + 24 * STRIDE);
    }
}
