package org.qnsp.keygen;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why a file could not be read or written, in the system's words. */
final class Reasons {
    private Reasons() {
    }

    /** The file, where it is known, and the reason. */
    static String of(IOException e) {
        if (e instanceof FileSystemException f && f.getFile() != null) {
            return f.getFile() + ": " + reason(f);
        }
        return e.getMessage() == null ? "input/output error" : e.getMessage();
    }

    /** The reason alone. */
    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException none -> "No such file or directory";
            case AccessDeniedException denied -> "Permission denied";
            case NotDirectoryException not -> "Not a directory";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> e.getMessage() == null ? "input/output error" : e.getMessage();
        };
    }
}
