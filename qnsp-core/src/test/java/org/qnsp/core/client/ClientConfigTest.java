package org.qnsp.core.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.qnsp.core.config.CaseFile;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.MemorySource;
import org.qnsp.core.config.Words;

class ClientConfigTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("KEYS", "/keys", "SSH_AUTH_SOCK", "/agent");
    private static final LocalUser ME = new LocalUser("me", 1000, "/home/me", ENVIRONMENT::get, () -> "box.example.com");

    private final MemorySource files = new MemorySource();
    private final List<String> commands = new ArrayList<>();

    static List<CaseFile.Case> cases() throws IOException {
        return CaseFile.read(ClientConfigTest.class, "/config/client.txt");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void saysWhatSshSays(CaseFile.Case c) {
        files.with("cfg", c.text());
        String[] arguments = c.arguments().split(" \\| ?");
        List<String> options = List.of(arguments).subList(1, arguments.length);
        List<String> errors = c.expected().stream().filter(line -> line.startsWith("!")).map(line -> line.substring(1)).toList();
        try {
            List<String> dump = load(arguments[0], options, "cfg").dump().lines().toList();
            assertEquals(List.of(), errors, "an error was expected");
            for (String line : c.expected()) {
                assertEquals(!line.startsWith("-"), dump.contains(line.startsWith("-") ? line.substring(1) : line), line + " in\n" + dump);
            }
        } catch (ConfigException e) {
            assertEquals(errors, e.lines());
        }
    }

    private ClientConfig load(String host, List<String> options, String file) throws ConfigException {
        return new ClientConfigLoader(files, ME, this::run).load(new ClientRequest(host, options, file));
    }

    private ClientConfig load(String text) throws ConfigException {
        files.with("cfg", text);
        return load("foo", List.of(), "cfg");
    }

    /** A shell of two commands. */
    private boolean run(String command) {
        commands.add(command);
        return command.equals("true") || command.equals("test foo = foo");
    }

    @Test
    void readsTheUsersFileThenTheSystems() throws ConfigException {
        files.with("/home/me/.qssh/config", "user a\n").with("/etc/qssh/qssh_config", "user b\nport 5\n");
        ClientConfig config = load("foo", List.of(), null);
        assertEquals("a", config.user());
        assertEquals(5, config.port());
        assertEquals("me", load("foo", List.of(), "none").user());
    }

    @Test
    void aFileThatIsNamedMustBeThere() {
        ConfigException e = assertThrows(ConfigException.class, () -> load("foo", List.of(), "/nope"));
        assertEquals(List.of("Can't open user config file /nope: No such file or directory"), e.lines());
    }

    @Test
    void includesGlobsRelativeToTheDirectoryOfTheConfiguration() throws ConfigException {
        files.with("/home/me/.qssh/config", "Include conf.d/*.conf ~/more\nuser z\n")
            .with("/home/me/.qssh/conf.d/a.conf", "port 7\n").with("/home/me/.qssh/conf.d/b.conf", "port 8\nbatchmode yes\n")
            .with("/home/me/more", "user more\n");
        ClientConfig config = load("foo", List.of(), null);
        assertEquals(7, config.port());
        assertTrue(config.batchMode());
        assertEquals("more", config.user());
    }

    @Test
    void anIncludeIsPartOfItsBlockAndItsBlocksEndWithIt() throws ConfigException {
        files.with("cfg", "Host bar\nInclude /inc\nHost *\nInclude /inc2\nport 9\n")
            .with("/inc", "user inc\nHost foo\nport 1\n").with("/inc2", "Host bar\nbatchmode yes\n");
        ClientConfig config = load("foo", List.of(), "cfg");
        assertEquals("me", config.user());
        assertEquals(9, config.port());
        assertFalse(config.batchMode());
        assertTrue(load("bar", List.of(), "cfg").batchMode());
    }

    @Test
    void includesThatIncludeThemselvesEnd() {
        files.with("cfg", "Include /a\n").with("/a", "Include /a\n");
        ConfigException e = assertThrows(ConfigException.class, () -> load("foo", List.of(), "cfg"));
        assertTrue(e.lines().contains("Too many recursive configuration includes"), e.getMessage());
    }

    @Test
    void faultsOfIncludedFilesNameThem() {
        files.with("cfg", "\nInclude /a\n").with("/a", "\n\nport x\n");
        ConfigException e = assertThrows(ConfigException.class, () -> load("foo", List.of(), "cfg"));
        assertEquals("/a line 3: Bad port 'x'.", e.lines().getFirst());
    }

    @Test
    void theSystemsFileMayNotUseATilde() {
        files.with("/etc/qssh/qssh_config", "Include ~/x\n");
        ConfigException e = assertThrows(ConfigException.class, () -> load("foo", List.of(), null));
        assertEquals("/etc/qssh/qssh_config line 1: bad include path ~/x.", e.lines().getFirst());
    }

    @Test
    void commandsOfMatchRunOnlyWhereAllBeforeThemHolds() throws ConfigException {
        load("Match host bar exec one\nMatch host foo exec two\nMatch exec true\nuser x\n");
        assertEquals(List.of("two", "true"), commands);
        commands.clear();
        load("Host bar\nMatch exec three\nport 1\nport 2\n");
        assertEquals(List.of("three"), commands, "a command runs once, and a Match block ends a Host block");
    }

    @Test
    void commandsOfBlocksWithinABlockThatDoesNotApplyDoNotRun() throws ConfigException {
        files.with("cfg", "Host bar\nInclude /inc\n").with("/inc", "Match exec one\nuser x\n");
        load("foo", List.of(), "cfg");
        assertEquals(List.of(), commands);
    }

    @Test
    void expandsTokensTildeAndEnvironment() throws ConfigException {
        ClientConfig config = load("""
            HostName %h.org
            User bob
            Port 99
            IdentityFile ~/k-%h-%p-%r-%n-%u-%i-%L-%l-%%
            IdentityFile ${KEYS}/a
            UserKnownHostsFile %d/%k
            HostKeyAlias al
            ProxyCommand nc %h %p %r %n
            RemoteCommand echo %h %d
            """);
        assertEquals(List.of(Path.of("/home/me/k-foo.org-99-bob-foo-me-1000-box-box.example.com-%"), Path.of("/keys/a")), config.identityFiles());
        assertEquals(List.of(Path.of("/home/me/al")), config.userKnownHostsFiles());
        assertEquals("nc foo.org 99 bob foo", config.proxyCommand());
        assertEquals("echo foo.org /home/me", config.remoteCommand());
        assertTrue(config.dump().contains("\nidentityfile ~/k-%h-%p-%r-%n-%u-%i-%L-%l-%%\n"));
    }

    @Test
    void theDigestOfAConnectionIsFortyHexDigitsAndItsOwn() throws ConfigException {
        Path one = load("IdentityFile %C\n").identityFiles().getFirst();
        Path other = load("IdentityFile %C\nuser x\n").identityFiles().getFirst();
        assertTrue(one.toString().matches("[0-9a-f]{40}"), one.toString());
        assertFalse(one.equals(other));
    }

    @Test
    void aHostsNameIsCompletedAndTheConfigurationReadAgain() throws ConfigException {
        files.with("cfg", """
            CanonicalizeHostname yes
            CanonicalDomains a.example b.example
            Match originalhost foo
            User u
            Host *.b.example
            Port 7
            SendEnv X
            Match canonical all
            BatchMode yes
            """);
        List<String> asked = new ArrayList<>();
        ClientConfigLoader loader = new ClientConfigLoader(files, ME, this::run, Path.of("/none"), name -> {
            asked.add(name);
            return name.endsWith(".b.example");
        });
        ClientConfig config = loader.load(new ClientRequest("Foo", List.of("User v"), "cfg"));
        assertEquals("foo.b.example", config.hostName());
        assertEquals(List.of("foo.a.example", "foo.b.example"), asked);
        assertEquals(7, config.port());
        assertEquals(List.of("X"), config.sendEnv());
        assertTrue(config.batchMode());
        assertEquals("Foo", config.originalHost());
        asked.clear();
        assertEquals("a.b.c", loader.load(new ClientRequest("a.b.c", List.of(), "cfg")).hostName(), "too many dots");
        assertEquals("10.0.0.1", loader.load(new ClientRequest("10.0.0.1", List.of(), "cfg")).hostName());
        assertEquals("foo", loader.load(new ClientRequest("foo", List.of("ProxyCommand x"), "cfg")).hostName(), "a proxy may know other names");
        assertEquals(List.of(), asked);
        assertEquals("foo.b.example", loader.load(new ClientRequest("foo", List.of("ProxyCommand x", "CanonicalizeHostname always"), "cfg")).hostName());
        ClientConfigLoader none = new ClientConfigLoader(files, ME, this::run, Path.of("/none"), name -> false);
        assertEquals("foo", none.load(new ClientRequest("foo", List.of(), "cfg")).hostName());
        assertThrows(ConfigException.class, () -> none.load(new ClientRequest("foo", List.of("CanonicalizeFallbackLocal no"), "cfg")));
    }

    @Test
    void hostsOnTheWayHaveTheirOwnConfiguration() throws ConfigException {
        files.with("cfg", """
            Host a
            ProxyJump gate
            User alice
            Host b
            ProxyJump elsewhere
            HostName b.example
            Host target
            ProxyJump a,bob@b:7
            Host *
            Port 5
            User other
            """);
        ClientConfig target = load("target", List.of("Port 9", "IdentityFile x"), "cfg");
        List<String> way = target.way().stream().map(hop -> hop.user() + "@" + hop.hostName() + ":" + hop.port()).toList();
        assertEquals(List.of("other@gate:5", "alice@a:5", "bob@b.example:7"), way, "only what the first hop goes through comes before it");
        assertFalse(target.way().getLast().hasIdentityFiles(), "options are for the destination");
        assertEquals(List.of(), load("target", List.of("ProxyJump none"), "cfg").way());
        assertEquals(List.of("other@gate:5"), load("x", List.of("ProxyJump gate", "ProxyCommand nc"), "cfg").way().stream()
            .map(hop -> hop.user() + "@" + hop.hostName() + ":" + hop.port()).toList());
    }

    @Test
    void waysThatLeadBackAreRefused() {
        files.with("cfg", "Host a\nProxyJump b\nHost b\nProxyJump a\nHost *\nProxyJump gate\n");
        for (String host : List.of("a", "b", "c")) {
            ConfigException e = assertThrows(ConfigException.class, () -> load(host, List.of(), "cfg").way());
            assertEquals("jumphost loop via " + (host.equals("c") ? "gate" : host), e.getMessage());
        }
        assertThrows(ConfigException.class, () -> load("c", List.of("ProxyJump c"), "none").way());
    }

    @Test
    void environmentVariablesMustHaveAValue() {
        ConfigException e = assertThrows(ConfigException.class, () -> load("IdentityFile ${NOPE}/a\n"));
        assertEquals(List.of("cfg line 1: env var ${NOPE} has no value", "cfg: terminating, 1 bad configuration options"), e.lines());
    }

    @Test
    void typedValues() throws ConfigException {
        ClientConfig config = load("""
            StrictHostKeyChecking accept-new
            RequestTTY force
            SessionType none
            AddressFamily inet6
            EscapeChar ^]
            ConnectTimeout 1m
            HashKnownHosts yes
            Mode simplex
            SendEnv LC_* X
            SetEnv A=b
            BindAddress ::1
            PreferredAuthentications publickey
            LogLevel verbose
            """);
        assertEquals(ClientConfig.HostKeyChecking.ACCEPT_NEW, config.strictHostKeyChecking());
        assertEquals(ClientConfig.Tty.FORCE, config.requestTty());
        assertEquals(ClientConfig.SessionType.NONE, config.sessionType());
        assertEquals(ClientConfig.AddressFamily.INET6, config.addressFamily());
        assertEquals(0x1d, config.escapeChar());
        assertEquals(60, config.connectTimeoutSeconds());
        assertTrue(config.hashKnownHosts());
        assertEquals(ClientConfig.Mode.SIMPLEX, config.mode());
        assertTrue(config.sendsEnv("LC_ALL") && config.sendsEnv("X") && !config.sendsEnv("LANG"));
        assertEquals(List.of("A=b"), config.setEnv());
        assertEquals("::1", config.bindAddress());
        assertEquals("publickey", config.preferredAuthentications());
        assertEquals("VERBOSE", config.logLevel());
    }

    @Test
    void defaults() throws ConfigException {
        ClientConfig config = load("0.0.0.1", List.of(), "none");
        assertEquals(ClientConfig.HostKeyChecking.ASK, config.strictHostKeyChecking());
        assertEquals(ClientConfig.Tty.AUTO, config.requestTty());
        assertEquals(ClientConfig.SessionType.DEFAULT, config.sessionType());
        assertEquals(ClientConfig.AddressFamily.ANY, config.addressFamily());
        assertEquals('~', config.escapeChar());
        assertEquals(0, config.connectTimeoutSeconds());
        assertEquals(1, config.connectionAttempts());
        assertEquals("/agent", config.identityAgent());
        assertNull(config.proxyCommand());
        assertNull(config.proxyJump());
        assertNull(config.hostKeyAlias());
        assertFalse(config.hasIdentityFiles());
        assertEquals(List.of(Path.of("/home/me/.qssh/id_kyber768"), Path.of("/home/me/.qssh/id_dilithium3"), Path.of("/home/me/.qssh/id_dilithium5")), config.identityFiles());
        assertTrue(config.tcpKeepAlive() && config.pubkeyAuthentication());
    }

    @Test
    void otherArgumentsBecomeOptionsUnharmed() throws ConfigException {
        String odd = "/a \"b\" \\'c # d";
        assertEquals(List.of(Path.of(odd)), load("foo", List.of("IdentityFile=" + Words.quote(odd)), "none").identityFiles());
    }

    @Test
    void optionsAreCheckedWithoutAHost() {
        ClientConfigLoader loader = new ClientConfigLoader(files, ME, this::run);
        ConfigException e = assertThrows(ConfigException.class, () -> loader.checkOptions(List.of("ControlPersist")));
        assertEquals(List.of("command-line line 0: no argument after keyword \"controlpersist\""), e.lines());
    }

    /** Who requires keys of a kind shares no connection with who does not. */
    @Test
    void whatIsRequiredIsSharedWithItsLikeOnly() throws Exception {
        String qkd = "QkdKme https://127.0.0.1:1\nQkdCa /ca\nQkdCertificate /cert\nQkdKey /key\nQkdSae a\nQkdPeerSae b\n";
        assertEquals("/run/s", load("ControlPath /run/s").controlPath());
        assertEquals("/run/s", load("ControlPath /run/s\nEntropy qrng\nQkd prefer\n" + qkd).controlPath());
        assertEquals("/run/s.qkd", load("ControlPath /run/s\nQkd require\n" + qkd).controlPath());
        assertEquals("/run/s.qrng", load("ControlPath /run/s\nEntropy qrng-only").controlPath());
        assertNull(load("Entropy qrng-only").controlPath());
        assertTrue(load("Padding max\nQkd require\n" + qkd).controlPath().endsWith(".qkd"));
    }
}
