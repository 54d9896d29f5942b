package org.qnsp.core.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.config.Patterns.Verdict;

class GrammarTest {
    @ParameterizedTest
    @CsvSource({"0,0", "60,60", "60s,60", "1m,60", "1h30m,5400", "1H,3600", "1d,86400", "2w,1209600", "2147483647,2147483647",
        "'',-1", "1x,-1", "m,-1", "1hm,-1", "-1,-1", "' 1',-1", "1 ,1", "2147483648,-1", "99999999999999999999,-1", "3551w,-1", "1.5,-1"})
    void seconds(String text, int expected) {
        assertEquals(expected, Seconds.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"foo,foo,true", "foo,f*,true", "foo,*,true", "'',*,true", "'','',true", "foo,f?o,true", "fo,f?o,false", "foo,*o*o*,true",
        "foo,FOO,false", "abcabd,*abd,true", "abc,*abd,false", "foo,foo*,true", "foo,foo?,false"})
    void patterns(String text, String pattern, boolean expected) {
        assertEquals(expected, Patterns.matches(text, pattern));
    }

    @Test
    void patternsTakeNoLongerThanTheProductOfTheLengths() {
        assertTimeoutPreemptively(Duration.ofSeconds(5), () ->
            assertFalse(Patterns.matches("a".repeat(5000), "*a".repeat(2000) + "b")));
    }

    @ParameterizedTest
    @CsvSource({"'a,b',MATCH", "'c,d',NONE", "'!a,*',NEGATED", "'*,!a',NEGATED", "'*,!b',MATCH", "'!b',NONE", "'',NONE", "',,a',MATCH", "'!',NONE"})
    void lists(String list, Verdict expected) {
        assertEquals(expected, Patterns.list("a", list));
    }

    @ParameterizedTest
    @CsvSource({"10.1.2.3,10.0.0.0/8,MATCH", "10.1.2.3,11.0.0.0/8,NONE", "10.1.2.3,'10.0.0.0/8,!10.1.0.0/16',NEGATED", "10.1.2.3,10.1.2.3,MATCH",
        "10.1.2.3,10.1.2.*,MATCH", "10.1.2.3,0.0.0.0/0,MATCH", "10.1.2.3,10.1.2.2/31,MATCH", "10.1.2.4,10.1.2.2/31,NONE", "::1,::/0,MATCH",
        "::1,0.0.0.0/0,NONE", "2001:db8::5,2001:db8::/32,MATCH", "2001:db9::5,2001:db8::/32,NONE", "::ffff:10.1.2.3,10.0.0.0/8,MATCH",
        "fe80::1%eth0,fe80::/10,MATCH", "2001:DB8::A,2001:db8:0:0:0:0:0:a,MATCH", "10.1.2.3,10.0.0.1/8,NEGATED", "name,n*,MATCH"})
    void addresses(String address, String list, Verdict expected) {
        assertEquals(expected, Addresses.list(address, list));
    }

    @ParameterizedTest
    @CsvSource({"1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "::1::", ":", ":1", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1.2.3", "1.2.3.4%x"})
    void notAddresses(String text) {
        assertNull(Addresses.parse(text));
    }

    @Test
    void mappedAddressesAreIpv4() {
        assertArrayEquals(new byte[] {1, 2, 3, 4}, Addresses.parse("::ffff:1.2.3.4"));
        assertEquals(16, Addresses.parse("::1.2.3.4").length);
    }

    @Test
    void wordsSurviveQuoting() {
        for (String word : List.of("", "a", "a b", "\"", "\\", "a\\\" 'b' #c", "\\\\")) {
            assertEquals(List.of(word), Words.split(Words.quote(word), true), word);
        }
    }

    @Test
    void words() {
        assertEquals(List.of("a", "b c", "d e"), Words.split(" a \"b c\" d\\ e # f", true));
        assertEquals(List.of("a", "#", "f"), Words.split("a # f", false));
        assertEquals(List.of("ab c"), Words.split("a\"b c\"", true));
        assertNull(Words.split("a 'b", true));
        assertEquals(List.of("a\\n"), Words.split("a\\n", true));
    }

    @Test
    void tokens() throws ConfigException {
        assertEquals("a%b-h", Tokens.percent("a%%b-%h", t -> t == 'h' ? "h" : null));
        assertThrows(ConfigException.class, () -> Tokens.percent("a%", t -> null));
        assertThrows(ConfigException.class, () -> Tokens.percent("%x", t -> null));
        assertThrows(ConfigException.class, () -> Tokens.percent("%h".repeat(2000), t -> "x".repeat(1000)));
        assertEquals("/home/u/x", Tokens.home("~/x", "/home/u"));
        assertEquals("/home/u/", Tokens.home("~", "/home/u"));
        assertThrows(ConfigException.class, () -> Tokens.home("~other/x", "/home/u"));
        assertEquals("a1b2", Tokens.environment("a${X}b${Y}", n -> n.equals("X") ? "1" : "2"));
        assertThrows(ConfigException.class, () -> Tokens.environment("${X", n -> "1"));
    }

    @Test
    void filesOfOthersOrWritableByOthersAreRefused(@TempDir Path dir) throws Exception {
        int uid = (Integer) Files.getAttribute(dir, "unix:uid");
        Path file = Files.writeString(dir.resolve("config"), "user a\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        ConfigFiles files = new ConfigFiles(uid);
        ConfigException e = assertThrows(ConfigException.class, () -> files.read(file, true));
        assertEquals("Bad owner or permissions on " + file, e.getMessage());
        assertEquals("user a\n", files.read(file, false));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertEquals("user a\n", files.read(file, true));
        if (uid != 0) {
            assertThrows(ConfigException.class, () -> new ConfigFiles(uid + 1).read(file, true));
        }
        assertThrows(NoSuchFileException.class, () -> files.read(dir.resolve("none"), true));
    }

    @Test
    void globs(@TempDir Path dir) throws IOException {
        Files.createDirectories(dir.resolve("a/x"));
        Files.createDirectories(dir.resolve("b/x"));
        for (String name : List.of("a/x/2.conf", "a/x/1.conf", "b/x/3.conf", "a/x/.hidden.conf", "a/x/no")) {
            Files.writeString(dir.resolve(name), "");
        }
        List<Path> found = new ConfigFiles(0).glob(dir + "/*/x/*.conf");
        assertEquals(List.of(dir.resolve("a/x/1.conf"), dir.resolve("a/x/2.conf"), dir.resolve("b/x/3.conf")), found);
        assertEquals(List.of(), new ConfigFiles(0).glob(dir + "/none/*"));
        assertTrue(new ConfigFiles(0).glob(dir + "/a/x/.h*").size() == 1);
    }
}
