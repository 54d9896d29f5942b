package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;

/** What feeds the entropy pool of the built programs, as their users see it (E-5 to E-9). */
@Timeout(300)
final class EntropyTest {
    private static final String STUCK = "a value comes again and again (repetition count test)";
    private static final String HINT = ": hint: no key is made without it; --qrng goes on with the operating system's entropy where there is none\n";

    @TempDir
    static Path dir;

    private static House house;
    private static Resident user;

    @BeforeAll
    static void start() throws Exception {
        user = Resident.create().authorize("");
        house = new House(Files.createDirectory(dir.resolve("house")));
    }

    @AfterAll
    static void stop() throws Exception {
        house.close();
        user.close();
    }

    @Test
    void whatFeedsThePoolIsSaid() throws Exception {
        assertTrue(house.daemon().logText().contains("entropy: operating system\n"), house.daemon().logText());
        assertTrue(house.qssh(user, "true").run().expect(0).err().isEmpty());
        String said = house.client("qssh", user.keyFile(), "-v", "--entropy-source=/dev/urandom").with(House.at(user), "true").run().expect(0).err();
        assertTrue(said.contains("debug1: entropy: operating system; /dev/urandom (OK)\n"), said);
        assertTrue(said.contains("\nentropy: /dev/urandom: every user may write to it\n"), said);
        assertTrue(house.client("qssh", user.keyFile(), "-v").with(House.at(user), "true").run().expect(0).err().contains("debug1: entropy: operating system\n"));
    }

    @Test
    void whatIsPreferredMayFailAndWhatIsRequiredMayNot() throws Exception {
        Command.Result preferred = house.client("qssh", user.keyFile(), "--qrng", "--entropy-source", "/dev/zero").with(House.at(user), "echo", "done").run().expect(0);
        assertEquals("done\n", preferred.out());
        assertEquals("entropy: /dev/zero: every user may write to it\nentropy: /dev/zero: " + STUCK + "; the operating system's entropy goes on alone\n", preferred.err());
        Command.Result refused = house.client("qssh", user.keyFile()).with("-o", "LogLevel=ERROR", "--qrng-only", "--entropy-source=/dev/zero", House.at(user), "echo", "done").run().expect(255);
        assertEquals("qssh: error: Entropy qrng-only, and /dev/zero cannot be used: " + STUCK + "\nqssh" + HINT, refused.err());
        assertEquals("", refused.out());
        Command.Result copy = house.client("qscp", user.keyFile()).with("-o", "LogLevel=ERROR", "--qrng-only", "--entropy-source=/dev/null", "/etc/hostname", House.at(user) + ":").run().expect(255);
        assertEquals("qscp: error: Entropy qrng-only, and /dev/null cannot be used: it is at its end\nqscp" + HINT, copy.err());
    }

    @Test
    void keysAreMadeOfItOrNotAtAll() throws Exception {
        Path key = dir.resolve("key");
        String keygen = House.program("qssh-keygen");
        Command.Result made = Command.of(keygen, "--qrng-only", "--entropy-source=/dev/urandom", "-N", "", "-f", key.toString()).run().expect(0);
        assertTrue(made.err().contains("entropy: operating system; /dev/urandom (OK)\n"), made.err());
        assertTrue(Files.exists(key));
        Files.delete(key);
        Command.Result refused = Command.of(keygen, "--qrng-only", "--entropy-source=/dev/zero", "-N", "", "-f", key.toString()).run().expect(255);
        assertTrue(refused.err().endsWith("qssh-keygen: error: Entropy qrng-only, and /dev/zero cannot be used: " + STUCK + "\nqssh-keygen" + HINT), refused.err());
        assertFalse(Files.exists(key));
        Path mine = Files.write(dir.resolve("mine"), new byte[4096]);
        Command.of("chmod", "600", mine.toString()).run().expect(0);
        Command.of("chmod", "755", dir.toString()).run().expect(0);
        Command.Result denied = Command.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", keygen, "--qrng-only", "--entropy-source=" + mine, "--entropy-allow-file", "-y").run().expect(255);
        assertTrue(denied.err().contains(mine + " cannot be used: Permission denied\n"), denied.err());
        Command.Result file = Command.of(keygen, "--qrng-only", "--entropy-source=" + mine, "-y").run().expect(255);
        assertTrue(file.err().contains(mine + " cannot be used: it is no character device; if that is meant: --entropy-allow-file\n"), file.err());
        Command.Result url = Command.of(keygen, "--qrng-only", "--entropy-source=https://a.example/x?key=secret", "-y").run().expect(255);
        assertEquals("qssh-keygen: error: EntropySource https://a.example/x cannot be required: what is fetched is known to who sent it, so it counts for nothing\n", url.err());
    }

