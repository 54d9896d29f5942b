package org.qnsp.qsshd.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A real account, made with useradd and removed with userdel; creating one is an error anywhere but as root. */
final class TestUser implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String name;

    private TestUser(String name) {
        this.name = name;
    }

    static boolean possible() {
        return Posix.effectiveUser() == 0;
    }

    /** A new account with a home directory and bash; further useradd options as given. */
    static TestUser create(String... options) throws IOException, InterruptedException {
        String name = "qnspt" + ProcessHandle.current().pid() + "n" + COUNT.incrementAndGet();
        List<String> command = new ArrayList<>(List.of("/usr/sbin/useradd", "--create-home", "--shell", "/bin/bash"));
        command.addAll(List.of(options));
        command.add(name);
        run(command);
        return new TestUser(name);
    }

    Account account() throws IOException {
        return Account.named(name).orElseThrow();
    }

    String name() {
        return name;
    }

    /** Runs a shell line as root. */
    static String root(String line) throws IOException, InterruptedException {
        return run(List.of("/bin/sh", "-ec", line));
    }

    /** Ends what the user still runs, then removes the account and its home. */
    @Override
    public void close() throws IOException {
        try {
            new ProcessBuilder("pkill", "-KILL", "-U", name).start().waitFor();
            run(List.of("/usr/sbin/userdel", "--remove", "--force", name));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        String said = "";
        for (int attempt = 0; attempt < 20; attempt++) { // another program may hold the lock of the account files
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() == 0) {
                return said;
            }
            if (!said.contains("lock")) {
                break;
            }
            Thread.sleep(100);
        }
        throw new IOException(command + ": " + said);
    }
}
