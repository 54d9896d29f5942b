package org.qnsp.core.client;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.config.Addresses;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.MemorySource;
import org.qnsp.core.config.Patterns;
import org.qnsp.core.config.Seconds;
import org.qnsp.core.config.Words;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;

/** Random text for every parser: each takes it or throws what it declares. {@code -Dqnsp.fuzz=N} sets their number. */
class ClientParsersFuzzTest {
    private static final int ROUNDS = Integer.getInteger("qnsp.fuzz", 3_000);
    private static final LocalUser ME = new LocalUser("me", 1000, "/home/me", name -> name.equals("A") ? "b" : null, () -> "box");
    private static final String[] PIECES = {
        "Host", "Match", "Include", "User", "HostName", "Port", "IdentityFile", "ProxyJump", "ProxyCommand", "SendEnv", "SetEnv", "EscapeChar",
        "ConnectTimeout", "IgnoreUnknown", "LocalForward", "ControlMaster", "Mode", "Tag", "StrictHostKeyChecking", "UserKnownHostsFile", "all", "final",
        "exec", "host", "user", "tagged", "address", " ", " ", " ", " ", "\t", "=", "\n", "\n", "\n", "\"", "'", "\\", "#", "!", "*", "?", ",", "%", "%h", "%C",
        "${", "}", "${A}", "~", "~/", "/", "/inc", "yes", "no", "none", "1h", "22", "-1", "99999999999", "[", "]", ":", "::1", "@", "a", "\0", "\f", "\r", "\u00e9", "^",
        "10.0.0.0/8", "LogLevel", "debug", "foo", "-", "\ud800",
    };

    private final Random random = new Random(Long.getLong("qnsp.seed", 20260));

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i >= 0; i--) {
            text.append(random.nextInt(20) == 0 ? Character.toString(random.nextInt(0x250)) : PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    @Test
    void clientConfiguration() {
        for (int i = 0; i < ROUNDS; i++) {
            MemorySource files = new MemorySource().with("cfg", text()).with("/inc", text()).with("/home/me/.qssh/a", text());
            ClientConfigLoader loader = new ClientConfigLoader(files, ME, command -> random.nextBoolean());
            try {
                List<String> options = random.nextInt(4) == 0 ? List.of(text()) : List.of();
                ClientConfig config = loader.load(new ClientRequest(random.nextBoolean() ? "foo" : text(), options, "cfg"));
                config.dump();
                config.identityAgent();
                config.sendEnv();
                config.escapeChar();
                config.mode();
                config.connectTimeoutSeconds();
            } catch (ConfigException e) {
                // what it declares
            }
        }
    }

    @Test
    void smallParsers() {
        for (int i = 0; i < ROUNDS; i++) {
            String text = text();
            Seconds.parse(text);
            Addresses.parse(text);
            Addresses.list(text, text());
            Addresses.isValidList(text);
            Patterns.list(text, text());
            Words.split(text, true);
            try {
                Getopt options = new Getopt("ab:c", List.of(text.split(" ")));
                while (options.next() != Getopt.END) {
                    options.value();
                }
            } catch (Getopt.UsageException e) {
                // what it declares
            }
        }
    }

    @Test
    void knownHosts() {
        PublicKey key;
        try (KemKeyPair pair = KemKeyPair.generate(RandomSource.system())) {
            key = pair.publicKey();
        }
        String good = "host,[b]:2 " + key.line("c") + "\n|1|AvS4nPbBE0T0TQj2nkREFngnNY8=|Sr06VX5WW96xfgZk3JkeMcewSHQ= " + key.line("") + "\n@revoked x ";
        for (int i = 0; i < ROUNDS; i++) {
            StringBuilder text = new StringBuilder(good);
            for (int n = random.nextInt(6); n > 0; n--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
                    default -> text.setCharAt(at, (char) random.nextInt(0x180));
                }
            }
            KnownHosts hosts = KnownHosts.parse(Path.of("/kh"), text.toString());
            hosts.check("host", key);
            hosts.check("foo", key);
            hosts.lines().forEach(KnownHostLine::text);
        }
    }
}
