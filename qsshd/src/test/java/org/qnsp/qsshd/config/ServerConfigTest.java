package org.qnsp.qsshd.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.handshake.Suite;
import org.qnsp.crypto.keys.KeyType;

class ServerConfigTest {
    private static final Path CFG = Path.of("cfg");

    private final MemorySource files = new MemorySource();

    static List<CaseFile.Case> cases() throws IOException {
        return CaseFile.read(ServerConfigTest.class, "/config/server.txt");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void saysWhatSshdSays(CaseFile.Case c) throws IOException {
        files.with("cfg", c.text());
        String[] arguments = c.arguments().split(" ?\\| ?");
        List<String> options = List.of(arguments).subList(1, arguments.length);
        List<String> errors = c.expected().stream().filter(line -> line.startsWith("!")).map(line -> line.substring(1)).toList();
        try {
            ServerConfig config = ServerConfig.load(CFG, options, files);
            if (!arguments[0].isEmpty()) {
                config = config.forConnection(ConnectionFacts.parse(List.of(arguments[0]), user -> List.of(user, "users")));
            }
            List<String> dump = config.dump().lines().toList();
            assertEquals(List.of(), errors, "an error was expected");
            for (String line : c.expected()) {
                assertEquals(!line.startsWith("-"), dump.contains(line.startsWith("-") ? line.substring(1) : line), line + " in\n" + dump);
            }
        } catch (ConfigException e) {
            assertEquals(errors, e.lines());
        }
    }

    private ServerConfig load(String text) throws ConfigException, IOException {
        files.with("cfg", text);
        return ServerConfig.load(CFG, List.of(), files);
    }

    @Test
    void theFileMustBeThere() {
        assertThrows(NoSuchFileException.class, () -> ServerConfig.load(CFG, List.of(), files));
    }

    @Test
    void typedValues() throws Exception {
        ServerConfig config = load("""
            ListenAddress 127.0.0.1
            ListenAddress [::1]:5
            Port 4
            MaxStartups 2:50:9
            LoginGraceTime 0
            Banner /etc/issue
            PermitUserEnvironment LANG,X_*
            Subsystem sftp /usr/lib/sftp-server -e
            AnonymousUser guest
            """);
        assertEquals(List.of(new ServerConfig.Listen("127.0.0.1", 4), new ServerConfig.Listen("::1", 5)), config.listenAddresses());
        assertEquals(new ServerConfig.Startups(2, 50, 9), config.maxStartups());
        assertEquals(0, config.loginGraceSeconds());
        assertEquals(Path.of("/etc/issue"), config.banner());
        assertTrue(config.permitsUserEnvironment("X_1") && !config.permitsUserEnvironment("Y"));
        assertEquals(Optional.of("/usr/lib/sftp-server -e"), config.subsystem("sftp"));
        assertEquals(Optional.empty(), config.subsystem("sft"));
        assertEquals("guest", config.anonymousUser());
        assertEquals(OptionalInt.empty(), config.drainMax());
        assertEquals(List.of(new ServerConfig.Listen("127.0.0.1", 9), new ServerConfig.Listen("::1", 5)), config.withPorts(List.of(9)).listenAddresses());
    }

    /** S-3: the order in which they are tried says nothing of the one that is asked for. */
    @Test
    void suites() throws Exception {
        assertEquals(List.of(Suite.MLKEM768, Suite.HQC192), ServerConfig.load(null, List.of("Suites=hqc192 default hqc192"), files).suites());
        assertTrue(ServerConfig.load(null, List.of("Suites=mlkem1024"), files).dump().contains("\nsuites mlkem1024\n"));
        assertThrows(ConfigException.class, () -> ServerConfig.load(null, List.of("Suites=mlkem768 rsa"), files));
        assertThrows(ConfigException.class, () -> ServerConfig.load(null, List.of("Suites="), files));
    }

    @Test
    void defaults() throws Exception {
        ServerConfig config = ServerConfig.load(null, List.of(), files);
        assertEquals(List.of(new ServerConfig.Listen("*", 22768)), config.listenAddresses());
        assertEquals(List.of(Path.of("/etc/qssh/qssh_host_kyber768_key")), config.hostKeys());
        assertTrue(config.usesDefaultHostKey());
        assertEquals(ServerConfig.FirstContact.INVITE, config.firstContact());
        assertEquals(ServerConfig.RootLogin.PROHIBIT_PASSWORD, config.permitRootLogin());
        assertTrue(config.acceptsEnv("LC_ALL") && config.acceptsEnv("GIT_PROTOCOL") && !config.acceptsEnv("LD_PRELOAD"));
        assertTrue(config.acceptsKeyType(KeyType.KEM) && config.acceptsKeyType(KeyType.SIG) && config.acceptsKeyType(KeyType.SIG87));
        assertEquals(List.of(Suite.MLKEM768, Suite.MLKEM1024), config.suites());
        assertNull(config.banner());
        assertNull(config.forceCommand());
        assertNull(config.anonymousUser());
        assertFalse(config.permitsUserEnvironment("LANG"));
        assertEquals(List.of(Path.of("/home/u/.qssh/authorized_keys")), config.authorizedKeysFiles("u", 7, Path.of("/home/u")));
    }

    @Test
    void authorizedKeysFilesExpand() throws Exception {
        ServerConfig config = load("AuthorizedKeysFile /keys/%u-%U %h/k none rel/%%\n");
        assertEquals(List.of(Path.of("/keys/u-7"), Path.of("/home/u/k"), Path.of("/home/u/rel/%")),
            config.authorizedKeysFiles("u", 7, Path.of("/home/u")));
    }

    @Test
    void whoMayLogIn() throws Exception {
        assertEquals(Optional.empty(), refusal("", "u"));
        assertTrue(refusal("DenyUsers u*", "u1").isPresent());
        assertTrue(refusal("AllowUsers v", "u").isPresent());
        assertEquals(Optional.empty(), refusal("AllowUsers v u", "u"));
        assertTrue(refusal("AllowUsers u\nDenyUsers u", "u").isPresent(), "DenyUsers wins");
        assertEquals(Optional.empty(), refusal("AllowUsers u@10.0.0.0/8", "u"));
        assertTrue(refusal("AllowUsers u@11.0.0.0/8", "u").isPresent());
        assertEquals(Optional.empty(), refusal("AllowUsers u@*.example.com", "u"));
        assertTrue(refusal("DenyUsers *@host.*", "u").isPresent());
        assertTrue(refusal("DenyGroups staff", "u").isPresent());
        assertTrue(refusal("AllowGroups wheel", "u").isPresent());
        assertEquals(Optional.empty(), refusal("AllowGroups wheel st*", "u"));
        assertTrue(refusal("AllowUsers u\nAllowGroups wheel", "u").isPresent(), "both must hold");
    }

    private Optional<String> refusal(String text, String user) throws Exception {
        return load(text).refusal(user, "host.example.com", "10.1.2.3", () -> List.of("staff"));
    }

    @Test
    void blocksReplaceListsAndAddSubsystems() throws Exception {
        ServerConfig config = load("AllowUsers a\nSubsystem s one\nSubsystem t two\nMatch User bob\nAllowUsers bob\nSubsystem s three\n");
        ServerConfig bob = config.forConnection(ConnectionFacts.parse(List.of("user=bob"), user -> List.of()));
        assertTrue(bob.refusal("bob", "h", "1.2.3.4", List::of).isEmpty());
        assertEquals(Optional.of("three"), bob.subsystem("s"));
        assertEquals(Optional.of("two"), bob.subsystem("t"));
        assertEquals(Optional.of("one"), config.subsystem("s"));
    }

    @Test
    void blocksOfIncludedFilesEndWithThem() throws Exception {
        files.with("/etc/qssh/d/1.conf", "Match User bob\nPermitTTY no\n").with("/etc/qssh/d/2.conf", "PrintMotd no\n");
        ServerConfig config = load("Include d/*.conf\nPidFile none\n");
        assertFalse(config.printMotd());
        assertNull(config.pidFile());
        assertTrue(config.permitTty());
        assertFalse(config.forConnection(ConnectionFacts.parse(List.of("user=bob"), user -> List.of())).permitTty());
    }

    @Test
    void includesWithinBlocksAreGuardedByThem() throws Exception {
        files.with("/inc", "PermitTTY no\nMatch Host h\nBanner /b\n");
        ServerConfig config = load("Match User bob\nInclude /inc\nMaxSessions 3\n");
        ServerConfig bob = config.forConnection(ConnectionFacts.parse(List.of("user=bob,host=x"), user -> List.of()));
        assertFalse(bob.permitTty());
        assertNull(bob.banner());
        assertEquals(3, bob.maxSessions());
        ServerConfig alice = config.forConnection(ConnectionFacts.parse(List.of("user=alice,host=h"), user -> List.of()));
        assertTrue(alice.permitTty());
        assertNull(alice.banner());
        assertEquals(10, alice.maxSessions());
    }

    @Test
    void factsThatAreNotKnownMatchNothing() throws Exception {
        ServerConfig config = load("Match Address *\nPermitTTY no\nMatch LocalPort *\nMaxSessions 1\n");
        ServerConfig unknown = config.forConnection(ConnectionFacts.parse(List.of("user=u"), user -> List.of()));
        assertTrue(unknown.permitTty());
        assertEquals(10, unknown.maxSessions());
    }

    @Test
    void groupsAreAskedForOnlyWhenNeeded() throws Exception {
        ServerConfig config = load("Match User bob Group x\nPermitTTY no\nAllowUsers u\n");
        ConnectionFacts facts = new ConnectionFacts("u", true, () -> {
            throw new AssertionError("asked");
        }, "h", "1.2.3.4", null, 0);
        assertTrue(config.forConnection(facts).permitTty());
        assertTrue(config.asksAbout("group"));
        assertFalse(config.asksAbout("host"));
    }

    @Test
    void whatIsDumpedCanBeReadAndSaysTheSame() throws Exception {
        String odd = """
            Port 4
            ListenAddress ::1
            SetEnv A="b c" D='e"f' G=h\\\\i
            AcceptEnv X_* Y
            Banner "/etc/a file"
            AllowUsers u v@10.0.0.0/8
            ForceCommand /bin/echo "a b" '#'
            Subsystem s /bin/x -y
            PerSourcePenalties max:1m
            AuthorizedKeysFile .a /b/%u
            RekeyLimit 5M
            ChannelTimeout session:*=5m agent-connection=7
            UnusedConnectionTimeout 1m
            MaxRate 9M 570k
            AuthorizedKeysCommand /bin/x "a b" %u %%
            AuthorizedKeysCommandUser %u
            """;
        for (String text : List.of("", odd)) {
            String first = load(text).dump();
            assertEquals(first, load(first).dump());
        }
        assertTrue(load(odd).dump().contains("\nmaxrate 9M 570k\n"), load(odd).dump());
        assertTrue(load(odd).dump().contains("\nsetenv \"A=b c\" \"D=e\\\"f\" \"G=h"), load(odd).dump());
    }

    @ParameterizedTest
    @ValueSource(strings = {"AuthorizedKeysCommand /bin/x", "AuthorizedKeysCommandUser %h", "AuthorizedKeysCommand bin/x\nAuthorizedKeysCommandUser u",
            "AuthorizedKeysCommand /bin/x %k\nAuthorizedKeysCommandUser u", "AuthorizedKeysCommand /bin/x 'a\nAuthorizedKeysCommandUser u"})
    void programsOfKeysThatCannotBeAskedAreRefused(String lines) {
        assertThrows(ConfigException.class, () -> load(lines + "\n"));
    }

    @Test
    void timesOfIdleChannels() throws Exception {
        ChannelTimeouts timeouts = load("ChannelTimeout session:shell=0 session:*=5m agent-connection=7 global=1h\n").channelTimeouts();
        assertEquals(List.of(0, 300, 7, 0, 3600), List.of(timeouts.of("session:shell"), timeouts.of("session:command"), timeouts.of("agent-connection"), timeouts.of("direct-tcpip"), timeouts.ofAll()));
        assertTrue(load("").channelTimeouts().none());
        assertEquals(120, load("UnusedConnectionTimeout 2m\n").unusedConnectionTimeoutSeconds());
        for (String wrong : List.of("session", "=5", "session=x", "none session=5")) {
            assertThrows(ConfigException.class, () -> load("ChannelTimeout " + wrong + "\n"));
        }
    }

    @Test
    void filesOfAnyLengthAreRead() throws Exception {
        String text = ("# " + "x".repeat(98) + "\n").repeat(1000) + "Port 4\n" + "SetEnv " + "A=b ".repeat(2000) + "\n";
        assertEquals(List.of(4), load(text).ports());
    }

    @Test
    void specificationsOfTestsAreChecked() {
        assertThrows(ConfigException.class, () -> ConnectionFacts.parse(List.of("user"), user -> List.of()));
        assertThrows(ConfigException.class, () -> ConnectionFacts.parse(List.of("lport=x"), user -> List.of()));
        assertThrows(ConfigException.class, () -> ConnectionFacts.parse(List.of("foo=x"), user -> List.of()));
    }
}
