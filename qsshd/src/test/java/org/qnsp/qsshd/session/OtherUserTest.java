package org.qnsp.qsshd.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.qnsp.qsshd.session.LoginCheck.Verdict;
import org.qnsp.qsshd.session.UserFiles.Result;

/** What a privileged daemon does for other users, with real ones. Runs as root only, and then fails where no account can be made. */
@Timeout(120)
@EnabledIf("org.qnsp.qsshd.session.TestUser#possible")
class OtherUserTest {
    private static TestUser alice;
    private static TestUser bob;

    private Bench bench;
    private Account account;

    @BeforeAll
    static void create() throws Exception {
        alice = TestUser.create("--groups", "adm,audio");
        bob = TestUser.create("--expiredate", "2001-02-03");
    }

    @AfterAll
    static void remove() throws IOException {
        try (TestUser a = alice; TestUser b = bob) {
            assertTrue(a != b);
        }
    }

    @BeforeEach
    void open() throws IOException {
        bench = new Bench();
        account = alice.account();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private String run(String line) throws Exception {
        return bench.run(account, line).output();
    }

    @Test
    void everyIdentityIsTheUsersAndNoCapabilityIsLeft() throws Exception {
        Map<String, String> status = run("exec cat /proc/self/status").lines()
                .collect(Collectors.toMap(l -> l.split(":")[0], l -> l.substring(l.indexOf(':') + 1).strip()));
        String uid = String.valueOf(account.uid());
        String gid = String.valueOf(account.gid());
        assertEquals(List.of(uid, uid, uid, uid), List.of(status.get("Uid").split("\\s+")));
        assertEquals(List.of(gid, gid, gid, gid), List.of(status.get("Gid").split("\\s+")));
        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapAmb")) {
            assertEquals("0000000000000000", status.get(set), set);
        }
        assertEquals(account.name() + "\n", run("id -un"));
    }

