package org.qnsp.qscp;

import java.nio.file.Path;
import org.qnsp.core.copy.CopyProtocolException;
import org.qnsp.core.copy.DisplayText;
import org.qnsp.core.copy.EntryName;

/**
 * Something to send from the top.
 *
 * @param path where it is, absolute
 * @param name what it will be called, {@link EntryName#TARGET} for {@code .} and the like (P-8)
 * @param display as the user wrote it, safe to print
 */
record Source(Path path, EntryName name, String display) {
    /** @param written the path as the user wrote it, raw */
    static Source of(Path path, byte[] written) {
        byte[] last = RawPath.lastComponent(written);
        return new Source(path, nameOf(last), written.length == 0 ? "." : DisplayText.of(written));
    }

    /** Whether a last component stands for the directory and not for an entry of one. */
    static boolean isTarget(byte[] lastComponent) {
        return lastComponent.length == 1 && lastComponent[0] == '~' || !EntryName.legal(lastComponent);
    }

    private static EntryName nameOf(byte[] last) {
        try {
            return isTarget(last) ? EntryName.TARGET : EntryName.of(last);
        } catch (CopyProtocolException e) {
            throw new IllegalStateException("checked above", e);
        }
    }
}
