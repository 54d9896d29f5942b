package org.qnsp.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PrivateKey;

/** The built agent, dist/bin/qssh-agent, in the background as a user has it, and programs that use it; a directory for keys. */
final class TestAgent implements AutoCloseable {
    private static final PassphraseCost CHEAP = new PassphraseCost(64, 1, 1);

    private final Path dir;
    private final String socket;
    private final long pid;

    /** @param arguments options of the agent */
    TestAgent(Path dir, String... arguments) throws IOException, InterruptedException {
        this(dir, Command.of(House.program("qssh-agent"), "-s").with(arguments).env("SSH_AUTH_SOCK", null));
    }

    /** @param start prints the lines for sh */
    TestAgent(Path dir, Command start) throws IOException, InterruptedException {
        this.dir = Files.createDirectories(dir);
        String lines = start.run().expect(0).out();
        this.socket = value(lines, "SSH_AUTH_SOCK");
        this.pid = Long.parseLong(value(lines, "SSH_AGENT_PID"));
        if (!lines.equals("SSH_AUTH_SOCK=" + socket + "; export SSH_AUTH_SOCK;\nSSH_AGENT_PID=" + pid + "; export SSH_AGENT_PID;\necho Agent pid " + pid + ";\n")) {
            throw new AssertionError(lines);
        }
    }

    /** The value of a variable in lines for sh. */
    static String value(String lines, String name) {
        return lines.lines().filter(line -> line.startsWith(name + "=")).map(line -> line.substring(name.length() + 1, line.indexOf(';'))).findFirst().orElseThrow();
    }

    String socket() {
        return socket;
    }

    long pid() {
        return pid;
    }

    boolean isAlive() {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    Path dir() {
        return dir;
    }

    /** A key file and its public half. @param passphrase null for none */
    Path key(String name, PrivateKey key, String passphrase) throws IOException {
        Path file = dir.resolve(name);
        KeyFile.write(file, KeyFile.encode(key, name, passphrase == null ? null : passphrase.toCharArray(), CHEAP, RandomSource.system()), true);
        Files.writeString(dir.resolve(name + ".pub"), key.publicKey().line(name) + "\n");
        return file;
    }

    /** A program that answers every question with these words, and counts its questions in a file beside it. */
    Path askpass(String name, String answer) throws IOException {
        Path file = dir.resolve(name);
        Files.writeString(file, "#!/bin/sh\nprintf '%s\\n--\\n' \"$1\" >>" + file + ".asked\necho '" + answer + "'\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    /** What an askpass program was asked so far. */
    List<String> asked(Path askpass) throws IOException {
        Path file = Path.of(askpass + ".asked");
        return Files.exists(file) ? List.of(Files.readString(file).split("\n--\n")) : List.of();
    }

    /** qssh-add that has nobody to ask. */
    Command add(String... words) {
        return with(Command.of(House.program("qssh-add")).with(words)).env("SSH_ASKPASS", null);
    }

    /** qssh-add that is answered by a program. */
    Command add(Path askpass, String... words) {
        return with(Command.of(House.program("qssh-add")).with(words)).env("SSH_ASKPASS", askpass.toString()).env("SSH_ASKPASS_REQUIRE", "force");
    }

    /** A command that uses this agent. */
    Command with(Command command) {
        return command.env("SSH_AUTH_SOCK", socket).env("QSSH_AUTH_SOCK", null);
    }

    /** A client that knows the daemon and has no key of its own. */
    Command client(String program, TestDaemon daemon, String... words) throws IOException {
        return with(keyless(dir, program, daemon, words));
    }

    static Command keyless(Path dir, String program, TestDaemon daemon, String... words) throws IOException {
        Path known = dir.resolve("known_hosts");
        String line = "[127.0.0.1]:" + daemon.port() + " " + daemon.hostKey().line("") + "\n";
        if (!Files.exists(known) || !Files.readString(known).contains(line)) {
            Files.writeString(known, line, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND);
        }
        List<String> all = new ArrayList<>(List.of(House.program(program), "-F", "none", "-o", "UserKnownHostsFile=" + known, "-o", "IdentityFile=none", "-o",
                "Port=" + daemon.port(), "-o", "User=" + daemon.user()));
        all.addAll(List.of(words));
        return Command.of(all);
    }

    void kill() throws Exception {
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.destroyForcibly();
        process.onExit().get(10, TimeUnit.SECONDS);
    }

    /** Ends it as a user would. */
    void end() {
        close();
    }

    @Override
    public void close() {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
    }
}