    @Test
    void theConfigurationIsPrinted() throws Exception {
        String shown = Command.of(House.program("qssh"), "-F", "none", "-G", "--entropy-source=/dev/x", "--entropy-key-file=~/key", "host").run().expect(0).out();
        assertTrue(shown.contains("\nentropy qrng\nentropysource /dev/x\nentropyallowfile no\nentropykeyfile ~/key\n"), shown);
        String plain = Command.of(House.program("qssh"), "-F", "none", "-G", "host").run().expect(0).out();
        assertTrue(plain.contains("\nentropy system\nentropyallowfile no\n"), plain);
        Command.Result daemon = Command.of(House.program("qsshd"), "-T", "-f", "/dev/null", "-h", house.daemon().hostKeyFile().toString(), "-o", "EntropySource=/dev/urandom").run().expect(0);
        assertTrue(daemon.out().contains("\nentropy qrng\nentropysource /dev/urandom\nentropyallowfile no\n"), daemon.out());
    }

    /** Gives what is asked for and hardly more, so that nothing is left in the pipe when it ends. */
    private static void give(Path pipe, AtomicBoolean on) {
        try (OutputStream out = Files.newOutputStream(pipe)) {
            out.write(RandomSource.system().bytes(1024));
            for (int tenths = 1; on.get(); tenths++) {
                Thread.sleep(100);
                if (tenths % 55 == 0) { // asked for every 50
                    out.write(RandomSource.system().bytes(128));
                }
            }
        } catch (IOException | InterruptedException e) {
            // the daemon has closed it
        }
    }

    /** A source that gives out and comes back, while a session is on. */
    @Test
    void aDaemonThatRequiresASourceIsSilentWithoutIt() throws Exception {
        Path pipe = dir.resolve("pipe");
        Command.of("mkfifo", pipe.toString()).run().expect(0);
        AtomicBoolean gives = new AtomicBoolean(true);
        Thread source = Thread.ofPlatform().daemon().start(() -> give(pipe, gives));
        Process again = null;
        try {
            house.configure("Entropy qrng-only", "EntropySource " + pipe, "EntropyAllowFile yes");
            house.daemon().awaitLog("entropy: operating system; " + pipe + " (OK)");
            assertEquals("in\n", house.quickly(user, user.name(), "echo in"));
            Process session = new ProcessBuilder(List.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + house.knownHosts(), "-i", user.keyFile().toString(), "-p",
                    String.valueOf(house.daemon().port()), House.at(user), "cat")).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            session.outputWriter().write("here\n");
            session.outputWriter().flush();
            assertEquals("here", session.inputReader().readLine());
            gives.set(false);
            source.join();
            house.daemon().awaitLog("entropy: " + pipe + ": it is at its end; no key is made until it is sound (qrng-only)");
            house.client("qssh", user.keyFile()).with("-o", "ConnectTimeout=1", House.at(user), "echo", "in").run().expect(255);
            house.daemon().awaitLog("is not received: Entropy qrng-only, and " + pipe + " cannot be used: it is at its end");
            session.outputWriter().write("still here\n");
            session.outputWriter().flush();
            assertEquals("still here", session.inputReader().readLine());
            session.outputWriter().close();
            assertEquals(0, session.waitFor());
            again = new ProcessBuilder("sh", "-c", "exec cat /dev/urandom >" + pipe).start();
            house.daemon().awaitLog("entropy: " + pipe + " is sound again");
            house.client("qssh", user.keyFile()).with(House.at(user), "echo", "in").run().expect(0);
        } finally {
            gives.set(false);
            if (again != null) {
                again.destroy();
            }
            house.configure();
        }
    }
}
