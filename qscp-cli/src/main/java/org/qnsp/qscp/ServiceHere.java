package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/** The copy service in this process, for every host: what scp's {@code -D} is for, both sides without a network between. */
final class ServiceHere implements Dialer {
    private final Path home;

    /** @param home where remote paths begin */
    ServiceHere(Path home) {
        this.home = home;
    }

    @Override
    public RemoteCopy open(Destination destination, DialOptions options) {
        BytePipe there = new BytePipe();
        BytePipe back = new BytePipe();
        Thread.ofPlatform().daemon().name("qscp-service").start(() -> serve(there, back));
        return new Streams(back.reader(), there.writer());
    }

    private void serve(BytePipe there, BytePipe back) {
        try (InputStream in = there.reader(); OutputStream out = back.writer()) {
            new CopyService(in, out, home).run();
        } catch (IOException e) {
            // Closing a pipe in memory fails at nothing, and the other end sees it closed.
        }
    }

    private record Streams(InputStream fromServer, OutputStream toServer) implements RemoteCopy {
        @Override
        public InputStream serverErrors() {
            return InputStream.nullInputStream();
        }

        @Override
        public int exitStatus() {
            return 0;
        }

        @Override
        public void close() throws IOException {
            fromServer.close();
        }
    }
}
