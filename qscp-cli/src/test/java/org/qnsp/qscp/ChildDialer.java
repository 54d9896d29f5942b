package org.qnsp.qscp;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The service as a child of this process with pipes in between, its home a given directory; for any host but "unreachable". */
final class ChildDialer implements Dialer {
    private final Path home;
    private final List<String> jvmOptions;
    private volatile Process last;

    ChildDialer(Path home, String... jvmOptions) {
        this.home = home;
        this.jvmOptions = List.of(jvmOptions);
    }

    /** The child of the last call. */
    Process last() {
        return last;
    }

    static List<String> java(List<String> jvmOptions, String main) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-Xshare:auto", "-XX:TieredStopAtLevel=" + System.getProperty("qnsp.tier", "4")));
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        return command;
    }

    @Override
    public RemoteCopy open(Destination destination, DialOptions options) throws IOException {
        if (destination.host().equals("unreachable")) {
            throw new IOException("Connection refused");
        }
        List<String> command = java(jvmOptions, "org.qnsp.qscp.Main");
        command.add("--serve");
        ProcessBuilder builder = new ProcessBuilder(command).directory(new File("/"));
        builder.environment().put("HOME", home.toString());
        Process process = builder.start();
        last = process;
        return new RemoteCopy() {
            @Override
            public InputStream fromServer() {
                return process.getInputStream();
            }

            @Override
            public OutputStream toServer() {
                return process.getOutputStream();
            }

            @Override
            public InputStream serverErrors() {
                return process.getErrorStream();
            }

            @Override
            public int exitStatus() {
                try {
                    return process.waitFor();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return 255;
                }
            }

            @Override
            public void close() throws IOException {
                try {
                    if (!process.waitFor(1, TimeUnit.SECONDS)) {
                        process.getInputStream().close();
                        process.destroy();
                    }
                } catch (InterruptedException e) {
                    process.destroy();
                }
            }
        };
    }
}
