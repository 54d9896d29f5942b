package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.qnsp.core.copy.EntryName;
import org.qnsp.qscp.CopyPlan.UsageException;

/** What operands and options mean; P-24's names and P-27's usage. */
final class CopyPlanTest {
    @Test
    void places() throws Exception {
        String[][] table = {
            {"a", "-", "a"}, {"./a:b", "-", "./a:b"}, {"/x/a:b", "-", "/x/a:b"}, {":a", "-", ":a"}, {"a/b:c", "-", "a/b:c"},
            {"h:", "h", ""}, {"h:a", "h", "a"}, {"h:a:b", "h", "a:b"}, {"h:/a b\n", "h", "/a b\n"}, {"u@h:~/x", "u@h", "~/x"},
            {"u@d@h:x", "u@d@h", "x"}, {"[::1]:x", "::1", "x"}, {"u@[fe80::1]:x:y", "u@fe80::1", "x:y"}, {"h:é", "h", "é"},
            {"qscp://h", "h", ""}, {"qscp://u@h:99/a/b", "u@h", "a/b"}, {"qscp://h//etc/x", "h", "/etc/x"},
            {"qscp://[::1]:99/a%20b", "::1", "a b"}, {"qscp://h/%7E/x", "h", "~/x"}, {"scp://u@h:99//a", "u@h", "/a"},
        };
        for (String[] row : table) {
            CopyPlan.Place place = place(row[0]);
            assertEquals(row[1], place.remote().map(Destination::toString).orElse("-"), row[0]);
            assertArrayEquals(bytes(row[2]), place.path(), row[0]);
        }
        assertEquals(OptionalInt.of(99), place("qscp://u@h:99/a").remote().orElseThrow().port());
        assertEquals(OptionalInt.of(7), place("h:x").remote().orElseThrow().port());
    }

    @Test
    void bytesThatAreNoTextStay() throws Exception {
        byte[] operand = {'h', ':', (byte) 0xff, '\n'};
        assertArrayEquals(new byte[] {(byte) 0xff, '\n'}, CopyPlan.place(operand, OptionalInt.empty()).path());
    }

    @Test
    void nonsenseIsRefused() {
        for (String operand : new String[] {"-oProxyCommand=x:y", "u@-h:x", "@h:x", "-u@h:x", "a;b@h:x", "$(x)@h:x", "h\n:x", "a b:x",
                "qscp://h:0/x", "qscp://h:99999/x", "qscp://h:x/y", "qscp://h/%0", "qscp://h/%00", "qscp:///x",
                "h:" + "x".repeat(4097)}) {
            assertThrows(UsageException.class, () -> place(operand), operand);
        }
    }

    @Test
    void sourcesOfOnePlaceTravelTogether() throws Exception {
        CopyPlan plan = CopyPlan.of(List.of(bytes("a"), bytes("h:b"), bytes("h:c"), bytes("g:d"), bytes("t")), OptionalInt.empty());
        assertEquals(List.of("1 -", "2 h", "1 g"), plan.legs().stream()
                .map(l -> l.paths().size() + " " + l.remote().map(Destination::host).orElse("-")).toList());
        assertTrue(plan.intoDirectory());
        assertFalse(CopyPlan.of(List.of(bytes("a"), bytes("t")), OptionalInt.empty()).intoDirectory());
    }

