package org.qnsp.crypto.entropy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** E-5: a character device, or where that is allowed another file. What a device is called proves nothing about where its bytes come from. */
final class DeviceSource implements Source {
    /** Where QRNGs are found, the better ones first: IDQ's Quantis, then whatever the kernel knows. */
    static final List<Path> USUAL = List.of(Path.of("/dev/qrandom0"), Path.of("/dev/hwrng"));

    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int FORMAT = 0xf000;
    private static final int CHARACTER_DEVICE = 0x2000;
    private static final int REGULAR_FILE = 0x8000;
    private static final int PIPE = 0x1000;
    private static final int WRITABLE_BY_ALL = 2;

    private final Path path;
    private final int mode;
    private final FileChannel channel;

    private DeviceSource(Path path, int mode, FileChannel channel) {
        this.path = path;
        this.mode = mode;
        this.channel = channel;
    }

    /** Opens this one. */
    static DeviceSource open(Path path, boolean allowFile) throws IOException {
        try {
            Map<String, Object> before = look(path, allowFile);
            FileChannel channel = allowFile ? FileChannel.open(path, StandardOpenOption.READ) : FileChannel.open(path, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
            if (!before.equals(look(path, allowFile))) {
                channel.close();
                throw new IOException("it was replaced while it was opened");
            }
            return new DeviceSource(path, (int) before.get("mode"), channel);
        } catch (FileSystemException e) {
            throw new IOException(reason(e), e);
        }
    }

    /** In the system's words. */
    static String reason(FileSystemException e) {
        return switch (e) {
            case NoSuchFileException n -> "No such file or directory";
            case AccessDeniedException a -> "Permission denied";
            default -> e.getReason() == null ? "it cannot be opened" : e.getReason();
        };
    }

    /** What it is, refused if it is not what it has to be. */
    private static Map<String, Object> look(Path path, boolean allowFile) throws IOException {
        Map<String, Object> seen = Files.readAttributes(path, "unix:mode,rdev,dev,ino", allowFile ? new LinkOption[0] : new LinkOption[] {LinkOption.NOFOLLOW_LINKS});
        int format = (int) seen.get("mode") & FORMAT;
        if (format != CHARACTER_DEVICE && !(allowFile && (format == REGULAR_FILE || format == PIPE))) {
            throw new IOException(allowFile ? "it is no device, pipe or file" : "it is no character device; if that is meant: --entropy-allow-file");
        }
        return seen;
    }

    /** Opens the first of these that there is and that can be opened. */
    static Source first(List<Path> candidates) throws IOException {
        StringBuilder why = new StringBuilder("there is none");
        String separator = " (";
        for (Path path : candidates) {
            try {
                return open(path, false);
            } catch (IOException e) {
                why.append(separator).append(path).append(": ").append(e.getMessage());
                separator = "; ";
            }
        }
        throw new IOException(why.append(')').toString());
    }

    @Override
    public String name() {
        return path.toString();
    }

    /** A regular file gives the same bytes at every start. */
    @Override
    public boolean counts() {
        return (mode & FORMAT) != REGULAR_FILE;
    }

    @Override
    public String warning() {
        return (mode & WRITABLE_BY_ALL) == 0 ? null : "every user may write to it";
    }

    @Override
    public int startUpBytes() {
        return HealthTests.START_UP_BYTES;
    }

    @Override
    public Duration pause() {
        return PAUSE;
    }

    @Override
    public byte[] read(int wanted) throws IOException {
        ByteBuffer into = ByteBuffer.allocate(wanted);
        int n = channel.read(into);
        if (n <= 0) {
            throw new IOException("it is at its end");
        }
        byte[] bytes = Arrays.copyOf(into.array(), n);
        Arrays.fill(into.array(), (byte) 0);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
