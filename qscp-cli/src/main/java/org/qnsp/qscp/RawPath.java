package org.qnsp.qscp;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Paths as the raw bytes they are. A {@link Path} keeps bytes but takes and gives only strings in the encoding of the locale,
 * which loses names outside of it; its URI form is in bytes both ways, whatever the locale.
 */
final class RawPath {
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private RawPath() {}

    /**
     * @param base absolute
     * @param raw absolute, or relative to the base; empty is the base
     */
    static Path resolve(Path base, byte[] raw) {
        if (raw.length == 0) {
            return base;
        }
        if (ascii(raw)) {
            return base.resolve(Path.of(new String(raw, StandardCharsets.US_ASCII)));
        }
        Path absolute = fromUri(raw);
        return raw[0] == '/' ? absolute : base.resolve(absolute.getRoot().relativize(absolute));
    }

    /** As {@link #resolve}, with {@code ~} and {@code ~/...} at the base (P-17). */
    static Path resolveFromHome(Path home, byte[] raw) {
        boolean tilde = raw.length > 0 && raw[0] == '~' && (raw.length == 1 || raw[1] == '/');
        if (!tilde) {
            return resolve(home, raw);
        }
        int start = 1;
        while (start < raw.length && raw[start] == '/') {
            start++;
        }
        return resolve(home, Arrays.copyOfRange(raw, start, raw.length));
    }

    /** A single component as a relative path. */
    static Path name(byte[] raw) {
        return ascii(raw) ? Path.of(new String(raw, StandardCharsets.US_ASCII)) : fromUri(raw).getFileName();
    }

    /** The bytes of the last component. */
    static byte[] nameBytes(Path path) {
        Path name = path.getFileName();
        String text = name.toString();
        byte[] simple = text.getBytes(StandardCharsets.US_ASCII);
        return asciiText(text) ? simple : lastOfUri(name);
    }

    /** Everything after the last slash, trailing slashes apart; empty for the root. */
    static byte[] lastComponent(byte[] raw) {
        int end = raw.length;
        while (end > 0 && raw[end - 1] == '/') {
            end--;
        }
        int start = end;
        while (start > 0 && raw[start - 1] != '/') {
            start--;
        }
        return Arrays.copyOfRange(raw, start, end);
    }

    private static byte[] lastOfUri(Path name) {
        String path = Path.of("/").resolve(name).toUri().getRawPath();
        int end = path.endsWith("/") ? path.length() - 1 : path.length();
        String last = path.substring(path.lastIndexOf('/', end - 1) + 1, end);
        ByteArrayOutputStream out = new ByteArrayOutputStream(last.length());
        for (int i = 0; i < last.length(); i++) {
            if (last.charAt(i) == '%') {
                out.write(HexFormat.fromHexDigits(last, i + 1, i + 3));
                i += 2;
            } else {
                out.write(last.charAt(i));
            }
        }
        return out.toByteArray();
    }

    private static Path fromUri(byte[] raw) {
        StringBuilder uri = new StringBuilder("file:///");
        for (byte b : raw) {
            boolean plain = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '-';
            if (plain) {
                uri.append((char) b);
            } else if (b != '/') {
                HEX.toHexDigits(uri.append('%'), b);
            } else if (uri.charAt(uri.length() - 1) != '/') {
                uri.append('/');
            }
        }
        return Path.of(URI.create(uri.toString()));
    }

    private static boolean ascii(byte[] raw) {
        for (byte b : raw) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean asciiText(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }
}
