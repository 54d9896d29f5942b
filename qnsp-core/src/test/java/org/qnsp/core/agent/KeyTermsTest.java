package org.qnsp.core.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.agent.KeyTerms.Destination;
import org.qnsp.core.agent.KeyTerms.Host;

/** A-14, A-15: which key may be used, and is seen, by whom. Hosts are letters; their keys are their letters, those of "ab" both. */
final class KeyTermsTest {
    private static byte[] key(char host) {
        byte[] key = new byte[32];
        key[0] = (byte) host;
        return key;
    }

    private static Host host(String name) {
        return new Host(name, name.chars().mapToObj(c -> key((char) c)).toList());
    }

    /** As -h has it: {@code [user@]host} or {@code host>[user@]host}. */
    private static Destination destination(String text) {
        String to = text.substring(text.indexOf('>') + 1);
        return new Destination(text.contains(">") ? host(text.substring(0, text.indexOf('>'))) : null, host(to.substring(to.indexOf('@') + 1)),
                to.contains("@") ? to.substring(0, to.indexOf('@')) : "");
    }

    private static KeyTerms terms(String destinations) {
        return new KeyTerms(0, false, destinations == null ? List.of() : Stream.of(destinations.split(" ")).map(KeyTermsTest::destination).toList());
    }

    private static List<byte[]> hops(String hops) {
        return hops == null ? List.of() : hops.chars().mapToObj(c -> key((char) c)).toList();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        // destinations, hops, host, user, may
        "-,                 -,   a, x,    true", // without destinations it is good everywhere
        "-,                 bcd, a, x,    true",
        "a,                 -,   a, x,    true",
        "a,                 -,   b, x,    false",
        "a,                 a,   a, x,    false", // from a to a is another step than from here to a
        "a,                 a,   b, x,    false", // may log in to a, and a may do nothing with it
        "ab,                -,   b, x,    true",  // a host with two keys
        "u@a,               -,   a, u,    true",
        "u@a,               -,   a, x,    false",
        "u?*@a,             -,   a, us,   true",
        "u?*@a,             -,   a, u,    false",
        "a a>b,             a,   b, x,    true",
        "a a>b,             -,   b, x,    false", // only by way of a
        "a a>b,             c,   b, x,    false", // another hop
        "a>b,               a,   b, x,    false", // the way to a is a step of its own
        "a a>u@b,           a,   b, u,    true",
        "a a>u@b,           a,   b, x,    false",
        "u@a a>b,           a,   b, x,    true",  // who was u at a does not count on the way
        "a a>b b>c,         ab,  c, x,    true",
        "a a>b b>c,         b,   c, x,    false",
        "a a>b b>c,         ac,  b, x,    false",
        "a a>b b>c,         aab, c, x,    false",
        "a b,               ab,  a, x,    false",
        "a a>b a>c,         a,   c, x,    true",
        "a a>b a>c,         ab,  c, x,    false",
        "b a>b,             -,   b, x,    true",
    })
    void aKeyIsUsedOnPermittedStepsOnly(String destinations, String hops, char host, String user, boolean may) {
        assertEquals(may, terms(destinations).permits(hops(hops), key(host), user));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "-,         -,   true",
        "-,         ab,  true",
        "a,         -,   true",
        "a,         a,   false", // of no use behind a
        "a,         b,   false",
        "a a>b,     a,   true",
        "a a>b,     ab,  false",
        "a a>b b>c, ab,  true",
        "a>b,       a,   false",
    })
    void aKeyIsSeenWhereItIsOfUse(String destinations, String hops, boolean seen) {
        assertEquals(seen, terms(destinations).visible(hops(hops)));
    }
}
