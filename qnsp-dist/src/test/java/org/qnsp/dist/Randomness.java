package org.qnsp.dist;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.Deflater;

/**
 * Tests of bytes that should look random. Each gives a z value: how many standard deviations the bytes are from what random bytes give on average; and some
 * statistics for samples of times.
 */
final class Randomness {
    private static final int RUN_BYTES = 16;

    private Randomness() {}

    /** Chi-square of the histogram of all bytes. */
    static double histogram(byte[] bytes) {
        long[] counts = new long[256];
        for (byte b : bytes) {
            counts[b & 0xff]++;
        }
        return chiSquare(counts, bytes.length);
    }

    /** As a normal variable (Wilson and Hilferty). */
    private static double chiSquare(long[] counts, long total) {
        double expected = (double) total / counts.length;
        double sum = 0;
        for (long count : counts) {
            sum += (count - expected) * (count - expected) / expected;
        }
        double freedom = counts.length - 1;
        return (Math.cbrt(sum / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom));
    }

    /** Chi-square of the bytes at each position of equally long samples; the z that is farthest off, on either side. @param classes into which a byte falls, by its high bits */
    static double worstPosition(byte[][] samples, int classes) {
        double worst = 0;
        int shift = 8 - Integer.numberOfTrailingZeros(classes);
        for (int at = 0; at < samples[0].length; at++) {
            long[] counts = new long[classes];
            for (byte[] sample : samples) {
                counts[(sample[at] & 0xff) >> shift]++;
            }
            double z = chiSquare(counts, samples.length);
            worst = Math.abs(z) > Math.abs(worst) ? z : worst;
        }
        return worst;
    }

    /** The bit of equally long samples that is most often, or most seldom, one. */
    static double worstBit(byte[][] samples) {
        double worst = 0;
        for (int bit = 0; bit < samples[0].length * 8; bit++) {
            int ones = 0;
            for (byte[] sample : samples) {
                ones += sample[bit >> 3] >> (7 - (bit & 7)) & 1;
            }
            double z = (ones - samples.length / 2.0) / Math.sqrt(samples.length / 4.0);
            worst = Math.abs(z) > Math.abs(worst) ? z : worst;
        }
        return worst;
    }

    /** Chi-square of groups of ten bits, little-endian as ML-KEM-768 packs the coefficients of its ciphertexts, in the first 960 bytes of each sample or what there is. */
    static double tenBits(byte[][] samples) {
        long[] counts = new long[1024];
        long total = 0;
        for (byte[] sample : samples) {
            for (int bit = 0; bit + 10 <= Math.min(sample.length, 960) * 8; bit += 10) {
                int low = sample[bit >> 3] & 0xff | (sample[(bit >> 3) + 1] & 0xff) << 8;
                counts[low >> (bit & 7) & 1023]++;
                total++;
            }
        }
        return chiSquare(counts, total);
    }

    /** Ones among all bits. */
    static double popcount(byte[] bytes) {
        long ones = 0;
        for (byte b : bytes) {
            ones += Integer.bitCount(b & 0xff);
        }
        double bits = bytes.length * 8.0;
        return (ones - bits / 2) / Math.sqrt(bits / 4);
    }

    /** Runs of equal bits (NIST SP 800-22, 2.3). */
    static double runs(byte[] bytes) {
        long runs = 1;
        long ones = 0;
        int before = bytes[0] >> 7 & 1;
        for (int i = 0; i < bytes.length * 8; i++) {
            int bit = bytes[i >> 3] >> (7 - (i & 7)) & 1;
            ones += bit;
            runs += bit == before ? 0 : 1;
            before = bit;
        }
        double n = bytes.length * 8.0;
        double share = ones / n;
        return (runs - 2 * n * share * (1 - share)) / (2 * Math.sqrt(n) * share * (1 - share));
    }

    /** Bytes against the ones before them: correlation of neighbours. */
    static double neighbours(byte[] bytes) {
        double sum = 0;
        for (int i = 1; i < bytes.length; i++) {
            sum += ((bytes[i - 1] & 0xff) - 127.5) * ((bytes[i] & 0xff) - 127.5);
        }
        double variance = (256.0 * 256 - 1) / 12;
        return sum / variance / Math.sqrt(bytes.length - 1);
    }

    /** What the best compression makes of it, as a part of its length: random bytes grow. */
    static double compressed(byte[] bytes) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(bytes);
        deflater.finish();
        byte[] out = new byte[bytes.length + bytes.length / 100 + 1000];
        int length = deflater.deflate(out);
        deflater.end();
        return (double) length / bytes.length;
    }

    /** Strings of 16 bytes, at any offset, that these have in common. */
    static int common(byte[] a, byte[] b) {
        Set<Run> seen = new HashSet<>();
        for (int i = 0; i + RUN_BYTES <= a.length; i++) {
            seen.add(Run.at(a, i));
        }
        int found = 0;
        for (int i = 0; i + RUN_BYTES <= b.length; i++) {
            found += seen.contains(Run.at(b, i)) ? 1 : 0;
        }
        return found;
    }

    private record Run(long high, long low) {
        static Run at(byte[] bytes, int offset) {
            return new Run(eight(bytes, offset), eight(bytes, offset + 8));
        }

        private static long eight(byte[] bytes, int offset) {
            return java.nio.ByteBuffer.wrap(bytes, offset, 8).getLong();
        }
    }

    /** The chance that a value of the second sample is greater than one of the first. */
    static double auc(double[] first, double[] second) {
        double sum = 0;
        for (double a : first) {
            for (double b : second) {
                sum += b > a ? 1 : b == a ? 0.5 : 0;
            }
        }
        return sum / first.length / second.length;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
