package org.qnsp.qscp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import org.qnsp.core.copy.CopyCodec;
import org.qnsp.core.copy.CopyDigest;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.Held;
import org.qnsp.core.copy.CopyProtocolException;
import org.qnsp.core.copy.CopySender;
import org.qnsp.core.copy.DisplayText;
import org.qnsp.core.copy.EntryName;
import org.qnsp.core.copy.FileTimes;

/** Walks what is to be sent and puts it into blocks (P-15, P-16). An exception means that nobody takes them any more. */
final class LocalTree {
    private final CopySender order = new CopySender();
    private final Deque<Object> ancestors = new ArrayDeque<>();
    private final BlockWriter out;
    private final Manner manner;
    private final Consumer<String> tell;
    private final LongPredicate reported;
    private final Question question;

    /** Who sends what is there and waits for what the receiver has of the file (P-30). */
    interface Question {
        Held ask() throws IOException;
    }

    /**
     * @param tell is told what is left out, safe to print
     * @param reported whether the receiver said that it failed at an ordinal; asked from the walking thread
     */
    LocalTree(BlockWriter out, Manner manner, Consumer<String> tell, LongPredicate reported, Question question) {
        this.out = out;
        this.manner = manner;
        this.tell = tell;
        this.reported = reported;
        this.question = question;
    }

    /** Sends everything, from BEGIN to END. */
    void send(List<Source> sources) throws IOException {
        out.write(order.begin(sources.size()));
        for (Source source : sources) {
            entry(source.path(), source.name(), source.display());
        }
        out.write(order.end());
        out.flush();
    }

    /** SKIPPED and FILE_FAILED so far. */
    long failed() {
        return order.failed();
    }

