package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.client.LoginException;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.crypto.keys.Fingerprint;

/** What the daemon's configuration and a key's line keep a user from, and give him; each with what must not work. The names are those of OpenSSH's own tests of the same things. */
final class RestrictionTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create();
        house = new House(dir);
    }

    @AfterAll
    static void moveOut() {
        if (house != null) {
            house.close();
        }
        if (anna != null) {
            anna.close();
        }
    }

    @BeforeEach
    void asItWas() throws Exception {
        anna.authorize("");
        house.configure();
    }

    private static String says(String command) throws IOException {
        return house.quickly(anna, anna.name(), command);
    }

    private static void assertRefused() {
        assertThrows(LoginException.class, () -> says("id"));
    }

    private static Command.Result sftp(String... lines) throws Exception {
        Path wrapper = dir.resolve("ssh");
        Files.writeString(wrapper, "#!/bin/sh\nexec " + house.client("qssh", anna.keyFile()).quoted() + " \"$@\"\n");
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        return Command.of("sftp", "-q", "-b", "-", "-S", wrapper.toString(), House.at(anna)).in(dir).input(String.join("\n", lines) + "\n").run();
    }

    @Test
    @DisplayName("forcecommand")
    void theForcedCommandIsWhatRuns() throws Exception {
        anna.authorize("command=\"echo of the key\"");
        assertEquals("of the key\n", says("id"));
        house.configure("ForceCommand echo of the file: $SSH_ORIGINAL_COMMAND");
        assertEquals("of the file: id -u\n", says("id -u"), "the file's wins over the key's");
        anna.authorize("");
        house.configure("Match User nobody", "ForceCommand echo nobody", "Match User " + anna.name(), "ForceCommand echo matched");
        assertEquals("matched\n", says("id"));
        assertEquals("matched\n", house.qssh(anna).input("id\n").run().expect(0).out());
        assertEquals("matched\n", house.client("qssh", anna.keyFile(), "-s", House.at(anna), "sftp").run().expect(0).out(), "in place of a subsystem too");
        assertNotEquals(0, house.client("qscp", anna.keyFile(), House.at(anna) + ":.qssh/authorized_keys", dir.resolve("stolen").toString()).run().status());
        assertFalse(Files.exists(dir.resolve("stolen")));
    }

    @Test
    @DisplayName("keys-command")
    void aProgramSaysWhoseKeysMayLogIn() throws Exception {
        Path program = Path.of("/srv/qnsp-keys-" + anna.name());
        String uid = Command.of("id", "-u", anna.name()).run().expect(0).out().strip();
        String home = Files.readAllLines(Path.of("/etc/passwd")).stream().filter(line -> line.startsWith("nobody:")).findFirst().orElseThrow().split(":")[5];
        String expected = String.join(" ", "nobody", home, "/usr/bin:/bin:/usr/sbin:/sbin", "a b", anna.name(), uid, "mlkem768-x25519", Fingerprint.text(anna.key()));
        String script = "#!/bin/sh\n[ \"$(id -un) $HOME $PATH $*\" = '" + expected + "' ] && [ -z \"$(cat)\" ] && echo 'command=\"echo of the program\" " + anna.key().line("") + "'";
        String[] lines = {"AuthorizedKeysCommand " + program + " 'a b' %u %U %t %f", "AuthorizedKeysCommandUser nobody"};
        try {
            Files.writeString(program, script + "\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            anna.write(anna.authorizedKeys(), "", "rw-------");
            assertRefused();
            house.configure(lines);
            assertEquals("of the program\n", says("id"));
            assertThrows(LoginException.class, () -> house.quickly(anna, "nobody", "id"), "the answer is about one user");
            anna.authorize("command=\"echo of the file\"");
            assertEquals("of the file\n", says("id"), "the files come first");
            anna.write(anna.authorizedKeys(), "", "rw-------");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxrwxr-x"));
            assertRefused();
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            house.configure(lines[0], lines[1].replace("nobody", "%u"));
            assertRefused();
            Files.writeString(program, script.replace("id -un", "echo nobody").replace("$HOME", home) + "\n");
            assertEquals("of the program\n", says("id"), "run as the user");
            Files.writeString(program, script.replace("id -un", "echo nobody").replace("$HOME", home) + "; exit 1\n");
            assertRefused();
            Files.writeString(program, "#!/bin/sh\n[ $# = 1 ] && [ $1 = " + anna.name() + " ] && echo '" + anna.key().line("") + "'\n");
            house.configure("AuthorizedKeysCommand " + program, lines[1]);
            assertEquals("0\n", says("expr $(id -u) - " + uid + " || true"));
        } finally {
            Files.deleteIfExists(program);
        }
    }

    @Test
    @DisplayName("channel-timeout, connection-timeout")
    void idleChannelsAndUnusedConnectionsEnd() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            house.configure("ChannelTimeout session:comm*=1 direct-tcpip=1", "UnusedConnectionTimeout 1");
            assertEquals("", house.qssh(anna, "sleep 3; echo done; exit 23").run().expect(255).out());
            assertEquals("1\n2\n3\n", says("for i in 1 2 3; do echo $i; sleep 0.6; done"), "a channel that moves is not idle");
            assertEquals("done\n", house.qssh(anna).input("sleep 2; echo done; exit 23\n").run().expect(23).out(), "and shells are not named");
            Instant start = Instant.now();
            house.qssh(anna, "-W", "127.0.0.1:" + silent.getLocalPort()).with("-v").run();
            house.qssh(anna, "-N", "-R", "0:127.0.0.1:1").run().expect(255);
            assertTrue(Duration.between(start, Instant.now()).toSeconds() < 12);
            house.configure("ChannelTimeout global=1");
            house.qssh(anna, "sleep 3; exit 23").run().expect(255);
        }
    }

    @Test
    @DisplayName("match-subsystem")
    void subsystemsAreThoseOfTheBlocksThatMatch() throws Exception {
        house.configure("Subsystem one echo first", "Subsystem two echo second", "Match User " + anna.name(), "Subsystem one echo matched", "Subsystem sftp /bin/false");
        Command one = house.client("qssh", anna.keyFile(), "-s", House.at(anna), "one");
        assertEquals("matched\n", one.run().expect(0).out());
        assertEquals("second\n", house.client("qssh", anna.keyFile(), "-s", House.at(anna), "two").run().expect(0).out());
        assertNotEquals(0, sftp("pwd").status());
        Command.Result none = house.client("qssh", anna.keyFile(), "-s", House.at(anna), "three").run().expect(255);
        assertEquals("subsystem request failed on channel 0\n", none.err());
    }

    @Test
    @DisplayName("sftp-chroot")
    void aRootDirectoryIsAllThereIs() throws Exception {
        Path root = Path.of("/srv/qnsp-root-" + anna.name());
        try {
            Path inside = Files.createDirectories(root.resolve("files"));
            Command.of("chown", anna.name(), inside.toString()).run().expect(0);
            Files.writeString(root.resolve("readable"), "inside");
            Path here = Files.writeString(dir.resolve("sent"), "sent");
            house.configure("ChrootDirectory " + "/srv/qnsp-root-%u", "ForceCommand internal-sftp -d /files");
            Command.Result result = sftp("pwd", "put " + here + " sent", "ls -l /", "get /readable " + dir.resolve("got")).expect(0);
            assertTrue(result.out().contains("Remote working directory: /files"), result.out());
            assertEquals("sent", Files.readString(inside.resolve("sent")));
            assertEquals(anna.name(), Files.getOwner(inside.resolve("sent")).getName());
            assertEquals("inside", Files.readString(dir.resolve("got")));
            assertEquals(1, sftp("get /etc/passwd").status());
            assertEquals(1, sftp("get /../../etc/passwd").status());
            assertEquals(1, sftp("put " + here + " /readable").status(), "the files of root stay root's");
            Command.Result exec = house.qssh(anna, "id").run();
            assertFalse(exec.out().contains("uid="), exec.toString());

            house.configure("ChrootDirectory " + root);
            assertNotEquals(0, house.qssh(anna, "echo in").run().status(), "there is no shell inside");
            Path shell = Files.createDirectories(root.resolve("bin")).resolve("bash");
            Command.of("cp", "/bin/busybox", shell.toString()).run().expect(0);
            // busybox is what its name says: as "bash" it would look for an applet of that name
            anna.modify("-s", "/bin/sh");
            Files.move(shell, root.resolve("bin/sh"));
            Command.Result inShell = house.client("qssh", anna.keyFile(), "-o", "SetEnv=LANG=C LC_ODD=o", House.at(anna), "echo $LC_ODD $HOME $USER; echo /*; ulimit -n; umask").run().expect(0);
            assertEquals("o " + anna.home() + " " + anna.name() + "\n/bin /files /readable\n1024\n0022\n", inShell.out(), inShell.toString());
            assertEquals("Could not chdir to home directory " + anna.home() + "\n", inShell.err());
            Path status = Files.createDirectories(root.resolve("proc"));
            Command.of("mount", "-t", "proc", "proc", status.toString()).run().expect(0);
            try {
                String identity = says("while read a b c; do case $a in Uid:|Gid:|Groups:|CapEff:|CapPrm:) echo $a $b $c;; esac; done </proc/self/status; echo /proc/self/fd/*");
                String uid = String.valueOf(anna.uid());
                assertEquals("Uid: " + uid + " " + uid + " " + uid + " " + uid, identity.lines().filter(l -> l.startsWith("Uid:")).findFirst().orElseThrow().replace('\t', ' '));
                assertTrue(identity.contains("CapEff: 0000000000000000") && identity.contains("CapPrm: 0000000000000000"), identity);
                assertEquals("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2", identity.lines().toList().getLast().replaceAll(" /proc/self/fd/(3|10)$", ""), identity);
            } finally {
                Command.of("umount", status.toString()).run().expect(0);
            }
            assertTrue(house.client("qssh", anna.keyFile(), "-tt", House.at(anna)).input("echo $0; exit 4\n").run().expect(4).out().contains("-sh"));

            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxr-x"));
            assertEquals(255, house.qssh(anna, "echo in").run().status());
            house.daemon().awaitLog("ChrootDirectory: bad ownership or modes for " + root);
        } finally {
            anna.modify("-s", "/bin/bash");
            Command.of("rm", "-r", "--one-file-system", root.toString()).run();
        }
    }

    @Test
    void readOnlySftpIsAllThatAKeyMayHave() throws Exception {
        anna.write(anna.home().resolve("shared"), "shared", "rw-r--r--");
        anna.authorize("restrict,command=\"internal-sftp -R\"");
        sftp("get shared " + dir.resolve("shared")).expect(0);
        assertEquals("shared", Files.readString(dir.resolve("shared")));
        assertEquals(1, sftp("rm shared").status());
        assertEquals(1, sftp("put " + dir.resolve("shared") + " new").status());
        assertEquals("shared", Files.readString(anna.home().resolve("shared")));
    }

    @Test
    @DisplayName("key-options")
    void optionsOfAKeyAreEnforced() throws Exception {
        String variable = "environment=\"WHO=key\",environment=\"WHO=later\"";
        anna.authorize(variable);
        assertEquals("[]\n", says("echo [$WHO]"), "not without PermitUserEnvironment");
        house.configure("PermitUserEnvironment yes");
        assertEquals("[key]\n", says("echo [$WHO]"), "the first counts");
        house.configure("PermitUserEnvironment X_*,!WHO");
        assertEquals("[]\n", says("echo [$WHO]"));
        house.configure();
        anna.authorize("from=\"192.0.2.1\"");
        assertRefused();
        anna.authorize("expiry-time=\"20010101\"");
        assertRefused();
        anna.authorize("expiry-time=\"29990101Z\"");
        assertEquals("in\n", says("echo in"));
    }

    @Test
    @DisplayName("brokenkeys")
    void brokenLinesAreIgnoredAndSaid() throws Exception {
        String good = anna.key().line("good");
        String cut = good.substring(0, 200);
        anna.write(anna.authorizedKeys(), cut + "\nnonsense\nno-such-option " + good + "\ncommand=\"unclosed " + good + "\n" + good + "\n", "rw-------");
        assertEquals("in\n", says("echo in"));
        house.daemon().awaitLog("authorized keys of " + anna.name() + ": line 1 ignored");
        house.daemon().awaitLog("line 3 ignored: unknown key option");
        house.daemon().awaitLog("line 4 ignored");
        anna.write(anna.authorizedKeys(), cut + "\nno-such-option " + good + "\n", "rw-------");
        assertRefused();
    }

    @Test
    @DisplayName("limit-keytype")
    void keysOfOtherTypesDoNotLogIn() throws Exception {
        house.configure("PubkeyAcceptedAlgorithms mldsa65-ed25519");
        assertRefused();
        house.configure("PubkeyAcceptedAlgorithms mldsa65-*", "Match User x" + anna.name(), "PubkeyAcceptedAlgorithms +mlkem768-x25519");
        assertRefused();
        house.configure("PubkeyAcceptedAlgorithms mldsa65-*", "Match User " + anna.name(), "PubkeyAcceptedAlgorithms -mldsa65-*");
        says("id");
        house.qssh(anna, "-o", "PubkeyAcceptedAlgorithms=mldsa*", "id").run().expect(255);
        house.configure("PubkeyAcceptedAlgorithms mlkem768-*");
        assertEquals("in\n", says("echo in"));
    }

    @Test
    void revokedKeysAndNoKeysDoNotLogIn() throws Exception {
        Path revoked = dir.resolve("revoked");
        Files.writeString(revoked, "# nobody\n");
        house.configure("RevokedKeys " + revoked);
        assertEquals("in\n", says("echo in"));
        Files.writeString(revoked, "# lost\n" + anna.key().line("anna's") + "\n");
        assertRefused();
        Files.writeString(revoked, "what is this\n");
        assertRefused();
        Files.delete(revoked);
        assertRefused();
        house.configure("PubkeyAuthentication no");
        assertRefused();
        house.configure("PubkeyAuthentication no", "Match User " + anna.name(), "PubkeyAuthentication yes");
        assertEquals("in\n", says("echo in"));
    }

    @Test
    @DisplayName("envpass")
    void variablesComeFromWhereTheyMay() throws Exception {
        String variables = "echo $ONE,$TWO,$X_THREE,$LANG";
        Command asks = house.client("qssh", anna.keyFile(), "-o", "SetEnv=ONE=client TWO=client X_THREE=client LANG=C", House.at(anna), variables);
        assertEquals(",,,C\n", asks.run().expect(0).out());
        house.configure("AcceptEnv TWO X_*", "SetEnv TWO=\"of the host\" ONE=1");
        assertEquals("1,of the host,client,\n", asks.run().expect(0).out());
        anna.write(anna.home().resolve(".qssh/environment"), "# mine\nONE=file\nX_THREE=file\n1BAD=x\nPATH=/mine:/usr/bin:/bin\n$(touch owned)=x\n", "rw-------");
        assertEquals(",,\n", (says("echo $X_THREE,,") + "").replace("file", "?"));
        house.configure("PermitUserEnvironment yes", "SetEnv ONE=host");
        assertEquals("host,file,/mine:/usr/bin:/bin\n", says("echo $ONE,$X_THREE,$PATH"));
        house.configure("PermitUserEnvironment X_*");
        assertEquals(",file\n", says("echo $ONE,$X_THREE"));
        assertFalse(Files.exists(anna.home().resolve("owned")));
        Files.delete(anna.home().resolve(".qssh/environment"));
    }

    @Test
    void aFileOfTheUsersRunsBeforeTheProgramAndBashReadsItsOwnOnce() throws Exception {
        anna.write(anna.home().resolve(".qssh/rc"), "echo rc for $USER; cat\n", "rw-r--r--");
        anna.write(anna.home().resolve(".bashrc"), "echo bashrc >&2\n", "rw-r--r--");
        try {
            Command.Result result = house.qssh(anna, "cat").input("input\n").run().expect(0);
            assertEquals("rc for " + anna.name() + "\ninput\n", result.out());
            assertEquals("bashrc\n", result.err(), "of the user's shell alone");
            house.configure("PermitUserRC no");
            result = house.qssh(anna, "echo program").run().expect(0);
            assertEquals("program\n", result.out());
            assertEquals("bashrc\n", result.err());
            house.configure();
            anna.authorize("no-user-rc");
            assertEquals("program\n", says("echo program"));
            anna.authorize("restrict");
            assertEquals("program\n", says("echo program"));
            anna.authorize("command=\"echo forced\"");
            assertEquals("forced\n", says("echo program"));
        } finally {
            Files.delete(anna.home().resolve(".qssh/rc"));
            Files.delete(anna.home().resolve(".bashrc"));
        }
    }

    @Test
    @DisplayName("banner")
    void bannersOfAnySizeArrive() throws Exception {
        Path banner = dir.resolve("banner");
        house.configure("Banner " + banner);
        for (int size : List.of(0, 10, 100, 10_000, 65_536)) {
            String text = "banner of " + size + "\n";
            text = size == 0 ? "" : text.repeat(size / text.length() + 1).substring(0, size - 1) + "\n";
            Files.writeString(banner, text);
            Command.Result result = house.qssh(anna, "echo out").run().expect(0);
            assertEquals("out\n", result.out());
            assertEquals(text, result.err(), "of " + size);
        }
    }

    @Test
    @DisplayName("authinfo")
    void theSessionLearnsHowItWasOpened() throws Exception {
        assertEquals("\n", says("echo $SSH_USER_AUTH"));
        house.configure("ExposeAuthInfo yes");
        String[] lines = says("echo $SSH_USER_AUTH; cat $SSH_USER_AUTH; stat -c '%U %a' $SSH_USER_AUTH").split("\n");
        assertEquals("publickey " + anna.key().line("").strip(), lines[1]);
        assertEquals(anna.name() + " 600", lines[2]);
        TestDaemon.await("the file is gone", () -> !Files.exists(Path.of(lines[0])));
    }

    @Test
    @DisplayName("penalty")
    void aSourceThatFailsMeetsSilence() throws Exception {
        house.configure("PerSourcePenalties authfail:4s min:6s max:8s");
        anna.authorize("from=\"192.0.2.1\"");
        assertRefused();
        anna.authorize("");
        assertEquals("in\n", says("echo in"), "one failure is counted only");
        anna.authorize("from=\"192.0.2.1\"");
        assertRefused(); // the second: 8 s together, and so over the least
        anna.authorize("");
        LoginException silence = assertThrows(LoginException.class, this::loginWithin3Seconds);
        assertFalse(String.valueOf(silence.getMessage()).contains("denied"), "not a word: " + silence);
        house.daemon().awaitLog("penalised (PerSourcePenalties)");
        house.daemon().awaitLog("login from 127.0.0.1 denied");
        house.configure("PerSourcePenalties authfail:4s min:6s max:8s", "PerSourcePenaltyExemptList 127.0.0.0/8");
        assertEquals("in\n", says("echo in"));
        house.configure("PerSourcePenalties authfail:4s min:6s max:8s");
        Thread.sleep(Duration.ofSeconds(9));
        assertEquals("in\n", says("echo in"), "it is over");
    }

    private void loginWithin3Seconds() throws IOException {
        try (TestClient client = new TestClient(anna.keyPair());
             TestClient.Session session = client.login(house.daemon().address(), new Trust.Pinned(house.daemon().hostKey()), anna.name(), Duration.ofSeconds(3))) {
            throw new AssertionError("logged in: " + session.exec("id"));
        }
    }

    @Test
    void refusedConnectionsAndTooManyFromOneSourceMeetSilence() throws Exception {
        house.configure("Match Address 127.0.0.0/8", "RefuseConnection yes");
        assertThrows(LoginException.class, this::loginWithin3Seconds);
        house.daemon().awaitLog("is not received: RefuseConnection");
        house.configure("Match Address 192.0.2.0/24", "RefuseConnection yes");
        assertEquals("in\n", says("echo in"));
        house.configure("PerSourceMaxStartups 0");
        assertThrows(LoginException.class, this::loginWithin3Seconds);
        house.daemon().awaitLog("(PerSourceMaxStartups)");
        house.configure("PerSourceMaxStartups 1");
        assertEquals("in\n", says("echo in"));
        assertEquals("in\n", says("echo in"), "the place of the first is free again");
    }

    @Test
    @DisplayName("cfgparse")
    void whatIsPrintedIsAConfiguration() throws Exception {
        Path config = dir.resolve("own_config");
        Files.writeString(config, "Port 4\nListenAddress ::1\nHostKey " + house.daemon().hostKeyFile() + "\nSetEnv A=\"b c\"\nMatch User bob\nPermitTTY no\nForceCommand echo 'x y'\n");
        String first = dump(config);
        Path again = Files.writeString(dir.resolve("again_config"), first);
        assertEquals(first, dump(again));
        String bob = dump(config, "-C", "user=bob,host=h,addr=10.0.0.1");
        assertTrue(bob.contains("permittty no\n") && bob.contains("forcecommand echo 'x y'\n"), bob);
        Files.writeString(config, "Port 4\nBanner /x y\n");
        Command.Result wrong = Command.of(House.program("qsshd"), "-t", "-f", config.toString()).run().expect(255);
        assertTrue(wrong.err().contains(config + " line 2: ") && wrong.err().contains("banner"), wrong.err());
    }

    private static String dump(Path config, String... more) throws Exception {
        return Command.of(House.program("qsshd"), "-T", "-f", config.toString()).with(more).run().expect(0).out();
    }

    @Test
    @DisplayName("addrmatch")
    void addressesMatchAsTheyShould() throws Exception {
        Path config = dir.resolve("match_config");
        String key = "HostKey " + house.daemon().hostKeyFile() + "\n";
        Files.writeString(config, key + """
                ForceCommand default
                Match Address 192.168.0.0/16,!192.168.30.0/24,10.0.0.0/8,host.example.com
                ForceCommand match1
                Match Address 1.1.1.1,::1,!::3,2000::/16
                ForceCommand match2
                Match LocalAddress 127.0.0.1,::1
                ForceCommand match3
                Match LocalPort 5678
                ForceCommand match4
                """);
        String[][] cases = {{"user=u,addr=192.168.0.1,host=h,laddr=1.2.3.4,lport=1234", "match1"}, {"user=u,addr=192.168.30.1,host=h,laddr=1.2.3.4,lport=1234", "default"},
            {"user=u,addr=19.0.0.1,host=h,laddr=1.2.3.4,lport=1234", "default"}, {"user=u,addr=10.255.255.254,host=h,laddr=1.2.3.4,lport=1234", "match1"},
            {"user=u,addr=::1,host=h,laddr=1.2.3.4,lport=1234", "match2"}, {"user=u,addr=::2,host=h,laddr=1.2.3.4,lport=1234", "default"},
            {"user=u,addr=2000::1,host=h,laddr=1.2.3.4,lport=1234", "match2"}, {"user=u,addr=19.0.0.1,host=h,laddr=127.0.0.1,lport=1234", "match3"},
            {"user=u,addr=19.0.0.1,host=h,laddr=1.2.3.4,lport=5678", "match4"}};
        for (String[] c : cases) {
            assertTrue(dump(config, "-C", c[0]).contains("\nforcecommand " + c[1] + "\n"), c[0]);
        }
    }

    @Test
    @DisplayName("cfgmatchlisten")
    void aBlockForAPortHoldsForThatPort() throws Exception {
        house.configure("Match LocalPort " + house.daemon().port(), "ForceCommand echo here", "Match LocalPort 1", "ForceCommand echo there");
        assertEquals("here\n", says("id"));
        house.configure("Match LocalAddress 127.0.0.1", "ForceCommand echo loopback");
        assertEquals("loopback\n", says("id"));
    }

    @Test
    @DisplayName("servcfginclude")
    void includedFilesHoldWhereTheyStand() throws Exception {
        Path included = Files.writeString(dir.resolve("included.conf"), "Match User " + anna.name() + "\nForceCommand echo included\n");
        house.configure("Include " + dir + "/incl*.conf", "PermitTTY no");
        assertEquals("included\n", says("id"));
        house.configure("Match User nobody", "Include " + included);
        assertTrue(says("id").contains("uid="));
        StringBuilder big = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            big.append("# a line of no meaning, number ").append(i).append('\n');
        }
        Files.writeString(included, big + "ForceCommand echo behind much\n");
        house.configure("Include " + included);
        assertEquals("behind much\n", says("id"));
    }

    @Test
    @DisplayName("reconfigure")
    void afterAReloadThatFailsAllIsAsBefore() throws Exception {
        int free = TestDaemon.freePort();
        String taken;
        try (java.net.ServerSocket other = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            taken = String.valueOf(other.getLocalPort());
            Files.writeString(house.daemon().configurationFile(), "ListenAddress 127.0.0.1:" + free + "\nListenAddress 127.0.0.1:" + taken + "\n");
            Command.of("kill", "-HUP", String.valueOf(house.daemon().handle().pid())).run().expect(0);
            house.daemon().awaitLog("configuration not reloaded: cannot listen on 127.0.0.1:" + taken);
        }
        assertThrows(IOException.class, () -> new Socket("127.0.0.1", free).close(), "nothing that was new is left");
        assertEquals("in\n", says("echo in"));
    }

    @Test
    void damagedInvitesKeepOutNewcomersOnly() throws Exception {
        Path invites = house.daemon().hostKeyFile().resolveSibling("host_key.invites");
        byte[] before = Files.exists(invites) ? Files.readAllBytes(invites) : null;
        Files.writeString(invites, "nonsense\n");
        try {
            assertEquals("in\n", says("echo in"));
            house.daemon().awaitLog("no invite is accepted: " + invites + " is damaged");
        } finally {
            if (before == null) {
                Files.delete(invites);
            } else {
                Files.write(invites, before);
            }
        }
    }

    @Test
    @Tag("alone")
    void loginsWithATerminalAreRecorded() throws Exception {
        List<Path> files = List.of(Path.of("/var/log/wtmp"), Path.of("/var/log/lastlog"));
        List<Path> made = new ArrayList<>();
        for (Path file : files) {
            if (!Files.exists(file)) {
                made.add(Files.createFile(file));
            }
        }
        try {
            Command terminal = house.client("qssh", anna.keyFile(), "-tt", House.at(anna)).input("tty; exit\n");
            Command.of("lastlog", "-C", "-u", anna.name()).run().expect(0); // a user of that number may have been here before
            String first = terminal.run().expect(0).out();
            assertFalse(first.contains("Last login"), first);
            String second = terminal.run().expect(0).out();
            assertTrue(second.matches("(?s).*Last login: \\w{3} \\w{3} \\d+ [\\d:]{8} \\d{4} from 127\\.0\\.0\\.1\r\n.*"), second);
            TestDaemon.await("both sessions have come to an end in wtmp", () -> last().filter(l -> l.matches(anna.name() + " +pts/\\d+ +127\\.0\\.0\\.1 .* - .*")).count() == 2);
            house.configure("PrintLastLog no");
            assertFalse(terminal.run().expect(0).out().contains("Last login"));
        } finally {
            try (Stream<Path> all = made.stream()) {
                all.forEach(file -> file.toFile().delete());
            }
        }
    }

    private static Stream<String> last() {
        try {
            return Command.of("last", "-w", anna.name()).run().expect(0).out().lines();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
