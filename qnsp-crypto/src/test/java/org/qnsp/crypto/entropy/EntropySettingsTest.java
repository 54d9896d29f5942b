package org.qnsp.crypto.entropy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.crypto.entropy.EntropySettings.Use;

/** What configurations may say of sources. */
final class EntropySettingsTest {
    @ParameterizedTest
    @CsvSource({",, SYSTEM", "system, /dev/x, SYSTEM", "qrng,, PREFER", ", /dev/x, PREFER", "qrng-only,, REQUIRE", "qrng-only, /dev/x, REQUIRE", ", https://a.example/x?y, PREFER"})
    void whatIsUsed(String use, String source, Use expected) {
        assertEquals(expected, EntropySettings.of(use, source, false, null).use());
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev/x", "", "http://a.example/", "https:///x", "https://user:secret@a.example/", "ftp://a.example/", "https://a.example/ secret", "https://a.example/#secret"})
    void whatIsRefused(String source) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> EntropySettings.of("qrng", source, false, null));
        assertFalse(e.getMessage().contains("secret"));
    }

    @Test
    void whatIsFetchedCannotBeRequired() {
        Exception e = assertThrows(IllegalArgumentException.class, () -> EntropySettings.of("qrng-only", "https://a.example/x?key=secret", false, null));
        assertEquals("EntropySource https://a.example/x cannot be required: what is fetched is known to who sent it, so it counts for nothing", e.getMessage());
    }

    @Test
    void aQueryIsNotShown() {
        assertEquals("qrng https://a.example/x", EntropySettings.of(null, "https://a.example/x?key=secret", false, null).toString());
    }
}
