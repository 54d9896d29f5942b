package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;

/** The client's configuration, names and trust: what OpenSSH's regression scripts of the same names ask of ssh, asked of the built qssh. */
@Timeout(180)
final class ClientTest {
    private static final String HOST = "127.0.0.1";
    private static final KemKeyPair KEY = KemKeyPair.generate(RandomSource.system());

    @TempDir
    static Path dir;

    private static TestDaemon daemon;
    private static Path id;
    private static Path config;

    @TempDir
    Path scratch;

    @BeforeAll
    static void start() throws Exception {
        daemon = new TestDaemon(dir, "AcceptEnv=LANG LC_* _XXX_TEST_* FOO").authorize(KEY.publicKey()).start();
        id = dir.resolve("id");
        KeyFile.write(id, KeyFile.encode(KEY, "test", null, PassphraseCost.STANDARD, RandomSource.system()), false);
        Files.writeString(dir.resolve("known_hosts"), "localhost-with-alias " + daemon.hostKey().line("") + "\n");
        config = Files.writeString(dir.resolve("config"), basic());
    }

    @AfterAll
    static void stop() throws Exception {
        daemon.stop();
    }

    /** As the configuration of those scripts: any host is the daemon. */
    private static String basic() {
        return """
            Host *
                HostName %s
                HostKeyAlias localhost-with-alias
                Port %d
                UserKnownHostsFile %s
                GlobalKnownHostsFile none
                IdentityFile %s
                BatchMode yes
                StrictHostKeyChecking yes
            """.formatted(HOST, daemon.port(), dir.resolve("known_hosts"), id);
    }

    private static Command qssh(Path file, String... words) {
        return Command.of(TestDaemon.dist().resolve("bin/qssh").toString(), "-F", file == null ? "none" : file.toString()).with(words);
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(scratch.resolve(name), text);
    }