    private void entry(Path path, EntryName name, String display) throws IOException {
        PosixFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, PosixFileAttributes.class);
        } catch (IOException e) {
            skip(display, statReason(path, e));
            return;
        }
        if (attributes.isDirectory()) {
            directory(path, name, display, attributes);
        } else if (attributes.isRegularFile()) {
            file(path, name, display, attributes);
        } else {
            skip(display, "not a regular file");
        }
    }

    private void directory(Path path, EntryName name, String display, PosixFileAttributes attributes) throws IOException {
        if (!manner.recursive()) {
            skip(display, "is a directory (not copied without -r)");
        } else if (attributes.fileKey() != null && ancestors.contains(attributes.fileKey())) {
            skip(display, "contains itself by way of a symbolic link");
        } else if (!order.mayEnter()) {
            skip(display, "more than " + CopyLimits.DEPTH + " levels of directories");
        } else {
            ancestors.push(attributes.fileKey());
            list(path, name, display, attributes);
            ancestors.pop();
        }
    }

    private void list(Path path, EntryName name, String display, PosixFileAttributes attributes) throws IOException {
        DirectoryStream<Path> entries;
        try {
            entries = Files.newDirectoryStream(path);
        } catch (IOException e) {
            skip(display, FileErrors.reason(e));
            return;
        }
        try (entries) {
            out.write(order.enter(name, Modes.bits(attributes.permissions()), times(attributes)));
            String prefix = display.endsWith("/") ? display : display + "/";
            try {
                for (Path entry : entries) {
                    if (order.abandoned(reported)) {
                        break;
                    }
                    child(entry, prefix);
                }
            } catch (DirectoryIteratorException e) {
                skip(display, FileErrors.reason(e.getCause()));
            }
            out.write(order.leave());
        }
    }

    private void child(Path path, String prefix) throws IOException {
        byte[] raw = RawPath.nameBytes(path);
        EntryName name;
        try {
            name = EntryName.of(raw);
        } catch (CopyProtocolException e) {
            skip(prefix + DisplayText.of(raw), "name cannot be sent");
            return;
        }
        entry(path, name, prefix + name);
    }

    private void file(Path path, EntryName name, String display, PosixFileAttributes attributes) throws IOException {
        FileChannel file;
        long size;
        try {
            file = FileChannel.open(path, StandardOpenOption.READ);
            size = file.size();
        } catch (IOException e) {
            skip(display, FileErrors.reason(e));
            return;
        }
        try (file) {
            FileStart start = new FileStart(name, Modes.bits(attributes.permissions()), size, times(attributes), false);
            if (size > BlockWriter.SMALL_FILE_BYTES) {
                large(file, start, display);
            } else {
                small(file, start, display);
            }
        }
    }

    /** Reads first and announces what was read, so that a small file that changes is sent as it was in one moment. */
    private void small(FileChannel file, FileStart start, String display) throws IOException {
        ByteBuffer content = out.smallContent(CopyCodec.encodedBytes(start));
        int begin = content.position();
        int most = start.size() == 0 ? content.remaining() : (int) start.size();
        content.limit(begin + most);
        try {
            while (content.hasRemaining() && file.read(content) > 0) {
                // a regular file gives all at once as a rule
            }
        } catch (IOException e) {
            skip(display, FileErrors.reason(e));
            return;
        }
        int length = content.position() - begin;
        if (start.size() == 0 && length == most) {
            skip(display, "does not tell its size");
            return;
        }
        FileStart actual = new FileStart(start.name(), start.mode(), length, start.times(), false);
        order.file(actual.name(), actual.mode(), length, actual.times());
        order.content(length);
        out.writeSmall(actual, length);
        out.write(order.fileEnd(BlockWriter.NO_DIGEST_YET));
    }

    private void large(FileChannel file, FileStart start, String display) throws IOException {
        if (manner.resume() && start.size() >= CopyLimits.RESUMABLE_BYTES) {
            resumable(file, start);
        } else {
            out.write(order.file(start.name(), start.mode(), start.size(), start.times()));
        }
        while (order.sizeLeft() > 0) {
            if (order.abandoned(reported)) {
                out.write(order.fileAbandoned());
                return;
            }
            int count;
            try {
                count = out.writeContent(file, order.sizeLeft());
            } catch (CopyFailedException e) {
                throw e;
            } catch (IOException e) {
                fail(display, FileErrors.reason(e));
                return;
            }
            if (count < 0) {
                fail(display, "became shorter while it was sent");
                return;
            }
            order.content(count);
        }
        out.write(order.fileEnd(BlockWriter.NO_DIGEST_YET));
    }

    /** Goes on behind what the receiver has, if it is the same as here (P-31). */
    private void resumable(FileChannel file, FileStart start) throws IOException {
        out.write(order.resumableFile(start.name(), start.mode(), start.size(), start.times()));
        Held held = question.ask();
        if (held.bytes() > start.size()) {
            throw new CopyFailedException(CopyFailedException.Kind.FAULT, "protocol fault: more is there than the file has (P-30)");
        }
        CopyDigest before = new CopyDigest();
        boolean same = held.bytes() > 0 && Prefix.hash(file, held.bytes(), before) && MessageDigest.isEqual(before.soFar(), held.digest());
        if (!same) {
            before.start();
        }
        out.writeFrom(order.from(same ? held.bytes() : 0), before);
        file.position(same ? held.bytes() : 0);
    }

    private void skip(String display, String reason) throws IOException {
        String text = display + ": " + reason;
        tell.accept(text);
        out.write(order.skipped(text));
    }

    private void fail(String display, String reason) throws IOException {
        String text = display + ": " + reason;
        tell.accept(text);
        out.write(order.fileFailed(text));
    }

    private Optional<FileTimes> times(PosixFileAttributes attributes) {
        if (!manner.preserve()) {
            return Optional.empty();
        }
        Instant modified = bounded(attributes.lastModifiedTime());
        Instant accessed = bounded(attributes.lastAccessTime());
        return Optional.of(new FileTimes(modified.getEpochSecond(), modified.getNano(),
                accessed.getEpochSecond(), accessed.getNano()));
    }

    private static Instant bounded(FileTime time) {
        Instant instant = time.toInstant();
        return Math.abs(instant.getEpochSecond()) < CopyLimits.TIME_SECONDS ? instant : Instant.EPOCH;
    }

    private static String statReason(Path path, IOException e) {
        boolean dangling = e instanceof NoSuchFileException && Files.isSymbolicLink(path)
                && !Files.exists(path) && Files.exists(path, LinkOption.NOFOLLOW_LINKS);
        return dangling ? "dangling symbolic link" : FileErrors.reason(e);
    }
}
