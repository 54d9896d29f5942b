package org.qnsp.core.client;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Who runs the client, and where.
 *
 * @param name        login name
 * @param uid         numeric id
 * @param home        home directory, absolute
 * @param environment gives the value of a variable, null where there is none
 * @param hostname    the name of this machine; asked for only when needed
 */
public record LocalUser(String name, int uid, String home, UnaryOperator<String> environment, Supplier<String> hostname) {
    /** The user of this process. */
    public static LocalUser current() {
        return new LocalUser(System.getProperty("user.name"), processUid(), System.getProperty("user.home"), System::getenv, LocalUser::machine);
    }

    /** The shell that commands of the configuration are given to. */
    public String shell() {
        String shell = environment.apply("SHELL");
        return shell == null || shell.isEmpty() ? "/bin/sh" : shell;
    }

    /** Runs a command with this user's shell, with nothing to read and its output dropped; whether its exit status was 0. */
    public boolean succeeds(String command) {
        try {
            return new ProcessBuilder(shell(), "-c", command).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static int processUid() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException | UnsupportedOperationException e) {
            return -1; // then only root's files pass the owner check
        }
    }

    private static String machine() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            String name = System.getenv("HOSTNAME");
            return name == null ? "localhost" : name;
        }
    }
}
