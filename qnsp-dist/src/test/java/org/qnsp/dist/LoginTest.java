package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.client.LoginException;

/** Who may log in to a daemon that root runs, and as whom: with real users, their own keys, and StrictModes. */
final class LoginTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static Resident bert;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create();
        bert = Resident.create();
        house = new House(dir);
    }

    @AfterAll
    static void moveOut() {
        for (AutoCloseable each : new AutoCloseable[] {house, anna, bert}) {
            try {
                if (each != null) {
                    each.close();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    @BeforeEach
    void asItWas() throws Exception {
        anna.authorize("");
        bert.authorize("");
        house.configure();
    }

    private static void assertRefused(Command command) throws Exception {
        Command.Result result = command.run().expect(255);
        assertEquals("", result.out());
        assertTrue(result.err().matches("\\S+@127\\.0\\.0\\.1: Permission denied \\(publickey\\)\\.\n"), result.toString());
    }

    private static void assertRefused(Resident whose, String user) {
        assertDenied("Permission denied", whose, user);
    }

    private static void assertDenied(String text, Resident whose, String user) {
        LoginException e = assertThrows(LoginException.class, () -> house.quickly(whose, user, "id"));
        assertEquals(LoginException.Kind.DENIED, e.kind());
        assertEquals(text, e.getMessage());
    }

    private static void assertLogsIn(Resident who) throws Exception {
        assertEquals(who.name() + "\n", house.quickly(who, who.name(), "id -un"));
    }

    @Test
    void eachUserIsWhoHeIs() throws Exception {
        bert.modify("-a", "-G", "games");
        for (Resident who : List.of(anna, bert)) {
            String ids = "id; awk '/^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)|Sig(Blk|Ign))/' /proc/self/status; umask; pwd; nice; ulimit -n";
            String expected = Command.of("id", who.name()).run().expect(0).out();
            String[] lines = house.qssh(who, ids).run().expect(0).out().split("\n");
            assertEquals(expected, lines[0] + "\n");
            String uid = "\t" + who.uid();
            assertEquals("Uid:" + uid + uid + uid + uid, lines[1]);
            String all = String.join("\n", lines);
            for (String zero : List.of("CapInh", "CapPrm", "CapEff", "CapAmb", "SigBlk", "SigIgn")) {
                assertTrue(all.contains(zero + ":\t0000000000000000"), all);
            }
            assertTrue(all.endsWith("\n0022\n" + who.home() + "\n0\n1024"), all);
        }
    }

    @Test
    void theEnvironmentIsMadeFromNothing() throws Exception {
        house.configure("AcceptEnv GOOD_* LD_PRELOAD", "SetEnv FROM_HOST=1 GOOD_TWO=host");
        Command command = house.client("qssh", anna.keyFile(), "-o", "SendEnv=GOOD_* BAD_* LD_PRELOAD HOME", "-o", "SetEnv=GOOD_SET=set", House.at(anna), "env -0");
        Command.Result result = command.env("GOOD_ONE", "a b\n\"c'").env("GOOD_TWO", "client").env("BAD_ONE", "no").env("LANG", "de_DE.UTF-8").run().expect(0);
        Map<String, String> seen = new TreeMap<>();
        for (String pair : result.out().split("\0")) {
            seen.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        String[] peers = seen.remove("SSH_CONNECTION").split(" ");
        assertEquals("127.0.0.1 " + peers[1] + " 127.0.0.1 " + house.daemon().port(), String.join(" ", peers));
        assertEquals("127.0.0.1 " + peers[1] + " " + house.daemon().port(), seen.remove("SSH_CLIENT"));
        assertEquals(String.join(" ", peers), seen.remove("QSSH_CONNECTION"));
        seen.keySet().removeAll(List.of("_", "SHLVL", "PWD")); // bash's own
        seen.remove("TZ");
        assertEquals(new TreeMap<>(Map.of("HOME", anna.home().toString(), "USER", anna.name(), "LOGNAME", anna.name(), "MAIL", "/var/mail/" + anna.name(), "SHELL",
                "/bin/bash", "PATH", "/usr/local/bin:/usr/bin:/bin:/usr/games", "GOOD_ONE", "a b\n\"c'", "GOOD_TWO", "host", "GOOD_SET", "set", "FROM_HOST", "1")), seen);
    }

    @Test
    void withoutAcceptEnvTheLocaleAndGitProtocolOnlyAreTaken() throws Exception {
        Command command = house.client("qssh", anna.keyFile(), "-o", "SendEnv=GIT_PROTOCOL OTHER", House.at(anna), "echo $LC_TIME-$GIT_PROTOCOL-$OTHER");
        assertEquals("C.UTF-8-version=2-\n", command.env("LC_TIME", "C.UTF-8").env("GIT_PROTOCOL", "version=2").env("OTHER", "x").run().expect(0).out());
    }

    @Test
    void aKeyOpensOneDoor() throws Exception {
        assertEquals(anna.name() + "\n", house.qssh(anna, "id", "-un").run().expect(0).out());
        assertRefused(house.client("qssh", anna.keyFile(), House.at(bert), "id"));
        for (String other : List.of("no-such-user", "a;b", "nobody", "root")) {
            assertRefused(anna, other);
        }
    }

    @Test
    void rootLogsInAsPermitRootLoginSays() throws Exception {
        Path keys = Path.of("/var/lib", "qnsp-test-" + ProcessHandle.current().pid());
        Files.createDirectory(keys, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path file = keys.resolve("root");
        try (House rooted = new House(Files.createDirectory(dir.resolve("rooted")), "AuthorizedKeysFile=" + keys + "/%u")) {
            Files.writeString(file, anna.key().line("test") + "\n");
            assertEquals("0 /root\n", rooted.quickly(anna, "root", "echo $(id -u) $HOME"));
            rooted.configure("PermitRootLogin yes");
            assertEquals("0\n", rooted.quickly(anna, "root", "id -u"));
            rooted.configure("PermitRootLogin no");
            assertThrows(LoginException.class, () -> rooted.quickly(anna, "root", "id -u"));
            rooted.configure("PermitRootLogin forced-commands-only");
            assertThrows(LoginException.class, () -> rooted.quickly(anna, "root", "id -u"));
            Files.writeString(file, "command=\"echo forced as $(id -u): $SSH_ORIGINAL_COMMAND\" " + anna.key().line("test") + "\n");
            assertEquals("forced as 0: some thing\n", rooted.quickly(anna, "root", "some thing"));
        } finally {
            Files.deleteIfExists(file);
            Files.delete(keys);
        }
    }

    @Test
    void aKeysLineLimitsWhatItMayDo() throws Exception {
        anna.authorize("command=\"echo forced; echo \\\"$SSH_ORIGINAL_COMMAND\\\"; exit 3\"");
        Command.Result forced = house.qssh(anna, "id;  ls").run().expect(3);
        assertEquals("forced\nid;  ls\n", forced.out());

        anna.authorize("no-pty");
        Command.Result result = house.client("qssh", anna.keyFile(), "-tt", House.at(anna), "tty; echo still").run();
        assertTrue(result.err().contains("PTY allocation request failed on channel 0"), result.toString());

        anna.authorize("restrict");
        assertLogsIn(anna);
        result = house.client("qssh", anna.keyFile(), "-tt", House.at(anna), "tty").run();
        assertTrue(result.err().contains("PTY allocation request failed on channel 0"), result.toString());
        anna.authorize("restrict,pty");
        assertTrue(house.client("qssh", anna.keyFile(), "-tt", House.at(anna), "tty").run().expect(0).out().startsWith("/dev/pts/"));
    }

    @Test
    void aKeysLineLimitsFromWhereAndHowLong() throws Exception {
        anna.authorize("from=\"127.0.0.0/8\",expiry-time=\"20990101\"");
        assertLogsIn(anna);
        anna.authorize("from=\"10.0.0.0/8\"");
        assertRefused(anna, anna.name());
        anna.authorize("from=\"*,!127.0.0.1\"");
        assertRefused(anna, anna.name());
        anna.authorize("expiry-time=\"20200101\"");
        assertRefused(anna, anna.name());
        anna.authorize("no-such-option");
        assertRefused(anna, anna.name());
    }

    @Test
    void usersAndGroupsAreAllowedAndDenied() throws Exception {
        house.configure("AllowUsers " + anna.name());
        assertLogsIn(anna);
        assertRefused(bert, bert.name());
        house.configure("DenyUsers " + anna.name() + "@127.*");
        assertRefused(anna, anna.name());
        house.configure("AllowGroups qnsp-*", "DenyGroups " + anna.name());
        assertRefused(anna, anna.name());
        assertLogsIn(bert);
        house.configure("AllowGroups root");
        assertRefused(bert, bert.name());
        house.configure("AllowUsers *", "Match User " + anna.name(), "ForceCommand echo matched", "PermitTTY no");
        assertEquals("matched\n", house.quickly(anna, anna.name(), "id"));
        assertLogsIn(bert);
    }

    @Test
    void keysThatOthersCouldWriteAreNotUsed() throws Exception {
        Files.setPosixFilePermissions(anna.authorizedKeys(), PosixFilePermissions.fromString("rw-rw-r--"));
        assertRefused(anna, anna.name());
        assertTrue(house.daemon().logText().contains("authorized keys " + anna.authorizedKeys() + " of " + anna.name() + " not used"), house.daemon().logText());
        anna.authorize("");
        Files.setPosixFilePermissions(anna.home(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertRefused(anna, anna.name());
        Files.setPosixFilePermissions(anna.home(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertLogsIn(anna);
        // the daemon reads as the user: what she cannot read counts for nothing
        Command.of("chown", bert.name(), anna.authorizedKeys().toString()).run().expect(0);
        assertRefused(anna, anna.name());
        Command.of("chown", anna.name(), anna.authorizedKeys().toString()).run().expect(0);
    }

    @Test
    void aClosedAccountStaysClosedThoughTheKeyIsRight() throws Exception {
        bert.modify("-e", "1");
        assertDenied("This account is not available now.", bert, bert.name());
        bert.modify("-e", "");
        assertLogsIn(bert);
        bert.modify("-s", "/no/such/shell");
        assertDenied("This account is not available now.", bert, bert.name());
        bert.modify("-s", "/bin/false");
        assertEquals("", house.qssh(bert, "id").run().expect(1).out());
        bert.modify("-s", "/bin/bash");
        bert.modify("-L"); // a locked password says nothing about keys
        assertLogsIn(bert);
    }

    @Test
    @Tag("alone")
    void nologinKeepsUsersOutAndTellsThemWhy() throws Exception {
        Path notice = Path.of("/run/nologin");
        assertFalse(Files.exists(notice), "somebody has closed this system");
        Files.writeString(notice, "closed until noon\n");
        try {
            assertDenied("closed until noon", anna, anna.name());
        } finally {
            Files.delete(notice);
        }
        assertLogsIn(anna);
    }

    @Test
    void aHomeThatIsGoneIsSaidAndTheSessionRunsInTheRoot() throws Exception {
        Path elsewhere = bert.home().resolveSibling(bert.name() + ".away");
        Path keys = Files.createDirectory(Path.of("/var/lib", "qnsp-away-" + ProcessHandle.current().pid()));
        try (TestDaemon daemon = new TestDaemon(Files.createDirectory(dir.resolve("away")), "AuthorizedKeysFile=" + keys + "/%u")) {
            Path key = dir.resolve("bert_key");
            Files.copy(bert.keyFile(), key);
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(keys.resolve(bert.name()), bert.key().line("") + "\n");
            daemon.start();
            Files.move(bert.home(), elsewhere);
            Command.Result result = Command.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + dir.resolve("known_away"), "-i", key.toString(), "-o",
                    "StrictHostKeyChecking=no", "-p", String.valueOf(daemon.port()), House.at(bert), "pwd").run();
            // with an unknown host key there is nobody to ask, and no first contact without an invite
            assertEquals(255, result.status());
            Files.writeString(dir.resolve("known_away"), "[127.0.0.1]:" + daemon.port() + " " + daemon.hostKey().line("") + "\n");
            result = Command.of(result.words()).run().expect(0);
            assertEquals("/\n", result.out());
            assertEquals("Could not chdir to home directory " + bert.home() + "\n", result.err());
        } finally {
            if (Files.exists(elsewhere)) {
                Files.move(elsewhere, bert.home());
            }
            Files.deleteIfExists(keys.resolve(bert.name()));
            Files.delete(keys);
        }
    }

    @Test
    void anOrdinaryUsersDaemonServesThatUserAlone() throws Exception {
        int port = TestDaemon.freePort();
        // nothing is configured: the host key is made at ~/.qssh, and keys are read there
        Process process = anna.runs(House.program("qsshd"), "-D", "-e", "-p", String.valueOf(port), "-o", "ListenAddress=127.0.0.1", "-o", "PidFile=none").start();
        try {
            StringBuilder log = new StringBuilder();
            var reader = process.errorReader();
            for (String line = reader.readLine(); line != null && !log.append(line).append('\n').toString().contains("listening on"); line = reader.readLine()) {
                Thread.onSpinWait();
            }
            assertTrue(process.isAlive(), log.toString());
            Thread.ofVirtual().start(() -> reader.lines().forEach(line -> {}));
            Path hostKey = anna.home().resolve(".qssh/qssh_host_kyber768_key");
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(hostKey)));
            Files.writeString(dir.resolve("known_anna"), "[127.0.0.1]:" + port + " " + Files.readString(Path.of(hostKey + ".pub")));
            List<String> qssh = List.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + dir.resolve("known_anna"), "-p", String.valueOf(port));
            assertEquals(anna.name() + "\n", Command.of(qssh).with("-i", anna.keyFile().toString(), House.at(anna), "id -un").run().expect(0).out());
            assertRefused(Command.of(qssh).with("-i", bert.keyFile().toString(), House.at(bert), "id -un"));
            assertRefused(Command.of(qssh).with("-i", anna.keyFile().toString(), House.at(bert), "id -un"));
            assertRefused(Command.of(qssh).with("-i", anna.keyFile().toString(), "root@127.0.0.1", "id -un"));
        } finally {
            anna.processes().forEach(ProcessHandle::destroy);
        }
    }
}