    /** The first value that -G prints for a keyword, empty for none. */
    private static String value(Path file, String keyword, String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("-G"));
        all.addAll(List.of(words));
        return qssh(file, all.toArray(String[]::new)).run().expect(0).out().lines().filter(line -> line.startsWith(keyword + " "))
            .map(line -> line.substring(keyword.length() + 1)).findFirst().orElse("");
    }

    /** What -G prints for each of these keywords once all are set to the same; FOO is bar. */
    private static Map<String, String> values(List<String> keywords, String set, String... words) throws Exception {
        Command command = qssh(null, "-G").env("FOO", "bar");
        keywords.forEach(keyword -> command.with("-o", keyword + "=" + set));
        return command.with(words).run().expect(0).out().lines().filter(line -> keywords.contains(line.split(" ")[0]))
            .collect(Collectors.toMap(line -> line.split(" ")[0], line -> line.substring(line.indexOf(' ') + 1)));
    }

    private static String user() {
        return System.getProperty("user.name");
    }

    // ---- connecting

    @Test
    void connect() throws Exception {
        assertEquals("", qssh(config, "somehost", "true").run().expect(0).out());
    }

    @Test
    void connectUri() throws Exception {
        Path plain = file("config", basic().replaceAll(" +(Port|HostName) .*\n", ""));
        for (String uri : List.of("ssh://" + HOST + ":" + daemon.port(), "ssh://" + HOST + ":" + daemon.port() + "/", "qssh://" + user() + "@" + HOST + ":" + daemon.port())) {
            qssh(plain, uri, "true").run().expect(0);
        }
        for (String uri : List.of("ssh://" + HOST + ":" + daemon.port() + "/path", "ssh://" + HOST + ":0", "ssh://@" + HOST)) {
            qssh(plain, uri, "true").run().expect(255);
        }
    }

    @Test
    void connectBigconf() throws Exception {
        Path big = file("config", "# " + "x".repeat(100) + "\n" + "#\n".repeat(2000) + basic() + "SendEnv A_LONG_NAME_THAT_IS_NOT_THERE\n".repeat(5_000));
        assertTrue(Files.size(big) > 1 << 16);
        assertEquals("big\n", qssh(big, "somehost", "echo big").run().expect(0).out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "131073", "2000blah", "blah2000", "-1", ""})
    void portnum(String port) throws Exception {
        assertEquals("Bad port '" + port + "'\n", qssh(config, "-p", port, "somehost", "true").run().expect(255).err());
        String expected = port.isEmpty() ? "command-line line 0: no argument after keyword \"port\"\n" : "command-line line 0: Bad port '" + port + "'.\n";
        assertEquals(expected, qssh(config, "-o", "Port=" + port, "somehost", "true").run().expect(255).err());
    }

    @Test
    void portnumInRange() throws Exception {
        assertEquals("65535", value(config, "port", "-p", "65535", "somehost"));
        assertEquals("1", value(config, "port", "-oPort=1", "-p", "2", "somehost"));
    }

    @Test
    void proxyConnect() throws Exception {
        String proxy = TestDaemon.dist().resolve("bin/qsshd") + " -i -e " + Command.quoted(daemon.configuration());
        String out = qssh(config, "-o", "ProxyCommand=sh -c 'echo %h %p %r %n >" + scratch.resolve("names") + "; exec " + proxy.replace("'", "'\\''") + "'", "-o", "Compression=yes", "somehost", "echo \"[$SSH_CONNECTION]\"")
            .run().expect(0).out();
        assertTrue(out.startsWith("[UNKNOWN 65535 UNKNOWN 65535"), out);
        assertEquals(HOST + " " + daemon.port() + " " + user() + " somehost\n", Files.readString(scratch.resolve("names")));
    }

    /** A command that would run on is ended with the session, and a broken one is no reason to hang. */
    @Test
    void proxiesEnd() throws Exception {
        Path pid = scratch.resolve("pid");
        String proxy = TestDaemon.dist().resolve("bin/qsshd") + " -i -e " + Command.quoted(daemon.configuration());
        qssh(config, "-o", "ProxyCommand=sh -c 'echo $$ >" + pid + "; trap \"\" PIPE; " + proxy.replace("'", "'\\''") + "; exec sleep 60'", "somehost", "true").run().expect(0);
        long left = Long.parseLong(Files.readString(pid).strip());
        TestDaemon.await("the proxy command is gone", () -> ProcessHandle.of(left).filter(ProcessHandle::isAlive).isEmpty());
        String err = qssh(config, "-o", "ProxyCommand=false", "somehost", "true").run().expect(255).err();
        assertEquals("Connection closed by via proxy during the login\n", err.replace("Connection closed by UNKNOWN", "Connection closed by via proxy"));
    }

    @Test
    void addressesToConnectFrom() throws Exception {
        assertEquals("127.0.0.9\n", qssh(config, "-b", "127.0.0.9", "somehost", "echo ${SSH_CONNECTION%% *}").run().expect(0).out());
        assertEquals("127.0.0.1\n", qssh(config, "-B", "lo", "somehost", "echo ${SSH_CONNECTION%% *}").run().expect(0).out());
        assertEquals("qssh: connect to host 127.0.0.1 port " + daemon.port() + ": there is no interface nope\n", qssh(config, "-B", "nope", "somehost", "true").run().expect(255).err());
        assertTrue(qssh(config, "-b", "192.0.2.255", "somehost", "true").run().expect(255).err().startsWith("qssh: connect to host 127.0.0.1 port " + daemon.port() + ": "));
        assertEquals("qssh: Could not resolve hostname 127.0.0.1: Name or service not known\n", qssh(config, "-6", "somehost", "true").run().expect(255).err());
        qssh(config, "-4", "somehost", "true").run().expect(0);
    }

    @Test
    void connectionAttempts() throws Exception {
        long before = System.nanoTime();
        String err = qssh(config, "-o", "Port=1", "-o", "ConnectionAttempts=3", "-v", "somehost", "true").run().expect(255).err();
        assertEquals(3, err.lines().filter(line -> line.startsWith("debug1: Connecting to")).count(), err);
        assertTrue(System.nanoTime() - before > TimeUnit.SECONDS.toNanos(2), "a second between attempts");
        assertTrue(err.endsWith("qssh: connect to host 127.0.0.1 port 1: Connection refused\n"), err);
    }

    /** A host that takes connections and says nothing. */
    @Test
    void aSilentHostIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getByName(HOST))) {
            String err = qssh(config, "-o", "Port=" + silent.getLocalPort(), "-o", "ConnectTimeout=1", "somehost", "true").run().expect(255).err();
            assertTrue(err.startsWith("qssh: error: no answer from 127.0.0.1 port ") && err.contains("it takes no logins now"), err);
        }
    }

    /** A host that has proved its key, and then falls silent, is not accused of having another one. */
    @Test
    void aLoginThatComesToNoEndIsNotTheKeysFault() throws Exception {
        try (Relay path = new Relay(daemon.address(), Relay.Manner.PLAIN, Relay.Manner.PLAIN.stalled(768 * 6, 100_000))) {
            String err = qssh(config, "-o", "Port=" + path.address().getPort(), "somehost", "true").run().expect(255).err();
            assertTrue(err.startsWith("qssh: error: 127.0.0.1 port " + path.address().getPort() + " answered, and has the right key, but the login came to no end\nqssh: hint: "), err);
        }
    }

    /** Without keys there is no way in, so nothing is tried. */
    @Test
    void keysThatMayNotBeUsedAreNotOffered() throws Exception {
        for (String option : List.of("PubkeyAuthentication=no", "PreferredAuthentications=password,keyboard-interactive", "PreferredAuthentications=,")) {
            String err = qssh(config, "-v", "-o", option, "somehost", "true").run().expect(255).err();
            assertTrue(err.contains("\n" + user() + "@" + HOST + ": Permission denied (publickey).\n") && !err.contains("Will offer key"), err);
        }
        qssh(config, "-o", "PreferredAuthentications=gssapi-with-mic,publickey", "somehost", "true").run().expect(0);
    }

    @Test
    void refuseConnection() throws Exception {
        Path file = file("config", "Match host 127.0.0.1\nRefuseConnection not this one\n" + basic());
        assertEquals("RefuseConnection: not this one\n", qssh(file, HOST, "true").run().expect(255).err());
    }

    // ---- configuration

    @Test
    void hostExpand() throws Exception {
        Path file = file("config", "Host 1\nHostName 127.0.0.%h\n" + basic().replaceFirst(" +HostName .*\n", ""));
        assertEquals("127.0.0.1", value(file, "hostname", "1"));
        qssh(file, "1", "true").run().expect(0);
        Path bad = file("bad", "HostName %x\n");
        assertEquals(bad + " line 1: unknown expansion %x in \"%x\"", qssh(bad, "h", "true").run().expect(255).err().lines().findFirst().orElseThrow());
    }

    @Test
    void localcommand() throws Exception {
        assertEquals("foo\nremote\n", qssh(config, "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo foo", "somehost", "echo remote").run().expect(0).out());
        assertEquals("remote\n", qssh(config, "-o", "LocalCommand=echo foo", "somehost", "echo remote").run().expect(0).out());
        String names = qssh(config, "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo %h %p %r %n %k %T %u %i %%", "somehost", "true").run().expect(0).out();
        assertEquals(HOST + " " + daemon.port() + " " + user() + " somehost localhost-with-alias NONE " + user() + " " + uid() + " %\n", names);
    }

    private static String uid() throws Exception {
        return Command.of("id", "-u").run().out().strip();
    }

    @Test
    void percent() throws Exception {
        String full = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        String home = System.getProperty("user.home");
        String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest((full + HOST + daemon.port() + "remuser").getBytes(StandardCharsets.UTF_8)));
        String[][] tokens = {{"%%", "%"}, {"%C", digest}, {"%i", uid()}, {"%h", HOST}, {"%d", home}, {"%L", full.split("\\.")[0]}, {"%l", full}, {"%n", "somehost"},
            {"%p", "" + daemon.port()}, {"%r", "remuser"}, {"%u", user()}, {"%j", ""}, {"%k", "localhost-with-alias"}};
        StringBuilder all = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (String[] token : tokens) {
            all.append('/').append(token[0]);
            expected.append('/').append(token[1]);
        }
        List<String> keywords = List.of("remotecommand", "controlpath", "identityagent", "forwardagent", "revokedhostkeys", "userknownhostsfile");
        Map<String, String> values = values(keywords, all.toString(), "-o", "HostName=" + HOST, "-p", "" + daemon.port(), "-o", "HostKeyAlias=localhost-with-alias", "remuser@somehost");
        for (String keyword : keywords) {
            assertEquals(Path.of(expected.toString()).toString(), Path.of(values.get(keyword)).toString(), keyword);
        }
        keywords = List.of("controlpath", "identityagent", "forwardagent", "userknownhostsfile");
        Map<String, String> variables = values(keywords, "${FOO}%d", "h");
        Map<String, String> homes = values(keywords, "~/.x", "h");
        for (String keyword : keywords) {
            assertEquals("bar" + home, variables.get(keyword), keyword);
            assertEquals(home + "/.x", homes.get(keyword), keyword);
        }
        Path match = file("match", "Match exec \"echo '%h %n %p %r %u' >" + scratch.resolve("actual") + "\"\n");
        value(match, "user", "-o", "HostName=real", "-p", "7", "me@named");
        assertEquals("real named 7 me " + user() + "\n", Files.readString(scratch.resolve("actual")));
        assertEquals("user " + user() + "-h\n", qssh(null, "-G", "-o", "User=%u-%n", "h").run().expect(0).out().lines().filter(l -> l.startsWith("user ")).findFirst().orElseThrow() + "\n");
        assertEquals("%u", value(null, "user", "-l", "%u", "h"));
    }

    @Test
    void cfgmatch() throws Exception {
        Path file = file("config", """
            Match user u1,u2 host *.example !host bad.example
                Port 11
            Match originalhost short
                HostName long.example
            Match exec "test %%h = long.example"
                Port 12
            Match localuser %s sessiontype exec command "run *"
                Port 13
            Match version OpenSSH_8*,!OpenSSH_* user u9
                Port 16
            Match !version OpenSSH_8* user u8
                Port 17
            Match tagged blue
                Port 14
            Match all
                Port 15
            Match final host long.example
                AddressFamily inet
            """.formatted(user()));
        assertEquals("11", value(file, "port", "u2@a.example"));
        assertEquals("15", value(file, "port", "u2@bad.example"));
        assertEquals("15", value(file, "port", "u3@a.example"));
        assertEquals("12", value(file, "port", "short"));
        assertEquals("17", value(file, "port", "u8@h"));
        assertEquals("15", value(file, "port", "u9@h"));
        assertEquals("inet", value(file, "addressfamily", "short"));
        assertEquals("13", value(file, "port", "h", "run this"));
        assertEquals("15", value(file, "port", "h", "other"));
        assertEquals("14", value(file, "port", "-P", "blue", "h"));
        assertEquals("15", value(file, "port", "-P", "red", "h"));
        assertEquals(file("bad", "Match nothing x\n") + " line 1: Bad Match condition", qssh(scratch.resolve("bad"), "-G", "h").run().expect(255).err().lines().skip(1).findFirst().orElseThrow());
    }

    @Test
    void cfginclude() throws Exception {
        Path one = file("one.conf", "Host a\nPort 1\n");
        file("two.conf", "Host b\nPort 2\n");
        Path file = file("config", "Include " + scratch + "/*.conf\nMatch host c\nInclude " + file("inner", "Port 3\nHost d\nUser x\n") + "\nMatch all\nInclude " + scratch + "/no*such\nPort 9\n");
        assertEquals("1", value(file, "port", "a"));
        assertEquals("2", value(file, "port", "b"));
        assertEquals("3", value(file, "port", "c"));
        assertEquals("9", value(file, "port", "d"));
        assertEquals(user(), value(file, "user", "d"), "a block of an included file is within the block that includes it");
        Files.writeString(one, "\nHost a\nPortt 1\n");
        assertEquals(one + ": line 3: Bad configuration option: portt", qssh(file, "-G", "a").run().expect(255).err().lines().findFirst().orElseThrow());
        Files.writeString(one, "Include " + one + "\n");
        assertTrue(qssh(file, "-G", "a").run().expect(255).err().contains("Too many recursive configuration includes"));
        Files.delete(one);
        Files.setPosixFilePermissions(scratch.resolve("two.conf"), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertEquals("2", value(file, "port", "b"), "the modes of what -F names are the user's business");
    }

    @Test
    void sshcfgparse() throws Exception {
        String once = qssh(config, "-G", "somehost").run().expect(0).out();
        String again = qssh(file("again", once), "-G", "somehost").run().expect(0).out();
        assertEquals(once, again, "what -G prints is a configuration that means the same");
        for (String keyword : List.of("exitonforwardfailure", "clearallforwardings")) {
            assertEquals("no", value(config, keyword, "host"));
            assertEquals("yes", value(config, keyword, "-W", "a:1", "h"));
            assertEquals("no", value(config, keyword, "-W", "a:1", "-o", keyword + "=no", "h"));
        }
        assertEquals("foo", value(config, "user", "-o", "user=foo", "-l", "bar", "baz@host"));
        assertEquals("bar", value(config, "user", "-lbar", "baz@host", "-o", "user=foo"));
        assertEquals("baz", value(config, "user", "baz@host", "-o", "user=foo", "-l", "bar"));
        assertEquals("no", value(config, "forwardagent", "h"));
        assertEquals("yes", value(config, "forwardagent", "-A", "h"));
        assertEquals("no", value(config, "forwardagent", "-A", "-a", "h"));
        assertEquals("SSH_AUTH_SOCK.forward", value(config, "forwardagent", "-oForwardAgent=SSH_AUTH_SOCK.forward", "h"));
    }

    /** For the keywords that both have, and that have the same defaults, the installed ssh prints the same line. */
    @Test
    void theConfigurationIsPrintedAsSshDoes() throws Exception {
        String[] options = {"-o", "ControlMaster=auto", "-o", "ControlPersist=5m", "-o", "ForwardAgent=yes", "-o", "StrictHostKeyChecking=accept-new", "-o", "ConnectTimeout=1m",
            "-o", "SendEnv=A B*", "-o", "SetEnv=X=1 Y=2", "-o", "LogLevel=debug", "-o", "RekeyLimit=1G 1h", "-o", "ProxyJump=u@j:2,[::1]:3", "-o", "HostKeyAlias=al", "-t", "-C",
            "-o", "PermitLocalCommand=yes", "-o", "StreamLocalBindMask=077", "-o", "AddKeysToAgent=confirm 5", "-l", "me", "-p", "99", "-N", "0.0.0.1"};
        List<String> ssh = Command.of("ssh", "-F", "none", "-G").with(options).run().expect(0).out().lines().toList();
        List<String> ours = qssh(null, "-G").with(options).run().expect(0).out().lines().toList();
        List<String> keywords = ours.stream().map(line -> line.split(" ")[0]).distinct().toList();
        List<String> different = List.of("identityfile", "userknownhostsfile", "globalknownhostsfile", // ours lie elsewhere
            "fingerprinthash", "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms", // ours are others
            "kbdinteractiveauthentication", "passwordauthentication", "forwardx11trusted", "tunneldevice", "ipqos", "syslogfacility"); // there is no such thing here
        List<String> theirs = ssh.stream().filter(line -> keywords.contains(line.split(" ")[0]) && !different.contains(line.split(" ")[0])).toList();
        List<String> both = theirs.stream().map(line -> line.split(" ")[0]).toList();
        assertTrue(both.size() > 45, both.toString());
        assertEquals(String.join("\n", theirs), String.join("\n", ours.stream().filter(line -> both.contains(line.split(" ")[0])).toList()), "and in the same order");
    }

    @Test
    void envpass() throws Exception {
        String show = "echo \"${_XXX_TEST_A-unset}\"";
        assertEquals("unset\n", qssh(config, "somehost", show).env("_XXX_TEST_A", "x").run().expect(0).out());
        assertEquals("x\n", qssh(config, "-o", "SendEnv=_XXX_TEST_A", "somehost", show).env("_XXX_TEST_A", "x").run().expect(0).out());
        assertEquals("x\n", qssh(config, "-o", "SendEnv=_XXX_*", "somehost", show).env("_XXX_TEST_A", "x").run().expect(0).out());
        assertEquals("unset\n", qssh(file("minus", "SendEnv _XXX_TEST_A\nSendEnv -_XXX_*\n" + basic()), "somehost", show).env("_XXX_TEST_A", "x").run().expect(0).out());
        assertEquals("1 2 3\n", qssh(config, "-o", "SetEnv=_XXX_TEST_A=\"1 2 3\"", "somehost", show).run().expect(0).out());
        assertTrue(qssh(config, "-o", "SendEnv=_XXX=A", "somehost", show).run().expect(255).err().contains("Invalid environment name."));
    }

    /** The launcher widens the C locale for Java's sake; the host is told what the user has. */
    @Test
    void theHostIsToldTheUsersLocale() throws Exception {
        String show = "echo \"${LANG-none} ${LC_CTYPE-none} ${LC_ALL-none}\"";
        Command unset = qssh(config, "somehost", show).env("LANG", null).env("LC_CTYPE", null).env("LC_ALL", null);
        assertEquals("none none none\n", unset.run().expect(0).out());
        assertEquals("none none C\n", qssh(config, "somehost", show).env("LANG", null).env("LC_CTYPE", null).env("LC_ALL", "C").run().expect(0).out());
        assertEquals("C.UTF-8 POSIX none\n", qssh(config, "somehost", show).env("LANG", "C.UTF-8").env("LC_CTYPE", "POSIX").env("LC_ALL", null).run().expect(0).out());
    }

    /** SIGUSR1 ends the client as it ends ssh; SIGQUIT, which is Java's own, prints nothing into the session's output. */
    @Test
    void signalsOfOtherPrograms() throws Exception {
        Process process = qssh(config, "somehost", "echo up; sleep 2; echo still; sleep 60").start();
        process.getOutputStream().close();
        assertEquals("up\n", new String(process.getInputStream().readNBytes(3), StandardCharsets.UTF_8));
        Command.of("kill", "-QUIT", "" + process.pid()).run().expect(0);
        assertEquals("still\n", new String(process.getInputStream().readNBytes(6), StandardCharsets.UTF_8));
        Command.of("kill", "-USR1", "" + process.pid()).run().expect(0);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        assertEquals(128 + 10, process.exitValue());
        assertEquals("", new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    // ---- known hosts

    private Command trusting(String knownHosts, String... words) throws IOException {
        Path known = file("known", knownHosts);
        Path file = file("trust", basic().replaceAll(" +(UserKnownHostsFile|StrictHostKeyChecking|HostKeyAlias) .*\n", "") + "UserKnownHostsFile " + known + "\n");
        return qssh(file).with(words);
    }

    private static String name() {
        return "[" + HOST + "]:" + daemon.port();
    }

    private static String line(String names, KemKeyPair key) {
        return names + " " + key.publicKey().line("") + "\n";
    }

    @Test
    void knownhosts() throws Exception {
        String own = daemon.hostKey().line("") + "\n";
        for (String names : List.of(name(), "other," + name(), "[127.0.*]:*,!x", "10.0.0.1," + name() + ",[::1]:7")) {
            trusting(names + " " + own, "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(0);
        }
        Path hashed = file("hashed", name() + " " + own);
        Command.of(TestDaemon.dist().resolve("bin/qssh-keygen").toString(), "-H", "-f", hashed.toString()).run().expect(0);
        String hash = Files.readString(hashed);
        assertTrue(hash.startsWith("|1|"), hash);
        trusting(hash, "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(0);
        for (String not : List.of("", "!127.0.0.1 " + own, "@revoked " + HOST + " " + own + HOST + " " + own, "# " + name() + " " + own)) {
            String err = trusting(not, "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(255).err();
            assertTrue(err.startsWith("No MLKEM768-X25519 host key is known for " + name() + " and you have requested strict checking.\nHost key verification failed.\n"), not + err);
        }
        trusting(HOST + " " + own, "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(0); // the host alone is known
        try (KemKeyPair other = KemKeyPair.generate(RandomSource.system())) {
            trusting(line(name(), other) + HOST + " " + own, "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=2", HOST, "true").run().expect(255);
            String err = trusting(line(HOST, other), "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=2", HOST, "true").run().expect(255).err();
            assertTrue(err.startsWith("No MLKEM768-X25519 host key is known for " + name()), err);
        }
        trusting("", "-o", "UserKnownHostsFile=" + file("a", "") + " " + file("b", name() + " " + own), "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(0);
        trusting("", "-o", "GlobalKnownHostsFile=" + scratch.resolve("b"), "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(0);
        trusting("moon " + own, "-o", "HostKeyAlias=Moon", "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(0);
    }

    @Test
    void revokedAndUnsupportedMarkers() throws Exception {
        String own = daemon.hostKey().line("") + "\n";
        String revoked = trusting(name() + " " + own + "@revoked * " + own, HOST, "true").run().expect(255).err();
        assertFalse(revoked.contains("true"), revoked);
        trusting(name() + " " + own, "-o", "RevokedHostKeys=" + file("rk", own), HOST, "true").run().expect(255);
        assertTrue(trusting(name() + " " + own, "-o", "RevokedHostKeys=" + scratch.resolve("rk"), HOST, "true").run().err().contains("@       WARNING: REVOKED HOST KEY DETECTED!               @"));
        assertTrue(trusting(name() + " " + own, "-o", "RevokedHostKeys=" + file("rk2", "nonsense\n"), HOST, "true").run().expect(255).err().contains("rk2 line 1: "));
        assertTrue(trusting(name() + " " + own, "-o", "RevokedHostKeys=" + scratch.resolve("gone"), HOST, "true").run().expect(255).err().contains("gone"));
        String authority = trusting("@cert-authority * " + own, "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(255).err();
        assertTrue(authority.contains("known:1: @cert-authority cannot vouch for " + name()), authority);
    }

    @Test
    void strictBatchAndUnreachable() throws Exception {
        assertTrue(trusting("", HOST, "true").run().expect(255).err().startsWith("Host key verification failed.\n"), "batch mode asks nobody");
        assertEquals("qssh: connect to host 127.0.0.1 port 1: Connection refused\n", trusting("", "-p", "1", "-o", "StrictHostKeyChecking=yes", HOST, "true").run().expect(255).err());
    }

    @Test
    void noHostAuthenticationForLocalhost() throws Exception {
        try (TestDaemon open = new TestDaemon(Files.createDirectory(scratch.resolve("open")), "FirstContact=open").authorize(KEY.publicKey()).start()) {
            String[] words = {"-p", "" + open.port(), "-o", "NoHostAuthenticationForLocalhost=yes", HOST, "echo in"};
            assertEquals("in\n", trusting("", words).run().expect(0).out());
            assertEquals("", Files.readString(scratch.resolve("known")), "it is not kept");
            trusting("", "-p", "" + open.port(), HOST, "true").run().expect(255);
        }
    }

    @Test
    void acceptNewAndTheAddress() throws Exception {
        try (TestDaemon open = new TestDaemon(Files.createDirectory(scratch.resolve("open")), "FirstContact=open").authorize(KEY.publicKey()).start()) {
            Path known = scratch.resolve("known");
            String[] words = {"-p", "" + open.port(), "-o", "StrictHostKeyChecking=accept-new", "-o", "CheckHostIP=yes", "localhost", "true"};
            Path file = file("trust", "HostName localhost\nAddressFamily inet\nIdentityFile " + id + "\nUserKnownHostsFile " + known + "\n");
            assertEquals("Warning: Permanently added '[localhost]:" + open.port() + "' (MLKEM768-X25519) to the list of known hosts.\n", qssh(file, words).run().expect(0).err());
            assertEquals("[localhost]:" + open.port() + " " + open.hostKey().line("") + "\n[127.0.0.1]:" + open.port() + " " + open.hostKey().line("") + "\n", Files.readString(known));
            Files.writeString(known, "[localhost]:" + open.port() + " " + open.hostKey().line("") + "\n" + line("[127.0.0.1]:" + open.port(), KEY));
            String err = qssh(file, words).run().expect(0).err();
            assertTrue(err.startsWith("Warning: the MLKEM768-X25519 host key for '[localhost]:" + open.port() + "' differs from the key for the IP address '[127.0.0.1]:" + open.port() + "'\n"
                + "Offending key for IP in " + known + ":2\n"), err);
            Path hashed = scratch.resolve("hashed");
            qssh(file, "-o", "UserKnownHostsFile=" + hashed, "-o", "HashKnownHosts=yes", "-o", "CheckHostIP=no", "-p", "" + open.port(), "-o", "StrictHostKeyChecking=no", "localhost", "true").run()
                .expect(0);
            assertTrue(Files.readString(hashed).matches("\\|1\\|[^ |]+\\|[^ |]+ mlkem768-x25519 \\S+\n"), Files.readString(hashed));
            words[3] = "StrictHostKeyChecking=yes";
            assertTrue(qssh(file, words).run().expect(255).err().endsWith("Exiting, you have requested strict checking.\nHost key verification failed.\n"));
        }
    }

    @Test
    void knownhostsCommand() throws Exception {
        Path known = file("lines", name() + " " + daemon.hostKey().line("") + "\n");
        Path command = Files.createFile(scratch.resolve("command"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        String[] words = {"-o", "UserKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "KnownHostsCommand=" + command + " '%t' '%K' '%u' %H %I", HOST, "echo in"};
        Files.writeString(command, "#!/bin/sh\ncat " + known + "\n");
        assertEquals("in\n", trusting("", words).run().expect(0).out());
        Files.writeString(command, "#!/bin/sh\nexit 0\n");
        trusting("", words).run().expect(255);
        Files.writeString(command, "#!/bin/sh\ncat " + known + "\nexit 1\n");
        assertTrue(trusting("", words).run().expect(255).err().startsWith("KnownHostsCommand " + command + " failed, status 1\n"));
        Files.writeString(command, "#!/bin/sh\necho \"$1,$2,$3,$4,$5\" >" + scratch.resolve("told") + "\ngrep -- \"$1.*$2\" " + known + "\n");
        trusting("", words).run().expect(0);
        assertEquals("mlkem768-x25519,," + user() + "," + name() + ",HOSTNAME\n", Files.readString(scratch.resolve("told")));
    }

    /** C-33: a host that gets a new key and later drops the old one asks nothing of its users. */
    @Test
    void hostkeyRotate() throws Exception {
        Path home = Files.createDirectory(scratch.resolve("rotating"));
        Path second = home.resolve("host_key2");
        try (KemKeyPair next = KemKeyPair.generate(RandomSource.system()); TestDaemon old = new TestDaemon(home).readsFile().authorize(KEY.publicKey())) {
            KeyFile.write(second, KeyFile.encode(next, "host", null, PassphraseCost.STANDARD, RandomSource.system()), false);
            String name = "[" + HOST + "]:" + old.port();
            Path known = file("known", "# mine\n" + line("elsewhere", KEY) + name + " " + old.hostKey().line("") + "\n");
            String[] words = {"-p", "" + old.port(), "-i", id.toString(), "-o", "UserKnownHostsFile=" + known, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "LogLevel=VERBOSE",
                "-o", "UpdateHostKeys=yes", HOST, "true"};
            Files.writeString(old.configurationFile(), "");
            old.start();
            assertEquals("", qssh(null, words).run().expect(0).err(), "nothing new, nothing said");
            assertEquals(3, Files.readAllLines(known).size());
            old.stop();

            Files.writeString(old.configurationFile(), "HostKey " + second + "\n");
            old.start();
            String[] without = words.clone();
            without[11] = "UpdateHostKeys=no";
            qssh(null, without).run().expect(0);
            assertEquals(3, Files.readAllLines(known).size());
            String learnt = qssh(null, words).run().expect(0).err();
            assertTrue(learnt.startsWith("Learned new hostkey: MLKEM768-X25519 SHA3-256:"), learnt);
            assertEquals("# mine\n" + line("elsewhere", KEY) + name + " " + old.hostKey().line("") + "\n" + line(name, next), Files.readString(known));

            Path answer = Files.createFile(scratch.resolve("answer"), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.writeString(answer, "#!/bin/sh\necho \"$1\" >>" + scratch.resolve("asked") + "\necho no\n");
            Files.writeString(known, name + " " + old.hostKey().line("") + "\n");
            String asked = qssh(null, "-p", "" + old.port(), "-i", id.toString(), "-o", "UserKnownHostsFile=" + known, "-o", "UpdateHostKeys=ask", HOST, "true")
                .env("SSH_ASKPASS", answer.toString()).env("SSH_ASKPASS_REQUIRE", "force").run().expect(0).err();
            assertTrue(asked.startsWith("The server has updated its host keys.\nThese changes were verified by the server's existing trusted key.\nLearned new hostkey: "), asked);
            assertEquals("Accept updated hostkeys? (yes/no): \n", Files.readString(scratch.resolve("asked")));
            assertEquals(1, Files.readAllLines(known).size(), "the user did not want it");
            Files.writeString(known, "# mine\n" + line("elsewhere", KEY) + name + " " + old.hostKey().line("") + "\n" + line(name, next));

            old.stop();
            Files.copy(second, old.hostKeyFile(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(old.configurationFile(), "");
            old.start();
            String dropped = qssh(null, words).run().expect(0).err();
            assertTrue(dropped.startsWith("Deprecating obsolete hostkey: MLKEM768-X25519 SHA3-256:"), dropped);
            assertEquals("# mine\n" + line("elsewhere", KEY) + line(name, next), Files.readString(known));
            assertEquals("", qssh(null, words).run().expect(0).err());
            old.stop();
        }
    }
}
