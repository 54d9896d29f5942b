package org.qnsp.qsshd.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.SigKeyPair;

class HostKeysTest {
    @TempDir
    Path dir;

    private Path write(String name, PrivateKey key) throws IOException {
        Path file = dir.resolve(name);
        KeyFile.write(file, KeyFile.encode(key, name, null, PassphraseCost.STANDARD, RandomSource.system()), false);
        return file;
    }

    @Test
    void aSignatureKeyIsPassedOverAndSaid() throws IOException {
        KemKeyPair kem = KemKeyPair.generate(RandomSource.system());
        Path usable = write("kem", kem);
        Path other = write("sig", SigKeyPair.generate(RandomSource.system()));
        List<String> said = new ArrayList<>();
        try (HostKeys keys = HostKeys.read(List.of(other, usable), said::add)) {
            assertEquals(List.of(kem.publicKey()), keys.publicKeys());
        }
        assertEquals(1, said.size());
        assertTrue(said.getFirst().contains(other.toString()), said.getFirst());
        assertThrows(IOException.class, () -> HostKeys.read(List.of(other), said::add), "none is left");
    }
}
