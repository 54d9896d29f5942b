package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfigLoader;
import org.qnsp.core.client.ClientRequest;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.config.ConfigFiles;

/** Command lines as other programs write them for ssh, each taken apart as ssh does. */
final class CommandLineTest {
    private static CommandLine parse(String... words) throws UsageException {
        return CommandLine.parse(List.of(words), file -> !file.startsWith("/missing"));
    }

    /** Words stand between blanks; a blank within a word is written as an underscore. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "host                                     | host     |                                             | ",
        "user@host                                | host     | User \"user\"                               | ",
        "a@b@host                                 | host     | User \"a@b\"                                | ",
        "-l root 127.0.0.1 rsync --server -e. . / | 127.0.0.1 | User \"root\"                              | rsync --server -e. . /",
        "-p22022 host cmd                         | host     | Port 22022                                  | cmd",
        "-p 22022 host cmd                        | host     | Port 22022                                  | cmd",
        "host -p 22022 -l root -s sftp            | host     | SessionType \"subsystem\";Port 22022;User \"root\" | sftp",
        "host -l a -- cmd -p 5                    | host     | User \"a\"                                  | cmd -p 5",
        "-- host -p 5                             | host     |                                             | -p 5",
        "-- host                                  | host     |                                             | ",
        "host -- -- x                             | host     |                                             | -- x",
        "host cmd -- x                            | host     |                                             | cmd -- x",
        "-oPort=5 -o_User=x -o ConnectTimeout_30 host | host  | Port=5; User=x;ConnectTimeout 30            | ",
        "-o _K=V host                             | host     | ' K=V'                                      | ",
        "-nTx -o A=b host cmd                     | host     | StdinNull \"yes\";RequestTTY \"no\";A=b     | cmd",
        "-tt host                                 | host     | RequestTTY \"force\"                        | ",
        "-t -t host                               | host     | RequestTTY \"force\"                        | ",
        "-tT host                                 | host     | RequestTTY \"no\"                           | ",
        "-q host                                  | host     | LogLevel \"QUIET\"                          | ",
        "-v host                                  | host     | LogLevel \"DEBUG1\"                         | ",
        "-vvv -v host                             | host     | LogLevel \"DEBUG3\"                         | ",
        "-N -4 host                               | host     | SessionType \"none\";RequestTTY \"no\";AddressFamily \"inet\" | ",
        "-e none host -e ^x                       | host     | EscapeChar \"^x\"                           | ",
        "-S none -J none host                     | host     | ControlPath \"none\";ProxyJump none     | ",
        "-2 -1 -x -X -Y -y -k -K -c aes -m mac host | host |                                               | ",
        "-A -a -C host                            | host     | ForwardAgent \"no\";Compression \"yes\"      | ",
        "-M -S ~/%C host                          | host     | ControlMaster \"yes\";ControlPath \"~/%C\"   | ",
        "-MM host                                 | host     | ControlMaster \"ask\"                        | ",
        "-fN -B lo host                           | host     | ForkAfterAuthentication \"yes\";StdinNull \"yes\";SessionType \"none\";RequestTTY \"no\";BindInterface \"lo\" | ",
        "-g -L 1:a:2 -R 3 -D b:4 host             | host     | GatewayPorts \"yes\";LocalForward \"1:a:2\";RemoteForward \"3\";DynamicForward \"b:4\" | ",
        "-W a:1 -o ClearAllForwardings=no host    | host     | RequestTTY \"no\";SessionType \"none\";ClearAllForwardings=no;ClearAllForwardings yes;ExitOnForwardFailure yes | ",
        "-l a%b host                              | host     | User \"a%%b\"                               | ",
        "-i /k -i /missing/k host                 | host     | IdentityFile \"/k\"                         | ",
        "ssh://me@host:2222 true                  | host     | User \"me\";Port 2222                       | true",
        "-b 127.0.0.2 -P tag host                 | host     | BindAddress \"127.0.0.2\";Tag \"tag\"       | ",
        "host ''                                  | host     |                                             | ''",
        "- x                                      | -        |                                             | x",
    })
    void isTakenApart(String words, String host, String options, String command) throws UsageException {
        List<String> all = java.util.Arrays.stream(words.strip().split(" +")).map(w -> w.equals("''") ? "" : w.replace('_', ' ')).toList();
        CommandLine line = CommandLine.parse(all, file -> !file.startsWith("/missing"));
        assertEquals(host, line.host());
        assertEquals(options == null ? "" : options, String.join(";", line.optionLines()));
        assertEquals(command == null ? "" : command, line.command());
    }

    @Test
    void anEmptyCommandIsACommand() throws UsageException {
        assertTrue(parse("host", "").hasCommand());
        assertEquals("", parse("host", "").command());
        assertEquals("a  b ", parse("host", "a", "", "b", "").command());
    }

    @Test
    void aMissingIdentityIsPassedOverWithAWarning() throws UsageException {
        assertEquals(List.of("Warning: Identity file /missing not accessible: No such file or directory."), parse("-i", "/missing", "host").warnings());
    }

    @Test
    void noHostIsNoFault() throws UsageException {
        assertNull(parse("-o", "ControlPersist").host());
        assertTrue(parse("-V").printsVersion());
        assertTrue(parse("-G", "0.0.0.1").printsConfiguration());
        assertEquals("key", parse("-Q", "key").query());
        assertEquals("log", parse("-E", "log", "host").logFile());
        assertEquals("cfg", parse("-Fcfg", "host").file());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "-Z host    | unknown option -- Z",
        "--help     | unknown option -- -",
        "-p         | option requires an argument -- p",
        "host -i    | option requires an argument -- i",
        "@host      | ",
        "ssh://h/p  | ",
        "ssh://h:0  | ",
    })
    void usageIsShown(String words, String message) {
        UsageException e = assertThrows(UsageException.class, () -> parse(words.strip().split(" +")));
        assertEquals(message, e.getMessage());
        assertTrue(e.showsUsage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "-p x host     | Bad port 'x'",
        "-p 0 host     | Bad port '0'",
        "-p 65536 host | Bad port '65536'",
        "-e abc host   | Bad escape character 'abc'.",
        "-N -s host    | Cannot specify -s with -N/SessionType",
        "-s -N host    | Cannot specify -N with -s/SessionType",
        "-J a@@ host   | Invalid -J argument",
        "-J a;b host   | Invalid -J argument",
        "-J ::1 host   | Invalid -J argument",
        "-J a -J b host | Only a single -J option is permitted (use commas to separate multiple jump hops)",
        "-oProxyCommand=x -J a host | Cannot specify -J with ProxyCommand",
        "-O foo host   | Invalid multiplex command.",
        "-O check -O exit host | Multiplexing command already specified",
        "-O check -W a:1 host | Cannot specify stdio forward with -O",
        "-W a:1 -W b:1 host | stdio forward already specified",
    })
    void badValuesAreNamed(String words, String message) {
        assertEquals(message, assertThrows(UsageException.class, () -> parse(words.strip().split(" +"))).getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-I /pkcs11", "-w 0"})
    void whatIsNotThereSaysSo(String option) {
        UsageException e = assertThrows(UsageException.class, () -> parse((option + " host").split(" ")));
        assertTrue(e.getMessage().startsWith("qssh: error: " + option.split(" ")[0] + " ") && e.getMessage().endsWith(" is not supported by this version"), e.getMessage());
    }

    /** Argument vectors as other programs were seen to pass them: each is parsed and its configuration loaded. */
    @ParameterizedTest
    @MethodSource("seen")
    void argumentsOfOtherProgramsMeanWhatTheyMeanToSsh(String caller, String host, String command, String settings, List<String> arguments) throws Exception {
        CommandLine line = CommandLine.parse(arguments, file -> true);
        LocalUser local = new LocalUser("me", 1000, "/home/me", System.getenv()::get, () -> "box");
        ClientConfig config = new ClientConfigLoader(new ConfigFiles(1000), local, c -> true).load(new ClientRequest(line.host() == null ? "none" : line.host(), line.optionLines(), "none"));
        assertEquals(host, line.host(), caller);
        assertEquals(command, line.command(), caller);
        List<String> dump = config.dump().lines().toList();
        for (String setting : settings.isEmpty() ? new String[0] : settings.split(";")) {
            assertTrue(dump.contains(setting), caller + ": " + setting + " in " + dump);
        }
    }

