package org.qnsp.core.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The askpass convention. What needs a terminal is tested on the built distribution. */
class TerminalPromptTest {
    @TempDir
    Path dir;

    private TerminalPrompt prompt(String script, String... environment) throws IOException {
        Path program = Files.writeString(dir.resolve("askpass"), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        Map<String, String> variables = new HashMap<>(Map.of("SSH_ASKPASS", program.toString(), "SSH_ASKPASS_REQUIRE", "force"));
        for (int i = 0; i < environment.length; i += 2) {
            variables.put(environment[i], environment[i + 1]);
        }
        return new TerminalPrompt(variables::get, false);
    }

    @Test
    void theProgramGetsTheQuestionAndGivesTheAnswer() throws IOException {
        assertArrayEquals("<Pass: > \u00e9".toCharArray(), prompt("printf '<%s> \\303\\251\\nmore\\n' \"$1\"").secret("Pass: "));
        assertEquals("confirm", prompt("echo \"$SSH_ASKPASS_PROMPT\"").line("yes? "));
    }

    @Test
    void aProgramThatFailsWasDismissed() throws IOException {
        assertNull(prompt("echo secret; exit 1").secret("?"));
        assertNull(prompt("", "SSH_ASKPASS", dir.resolve("none").toString()).secret("?"));
        assertNull(prompt("", "SSH_ASKPASS", "").secret("?"));
    }

    @Test
    void anEmptyAnswerIsOne() throws IOException {
        assertArrayEquals(new char[0], prompt("echo").secret("?"));
        assertArrayEquals(new char[0], prompt("true").secret("?"));
    }

    @Test
    void anAnswerNeedsNoLineEnd() throws IOException {
        assertArrayEquals("secret".toCharArray(), prompt("printf secret").secret("?"));
    }

    @Test
    void answersThatAreTooLongAreNone() throws IOException {
        assertNull(prompt("head -c 5000 /dev/zero | tr '\\0' x; echo").secret("?"));
    }

    @Test
    void ourOwnVariableComesFirst() throws IOException {
        Path own = Files.writeString(dir.resolve("own"), "#!/bin/sh\necho own\n");
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
        assertArrayEquals("own".toCharArray(), prompt("echo other", "QSSH_ASKPASS", own.toString()).secret("?"));
    }
}
