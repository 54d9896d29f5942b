package org.qnsp.qsshd.sftp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/** Where a path leads: absolute, without links and dots. The last component need not exist, as clients ask for where a file will be. */
final class RealPath {
    private static final int LINKS_MAX = 40;

    private RealPath() {}

    /** @param path relative ones begin where the process stands */
    static byte[] of(byte[] path) throws IOException {
        String text = latin(path);
        Deque<String> left = new ArrayDeque<>(components(text));
        List<String> real = new ArrayList<>(text.startsWith("/") ? List.of() : components(latin(Kernel.workingDirectory())));
        int links = 0;
        while (!left.isEmpty()) {
            String name = left.remove();
            if (name.equals("..")) {
                if (!real.isEmpty()) {
                    real.removeLast();
                }
                continue;
            }
            String here = "/" + String.join("/", real) + (real.isEmpty() ? "" : "/") + name;
            Kernel.Stat stat;
            try {
                stat = Kernel.stat(bytes(here), false);
            } catch (Errno e) {
                if (e.number() == Errno.ENOENT && left.isEmpty()) {
                    real.add(name);
                    break;
                }
                throw e;
            }
            if (stat.isLink()) {
                if (++links > LINKS_MAX) {
                    throw new Errno(Errno.ELOOP);
                }
                String target = latin(Kernel.readLink(bytes(here)));
                if (target.startsWith("/")) {
                    real.clear();
                }
                List<String> more = new ArrayList<>(components(target));
                Collections.reverse(more);
                more.forEach(left::addFirst);
            } else if (!stat.isDirectory() && !left.isEmpty()) {
                throw new Errno(Errno.ENOTDIR);
            } else {
                real.add(name);
            }
        }
        return bytes("/" + String.join("/", real));
    }

    private static List<String> components(String path) {
        return java.util.Arrays.stream(path.split("/")).filter(c -> !c.isEmpty() && !c.equals(".")).toList();
    }

    /** One character a byte, so that nothing is lost. */
    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }
}
