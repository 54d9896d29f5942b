package org.qnsp.qscp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.GlobPattern;

/** The server's sources: paths from home, and patterns expanded without a shell (P-17). */
final class SourceList {
    private final Path home;
    private final List<Source> found = new ArrayList<>();

    private SourceList(Path home) {
        this.home = home;
    }

    /** @throws CopyFailedException REFUSED if there are more than {@link CopyLimits#TOP_ENTRIES} */
    static List<Source> expand(Path home, List<byte[]> paths) throws CopyFailedException {
        SourceList list = new SourceList(home);
        for (byte[] path : paths) {
            list.expand(path);
        }
        return list.found;
    }

    private void expand(byte[] written) throws CopyFailedException {
        Path literal = RawPath.resolveFromHome(home, written);
        if (!GlobPattern.isPattern(written) || Files.exists(literal, LinkOption.NOFOLLOW_LINKS)) {
            add(Source.of(literal, written));
            return;
        }
        int before = found.size();
        match(new byte[0], written, 0);
        if (found.size() == before) {
            add(Source.of(literal, written));
        }
    }

    /** Matches what stands from {@code at} on below {@code prefix}, which has no patterns any more. */
    private void match(byte[] prefix, byte[] pattern, int at) throws CopyFailedException {
        int start = at;
        while (start < pattern.length && pattern[start] == '/') {
            start++;
        }
        byte[] base = join(prefix, Arrays.copyOfRange(pattern, at, start));
        if (start == pattern.length) {
            add(Source.of(RawPath.resolveFromHome(home, base), base));
            return;
        }
        int end = start;
        while (end < pattern.length && pattern[end] != '/') {
            end++;
        }
        byte[] component = Arrays.copyOfRange(pattern, start, end);
        if (!GlobPattern.isPattern(component)) {
            byte[] path = join(base, component);
            if (Files.exists(RawPath.resolveFromHome(home, path), LinkOption.NOFOLLOW_LINKS)) {
                match(path, pattern, end);
            }
            return;
        }
        for (byte[] name : matching(RawPath.resolveFromHome(home, base), GlobPattern.of(component))) {
            match(join(base, name), pattern, end);
        }
    }

    private List<byte[]> matching(Path directory, GlobPattern pattern) throws CopyFailedException {
        List<byte[]> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                byte[] name = RawPath.nameBytes(entry);
                if (pattern.matches(name)) {
                    names.add(name);
                    checkCount(names.size());
                }
            }
        } catch (CopyFailedException e) {
            throw e;
        } catch (IOException | DirectoryIteratorException e) {
            // As a shell's: what cannot be listed matches nothing.
            return List.of();
        }
        names.sort(Arrays::compareUnsigned);
        return names;
    }

    private void add(Source source) throws CopyFailedException {
        found.add(source);
        checkCount(found.size());
    }

    private static void checkCount(int count) throws CopyFailedException {
        if (count > CopyLimits.TOP_ENTRIES) {
            throw new CopyFailedException(CopyFailedException.Kind.REFUSED,
                    "the pattern matches more than " + CopyLimits.TOP_ENTRIES + " entries");
        }
    }

    private static byte[] join(byte[] a, byte[] b) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream(a.length + b.length);
        joined.writeBytes(a);
        joined.writeBytes(b);
        return joined.toByteArray();
    }
}
