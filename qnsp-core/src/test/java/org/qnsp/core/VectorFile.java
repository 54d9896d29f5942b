package org.qnsp.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** A file of test vectors, as `src/test/resources/vectors/README.md` describes it. */
public final class VectorFile {
    private final Map<String, String> values = new LinkedHashMap<>();

    private VectorFile() {}

    public static VectorFile read(String name) {
        VectorFile file = new VectorFile();
        try (InputStream in = VectorFile.class.getResourceAsStream("/vectors/" + name)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.startsWith("#") && !line.isEmpty()) {
                    int colon = line.indexOf(':');
                    file.values.put(line.substring(0, colon), line.substring(colon + 1).strip());
                }
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    public String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no " + name);
        }
        return value;
    }

    public byte[] bytes(String name) {
        return HexFormat.of().parseHex(text(name));
    }

    public int number(String name) {
        return Integer.parseInt(text(name));
    }

    public long time(String name) {
        return Long.parseUnsignedLong(text(name));
    }
}
