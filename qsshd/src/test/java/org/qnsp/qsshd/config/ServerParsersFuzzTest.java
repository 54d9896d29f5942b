package org.qnsp.qsshd.config;

import java.io.IOException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.config.ConfigException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;

/** Random text for the daemon's parsers: each takes it or throws what it declares. {@code -Dqnsp.fuzz=N} sets their number. */
class ServerParsersFuzzTest {
    private static final int ROUNDS = Integer.getInteger("qnsp.fuzz", 3_000);
    private static final String[] PIECES = {
        "Match", "Include", "Port", "ListenAddress", "HostKey", "AuthorizedKeysFile", "MaxStartups", "AllowUsers", "DenyGroups", "AcceptEnv", "SetEnv",
        "Subsystem", "ForceCommand", "Banner", "ChrootDirectory", "PermitRootLogin", "PubkeyAcceptedAlgorithms", "DrainMax", "ClockWindow", "all", "User",
        "Address", "LocalPort", "Host", "Group", "!", " ", " ", " ", " ", "\t", "=", "\n", "\n", "\n", "\"", "'", "\\", "#", "*", "?", ",", "%", "%h", "%u", "${", "}", "/inc",
        "yes", "no", "none", "10:30:100", "1h", "22", "-1", "99999999999", "[", "]", ":", "::1", "1.2.3.4", "@", "a", "\0", "\f", "\u00e9", "10.0.0.0/8", "foo", "-",
        "command=\"", "from=\"", "restrict", "pty", "expiry-time=\"20260101Z\"", "environment=\"A=b\"", "permitopen=\"", "\\\"",
    };

    private final Random random = new Random(Long.getLong("qnsp.seed", 20261));

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i >= 0; i--) {
            text.append(random.nextInt(20) == 0 ? Character.toString(random.nextInt(0x250)) : PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    @Test
    void configuration() throws IOException {
        ConnectionFacts facts = new ConnectionFacts("a", true, () -> List.of("a", "b"), "host", "10.2.3.4", "::1", 22);
        for (int i = 0; i < ROUNDS; i++) {
            MemorySource files = new MemorySource().with("cfg", text()).with("/inc", text());
            try {
                List<String> options = random.nextInt(4) == 0 ? List.of(text()) : List.of();
                ServerConfig config = ServerConfig.load(Path.of("cfg"), options, files);
                use(config);
                use(config.forConnection(facts));
            } catch (ConfigException e) {
                // what it declares
            }
        }
    }

    /** All that a daemon asks after the start: nothing may be wrong any more. */
    private static void use(ServerConfig config) throws ConfigException {
        config.dump();
        config.listenAddresses();
        config.maxStartups();
        config.firstContact();
        config.clockWindowSeconds();
        config.drainMax();
        config.refusal("a", "host", "10.2.3.4", () -> List.of("g"));
        config.subsystem("a");
        config.authorizedKeysFiles("a", 1, Path.of("/home/a"));
        config.banner();
        config.pidFile();
    }

    @Test
    void authorizedKeys() {
        String line;
        try (KemKeyPair pair = KemKeyPair.generate(RandomSource.system())) {
            line = pair.publicKey().line("c");
        }
        for (int i = 0; i < ROUNDS; i++) {
            AuthorizedKeys keys = AuthorizedKeys.parse(text() + " " + line + "\n" + text() + line, ZoneOffset.UTC);
            keys.lines().forEach(l -> l.options().allowsFrom("host", "1.2.3.4"));
        }
    }

    @Test
    void specifications() {
        for (int i = 0; i < ROUNDS; i++) {
            try {
                ConnectionFacts.parse(List.of(text(), "user=" + text()), user -> List.of());
            } catch (ConfigException e) {
                // what it declares
            }
        }
    }
}
