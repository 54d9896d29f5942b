package org.qnsp.qsshd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a program finds around it. */
@Timeout(60)
class EnvironmentTest {
    /** What a shell adds by itself before it runs a command. */
    private static final Set<String> SHELLS_OWN = Set.of("_", "PWD", "SHLVL");

    private Bench bench;

    @BeforeEach
    void open() throws IOException {
        bench = new Bench();
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private Map<String, String> environment(Map<String, String> requested, Optional<PtyRequest> pty, Optional<Peers> peers) throws Exception {
        return environment(bench.self, requested, pty, peers);
    }

    private Map<String, String> environment(Account account, Map<String, String> requested, Optional<PtyRequest> pty, Optional<Peers> peers) throws Exception {
        UserProcess process = bench.launcher.launch(new LaunchRequest(account, new Program.ShellCommand("exec env -0"), pty, requested, peers));
        Map<String, String> found = new TreeMap<>();
        for (String line : Bench.finish(process).output().split("\0")) {
            found.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
        }
        return found;
    }

    @Test
    void theEnvironmentIsMadeFromNothing(@TempDir Path home) throws Exception {
        Account plain = with(bench.self, home.toString(), bench.self.shell()); // a shell that finds SSH_CLIENT reads its startup file
        Map<String, String> found = environment(plain, Map.of(), Optional.empty(), Optional.empty());
        Set<String> names = new TreeSet<>(found.keySet());
        names.removeAll(SHELLS_OWN);
        names.remove("TZ");
        assertEquals(Set.of("USER", "LOGNAME", "HOME", "PATH", "MAIL", "SHELL", "SSH_CLIENT", "SSH_CONNECTION", "QSSH_CONNECTION"), names);
        assertEquals("UNKNOWN 65535 UNKNOWN 65535", found.get("SSH_CONNECTION"), "as with sshd where the ends are not known");
        assertEquals(bench.self.name(), found.get("USER"));
        assertEquals(home.toString(), found.get("HOME"));
        assertEquals(bench.self.shell(), found.get("SHELL"));
        assertEquals("/var/mail/" + bench.self.name(), found.get("MAIL"));
        assertEquals(System.getenv("TZ"), found.get("TZ"));
    }

    @Test
    void theConnectionIsDescribed() throws Exception {
        Peers peers = new Peers(new InetSocketAddress(InetAddress.ofLiteral("2001:db8::5"), 50123),
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 7722));
        Map<String, String> found = environment(Map.of(), Optional.of(Bench.PTY), Optional.of(peers));
        assertEquals("2001:db8::5 50123 7722", found.get("SSH_CLIENT"));
        assertEquals("2001:db8::5 50123 127.0.0.1 7722", found.get("SSH_CONNECTION"));
        assertEquals(found.get("SSH_CONNECTION"), found.get("QSSH_CONNECTION"));
        assertEquals("xterm", found.get("TERM"));
        assertTrue(found.get("SSH_TTY").startsWith("/dev/pts/"));
    }

    @Test
    void requestedVariablesArriveUnchangedAndStandardOnesWin() throws Exception {
        String odd = "a b'c\"d$(id)`e\\\n\u00e4 ;*";
        Map<String, String> found = environment(Map.of("LANG", "C.UTF-8", "ODD", odd, "HOME", "/elsewhere", "IFS", "x", "EMPTY", ""),
                Optional.empty(), Optional.empty());
        assertEquals("C.UTF-8", found.get("LANG"));
        assertEquals(odd, found.get("ODD"));
        assertEquals("", found.get("EMPTY"));
        assertEquals(bench.self.home(), found.get("HOME"));
        assertTrue(found.keySet().stream().noneMatch(n -> n.startsWith("QNSP_REQUESTED")), found.toString());
    }

    @Test
    void whatTheAdministratorSetsWinsOverAll() throws Exception {
        UserProcess process = bench.launcher.launch(new LaunchRequest(bench.self, new Program.ShellCommand("echo $HOME $A $B"), Optional.empty(),
                Map.of("A", "client", "B", "client"), Map.of("A", "set", "HOME", "/elsewhere"), Optional.empty(), LaunchRequest.Customs.NONE));
        assertEquals("/elsewhere set client\n", Bench.finish(process).output());
    }

