package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        "-N -4 host                               | host     | SessionType \"none\";AddressFamily \"inet\" | ",
        "-e none host -e ^x                       | host     | EscapeChar \"^x\"                           | ",
        "-S none -J none host                     | host     | ProxyJump \"none\"                          | ",
        "-2 -1 -a -x -X -Y -C -y -k -K -c aes -m mac host | host |                                         | ",
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
    })
    void badValuesAreNamed(String words, String message) {
        assertEquals(message, assertThrows(UsageException.class, () -> parse(words.strip().split(" +"))).getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-L 1:h:2", "-R 1:h:2", "-D 1", "-W h:1", "-M", "-S /s", "-O check", "-w 0"})
    void whatIsNotThereYetSaysSo(String option) {
        UsageException e = assertThrows(UsageException.class, () -> parse((option + " host").split(" ")));
        assertTrue(e.getMessage().startsWith("qssh: error: " + option.split(" ")[0] + " ") && e.getMessage().endsWith(" is not supported by this version"), e.getMessage());
    }
}
