package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** qssh at a terminal, as a person sees it: typed into and looked at through tmux. */
final class TerminalTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    private static String qssh;
    private static int screens;

    private Screen screen;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(dir);
        Path wrapper = dir.resolve("q");
        Files.writeString(wrapper, "#!/bin/sh\nexec " + house.client("qssh", anna.keyFile()).quoted() + " \"$@\"\n");
        wrapper.toFile().setExecutable(true);
        qssh = wrapper + " " + House.at(anna);
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
    void sitDown() throws Exception {
        screen = new Screen(dir.resolve("screen" + screens++), 80, 24);
    }

    @AfterEach
    void getUp() {
        screen.close();
        anna.processes().forEach(ProcessHandle::destroyForcibly);
    }

    private static String remotePrompt() {
        return anna.name() + ">";
    }

    /** Logs in, the modes of the terminal noted. */
    private void logIn() throws Exception {
        screen.enter("clear; stty -a >" + dir + "/before");
        screen.awaitPrompt();
        screen.enter("clear; " + qssh);
        screen.awaitLine(Pattern.quote(remotePrompt()));
    }

    private void assertTerminalIsAsBefore() throws Exception {
        screen.awaitPrompt();
        screen.enter("stty -a >" + dir + "/after; echo noted");
        screen.await("^noted$");
        assertEquals(Files.readString(dir.resolve("before")), Files.readString(dir.resolve("after")));
    }

    private void assertGone() throws Exception {
        TestDaemon.await("nothing of the session is left", () -> anna.processes().isEmpty());
    }

    @Test
    void aShellHasATerminalAndEndsAsItWasTold() throws Exception {
        logIn();
        screen.enter("echo $0 $TERM $SSH_TTY; tty; stat -c %U:%a $(tty)");
        screen.await("^-bash screen (/dev/pts/\\d+)\\n\\1\\n" + anna.name() + ":620$");
        screen.enter("exit 5");
        screen.await("^logout\\nConnection to 127\\.0\\.0\\.1 closed\\.$");
        screen.enter("echo rc=$?");
        screen.await("^rc=5$");
        assertTerminalIsAsBefore();
        assertGone();
    }

    @Test
    void keysReachTheProgramsAndJobControlWorks() throws Exception {
        logIn();
        screen.enter("sleep 1000");
        Thread.sleep(300);
        screen.press("C-c");
        screen.await("\\^C\\n" + remotePrompt());
        screen.enter("echo rc=$?");
        screen.await("^rc=130$");
        screen.enter("clear; echo reading; cat");
        screen.await("^reading$");
        screen.enter("echoed");
        screen.await("echoed\\nechoed");
        screen.press("C-z");
        screen.await("Stopped +cat");
        screen.enter("fg");
        screen.await("^cat$");
        screen.enter("again");
        screen.await("^again\\nagain$");
        screen.press("C-d");
        screen.awaitLine(remotePrompt());
        screen.press("C-\\");
        screen.enter("clear; printf 'gr\\303\\274\\303\\237e ✓\\n'");
        screen.await("^grüße ✓$");
        screen.press("C-d");
        screen.await("closed\\.$");
        assertTerminalIsAsBefore();
    }

    @Test
    void resizesReachTheFarSide() throws Exception {
        logIn();
        screen.enter("stty size");
        screen.await("^24 80$");
        screen.resize(132, 43);
        screen.enter("clear; until [ \"$(stty size)\" = '43 132' ]; do sleep 0.1; done; echo resized");
        screen.await("^resized$");
        screen.enter("clear; seq 1000 >numbers; less numbers");
        screen.await("^1$");
        screen.await("^42\\n(numbers|:)");
        screen.resize(60, 10);
        screen.await("\\A1\\n(.*\\n){7}9\\n");
        screen.press("G");
        screen.await("^1000$");
        screen.press("q");
        screen.await(remotePrompt());
        screen.resize(100, 30);
        screen.enter("clear; top");
        screen.await("^top - .*");
        screen.await("^ +PID USER.*COMMAND");
        screen.resize(80, 12);
        screen.await("\\Atop - (.*\\n){6} +PID USER.*(\\n.*){1,5}\\z");
        screen.press("q");
        screen.await(remotePrompt());
        screen.enter("clear; exit");
        screen.await("closed\\.$");
        screen.resize(80, 24);
        assertTerminalIsAsBefore();
    }

    @Test
    void anEditorOpensDrawsFollowsTheSizeAndSaves() throws Exception {
        logIn();
        screen.enter("clear; vim -u NONE -N note");
        screen.await("^\"note\" \\[New");
        screen.type("ihello from vim");
        screen.press("Enter");
        screen.type("zweite Zeile");
        screen.press("Escape");
        screen.resize(50, 15);
        screen.await("\\Ahello from vim\\nzweite Zeile\\n(~\\n){11}~");
        screen.enter(":wq");
        screen.awaitLine(remotePrompt());
        assertEquals("hello from vim\nzweite Zeile\n", Files.readString(anna.home().resolve("note")));
        assertEquals(anna.name(), Files.getOwner(anna.home().resolve("note")).getName());
    }

    @Test
    void aPasswordIsNotShown() throws Exception {
        logIn();
        screen.enter("clear; read -s -p 'Password: ' p; echo; echo got ${#p}");
        screen.awaitLine("Password:");
        screen.enter("geheim");
        screen.await("^got 6$");
        assertTrue(!screen.text().contains("geheim"), screen.text());
    }

    @Test
    void alargePasteArrivesWhole() throws Exception {
        logIn();
        screen.enter("clear; stty -echo; echo ready; cat >pasted");
        screen.await("^ready$");
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 20_000; i++) {
            text.append("line ").append(i).append(" of what was pasted, ÄÖÜ and all\n");
        }
        screen.paste(text.toString());
        TestDaemon.await("all is there", () -> {
            try {
                return Files.readString(anna.home().resolve("pasted")).length() >= text.length();
            } catch (java.io.IOException e) {
                return false;
            }
        });
        screen.press("C-d");
        assertEquals(text.toString(), Files.readString(anna.home().resolve("pasted")));
    }

    @Test
    void escapesWorkAtTheBeginningOfALine() throws Exception {
        logIn();
        screen.press("Enter");
        screen.type("~?");
        screen.await("^ *~\\. +- terminate connection");
        screen.enter("echo a~?");
        screen.await("^a~\\?$");
        screen.type("~~");
        screen.await(remotePrompt() + " ~$");
        screen.press("C-u", "Enter");
        screen.type("~");
        screen.press("C-z");
        screen.await("Stopped");
        screen.awaitPrompt();
        screen.enter("clear; stty -a >" + dir + "/now; mv " + dir + "/now " + dir + "/suspended");
        TestDaemon.await("the settings are written", () -> Files.exists(dir.resolve("suspended")));
        assertEquals(Files.readString(dir.resolve("before")), Files.readString(dir.resolve("suspended")));
        screen.resize(90, 20);
        screen.enter("fg");
        screen.press("Enter");
        screen.enter("clear; stty size");
        screen.await("^20 90$");
        screen.resize(80, 24);
        screen.enter("clear; until [ \"$(stty size)\" = '24 80' ]; do sleep 0.1; done; echo resized");
        screen.await("^resized$");
        screen.press("Enter");
        screen.type("~.");
        screen.await("Connection to 127\\.0\\.0\\.1 closed\\.$");
        screen.enter("echo rc=$?");
        screen.await("^rc=255$");
        assertTerminalIsAsBefore();
        assertGone();
    }

    @Test
    void aKilledClientTakesTheShellWithItAndLeavesTheTerminalInOrder() throws Exception {
        logIn();
        screen.enter("sleep 1000 & sleep 2000");
        TestDaemon.await("both sleep", () -> anna.processes().stream().filter(p -> p.info().commandLine().orElse("").contains("sleep")).count() == 2);
        long java = Long.parseLong(Command.of("pgrep", "-x", "-n", "-f", ".*org.qnsp.qssh.Main.* " + House.at(anna)).run().expect(0).out().strip());
        ProcessHandle.of(java).orElseThrow().destroyForcibly();
        screen.awaitPrompt();
        screen.enter("echo rc=$?");
        screen.await("^rc=137$");
        assertTerminalIsAsBefore();
        assertGone();
    }

    @Test
    void aDaemonThatDiesIsSaid() throws Exception {
        logIn();
        screen.enter("sleep 1000");
        TestDaemon.await("it sleeps", () -> anna.processes().stream().anyMatch(p -> p.info().commandLine().orElse("").contains("sleep")));
        house.daemon().kill();
        try {
            screen.await("Connection to 127\\.0\\.0\\.1 closed by remote host\\.\\nConnection to 127\\.0\\.0\\.1 closed\\.$");
            screen.enter("echo rc=$?");
            screen.await("^rc=255$");
            assertTerminalIsAsBefore();
            assertGone();
        } finally {
            house.daemon().start();
        }
    }

    @Test
    void aDaemonThatStopsTellsItsGuestsAndEnds() throws Exception {
        logIn();
        assertEquals(0, house.daemon().stop());
        try {
            screen.await("^Connection to 127\\.0\\.0\\.1 closed\\.$");
            assertTerminalIsAsBefore();
            assertGone();
        } finally {
            house.daemon().start();
        }
    }

    @Test
    void whatWasStartedWithNohupOutlivesTheLogout() throws Exception {
        logIn();
        screen.enter("nohup sleep 1000 >/dev/null 2>&1 & disown; exit");
        screen.await("closed\\.$");
        assertEquals(1, anna.processes().size());
    }

    @Test
    void aPassphraseIsAskedForWithoutShowingIt() throws Exception {
        Path locked = dir.resolve("locked");
        Files.copy(anna.keyFile(), locked);
        Files.setPosixFilePermissions(locked, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Command.of(House.program("qssh-keygen"), "-q", "-p", "-P", "", "-N", "correct horse", "-f", locked.toString()).run().expect(0);
        String command = house.client("qssh", locked).quoted() + " " + House.at(anna) + " id -un";
        screen.enter("clear; " + command);
        screen.await("Enter passphrase for key '" + locked + "':\\s*\\z");
        screen.enter("wrong one");
        screen.await("Enter passphrase for key '(.*\\n)+.*Enter passphrase for key '");
        screen.enter("correct horse");
        screen.await("^" + anna.name() + "$");
        assertTrue(!screen.text().contains("horse") && !screen.text().contains("wrong"), screen.text());
        // nobody to ask: one message
        Command.Result result = Command.script("setsid " + command + " </dev/null").run().expect(255);
        assertTrue(result.err().lines().count() <= 3, result.toString());
    }
}