    @Test
    void unusableVariablesAreRefused() {
        for (String name : List.of("", "A=B", "1A", "A B", "A\0", "BASH_FUNC_x%%", "$(id)")) {
            assertThrows(IllegalArgumentException.class, () -> request(Map.of(name, "v")), name);
        }
        assertThrows(IllegalArgumentException.class, () -> request(Map.of("A", "b\0")));
        assertThrows(IllegalArgumentException.class, () -> request(Map.of("A", "b".repeat(70_000))));
        assertThrows(IllegalArgumentException.class, () -> new Program.ShellCommand("a\0b"));
        assertThrows(IllegalArgumentException.class, () -> new Program.Service(List.of("sftp-server")));
        assertThrows(IllegalArgumentException.class, () -> new PtyRequest("x\ny", new WindowSize(1, 1, 0, 0), TerminalModes.DEFAULTS));
    }

    private LaunchRequest request(Map<String, String> variables) {
        return new LaunchRequest(bench.self, new Program.LoginShell(), Optional.empty(), variables, Optional.empty());
    }

    @Test
    void theProgramStartsAtHomeWithASaneMaskAndLimit() throws Exception {
        assertEquals(bench.self.home() + "\n0022\n1024\n", bench.run("pwd -P; umask; ulimit -S -n").output());
    }

    @Test
    void withoutAHomeItStartsAtTheRootAndSaysSo() throws Exception {
        Account homeless = with(bench.self, "/no/such/home", bench.self.shell());
        Recorder r = bench.run(homeless, "pwd");
        assertEquals("/\n", r.output());
        assertEquals("Could not chdir to home directory /no/such/home\n", r.error());
    }

    @Test
    void withoutBashTheScriptRunsUnderShAndTheShellGetsItsOption() throws Exception {
        LaunchRequest login = new LaunchRequest(bench.self, new Program.LoginShell(), Optional.empty(), Map.of("LANG", "C"), Optional.empty());
        List<String> command = new LoginScript(login, false, List.of()).command();
        assertEquals("/bin/sh", command.getFirst());
        assertEquals(List.of("/bin/zsh", "-l"), tail(new LoginScript(of("/bin/zsh"), false, List.of()).command(), 2));
        assertEquals("/usr/bin/git-shell", new LoginScript(of("/usr/bin/git-shell"), false, List.of()).command().getLast());
        assertEquals(List.of("-zsh", "/bin/zsh"), tail(new LoginScript(of("/bin/zsh"), true, List.of()).command(), 2));
        // and it really runs
        LaunchRequest exec = new LaunchRequest(bench.self, new Program.ShellCommand("echo $LANG $PWD"), Optional.empty(), Map.of("LANG", "C"), Optional.empty());
        LoginScript script = new LoginScript(exec, false, List.of());
        UserProcess process = UserProcess.overPipes(bench.pump, Optional.empty(), new UserProcess.Command() {
            @Override
            public List<String> arguments() throws IOException {
                return RunAs.command(bench.self, script.command());
            }

            @Override
            public List<String> environment(Optional<String> terminal) {
                return script.environment(terminal);
            }
        }, (group, signal) -> { });
        assertEquals("C " + Path.of(bench.self.home()).toRealPath() + "\n", Bench.finish(process).output());
    }

    @Test
    void dashIsALoginShellToo() throws Exception {
        Path home = Files.createTempDirectory("qnsp");
        Files.writeString(home.resolve(".profile"), "echo profile read\n");
        UserProcess process = bench.launcher.launch(Bench.request(with(bench.self, home.toString(), "/bin/dash"), new Program.LoginShell()));
        process.write("echo $0\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        String said = Bench.finish(process).output();
        assertTrue(said.endsWith("profile read\n-dash\n"), said);
        assertFalse(said.contains("not found"));
        Files.delete(home.resolve(".profile"));
        Files.delete(home);
    }

    private LaunchRequest of(String shell) {
        return Bench.request(with(bench.self, bench.self.home(), shell), new Program.LoginShell());
    }

    private static List<String> tail(List<String> list, int n) {
        return list.subList(list.size() - n, list.size());
    }

    private static Account with(Account account, String home, String shell) {
        return new Account(account.name(), account.uid(), account.gid(), account.groups(), home, shell);
    }
}
