package org.qnsp.qscp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.qnsp.core.copy.EntryName;
import org.qnsp.core.copy.GlobPattern;

/** The names a server may send for what it was asked (P-24): a name of its own choice could be {@code .bashrc}. */
final class TopNames implements Predicate<EntryName> {
    private final List<byte[]> literal = new ArrayList<>();
    private final List<GlobPattern> patterns = new ArrayList<>();
    private boolean target;

    TopNames(List<byte[]> paths) {
        for (byte[] path : paths) {
            byte[] last = RawPath.lastComponent(path);
            if (Source.isTarget(last)) {
                target = true;
            } else {
                literal.add(last);
                if (GlobPattern.isPattern(last)) {
                    patterns.add(GlobPattern.of(last));
                }
            }
        }
    }

    @Override
    public boolean test(EntryName name) {
        if (name == EntryName.TARGET) {
            return target;
        }
        byte[] raw = name.bytes();
        return literal.stream().anyMatch(wanted -> Arrays.equals(wanted, raw)) || patterns.stream().anyMatch(p -> p.matches(raw));
    }
}
