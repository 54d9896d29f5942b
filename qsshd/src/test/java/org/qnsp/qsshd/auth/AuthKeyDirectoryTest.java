package org.qnsp.qsshd.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.RandomSource;

/** What the daemon keeps from one login to the next (C-38). */
final class AuthKeyDirectoryTest {
    @TempDir
    private Path dir;
    private AuthKeyDirectory keys;

    @BeforeEach
    void open() {
        keys = new AuthKeyDirectory(dir.resolve("keys"));
    }

    private static AuthKey key() {
        return AuthKey.generate(RandomSource.system());
    }

    private boolean knows(String user, AuthKey key, long now) throws Exception {
        return keys.find(user, key.id(), now).map(found -> found.key().matches(key.key().bytes())).orElse(false);
    }

    @Test
    void aKeyIsItsUsersAlone() throws Exception {
        AuthKey one = key();
        keys.store("alice", one, null, 0);
        assertTrue(knows("alice", one, 0));
        assertFalse(knows("bob", one, 0));
        assertFalse(knows("", one, 0));
        assertFalse(knows("../alice", one, 0));
        assertFalse(knows("alice", key(), 0));
        try (Stream<Path> all = Files.walk(dir.resolve("keys"))) {
            for (Path file : all.toList()) {
                assertFalse(Files.getPosixFilePermissions(file).stream().anyMatch(p -> !p.name().startsWith("OWNER")), file.toString());
            }
        }
    }

    /** The older key holds until the newer one has been used, and two minutes longer, for logins under way; then it is removed with the next that is kept. */
    @Test
    void theOlderKeyGoesAfterTheNewerOneWasUsed() throws Exception {
        AuthKey one = key();
        AuthKey two = key();
        AuthKey three = key();
        keys.store("alice", one, null, 0);
        keys.store("alice", two, one.id(), 0);
        assertTrue(knows("alice", one, Long.MAX_VALUE) && knows("alice", two, 0));
        keys.used("alice", two.id(), 1_000);
        assertTrue(knows("alice", one, 1_000 + 119_000));
        assertFalse(knows("alice", one, 1_000 + 120_000));
        keys.used("alice", two.id(), 50_000); // again: nothing is put off
        assertFalse(knows("alice", one, 1_000 + 120_000));
        keys.store("alice", three, two.id(), 200_000);
        assertEquals(Stream.of(two, three).map(k -> HexFormat.of().formatHex(k.id())).sorted().toList(), keys.ids("alice"));
        keys.used("alice", key().id(), 0); // one that is not there
    }

    @Test
    void aUserHasUpTo64() throws Exception { // L-28
        List<AuthKey> all = new ArrayList<>();
        for (int i = 0; i < Limits.AUTH_KEYS_OF_USER + 3; i++) {
            AuthKey key = key();
            all.add(key);
            keys.store("alice", key, null, 0);
            try (Stream<Path> files = Files.walk(dir.resolve("keys"))) {
                Path written = files.filter(f -> f.endsWith(HexFormat.of().formatHex(key.id()))).findFirst().orElseThrow();
                Files.setLastModifiedTime(written, FileTime.fromMillis(i * 1_000L));
            }
        }
        assertEquals(Limits.AUTH_KEYS_OF_USER, keys.ids("alice").size());
        assertFalse(knows("alice", all.get(2), 0));
        assertTrue(knows("alice", all.get(3), 0));
    }

    @Test
    void whatIsRemovedIsGone() throws Exception {
        AuthKey one = key();
        keys.store("alice", one, null, 0);
        assertTrue(keys.remove("alice", one.id()));
        assertFalse(keys.remove("alice", one.id()));
        assertFalse(knows("alice", one, 0));
    }
}
