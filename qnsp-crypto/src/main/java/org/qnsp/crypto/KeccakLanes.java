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
 * slower, as more of the state then goes through memory for the same work. Two rounds at a time, without a loop around them: the compiler keeps no vector in a register from one turn of a loop to the next, and gives up on methods of more.
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
            for (int i = 0; i < Keccak.BLOCK_WORDS * STRIDE; i += STRIDE) {
                at(state, i + lane).lanewise(XOR, at(words, from + i + lane)).intoArray(state, i + lane);
            }
            for (int round = 0; round < ROUNDS.length; round += 2) {
                twoRounds(state, lane, round);
            }
        }
    }

    private static LongVector at(long[] words, int index) {
        return LongVector.fromArray(SPECIES, words, index);
    }

    /** FIPS 202, 3.2: c and d are theta, b rho and pi, what then goes into the state is chi, and iota for its first word. */
    private static void twoRounds(long[] state, int lane, int round) {
        LongVector a0 = at(state, 0 * STRIDE + lane);
        LongVector a1 = at(state, 1 * STRIDE + lane);
        LongVector a2 = at(state, 2 * STRIDE + lane);
        LongVector a3 = at(state, 3 * STRIDE + lane);
        LongVector a4 = at(state, 4 * STRIDE + lane);
        LongVector a5 = at(state, 5 * STRIDE + lane);
        LongVector a6 = at(state, 6 * STRIDE + lane);
        LongVector a7 = at(state, 7 * STRIDE + lane);
        LongVector a8 = at(state, 8 * STRIDE + lane);
        LongVector a9 = at(state, 9 * STRIDE + lane);
        LongVector a10 = at(state, 10 * STRIDE + lane);
        LongVector a11 = at(state, 11 * STRIDE + lane);
        LongVector a12 = at(state, 12 * STRIDE + lane);
        LongVector a13 = at(state, 13 * STRIDE + lane);
        LongVector a14 = at(state, 14 * STRIDE + lane);
        LongVector a15 = at(state, 15 * STRIDE + lane);
        LongVector a16 = at(state, 16 * STRIDE + lane);
        LongVector a17 = at(state, 17 * STRIDE + lane);
        LongVector a18 = at(state, 18 * STRIDE + lane);
        LongVector a19 = at(state, 19 * STRIDE + lane);
        LongVector a20 = at(state, 20 * STRIDE + lane);
        LongVector a21 = at(state, 21 * STRIDE + lane);
        LongVector a22 = at(state, 22 * STRIDE + lane);
        LongVector a23 = at(state, 23 * STRIDE + lane);
        LongVector a24 = at(state, 24 * STRIDE + lane);
        // round
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
        LongVector e0 = b0.lanewise(XOR, b2.lanewise(AND_NOT, b1)).lanewise(XOR, ROUNDS[round]);
        LongVector e1 = b1.lanewise(XOR, b3.lanewise(AND_NOT, b2));
        LongVector e2 = b2.lanewise(XOR, b4.lanewise(AND_NOT, b3));
        LongVector e3 = b3.lanewise(XOR, b0.lanewise(AND_NOT, b4));
        LongVector e4 = b4.lanewise(XOR, b1.lanewise(AND_NOT, b0));
        LongVector b5 = a3.lanewise(XOR, d3).lanewise(ROL, 28);
        LongVector b6 = a9.lanewise(XOR, d4).lanewise(ROL, 20);
        LongVector b7 = a10.lanewise(XOR, d0).lanewise(ROL, 3);
        LongVector b8 = a16.lanewise(XOR, d1).lanewise(ROL, 45);
        LongVector b9 = a22.lanewise(XOR, d2).lanewise(ROL, 61);
        LongVector e5 = b5.lanewise(XOR, b7.lanewise(AND_NOT, b6));
        LongVector e6 = b6.lanewise(XOR, b8.lanewise(AND_NOT, b7));
        LongVector e7 = b7.lanewise(XOR, b9.lanewise(AND_NOT, b8));
        LongVector e8 = b8.lanewise(XOR, b5.lanewise(AND_NOT, b9));
        LongVector e9 = b9.lanewise(XOR, b6.lanewise(AND_NOT, b5));
        LongVector b10 = a1.lanewise(XOR, d1).lanewise(ROL, 1);
        LongVector b11 = a7.lanewise(XOR, d2).lanewise(ROL, 6);
        LongVector b12 = a13.lanewise(XOR, d3).lanewise(ROL, 25);
        LongVector b13 = a19.lanewise(XOR, d4).lanewise(ROL, 8);
        LongVector b14 = a20.lanewise(XOR, d0).lanewise(ROL, 18);
        LongVector e10 = b10.lanewise(XOR, b12.lanewise(AND_NOT, b11));
        LongVector e11 = b11.lanewise(XOR, b13.lanewise(AND_NOT, b12));
        LongVector e12 = b12.lanewise(XOR, b14.lanewise(AND_NOT, b13));
        LongVector e13 = b13.lanewise(XOR, b10.lanewise(AND_NOT, b14));
        LongVector e14 = b14.lanewise(XOR, b11.lanewise(AND_NOT, b10));
        LongVector b15 = a4.lanewise(XOR, d4).lanewise(ROL, 27);
        LongVector b16 = a5.lanewise(XOR, d0).lanewise(ROL, 36);
        LongVector b17 = a11.lanewise(XOR, d1).lanewise(ROL, 10);
        LongVector b18 = a17.lanewise(XOR, d2).lanewise(ROL, 15);
        LongVector b19 = a23.lanewise(XOR, d3).lanewise(ROL, 56);
        LongVector e15 = b15.lanewise(XOR, b17.lanewise(AND_NOT, b16));
        LongVector e16 = b16.lanewise(XOR, b18.lanewise(AND_NOT, b17));
        LongVector e17 = b17.lanewise(XOR, b19.lanewise(AND_NOT, b18));
        LongVector e18 = b18.lanewise(XOR, b15.lanewise(AND_NOT, b19));
        LongVector e19 = b19.lanewise(XOR, b16.lanewise(AND_NOT, b15));
        LongVector b20 = a2.lanewise(XOR, d2).lanewise(ROL, 62);
        LongVector b21 = a8.lanewise(XOR, d3).lanewise(ROL, 55);
        LongVector b22 = a14.lanewise(XOR, d4).lanewise(ROL, 39);
        LongVector b23 = a15.lanewise(XOR, d0).lanewise(ROL, 41);
        LongVector b24 = a21.lanewise(XOR, d1).lanewise(ROL, 2);
        LongVector e20 = b20.lanewise(XOR, b22.lanewise(AND_NOT, b21));
        LongVector e21 = b21.lanewise(XOR, b23.lanewise(AND_NOT, b22));
        LongVector e22 = b22.lanewise(XOR, b24.lanewise(AND_NOT, b23));
        LongVector e23 = b23.lanewise(XOR, b20.lanewise(AND_NOT, b24));
        LongVector e24 = b24.lanewise(XOR, b21.lanewise(AND_NOT, b20));
        // round + 1
        LongVector fc0 = e0.lanewise(XOR, e5).lanewise(XOR, e10).lanewise(XOR, e15).lanewise(XOR, e20);
        LongVector fc1 = e1.lanewise(XOR, e6).lanewise(XOR, e11).lanewise(XOR, e16).lanewise(XOR, e21);
        LongVector fc2 = e2.lanewise(XOR, e7).lanewise(XOR, e12).lanewise(XOR, e17).lanewise(XOR, e22);
        LongVector fc3 = e3.lanewise(XOR, e8).lanewise(XOR, e13).lanewise(XOR, e18).lanewise(XOR, e23);
        LongVector fc4 = e4.lanewise(XOR, e9).lanewise(XOR, e14).lanewise(XOR, e19).lanewise(XOR, e24);
        LongVector fd0 = fc4.lanewise(XOR, fc1.lanewise(ROL, 1));
        LongVector fd1 = fc0.lanewise(XOR, fc2.lanewise(ROL, 1));
        LongVector fd2 = fc1.lanewise(XOR, fc3.lanewise(ROL, 1));
        LongVector fd3 = fc2.lanewise(XOR, fc4.lanewise(ROL, 1));
        LongVector fd4 = fc3.lanewise(XOR, fc0.lanewise(ROL, 1));
        LongVector fb0 = e0.lanewise(XOR, fd0);
        LongVector fb1 = e6.lanewise(XOR, fd1).lanewise(ROL, 44);
        LongVector fb2 = e12.lanewise(XOR, fd2).lanewise(ROL, 43);
        LongVector fb3 = e18.lanewise(XOR, fd3).lanewise(ROL, 21);
        LongVector fb4 = e24.lanewise(XOR, fd4).lanewise(ROL, 14);
        LongVector g0 = fb0.lanewise(XOR, fb2.lanewise(AND_NOT, fb1)).lanewise(XOR, ROUNDS[round + 1]);
        LongVector g1 = fb1.lanewise(XOR, fb3.lanewise(AND_NOT, fb2));
        LongVector g2 = fb2.lanewise(XOR, fb4.lanewise(AND_NOT, fb3));
        LongVector g3 = fb3.lanewise(XOR, fb0.lanewise(AND_NOT, fb4));
        LongVector g4 = fb4.lanewise(XOR, fb1.lanewise(AND_NOT, fb0));
        LongVector fb5 = e3.lanewise(XOR, fd3).lanewise(ROL, 28);
        LongVector fb6 = e9.lanewise(XOR, fd4).lanewise(ROL, 20);
        LongVector fb7 = e10.lanewise(XOR, fd0).lanewise(ROL, 3);
        LongVector fb8 = e16.lanewise(XOR, fd1).lanewise(ROL, 45);
        LongVector fb9 = e22.lanewise(XOR, fd2).lanewise(ROL, 61);
        LongVector g5 = fb5.lanewise(XOR, fb7.lanewise(AND_NOT, fb6));
        LongVector g6 = fb6.lanewise(XOR, fb8.lanewise(AND_NOT, fb7));
        LongVector g7 = fb7.lanewise(XOR, fb9.lanewise(AND_NOT, fb8));
        LongVector g8 = fb8.lanewise(XOR, fb5.lanewise(AND_NOT, fb9));
        LongVector g9 = fb9.lanewise(XOR, fb6.lanewise(AND_NOT, fb5));
        LongVector fb10 = e1.lanewise(XOR, fd1).lanewise(ROL, 1);
        LongVector fb11 = e7.lanewise(XOR, fd2).lanewise(ROL, 6);
        LongVector fb12 = e13.lanewise(XOR, fd3).lanewise(ROL, 25);
        LongVector fb13 = e19.lanewise(XOR, fd4).lanewise(ROL, 8);
        LongVector fb14 = e20.lanewise(XOR, fd0).lanewise(ROL, 18);
        LongVector g10 = fb10.lanewise(XOR, fb12.lanewise(AND_NOT, fb11));
        LongVector g11 = fb11.lanewise(XOR, fb13.lanewise(AND_NOT, fb12));
        LongVector g12 = fb12.lanewise(XOR, fb14.lanewise(AND_NOT, fb13));
        LongVector g13 = fb13.lanewise(XOR, fb10.lanewise(AND_NOT, fb14));
        LongVector g14 = fb14.lanewise(XOR, fb11.lanewise(AND_NOT, fb10));
        LongVector fb15 = e4.lanewise(XOR, fd4).lanewise(ROL, 27);
        LongVector fb16 = e5.lanewise(XOR, fd0).lanewise(ROL, 36);
        LongVector fb17 = e11.lanewise(XOR, fd1).lanewise(ROL, 10);
        LongVector fb18 = e17.lanewise(XOR, fd2).lanewise(ROL, 15);
        LongVector fb19 = e23.lanewise(XOR, fd3).lanewise(ROL, 56);
        LongVector g15 = fb15.lanewise(XOR, fb17.lanewise(AND_NOT, fb16));
        LongVector g16 = fb16.lanewise(XOR, fb18.lanewise(AND_NOT, fb17));
        LongVector g17 = fb17.lanewise(XOR, fb19.lanewise(AND_NOT, fb18));
        LongVector g18 = fb18.lanewise(XOR, fb15.lanewise(AND_NOT, fb19));
        LongVector g19 = fb19.lanewise(XOR, fb16.lanewise(AND_NOT, fb15));
        LongVector fb20 = e2.lanewise(XOR, fd2).lanewise(ROL, 62);
        LongVector fb21 = e8.lanewise(XOR, fd3).lanewise(ROL, 55);
        LongVector fb22 = e14.lanewise(XOR, fd4).lanewise(ROL, 39);
        LongVector fb23 = e15.lanewise(XOR, fd0).lanewise(ROL, 41);
        LongVector fb24 = e21.lanewise(XOR, fd1).lanewise(ROL, 2);
        LongVector g20 = fb20.lanewise(XOR, fb22.lanewise(AND_NOT, fb21));
        LongVector g21 = fb21.lanewise(XOR, fb23.lanewise(AND_NOT, fb22));
        LongVector g22 = fb22.lanewise(XOR, fb24.lanewise(AND_NOT, fb23));
        LongVector g23 = fb23.lanewise(XOR, fb20.lanewise(AND_NOT, fb24));
        LongVector g24 = fb24.lanewise(XOR, fb21.lanewise(AND_NOT, fb20));
        g0.intoArray(state, 0 * STRIDE + lane);
        g1.intoArray(state, 1 * STRIDE + lane);
        g2.intoArray(state, 2 * STRIDE + lane);
        g3.intoArray(state, 3 * STRIDE + lane);
        g4.intoArray(state, 4 * STRIDE + lane);
        g5.intoArray(state, 5 * STRIDE + lane);
        g6.intoArray(state, 6 * STRIDE + lane);
        g7.intoArray(state, 7 * STRIDE + lane);
        g8.intoArray(state, 8 * STRIDE + lane);
        g9.intoArray(state, 9 * STRIDE + lane);
        g10.intoArray(state, 10 * STRIDE + lane);
        g11.intoArray(state, 11 * STRIDE + lane);
        g12.intoArray(state, 12 * STRIDE + lane);
        g13.intoArray(state, 13 * STRIDE + lane);
        g14.intoArray(state, 14 * STRIDE + lane);
        g15.intoArray(state, 15 * STRIDE + lane);
        g16.intoArray(state, 16 * STRIDE + lane);
        g17.intoArray(state, 17 * STRIDE + lane);
        g18.intoArray(state, 18 * STRIDE + lane);
        g19.intoArray(state, 19 * STRIDE + lane);
        g20.intoArray(state, 20 * STRIDE + lane);
        g21.intoArray(state, 21 * STRIDE + lane);
        g22.intoArray(state, 22 * STRIDE + lane);
        g23.intoArray(state, 23 * STRIDE + lane);
        g24.intoArray(state, 24 * STRIDE + lane);
    }
}