    @Test
    void theSupplementaryGroupsAreTheUsersExactly() throws Exception {
        TreeSet<Long> wanted = new TreeSet<>(account.groups());
        assertEquals(3, wanted.size());
        assertTrue(wanted.contains(Posix.group("adm").orElseThrow()) && wanted.contains(Posix.group("audio").orElseThrow()));
        assertEquals(wanted, Arrays.stream(run("id -G").split("\\s+")).map(Long::valueOf).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void accountsSharingAUidKeepTheirOwnGroups() throws Exception {
        try (TestUser twin = TestUser.create("--non-unique", "--uid", String.valueOf(account.uid()), "--groups", "video")) {
            String groups = bench.run(twin.account(), "id -Gn").output();
            assertTrue(groups.contains("video") && !groups.contains("adm"), groups);
        }
    }

    @Test
    void whatIsRootsStaysRoots() throws Exception {
        Recorder r = bench.run(account, "cat /etc/shadow; ls /root; touch /etc/qnsp-test; kill -0 1");
        assertEquals("", r.output());
        assertEquals(4, r.error().lines().count(), r.error());
    }

    @Test
    void rootIsRootOnlyWhenAskedFor() throws Exception {
        assertEquals("0 0\n", bench.run(Account.named("root").orElseThrow(), "echo $(id -u) $(id -G)").output());
    }

    @Test
    void homeShellAndPathAreTheUsers() throws Exception {
        assertEquals("/home/" + alice.name() + " " + alice.name() + " /bin/bash /usr/local/bin:/usr/bin:/bin:/usr/games\n",
                run("echo $(pwd) $USER $SHELL $PATH"));
    }

    @Test
    void aHomeTheUserMayNotEnterIsNotEnteredWithTheDaemonsRights() throws Exception {
        Account lost = new Account(account.name(), account.uid(), account.gid(), account.groups(), "/root", account.shell());
        Recorder r = bench.run(lost, "pwd");
        assertEquals("/\n", r.output());
        assertTrue(r.error().startsWith("Could not chdir to home directory /root\n"), r.error());
    }

    @Test
    void aLoginShellReadsTheUsersProfileOnAnOwnTerminal() throws Exception {
        UserProcess process = bench.launcher.launch(Bench.withPty(account, new Program.LoginShell(), Bench.PTY));
        Recorder r = Recorder.of(process);
        process.write("shopt login_shell; stat -c '%U %G %a' $(tty); echo $0; exit 4\n".getBytes(UTF_8));
        assertEquals(new ExitStatus.Exited(4), r.awaitEnd());
        assertTrue(r.output().contains("login_shell    \ton"), r.output());
        assertTrue(r.output().contains(alice.name() + " tty 620\r\n"), r.output());
        assertTrue(r.output().contains("-bash\r\n"), r.output());
    }

    @Test
    void aHangupReachesTheUsersShellAndItsChildren() throws Exception {
        UserProcess process = bench.launcher.launch(Bench.withPty(account, new Program.LoginShell(), Bench.PTY));
        Recorder r = Recorder.of(process);
        process.write("sleep 1001 & sleep 1002\n".getBytes(UTF_8));
        ProcessHandle shell = ProcessHandle.of(process.pid()).orElseThrow();
        Recorder.eventually("both run", () -> shell.descendants().filter(p -> command(p.pid()).equals("sleep")).count() == 2);
        List<ProcessHandle> all = shell.descendants().toList();
        process.hangup();
        assertInstanceOf(ExitStatus.Signalled.class, r.awaitEnd());
        for (ProcessHandle one : all) {
            Recorder.eventually(one + " is gone", () -> !one.isAlive());
        }
    }

    @Test
    void signalsAreSentWithTheUsersRights() throws Exception {
        for (SessionSignal signal : List.of(SessionSignal.TERM, SessionSignal.USR1, SessionSignal.KILL)) {
            UserProcess process = bench.launcher.launch(Bench.request(account, new Program.ShellCommand("exec sleep 1000")));
            Recorder r = Recorder.of(process);
            Recorder.eventually("sleep runs", () -> command(process.pid()).equals("sleep"));
            process.signal(signal);
            assertEquals(new ExitStatus.Signalled(signal.number(), signal.name(), false), r.awaitEnd());
        }
        bench.run("true");
    }

    @Test
    void outputDevicesCanBeReopenedByTheUser() throws Exception {
        Recorder r = bench.run(account, "echo a >/dev/stdout; echo b >/dev/stderr");
        assertEquals("a\n", r.output());
        assertEquals("b\n", r.error());
    }

    @Test
    void requestedVariablesNeverReachAPrivilegedProgram() throws Exception {
        // the loader complains once for each program started with such a variable: only the user's shell may be
        UserProcess process = bench.launcher.launch(new LaunchRequest(account, new Program.ShellCommand(":"), Optional.empty(),
                Map.of("LD_PRELOAD", "/nonexistent/evil.so"), Optional.empty()));
        Recorder r = Bench.finish(process);
        assertEquals(1, r.error().lines().filter(l -> l.contains("/nonexistent/evil.so")).count(), r.error());
    }

    @Test
    void anExpiredAccountIsDeniedAndALockedPasswordIsNot() throws Exception {
        LoginCheck check = new LoginCheck(List.of());
        LocalDate today = LocalDate.of(2020, 1, 1);
        assertTrue(TestUser.root("getent shadow " + alice.name()).contains(":!"), "useradd locks the password");
        assertEquals(new Verdict.Allowed(), check.check(account, today));
        assertTrue(assertInstanceOf(Verdict.Denied.class, check.check(bob.account(), today)).reason().contains("expired"));
        assertEquals(new Verdict.Allowed(), check.check(bob.account(), LocalDate.of(2001, 2, 3)));
        assertInstanceOf(Verdict.Denied.class, check.check(bob.account(), LocalDate.of(2001, 2, 4)));
    }

    @Test
    void filesAreReadWithTheUsersRights() throws Exception {
        UserFiles files = new UserFiles();
        String keys = account.home() + "/.qssh/authorized_keys";
        String setUp = "cd " + account.home() + "; rm -rf .qssh; mkdir -m 700 .qssh; cd .qssh; ";
        String own = "chown -R " + alice.name() + " " + account.home() + "/.qssh";

        TestUser.root("chmod 700 " + account.home());
        TestUser.root(setUp + "echo mine >authorized_keys; chmod 600 authorized_keys; " + own);
        assertEquals("mine\n", new String(assertInstanceOf(Result.Contents.class, files.read(account, keys, true)).bytes(), UTF_8));

        TestUser.root(setUp + "ln -s /etc/shadow authorized_keys; " + own);
        assertTrue(refusal(files.read(account, keys, true)).contains("not readable by " + alice.name()));
        assertTrue(refusal(files.read(account, keys, false)).contains("not readable by " + alice.name()));

        TestUser.root("chmod 755 " + bob.account().home());
        TestUser.root(setUp + "echo his >~" + bob.name() + "/keys; chown " + bob.name() + " ~" + bob.name() + "/keys; ln -s ~" + bob.name()
                + "/keys authorized_keys; " + own);
        assertTrue(refusal(files.read(account, keys, true)).contains("the file"));

        TestUser.root(setUp + "echo his >authorized_keys; " + own + "; chown " + bob.name() + " authorized_keys");
        assertTrue(refusal(files.read(account, keys, true)).contains("the file"));

        TestUser.root(setUp + "echo mine >authorized_keys; " + own + "; chown " + bob.name() + " .; chmod 755 .");
        assertTrue(refusal(files.read(account, keys, true)).contains("directory " + account.home() + "/.qssh"));

        TestUser.root(setUp + "echo mine >authorized_keys; " + own + "; chmod 000 authorized_keys");
        assertTrue(refusal(files.read(account, keys, true)).contains("not readable"));

        TestUser.root(setUp + "echo roots >authorized_keys; " + own + "; chown root authorized_keys; chmod 644 authorized_keys");
        assertInstanceOf(Result.Contents.class, files.read(account, keys, true));

        TestUser.root(setUp + own);
        assertEquals(new Result.Absent(), files.read(account, keys, true));
        assertEquals(new Result.Absent(), files.readForUnknown());
    }

    @Test
    void anOrdinaryDaemonActsForItsOwnUserOnly() throws Exception {
        Path dir = Files.createTempDirectory("qnsp");
        List<String> classPath = new ArrayList<>();
        for (Class<?> type : List.of(Posix.class, OrdinaryDaemonProbe.class, org.slf4j.Logger.class)) {
            Path from = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path to = dir.resolve(String.valueOf(classPath.size()) + (Files.isDirectory(from) ? "" : ".jar"));
            TestUser.root("cp -r '" + from + "' '" + to + "'");
            classPath.add(to.toString());
        }
        Path file = Files.writeString(dir.resolve("keys"), "k\n");
        TestUser.root("chmod -R a+rX " + dir + "; chmod go-w " + dir + " " + file);
        Account owner = new Account(account.name(), account.uid(), account.gid(), account.groups(), dir.toString(), account.shell());
        TestUser.root("cp " + file + " " + account.home() + "/k; chown " + alice.name() + " " + account.home() + "/k");
        UserProcess process = bench.launcher.launch(Bench.request(owner, new Program.Service(List.of(
                System.getProperty("java.home") + "/bin/java", "--enable-native-access=ALL-UNNAMED", "-cp", String.join(":", classPath),
                OrdinaryDaemonProbe.class.getName(), account.home() + "/k", bob.name()))));
        Recorder r = Bench.finish(process);
        assertEquals(List.of(
                "run as root: refused", "read as root: refused", "act as root: refused",
                "run as nobody: refused", "read as nobody: refused", "act as nobody: refused",
                "run as " + bob.name() + ": refused", "read as " + bob.name() + ": refused", "act as " + bob.name() + ": refused",
                "own name: " + alice.name(),
                "own groups: " + account.groups().stream().map(String::valueOf).collect(Collectors.joining(" ")),
                "own act: main", "own terminal: 33 101 " + alice.name(), "own file: true", "unknown: Absent[]",
                "own signal: Signalled[number=9, name=KILL, coreDumped=false]"),
                r.output().lines().toList(), r.error());
        TestUser.root("rm -r " + dir);
    }

    @Test
    void nothingIsLeftBehind() throws Exception {
        for (int i = 0; i < 20; i++) {
            UserProcess process = bench.launcher.launch(Bench.request(account, new Program.ShellCommand("exec sleep 1000")));
            Recorder r = Recorder.of(process);
            process.signal(SessionSignal.KILL);
            r.awaitEnd();
        }
        long self = ProcessHandle.current().pid();
        Recorder.eventually("no child is left", () -> {
            try (Stream<ProcessHandle> children = ProcessHandle.of(self).orElseThrow().children()) {
                return children.noneMatch(p -> List.of("sleep", "sh", "setpriv", "bash").contains(command(p.pid())));
            }
        });
        assertFalse(Files.exists(Path.of("/etc/qnsp-test")));
    }

    private static String refusal(Result result) {
        return assertInstanceOf(Result.Refused.class, result).reason();
    }

    private static String command(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
