package org.qnsp.qscp;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.qnsp.qscp.DialOptions.Means;

/** A program in the place of our own session ({@code -S}): it gets the arguments that scp gives to ssh, and its standard input and output are the stream. */
final class ProgramDialer implements Dialer {
    private static final List<String> NOTHING_ELSE = List.of("-x", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes", "-oRemoteCommand=none", "-oRequestTTY=no",
            "-oControlMaster=no");
    private static final long FAREWELL_MILLIS = 500;
    private static final int LOST = 255;

    private final Means.Program program;

    ProgramDialer(Means.Program program) {
        this.program = program;
    }

    static List<String> command(Means.Program program, Destination destination) {
        List<String> command = new ArrayList<>(List.of(program.name()));
        command.addAll(NOTHING_ELSE);
        command.addAll(program.words());
        destination.port().ifPresent(port -> command.addAll(List.of("-p", Integer.toString(port))));
        destination.user().ifPresent(user -> command.addAll(List.of("-l", user)));
        command.addAll(List.of("-s", "--", destination.host(), "qnsp-copy"));
        return command;
    }

    @Override
    public RemoteCopy open(Destination destination, DialOptions options) throws IOException {
        try {
            return new Child(new ProcessBuilder(command(program, destination)).redirectError(ProcessBuilder.Redirect.INHERIT).start());
        } catch (IOException e) {
            boolean there = program.name().indexOf('/') < 0 || new File(program.name()).exists();
            throw new IOException(program.name() + (there ? ": cannot be run" : ": No such file or directory"), e);
        }
    }

    private record Child(Process process) implements RemoteCopy {
        @Override
        public InputStream fromServer() {
            return process.getInputStream();
        }

        @Override
        public OutputStream toServer() {
            return process.getOutputStream();
        }

        /** The program's own, which it shares with us. */
        @Override
        public InputStream serverErrors() {
            return InputStream.nullInputStream();
        }

        @Override
        public int exitStatus() {
            try {
                return process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return LOST;
            }
        }

        @Override
        public void close() {
            try {
                if (!process.waitFor(FAREWELL_MILLIS, TimeUnit.MILLISECONDS)) {
                    process.destroy();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                process.destroy();
            }
        }
    }
}
