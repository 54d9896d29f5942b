package org.qnsp.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.config.ForwardSpec.Kind;
import org.qnsp.core.config.ForwardSpec.Place;

final class ForwardSpecTest {
    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
        "LOCAL,   8080:web:80,                 8080 [web]:80",
        "LOCAL,   127.0.0.1:8080:web:80,       [127.0.0.1]:8080 [web]:80",
        "LOCAL,   [::1]:8080:[2001:db8::1]:80, [::1]:8080 [2001:db8::1]:80",
        "LOCAL,   *:8080:web:80,               [*]:8080 [web]:80",
        "LOCAL,   :8080:web:80,                []:8080 [web]:80",
        "LOCAL,   8080:/run/s,                 8080 /run/s",
        "LOCAL,   h:8080:/run/s,               [h]:8080 /run/s",
        "LOCAL,   /run/s:web:80,               /run/s [web]:80",
        "LOCAL,   /run/s:/run/t,               /run/s /run/t",
        "LOCAL,   ./s:web:80,                  ./s [web]:80",
        "LOCAL,   '/run/a\\:b:web:80',         '/run/a:b [web]:80'",
        "LOCAL,   [/run/a:b]:[/run/c],         /run/a:b /run/c",
        "REMOTE,  8080:[/run/s],               8080 /run/s",
        "LOCAL,   8080/web/80,                 8080 [web]:80",
        "LOCAL,   127.0.0.1/8080/web/80,       [127.0.0.1]:8080 [web]:80",
        "REMOTE,  8080:web:80,                 8080 [web]:80",
        "REMOTE,  0:web:80,                    0 [web]:80",
        "REMOTE,  8080,                        8080",
        "REMOTE,  0,                           0",
        "REMOTE,  /run/s,                      /run/s",
        "REMOTE,  *:8080,                      [*]:8080",
        "REMOTE,  /run/s:/run/t,               /run/s /run/t",
        "DYNAMIC, 1080,                        1080",
        "DYNAMIC, 127.0.0.1:1080,              [127.0.0.1]:1080",
        "DYNAMIC, [::1]:1080,                  [::1]:1080",
        "DYNAMIC, 127.0.0.1/1080,              [127.0.0.1]:1080",
    })
    void everyFormOfSsh(Kind kind, String text, String meaning) throws ConfigException {
        String plain = text.replace("'", "");
        assertEquals(meaning.replace("'", ""), ForwardSpec.parse(kind, plain).toString());
        assertEquals(ForwardSpec.parse(kind, plain), ForwardSpec.parse(kind, " " + plain + " "));
    }

    @ParameterizedTest
    @CsvSource({
        "LOCAL, 8080", "LOCAL, 8080:web", "LOCAL, 8080:web:", "LOCAL, 8080::80", "LOCAL, 0:web:80", "LOCAL, 65536:web:80", "LOCAL, 8080:web:0", "LOCAL, 8080:web:http",
        "LOCAL, x:web:80", "LOCAL, -1:web:80", "LOCAL, [::1:8080:web:80", "LOCAL, [::1]8080:web:80", "LOCAL, a:1:b:2:c", "LOCAL, ::1:8080:web:80", "LOCAL, ''", "LOCAL, /run/s",
        "REMOTE, web", "REMOTE, 8080:web", "REMOTE, ''", "REMOTE, 8080:web:0", "REMOTE, /run/s:80", "DYNAMIC, 0", "DYNAMIC, 8080:web:80", "DYNAMIC, x", "LOCAL, a/b/c",
    })
    void whatIsNoneIsSaidInSshsWords(Kind kind, String text) {
        ConfigException e = assertThrows(ConfigException.class, () -> ForwardSpec.parse(kind, text));
        assertEquals("Bad " + kind.word() + " forwarding specification '" + text + "'", e.getMessage());
    }

    @Test
    void whatNoSocketCanHaveIsRefused() { // L-18, L-19
        assertThrows(ConfigException.class, () -> ForwardSpec.parse(Kind.LOCAL, "8080:" + "w".repeat(256) + ":80"));
        assertThrows(ConfigException.class, () -> ForwardSpec.parse(Kind.LOCAL, "8080:/" + "w".repeat(107)));
    }

    @Test
    void whereStandardInputAndOutputLead() throws ConfigException {
        assertEquals(new Place.Tcp("web", 80), ForwardSpec.stdio("web:80"));
        assertEquals(new Place.Tcp("::1", 22), ForwardSpec.stdio("[::1]:22"));
        assertEquals(new Place.Unix("/run/s"), ForwardSpec.stdio("/run/s"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"web", "web:", ":80", "web:0", "web:x", "[::1]", "a:b:c", ""})
    void whatLeadsNowhereIsSaid(String text) {
        assertEquals("Bad stdio forwarding specification '" + text + "'", assertThrows(ConfigException.class, () -> ForwardSpec.stdio(text)).getMessage());
    }
}
