package org.qnsp.qssh;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * The three streams of the process, as they are: no buffer, no character set, and an error where writing fails.
 *
 * @param inputIsTerminal whether {@code in} is a terminal
 */
record StandardStreams(ReadableByteChannel in, WritableByteChannel out, WritableByteChannel err, boolean inputIsTerminal) {
    /** Those of this process. */
    @SuppressWarnings("resource") // open as long as the process is
    static StandardStreams ofProcess() {
        return new StandardStreams(new FileInputStream(FileDescriptor.in).getChannel(), new FileOutputStream(FileDescriptor.out).getChannel(),
            new FileOutputStream(FileDescriptor.err).getChannel(), org.qnsp.core.client.TerminalPrompt.isTerminal(0));
    }
}
