package org.qnsp.core.copy;

import java.util.List;
import java.util.Optional;

/** What the two sides say (P-3). DATA is not here: its bytes are not copied, see {@link Content}. */
public sealed interface CopyMessage {
    /** The 10 bytes that begin a direction (P-1). */
    record Opening(int version) implements CopyMessage {}

    /** The client will send a tree. The target is raw bytes. */
    record Put(boolean recursive, boolean preserve, boolean intoDirectory, boolean resume, byte[] target) implements CopyMessage {}

    /** The server shall send these paths, raw bytes. */
    record Get(boolean recursive, boolean preserve, boolean resume, List<byte[]> paths) implements CopyMessage {
        public Get {
            paths = List.copyOf(paths);
        }
    }

    /** Top entries that will be tried. */
    record Begin(int entries) implements CopyMessage {}

    /** A file of {@code size} bytes begins. If {@code resumable}, its sender waits for {@link Held} (P-30). */
    record FileStart(EntryName name, int mode, long size, Optional<FileTimes> times, boolean resumable) implements CopyMessage {}

    /** The content of a resumable file goes on from this offset on (P-31). */
    record From(long offset) implements CopyMessage {}

    /** The next {@code length} bytes of content lie at {@code offset} in the buffer that was decoded. */
    record Content(int offset, int length) implements CopyMessage {}

    /** The file is complete; its digest (P-12). */
    record FileEnd(byte[] digest) implements CopyMessage {}

    /** The file could not be read to its end. */
    record FileFailed(String text) implements CopyMessage {}

    /** A directory begins. */
    record Enter(EntryName name, int mode, Optional<FileTimes> times) implements CopyMessage {}

    /** The innermost directory ends. */
    record Leave() implements CopyMessage {}

    /** A source that is not sent. */
    record Skipped(String text) implements CopyMessage {}

    /** Nothing follows. */
    record End(long failed) implements CopyMessage {}

    /** The receiver has the first {@code bytes} of the resumable file, with this digest (P-30). */
    record Held(long bytes, byte[] digest) implements CopyMessage {}

    /** An entry the receiver could not store. */
    record Report(long ordinal, String text) implements CopyMessage {}

    /** The receiver's last word. */
    record Summary(long stored, long failed) implements CopyMessage {}

    /** The copy as a whole does not take place. */
    record Refused(String text) implements CopyMessage {}
}
