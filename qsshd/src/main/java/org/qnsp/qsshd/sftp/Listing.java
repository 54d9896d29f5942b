package org.qnsp.qsshd.sftp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** The entries of one open directory, in the kernel's order, and the line that {@code ls -l} would have for each. */
final class Listing {
    private static final MemorySegment RECORDS = Arena.global().allocate(64 << 10, 8);
    private static final int HALF_A_YEAR_SECONDS = 365 * 24 * 3600 / 2;
    private static final String[] MONTHS = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    private static final Map<Integer, String> USERS = new HashMap<>();
    private static final Map<Integer, String> GROUPS = new HashMap<>();
    private static final int NAMES_KEPT = 10_000;

    private final int descriptor;
    private final Deque<byte[]> read = new ArrayDeque<>();
    private boolean over;

    Listing(int descriptor) {
        this.descriptor = descriptor;
    }

    /** The next name without taking it, null at the end. */
    byte[] peek() throws IOException {
        if (read.isEmpty() && !over) {
            int bytes = Kernel.entries(descriptor, RECORDS);
            over = bytes == 0;
            for (int at = 0; at < bytes; at += RECORDS.get(ValueLayout.JAVA_CHAR, at + 16L)) { // ino u64, off i64, reclen u16, type u8, name
                MemorySegment name = RECORDS.asSlice(at + 19L);
                read.add(name.getString(0, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        return read.peek();
    }

    void take() {
        read.remove();
    }

    int descriptor() {
        return descriptor;
    }

    /** As {@code ls -l}, the name in its own bytes. */
    static byte[] line(byte[] name, Kernel.Stat stat, long nowSeconds) {
        String head = String.format(Locale.ROOT, "%s %3d %-8s %-8s %8s %s ", modes(stat.mode()), stat.links(), name(USERS, stat.uid(), Kernel::userName),
            name(GROUPS, stat.gid(), Kernel::groupName), Long.toUnsignedString(stat.size()), time(stat.modified(), nowSeconds));
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        line.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
        line.writeBytes(name);
        return line.toByteArray();
    }

    private static String name(Map<Integer, String> known, int id, IntFunction<Optional<String>> find) {
        if (known.size() > NAMES_KEPT) {
            known.clear();
        }
        return known.computeIfAbsent(id, n -> find.apply(n).orElse(Integer.toUnsignedString(n)));
    }

    static String time(long seconds, long nowSeconds) {
        LocalDateTime time = LocalDateTime.ofInstant(Instant.ofEpochSecond(seconds), ZoneId.systemDefault());
        boolean recent = seconds <= nowSeconds && nowSeconds - seconds < HALF_A_YEAR_SECONDS;
        String day = MONTHS[time.getMonthValue() - 1] + String.format(Locale.ROOT, " %2d ", time.getDayOfMonth());
        return day + (recent ? String.format(Locale.ROOT, "%02d:%02d", time.getHour(), time.getMinute()) : String.format(Locale.ROOT, "%5d", time.getYear()));
    }

    static String modes(int mode) {
        StringBuilder text = new StringBuilder(10);
        text.append(switch (mode & Kernel.S_IFMT) {
            case Kernel.S_IFDIR -> 'd';
            case Kernel.S_IFLNK -> 'l';
            case 0140000 -> 's';
            case 0020000 -> 'c';
            case 0060000 -> 'b';
            case 0010000 -> 'p';
            case 0100000 -> '-';
            default -> '?';
        });
        for (int shift = 6; shift >= 0; shift -= 3) {
            int three = mode >> shift;
            boolean special = (mode & 01000 << shift / 3) != 0;
            char letter = shift == 0 ? 't' : 's';
            text.append((three & 4) != 0 ? 'r' : '-').append((three & 2) != 0 ? 'w' : '-');
            boolean execute = (three & 1) != 0;
            text.append(special ? execute ? letter : Character.toUpperCase(letter) : execute ? 'x' : '-');
        }
        return text.toString();
    }
}
