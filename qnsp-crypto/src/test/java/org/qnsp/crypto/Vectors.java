package org.qnsp.crypto;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.bouncycastle.crypto.digests.SHAKEDigest;

/** What the tests share: hex, resources, and sources of randomness that are the same each time. */
public final class Vectors {
    private Vectors() {}

    public static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.toLowerCase(java.util.Locale.ROOT));
    }

    public static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    public static String resource(String name) {
        try (InputStream in = Vectors.class.getResourceAsStream("/vectors/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Fast, good enough for statistics, the same for the same seed. */
    public static RandomSource random(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return random::nextBytes;
    }

    /** The stream of SHAKE128 of the empty string, as the accumulated vectors take it. */
    public static RandomSource shake128() {
        SHAKEDigest shake = new SHAKEDigest(128);
        return out -> shake.doOutput(out, 0, out.length);
    }

    /** Exactly these bytes; asking for more is a failure, and so is leaving some when {@link Script#end} is called. */
    public static Script script(byte[]... parts) {
        return new Script(Encoding.concat(parts));
    }

    public static final class Script implements RandomSource {
        private final byte[] bytes;
        private int at;

        private Script(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public void fill(byte[] out) {
            if (out.length > bytes.length - at) {
                throw new AssertionError("more randomness drawn than expected");
            }
            System.arraycopy(bytes, at, out, 0, out.length);
            at += out.length;
        }

        public void end() {
            if (at != bytes.length) {
                throw new AssertionError(bytes.length - at + " bytes of randomness not drawn");
            }
        }
    }

    public static byte[] filled(int n, int value) {
        byte[] out = new byte[n];
        Arrays.fill(out, (byte) value);
        return out;
    }
}
