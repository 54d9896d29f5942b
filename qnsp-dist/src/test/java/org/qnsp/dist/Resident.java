package org.qnsp.dist;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PublicKey;

/** A real user of this system, made for a test, with a home and a key of its own; gone with all its processes at the end. Root's to make. */
final class Resident implements AutoCloseable {
    private final String name;
    private final long uid;
    private final Path home;
    private final PublicKey key;
    private final byte[] keyText;
    private boolean gone;

    private Resident(String name, long uid, Path home, PublicKey key, byte[] keyText) {
        this.name = name;
        this.uid = uid;
        this.home = home;
        this.key = key;
        this.keyText = keyText;
    }

    /** @param options more options for useradd */
    static Resident create(String... options) throws IOException, InterruptedException {
        if (!System.getProperty("user.name").equals("root")) {
            throw new AssertionError("this test makes users, which only root may: run it as root");
        }
        byte[] random = new byte[4];
        new SecureRandom().nextBytes(random);
        String name = "qnsp-" + HexFormat.of().formatHex(random);
        List<String> words = new ArrayList<>(List.of("useradd", "-m", "-U", "-s", "/bin/bash", "-k", "/dev/null"));
        words.addAll(List.of(options));
        words.add(name);
        account(words);
        long uid = Long.parseLong(Command.of("id", "-u", name).run().expect(0).out().strip());
        Path home = Path.of(Command.of("getent", "passwd", name).run().expect(0).out().strip().split(":")[5]);
        Resident resident;
        try (KemKeyPair key = KemKeyPair.generate(RandomSource.system())) {
            resident = new Resident(name, uid, home, key.publicKey(), KeyFile.encode(key, name, null, PassphraseCost.STANDARD, RandomSource.system()));
        }
        Runtime.getRuntime().addShutdownHook(new Thread(resident::remove)); // also when the test is ended from outside
        resident.directory(home.resolve(".qssh"), "rwx------");
        resident.restoreKey();
        resident.write(home.resolve(".bash_profile"), "PS1='" + name + "> '\n", "rw-r--r--");
        return resident;
    }

    /** Runs a program that changes accounts; while another test process holds the lock on their files, again and again. */
    private static void account(List<String> words) throws IOException, InterruptedException {
        Command.Result result = Command.of(words).run();
        for (int i = 0; i < 50 && result.err().contains("cannot lock"); i++) {
            Thread.sleep(100);
            result = Command.of(words).run();
        }
        if (result.status() != 12) { // userdel: no mail spool to remove
            result.expect(0);
        }
    }

    String name() {
        return name;
    }

    long uid() {
        return uid;
    }

    Path home() {
        return home;
    }

    PublicKey key() {
        return key;
    }

    /** Writes its key where it belongs. */
    void restoreKey() throws IOException, InterruptedException {
        write(keyFile(), new String(keyText, StandardCharsets.US_ASCII), "rw-------");
    }

    /** A copy of its key, the caller's to close. */
    KemKeyPair keyPair() {
        try (KeyFile file = KeyFile.parse(keyText)) {
            return (KemKeyPair) file.open(null).key();
        } catch (KeyFileException e) {
            throw new AssertionError(e);
        }
    }

    Path keyFile() {
        return home.resolve(".qssh/id_kyber768");
    }

    Path authorizedKeys() {
        return home.resolve(".qssh/authorized_keys");
    }

    /** Lets in its own key and nothing else. @param options what the line begins with, may be empty */
    Resident authorize(String options) throws IOException, InterruptedException {
        return authorize(options, key());
    }

    Resident authorize(String options, PublicKey whose) throws IOException, InterruptedException {
        write(authorizedKeys(), (options.isEmpty() ? "" : options + " ") + whose.line("test") + "\n", "rw-------");
        return this;
    }

    /** A file of this user's. */
    void write(Path file, String text, String mode) throws IOException, InterruptedException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        own(file);
    }

    void directory(Path directory, String mode) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
        own(directory);
    }

    private void own(Path file) throws IOException, InterruptedException {
        Command.of("chown", "-h", name + ":", file.toString()).run().expect(0);
    }

    /** A command that this user runs at home, with the environment of a login. */
    Command runs(String... words) {
        List<String> all = new ArrayList<>(List.of("setpriv", "--reuid=" + name, "--regid=" + name, "--init-groups", "env", "-i", "HOME=" + home, "USER=" + name,
                "LOGNAME=" + name, "SHELL=/bin/bash", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"));
        all.addAll(List.of(words));
        return Command.of(all).in(home);
    }

    /** Its processes. */
    List<ProcessHandle> processes() {
        return ProcessHandle.allProcesses().filter(p -> p.info().user().filter(user -> user.equals(name) || user.equals(String.valueOf(uid))).isPresent()).toList();
    }

    /** Changes the account, as usermod does. */
    void modify(String... options) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("usermod"));
        words.addAll(List.of(options));
        words.add(name);
        account(words);
    }

    private synchronized void remove() {
        if (gone) {
            return;
        }
        gone = true;
        try {
            for (int i = 0; i < 10 && !processes().isEmpty(); i++) {
                processes().forEach(ProcessHandle::destroyForcibly);
                Thread.sleep(50);
            }
            account(List.of("userdel", "-r", "-f", name));
        } catch (AssertionError | IOException | InterruptedException e) {
            System.err.println("user " + name + " is left behind: " + e);
        }
    }

    @Override
    public void close() {
        remove();
    }
}
