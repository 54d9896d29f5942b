package org.qnsp.qsshd.auth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;

/** K-8, L-4. */
class InviteFileTest {
    private static final long NOW = 1_800_000_000;

    @TempDir
    Path directory;

    private Path path() {
        return directory.resolve("key.invites");
    }

    private static InviteFile.Entry entry(String id, int uses) {
        return new InviteFile.Entry(id, RandomSource.system().bytes(32), Optional.of("alice"), NOW + 100, uses);
    }

    @Test
    void anInviteThatAnotherProcessMadeIsSeenAtOnce() throws IOException {
        InviteFile daemon = new InviteFile(path());
        assertEquals(0, daemon.active(NOW).size());
        InviteFile.Entry made = entry("a", 1);
        new InviteFile(path()).add(made, NOW);
        InviteFile.Entry seen = daemon.active(NOW).getFirst();
        assertArrayEquals(made.key(), seen.key());
        assertEquals(Optional.of("alice"), seen.user());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path())));
    }

    @Test
    void usesAreCountedAndComeBackOnlyIfGivenBack() throws IOException {
        InviteFile file = new InviteFile(path());
        file.add(entry("a", 2), NOW);
        assertTrue(file.reserve("a", NOW));
        assertTrue(file.reserve("a", NOW));
        assertFalse(file.reserve("a", NOW));
        assertEquals(0, file.active(NOW).size());
        file.giveBack("a");
        assertTrue(file.reserve("a", NOW));
    }

    @Test
    void expiredAndRevokedInvitesAreNotActive() throws IOException {
        InviteFile file = new InviteFile(path());
        file.add(entry("a", 1), NOW);
        file.add(entry("b", 1), NOW);
        assertEquals(2, file.active(NOW + 99).size());
        assertEquals(0, file.active(NOW + 100).size());
        assertFalse(file.reserve("a", NOW + 100));
        assertTrue(file.revoke("a"));
        assertFalse(file.revoke("nosuch"));
        assertEquals("b", file.active(NOW).getFirst().id());
    }

    @Test
    void thereAreAtMost64() throws IOException { // L-4
        InviteFile file = new InviteFile(path());
        for (int i = 0; i < 64; i++) {
            file.add(entry("i" + i, 1), NOW);
        }
        assertThrows(IOException.class, () -> file.add(entry("more", 1), NOW));
        file.revoke("i3");
        file.add(entry("more", 1), NOW);
        assertEquals(64, file.active(NOW).size());
    }

    @Test
    void aDamagedFileIsAnErrorThatTellsNoKey() throws IOException {
        InviteFile file = new InviteFile(path());
        file.add(entry("a", 1), NOW);
        String content = Files.readString(path());
        Files.writeString(path(), content.substring(0, content.length() - 8));
        IOException e = assertThrows(IOException.class, () -> file.active(NOW));
        assertFalse(e.getMessage().contains(content.split(" ")[1].substring(0, 10)));
    }
}