    @Test
    void options() throws Exception {
        CopyRequest request = ((CommandLine.Action.Copy) CommandLine.parse(Arguments.encoded("-rpqP22", "-l", "800", "-i", "k1", "-i", "k2",
                "-oA=b", "-o", "C=d", "-F", "cfg", "-4", "-B", "-J", "j", "-vv", "--", "-x", "h:@f"))).request();
        assertTrue(request.manner().recursive() && request.manner().preserve() && request.dialOptions().quiet());
        assertEquals(800, request.kilobitsPerSecond());
        assertEquals(List.of("A=b", "C=d", "AddressFamily=inet", "BatchMode=yes", "ProxyJump=j"), request.dialOptions().settings());
        assertEquals(2, request.dialOptions().identities().size());
        assertEquals(2, request.dialOptions().verbosity());
        assertTrue(request.dialOptions().config().orElseThrow().endsWith("cfg"));
        assertEquals(OptionalInt.of(22), request.plan().target().remote().orElseThrow().port());
        assertArrayEquals(bytes("-x"), request.plan().legs().getFirst().paths().getFirst());
        assertInstanceOf(CommandLine.Action.Version.class, CommandLine.parse(new String[] {"-V"}));
        for (String bad : new String[] {"-P 0 a b", "-P x a b", "-l -1 a b", "-l x a b", "-l 0 a b", "-Z a b", "a", "--nope a b", "-P",
                "-R a b", "-1 a b", "-X nonsense=1 a b", "--resum a b"}) {
            assertThrows(UsageException.class, () -> CommandLine.parse(bad.split(" ")), bad);
        }
        for (String harmless : new String[] {"-2", "-3", "-O", "-s", "-T", "-A", "-C", "-c any", "-X nrequests=64", "-Xbuffer=32768"}) {
            assertEquals(2, request((harmless + " h:a .").split(" ")).plan().legs().size() + 1, harmless);
        }
    }

    /** As with scp, whose getopt does not look for options behind the first operand. */
    @Test
    void afterTheFirstOperandNothingIsAnOption() throws Exception {
        CopyRequest request = request("-p", "a", "-r", "-q", "h:");
        assertTrue(request.manner().preserve());
        assertFalse(request.manner().recursive() || request.manner().resume());
        assertEquals(3, request.plan().legs().getFirst().paths().size());
        assertTrue(request("--resume", "-r", "a", "h:").manner().resume());
    }

    /** A program in ssh's place gets scp's words, the user's in the order given. */
    @Test
    void aProgramGetsTheWordsThatScpGives() throws Exception {
        CopyRequest request = request("-q", "-i", "key", "-o", "Compression=no", "-4", "-J", "hop", "-B", "-P", "22022", "-S", "/bin/ssh", "-F", "cfg", "-v", "-c", "aes",
                "u@[::1]:a", ".");
        var program = assertInstanceOf(DialOptions.Means.Program.class, request.dialOptions().means());
        assertEquals("/bin/ssh -x -oPermitLocalCommand=no -oClearAllForwardings=yes -oRemoteCommand=none -oRequestTTY=no -oControlMaster=no -q -i key -o Compression=no -4 -J hop"
                + " -oBatchMode=yes -F cfg -v -c aes -oForwardAgent=no -p 22022 -l u -s -- ::1 qnsp-copy",
                String.join(" ", ProgramDialer.command(program, request.plan().legs().getFirst().remote().orElseThrow())));
        assertInstanceOf(DialOptions.Means.Here.class, request("-D", "/usr/lib/sftp-server", "h:a", ".").dialOptions().means());
    }

    private static CopyRequest request(String... words) throws UsageException {
        return ((CommandLine.Action.Copy) CommandLine.parse(Arguments.encoded(words))).request();
    }

    @Test
    void topNamesAreThoseAskedFor() throws Exception {
        TopNames names = new TopNames(List.of(bytes("dir/*.txt"), bytes("/a/b/"), bytes("[x]"), bytes("~/.ssh/id")));
        for (String ok : new String[] {"q.txt", "b", "[x]", "x", "id"}) {
            assertTrue(names.test(EntryName.of(bytes(ok))), ok);
        }
        for (String bad : new String[] {"q.sh", ".txt", ".bashrc", "dir", "a"}) {
            assertFalse(names.test(EntryName.of(bytes(bad))), bad);
        }
        assertFalse(names.test(EntryName.TARGET));
        for (String target : new String[] {".", "x/..", "/", "", "~", "~/", "a/./"}) {
            assertTrue(new TopNames(List.of(bytes(target))).test(EntryName.TARGET), target);
        }
    }

    private static CopyPlan.Place place(String operand) throws UsageException {
        return CopyPlan.place(bytes(operand), OptionalInt.of(7));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
