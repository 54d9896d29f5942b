package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;

/** an agent serves its own user and root, even where the socket's mode lets others in. */
final class AgentGetpeereidTest {
    @Test
    void anotherUserIsNotServed() throws Exception {
        try (Resident anna = Resident.create(); Resident bert = Resident.create()) {
            String lines = anna.runs(House.program("qssh-agent"), "-s", "-a", anna.home().resolve("socket").toString()).run().expect(0).out();
            String socket = TestAgent.value(lines, "SSH_AUTH_SOCK");
            Files.setPosixFilePermissions(anna.home(), PosixFilePermissions.fromString("rwxrwxrwx"));
            Files.setPosixFilePermissions(Path.of(socket), PosixFilePermissions.fromString("rwxrwxrwx"));
            String add = "SSH_AUTH_SOCK=" + socket + " " + House.program("qssh-add");
            anna.runs("sh", "-c", add + " -q " + anna.keyFile()).run().expect(0);
            assertEquals(1, anna.runs("sh", "-c", add + " -l").run().expect(0).out().lines().count());
            Command.Result refused = bert.runs("sh", "-c", add + " -l").run().expect(2);
            assertEquals("", refused.out());
            assertEquals(1, Command.script(add + " -l").env("QSSH_AUTH_SOCK", null).run().expect(0).out().lines().count(), "root is served");
        }
    }
}