    private static Arguments row(String caller, String host, String command, String settings, String... arguments) {
        return Arguments.of(caller, host, command, settings, List.of(arguments));
    }

    static List<Arguments> seen() {
        String fd = "dd of=/tmp/x bs=65536";
        return List.of(
            row("rsync push", "lo", "rsync --server -logDtpre.iLsfxCIvu . /dst/", "", "lo", "rsync", "--server", "-logDtpre.iLsfxCIvu", ".", "/dst/"),
            row("rsync pull", "lo", "rsync --server --sender -logDtprze.iLsfxCIvu . /src/", "", "lo", "rsync", "--server", "--sender", "-logDtprze.iLsfxCIvu", ".", "/src/"),
            row("rsync user@host", "127.0.0.1", "rsync --server .", "user root;port 22022;compression no",
                "-p", "22022", "-o", "Compression=no", "-l", "root", "127.0.0.1", "rsync", "--server", "."),
            row("rsync -4", "lo", "rsync --server .", "addressfamily inet", "-4", "lo", "rsync", "--server", "."),
            row("rsync -6", "::1", "rsync --server .", "addressfamily inet6;hostname ::1", "-6", "::1", "rsync", "--server", "."),
            row("rsync daemon", "lo", "rsync --server --daemon .", "", "lo", "rsync", "--server", "--daemon", "."),
            row("git fetch", "host", "git-upload-pack '/path'", "sendenv GIT_PROTOCOL;port 22022;user git",
                "-o", "SendEnv=GIT_PROTOCOL", "-4", "-p", "22022", "git@host", "git-upload-pack '/path'"),
            row("git push", "host", "git-receive-pack '/p'", "", "host", "git-receive-pack '/p'"),
            row("git probe", "host", "", "sendenv GIT_PROTOCOL", "-G", "-o", "SendEnv=GIT_PROTOCOL", "-4", "-p", "5", "git@host"),
            row("sftp", "host", "sftp", "permitlocalcommand no;clearallforwardings yes;sessiontype subsystem;batchmode yes;port 22022;user root;forwardagent no",
                "-oForwardX11 no", "-oPermitLocalCommand no", "-oClearAllForwardings yes", "-i", "f", "-o", "ForwardX11=no", "-C", "-4",
                "-J", "none", "-v", "-q", "-c", "ciph", "-obatchmode yes", "-oForwardAgent no", "-oPort 22022", "-l", "root", "-s", "--", "host", "sftp"),
            row("sftp -s path", "host", "/path/server", "sessiontype default", "-oForwardX11 no", "-oForwardAgent no", "--", "host", "/path/server"),
            row("scp", "host", "sftp", "requesttty false;sessiontype subsystem;permitlocalcommand no", "-x", "-oPermitLocalCommand=no",
                "-oClearAllForwardings=yes", "-oRemoteCommand=none", "-oRequestTTY=no", "-oControlMaster=no", "-oForwardAgent=no", "-p", "22022", "-l", "root", "-s", "--", "host", "sftp"),
            row("scp -O", "host", "scp -r -p -t d", "requesttty false;batchmode yes", "-x", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes", "-oRemoteCommand=none",
                "-oRequestTTY=no", "-oForwardAgent=no", "-oBatchMode=yes", "--", "host", "scp -r -p -t d"),
            row("scp -R", "host", "scp /a other:/b", "stdinnull yes", "-x", "-oClearAllForwardings=yes", "-n", "--", "host", "scp", "/a", "other:/b"),
            row("sshfs", "host", "sftp", "serveraliveinterval 15;port 22022;compression yes;identityfile f;serveralivecountmax 3;user me2;sessiontype subsystem", "-o", "ServerAliveInterval=15",
                "-x", "-a", "-oClearAllForwardings=yes", "-oPort=22022", "-oCompression=yes", "-oIdentityFile=f", "-oServerAliveCountMax=3", "-2", "-s", "--", "me2@host", "sftp"),
            row("ansible", "host", "/bin/sh -c 'echo ~'", "controlmaster auto;controlpersist 60;port 22022;identityfile /k;preferredauthentications gssapi-with-mic,gssapi-keyex,hostbased,publickey;"
                + "user root;connecttimeout 10;controlpath /cp/6d4e38fb6f;requesttty force;compression yes",
                "-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", "Port=22022", "-o", "IdentityFile=\"/k\"", "-o", "KbdInteractiveAuthentication=no",
                "-o", "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey", "-o", "PasswordAuthentication=no", "-o", "User=\"root\"", "-o", "ConnectTimeout=10",
                "-o", "ControlPath=\"/cp/6d4e38fb6f\"", "-tt", "host", "/bin/sh -c 'echo ~'"),
            row("ansible piped", "lo", fd, "", "lo", fd),
            row("ansible sftp", "[lo]", "sftp", "", "-C", "-o", "ControlPersist=60s", "-s", "--", "[lo]", "sftp"),
            row("borg", "host", "borg serve", "user u;port 22022", "-p", "22022", "u@host", "borg", "serve"),
            row("restic", "host", "sftp", "port 22022;user root;sessiontype subsystem", "host", "-p", "22022", "-l", "root", "-s", "sftp"),
            row("mosh", "host", "mosh-server 'new'", "proxycommand '/usr/bin/mosh' '--family=prefer-inet' --fake-proxy -- %h %p;requesttty force;stdinnull yes",
                "-n", "-tt", "-S", "none", "-o", "ProxyCommand='/usr/bin/mosh' '--family=prefer-inet' --fake-proxy -- %h %p", "host", "--", "mosh-server 'new'"),
            row("docker", "127.0.0.1", "docker system dial-stdio", "connecttimeout 30;requesttty false;user root;port 22022",
                "-o ConnectTimeout=30", "-T", "-l", "root", "-p", "22022", "--", "127.0.0.1", "docker", "system", "dial-stdio"),
            row("git-annex", "host", "git-annex-shell ...", "controlpath .git/annex/ssh/lo;controlmaster auto;controlpersist yes;requesttty false",
                "host", "-S", ".git/annex/ssh/lo", "-o", "ControlMaster=auto", "-o", "ControlPersist=yes", "-n", "-T", "git-annex-shell ..."),
            row("git-annex stop", "localhost", "", "controlpath lo", "-O", "stop", "-S", "lo", "-o", "ControlMaster=auto", "-o", "ControlPersist=yes", "localhost"),
            row("TRAMP probe", "0.0.0.1", "", "controlmaster auto", "-G", "-o", "ControlMaster=auto", "0.0.0.1"),
            row("TRAMP", "host", "", "controlpersist no;escapechar none", "-l", "u", "-p", "7", "-o", "ControlMaster=auto", "-o", "ControlPath=tramp.%C", "-o", "ControlPersist=no", "-e", "none", "host"),
            row("syncoid", "h", "exit", "controlmaster true;controlpath /tmp/sock;controlpersist 60;user root", "-M", "-S", "/tmp/sock", "-o", "ControlPersist=1m", "root@h", "exit"),
            row("syncoid end", "h", "", "controlpath sock", "-S", "sock", "root@h", "-O", "exit"),
            row("ssh-copy-id probe", "h", "exit", "preferredauthentications ,;loglevel DEBUG", "-a", "-x", "-v", "-o", "PreferredAuthentications=,", "-o", "ControlPath=none", "h", "exit"),
            row("ssh-copy-id", "h", "exec sh -c 'cd; umask 077'", "loglevel INFO;identitiesonly yes;identityfile key", "-i", "key", "-o", "ControlPath=none", "-o", "LogLevel=INFO",
                "-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "h", "exec sh -c 'cd; umask 077'"),
            row("ssh-copy-id -s", "h", "", "forkafterauthentication yes;sessiontype none;controlmaster true;controlpath sock", "-f", "-N", "-M", "-S", "sock", "h"),
            row("unison", "host", "unison -server __new-rpc-mode", "escapechar none;user root;compression yes", "-l", "root", "-p", "5", "host", "-e", "none", "-C", "unison", "-server", "__new-rpc-mode"),
            row("parallel", "host", "exec perl -X -e x", "", "host", "--", "exec", "perl", "-X", "-e", "x"),
            row("pdsh", "host", "cmd", "connecttimeout 10", "-oConnectTimeout=10", "-2", "-a", "-x", "host", "cmd"),
            row("pssh", "host", "cmd", "numberofpasswordprompts 1;sendenv PSSH_NODENUM;requesttty false", "-T", "host", "-o", "NumberOfPasswordPrompts=1", "-o", "SendEnv=PSSH_NODENUM", "cmd"),
            row("virsh", "host", "sh -c 'nc -U sock'", "port 5;user root;escapechar none", "-p", "5", "-l", "root", "-T", "-e", "none", "--", "host", "sh -c 'nc -U sock'"),
            row("lftp", "host", "sftp", "user root;port 5;sessiontype subsystem", "-a", "-x", "-s", "-l", "root", "-p", "5", "host", "sftp"),
            row("distcc", "host", "distccd --inetd", "user root", "-l", "root", "host", "distccd", "--inetd"),
            row("hg", "h", "hg -R p serve --stdio", "user u;port 5", "-C", "-p", "5", "u@h", "hg -R p serve --stdio"),
            row("svn", "h", "svnserve -t", "loglevel QUIET;user root", "-q", "root@h", "svnserve", "-t"),
            row("rdiff-backup", "h", "rdiff-backup --server", "", "-C", "h", "rdiff-backup", "--server"),
            row("bup", "h", "sh -c 'BUP_DEBUG=0 bup server'", "", "h", "--", "sh -c 'BUP_DEBUG=0 bup server'"),
            row("sshuttle", "h", "/bin/sh -c 'exec python3'", "port 5;user u", "-p", "5", "u@h", "--", "/bin/sh -c 'exec python3'"),
            row("autossh", "h", "", "sessiontype none;serveraliveinterval 30", "-L", "20000:127.0.0.1:20000", "-R", "20000:127.0.0.1:20001", "-N", "-o", "ServerAliveInterval=30", "h"),
            row("tar", "h", "tar -C d -xf -", "", "h", "tar -C d -xf -"),
            row("VS Code", "host", "bash", "requesttty false;connecttimeout 15", "-v", "-T", "-D", "1080", "-o", "ConnectTimeout=15", "host", "bash"),
            row("gcloud", "h", "", "checkhostip no;hashknownhosts no;hostkeyalias compute.1;identitiesonly yes;stricthostkeychecking true;userknownhostsfile f;requesttty true;"
                + "proxycommand py -S -W ignore x %p",
                "-t", "-i", "k", "-o", "CheckHostIP=no", "-o", "HashKnownHosts=no", "-o", "HostKeyAlias=compute.1", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
                "-o", "UserKnownHostsFile=f", "-o", "ProxyCommand py -S -W ignore x %p", "-o", "ProxyUseFdpass=no", "h"),
            row("Nix", "h", "", "controlmaster true;sessiontype none;permitlocalcommand yes;localcommand echo started;batchmode yes;controlpersist no",
                "h", "-M", "-N", "-oControlPersist=no", "-oBatchMode=yes", "-oPermitLocalCommand=yes", "-oLocalCommand=echo started", "-S", "sock"));
    }
}
