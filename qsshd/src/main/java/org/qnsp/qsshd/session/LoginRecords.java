package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is and was logged in, in the files that who(1), last(1) and lastlog(8) read: utmp, wtmp and lastlog, those of them that the system has. Only sessions with
 * a terminal are recorded, and only by root's daemon. Waits for the disk.
 */
public final class LoginRecords {
    private static final Logger LOG = LoggerFactory.getLogger(LoginRecords.class);
    private static final Path WTMP = Path.of("/var/log/wtmp");
    private static final Path LASTLOG = Path.of("/var/log/lastlog");
    private static final short USER_PROCESS = 7;
    private static final short DEAD_PROCESS = 8;
    /** Some 64-bit architectures keep the times of their 32-bit kind in these files, others do not. */
    private static final boolean SHORT_TIMES = !System.getProperty("os.arch").equals("aarch64") && !System.getProperty("os.arch").equals("loongarch64");
    private static final int TIME_BYTES = SHORT_TIMES ? 4 : 8;
    private static final int LINE_BYTES = 32;
    private static final int HOST_BYTES = 256;
    private static final int LASTLOG_BYTES = TIME_BYTES + LINE_BYTES + HOST_BYTES;
    private static final int UTMP_BYTES = SHORT_TIMES ? 384 : 400;
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT);

    private final Path wtmp;
    private final Path lastlog;

    /** Those of the system. */
    public LoginRecords() {
        this(WTMP, LASTLOG);
    }

    LoginRecords(Path wtmp, Path lastlog) {
        this.wtmp = wtmp;
        this.lastlog = lastlog;
    }

    /** A line about the login before this one, as login(1) prints it; empty where there was none or nothing is known. */
    public Optional<String> last(Account account) {
        try (FileChannel file = FileChannel.open(lastlog, StandardOpenOption.READ)) {
            ByteBuffer record = ByteBuffer.allocate(LASTLOG_BYTES).order(ByteOrder.nativeOrder());
            int n = file.read(record, account.uid() * LASTLOG_BYTES);
            long seconds = n < LASTLOG_BYTES ? 0 : SHORT_TIMES ? Integer.toUnsignedLong(record.getInt(0)) : record.getLong(0);
            if (seconds == 0) {
                return Optional.empty();
            }
            String host = text(record, TIME_BYTES + LINE_BYTES, HOST_BYTES);
            return Optional.of("Last login: " + DATE.format(Instant.ofEpochSecond(seconds).atZone(ZoneId.systemDefault())) + (host.isEmpty() ? "" : " from " + host));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.debug("{}: {}", lastlog, e.getMessage());
            return Optional.empty();
        }
    }

    private static String text(ByteBuffer record, int offset, int length) {
        byte[] bytes = new byte[length];
        record.get(offset, bytes);
        String whole = new String(bytes, StandardCharsets.US_ASCII);
        return whole.substring(0, Math.max(0, (whole + "\0").indexOf('\0'))).replaceAll("[^ -~]", "?");
    }

    /** A session began. @param terminal as in {@code /dev/pts/3} @param host where from, may be empty */
    public void login(Account account, String terminal, int pid, String host, Instant when) {
        if (Posix.effectiveUser() != 0) {
            return;
        }
        attempt("utmp", () -> Posix.loginRecord(entry(USER_PROCESS, account.name(), terminal, pid, host, when), wtmp.toString()));
        attempt("lastlog", () -> {
            try (FileChannel file = FileChannel.open(lastlog, StandardOpenOption.WRITE)) {
                ByteBuffer record = ByteBuffer.allocate(LASTLOG_BYTES).order(ByteOrder.nativeOrder());
                putTime(record, 0, when.getEpochSecond());
                put(record, TIME_BYTES, LINE_BYTES, line(terminal));
                put(record, TIME_BYTES + LINE_BYTES, HOST_BYTES, host);
                file.write(record, account.uid() * LASTLOG_BYTES);
            }
        });
    }

    /** It ended. */
    public void logout(String terminal, int pid, Instant when) {
        if (Posix.effectiveUser() == 0) {
            attempt("utmp", () -> Posix.loginRecord(entry(DEAD_PROCESS, "", terminal, pid, "", when), wtmp.toString()));
        }
    }

    @FunctionalInterface
    private interface Write {
        void run() throws IOException;
    }

    /** A record that cannot be written is no reason to refuse a login. */
    private static void attempt(String what, Write write) {
        try {
            write.run();
        } catch (NoSuchFileException e) {
            LOG.trace("no {}", what);
        } catch (IOException e) {
            LOG.debug("{}: {}", what, e.getMessage());
        }
    }

    /** {@code struct utmpx}: type, pid, line, id, user, host, exit, session, time, address. */
    private static byte[] entry(short type, String user, String terminal, int pid, String host, Instant when) {
        ByteBuffer entry = ByteBuffer.allocate(UTMP_BYTES).order(ByteOrder.nativeOrder());
        entry.putShort(0, type).putInt(4, pid);
        String line = line(terminal);
        put(entry, 8, LINE_BYTES, line);
        put(entry, 40, 4, line.substring(Math.max(0, line.length() - 4)));
        put(entry, 44, 32, user);
        put(entry, 76, HOST_BYTES, host);
        int time = 336 + TIME_BYTES; // after the session
        putTime(entry, time, when.getEpochSecond());
        if (SHORT_TIMES) {
            entry.putInt(time + TIME_BYTES, when.getNano() / 1000);
        } else {
            entry.putLong(time + TIME_BYTES, when.getNano() / 1000);
        }
        return entry.array();
    }

    private static void putTime(ByteBuffer record, int at, long seconds) {
        if (SHORT_TIMES) {
            record.putInt(at, (int) seconds);
        } else {
            record.putLong(at, seconds);
        }
    }

    private static void put(ByteBuffer record, int at, int room, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        record.put(at, bytes, 0, Math.min(room, bytes.length));
    }

    private static String line(String terminal) {
        return terminal.startsWith("/dev/") ? terminal.substring(5) : terminal;
    }
}
