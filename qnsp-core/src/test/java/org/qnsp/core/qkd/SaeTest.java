package org.qnsp.core.qkd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.handshake.QuantumOffer.KeyName;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Keyword;
import org.qnsp.core.config.Settings;
import org.qnsp.core.qkd.QkdException.Reason;
import org.qnsp.core.qkd.QkdSettings.Mode;
import org.qnsp.crypto.Secret;

/** What the two ends do with a key source, and the settings of both. */
final class SaeTest {
    private static final String ID = "00000000-0000-4000-8000-0000000000%02d";

    /** A source that gives what it is asked for, and remembers it. */
    private static final class Plenty implements KeySource {
        private final KeySourceStatus status;
        private final List<String> asked = new ArrayList<>();
        private final List<QkdKey> given = new ArrayList<>();
        private int fetchedBits = 256;
        private int failAt = Integer.MAX_VALUE;

        Plenty(KeySourceStatus status) {
            this.status = status;
        }

        @Override
        public KeySourceStatus status(String peer) {
            asked.add("status " + peer);
            return status;
        }

        @Override
        public List<QkdKey> fresh(String peer, int count, int bits) throws QkdException {
            asked.add("fresh " + peer + " " + count + " " + bits);
            if (given.size() >= failAt) {
                throw new QkdException(Reason.EXHAUSTED, "no more");
            }
            List<QkdKey> keys = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                keys.add(new QkdKey(ID.formatted(given.size()), Secret.zeros(bits / 8)));
                given.add(keys.getLast());
            }
            return keys;
        }

        @Override
        public List<QkdKey> fetch(String master, List<String> ids) {
            asked.add("fetch " + master + " " + ids.size());
            List<QkdKey> keys = ids.stream().map(id -> new QkdKey(id, Secret.zeros(fetchedBits / 8))).toList();
            given.addAll(keys);
            return keys;
        }

        @Override
        public void close() {}
    }

    private static KeySourceStatus status(long size, long smallest, long largest, long mostInRequest, boolean simulated) {
        return new KeySourceStatus("A", "B", "c", "s", size, 9, 99, mostInRequest, largest, smallest, simulated);
    }

    private static QkdSettings settings(Mode mode, boolean allow, String own, String peer) {
        return new QkdSettings(mode, URI.create("https://kme:443"), null, null, null, null, own, List.of(peer), allow);
    }

    private static Reason fails(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(QkdException.class, call).reason();
    }

    @ParameterizedTest
    @CsvSource({"256, 64, 1024, 128, 1 x 256", "512, 512, 512, 1, 1 x 512", "128, 64, 128, 128, 2 x 128", "128, 128, 128, 1, 1 x 128 1 x 128", "32, 8, 64, 5, 5 x 32 3 x 32", "1024, 512, 2048, 9, 1 x 1024"})
    void theServersSizesAreKeptTo(long size, long smallest, long largest, long mostInRequest, String requests) throws Exception {
        Plenty source = new Plenty(status(size, smallest, largest, mostInRequest, false));
        QkdOffer offer = MasterSae.offer(settings(Mode.REQUIRE, false, "c", "s"), source);
        List<String> asked = new ArrayList<>(List.of("status s"));
        for (String request : requests.split("(?<=[0-9]) (?=[0-9])")) {
            asked.add("fresh s " + request.replace(" x", ""));
        }
        assertEquals(asked, source.asked);
        assertEquals(source.given.stream().map(key -> new KeyName(key.id(), key.bits())).toList(), offer.names());
        offer.close();
        assertThrows(IllegalStateException.class, () -> source.given.getLast().secret().bytes());
    }

    @ParameterizedTest
    @CsvSource({"16, 8, 64, 128", "0, 0, 0, 128", "252, 252, 252, 128", "256, 256, 256, 0", "8200, 8200, 8200, 9"})
    void sizesThatWillNotDoAreRefused(long size, long smallest, long largest, long mostInRequest) {
        assertEquals(Reason.UNSUITABLE, fails(() -> MasterSae.offer(settings(Mode.PREFER, false, "c", "s"), new Plenty(status(size, smallest, largest, mostInRequest, false)))));
    }

    @Test
    void keysOfAnOfferThatFailsAreWiped() {
        Plenty source = new Plenty(status(128, 128, 128, 1, false));
        source.failAt = 1;
        assertEquals(Reason.EXHAUSTED, fails(() -> MasterSae.offer(settings(Mode.PREFER, false, "c", "s"), source)));
        assertThrows(IllegalStateException.class, () -> source.given.getFirst().secret().bytes());
    }

    @Test
    void aSimulatorDoesWhereItIsAllowed() throws Exception {
        KeySourceStatus simulator = status(256, 64, 1024, 128, true);
        assertEquals(Reason.SIMULATED, fails(() -> MasterSae.offer(settings(Mode.REQUIRE, false, "c", "s"), new Plenty(simulator))));
        assertEquals(true, MasterSae.offer(settings(Mode.REQUIRE, true, "c", "s"), new Plenty(simulator)).simulated());
        assertEquals(true, MasterSae.offer(settings(Mode.PREFER, false, "c", "s"), new Plenty(simulator)).simulated());
        List<KeyName> names = List.of(new KeyName(ID.formatted(1), 256));
        assertEquals(Reason.SIMULATED, fails(() -> new SlaveSae(settings(Mode.REQUIRE, false, "s", "c"), new Plenty(simulator)).fetch("c", "s", names)));
        assertEquals(1, new SlaveSae(settings(Mode.REQUIRE, true, "s", "c"), new Plenty(simulator)).fetch("c", "s", names).size());
        assertEquals(1, new SlaveSae(settings(Mode.PREFER, false, "s", "c"), new Plenty(simulator)).fetch("c", "s", names).size());
    }

    @Test
    void aCertificateOfAnotherSaeIsNoticed() {
        assertEquals(Reason.CONFIGURATION, fails(() -> MasterSae.offer(settings(Mode.PREFER, false, "other", "s"), new Plenty(status(256, 64, 1024, 9, false)))));
    }

    @Test
    void anOfferIsLookedAtBeforeTheKeyServerIsAsked() throws Exception {
        Plenty source = new Plenty(status(256, 64, 1024, 9, false));
        SlaveSae slave = new SlaveSae(settings(Mode.REQUIRE, false, "s", "c"), source);
        KeyName name = new KeyName(ID.formatted(1), 256);
        assertEquals(Reason.NOT_AUTHORISED, fails(() -> slave.fetch("x", "s", List.of(name))));
        assertEquals(Reason.NOT_AUTHORISED, fails(() -> slave.fetch("c", "x", List.of(name))));
        for (List<KeyName> bad : List.of(List.<KeyName>of(), List.of(name, name), List.of(name, new KeyName(ID.formatted(1), 128)), List.of(new KeyName("../status", 256)), List.of(new KeyName(ID.formatted(1), 128)),
                List.of(new KeyName(ID.formatted(1), 257)), List.of(new KeyName(ID.formatted(1), 1 << 20)), List.of(new KeyName(ID.formatted(1), -256)),
                java.util.stream.IntStream.range(0, 9).mapToObj(i -> new KeyName(ID.formatted(i), 256)).toList())) {
            assertEquals(Reason.MALFORMED, fails(() -> slave.fetch("c", "s", bad)), bad.toString());
        }
        assertEquals(List.of(), source.asked);
        assertEquals(1, slave.fetch("c", "s", List.of(name)).size());
        slave.fetch("c", "s", List.of(name));
        assertEquals(List.of("status c", "fetch c 1", "fetch c 1"), source.asked, "the status is asked for once a minute");
        source.fetchedBits = 128;
        assertEquals(Reason.MALFORMED, fails(() -> slave.fetch("c", "s", List.of(name))));
        assertThrows(IllegalStateException.class, () -> source.given.getLast().secret().bytes());
    }

    @Test
    void whoeverOffersTooOftenHasToWait() throws Exception {
        Plenty source = new Plenty(status(256, 64, 1024, 9, false));
        SlaveSae slave = new SlaveSae(settings(Mode.PREFER, false, "s", "c"), source);
        Reason reason = null;
        for (int i = 0; i < 200 && reason == null; i++) {
            try {
                slave.fetch("c", "s", List.of(new KeyName(ID.formatted(1), 256)));
            } catch (QkdException e) {
                reason = e.reason();
            }
        }
        assertEquals(Reason.BUSY, reason);
    }

    private static Settings configured(String... pairs) {
        Settings settings = new Settings();
        for (String pair : pairs) {
            String name = pair.substring(0, pair.indexOf(' '));
            Keyword keyword = QkdKeywords.ALL.stream().filter(k -> k.name().equals(name)).findFirst().orElseThrow();
            settings.put(keyword, List.of(pair.substring(name.length() + 1).split(" ")));
        }
        return settings;
    }

    private static final String[] WHOLE = {"Qkd require", "QkdKme https://kme.example:8443", "QkdCa ca", "QkdCertificate c.p12", "QkdSae me", "QkdPeerSae you"};

    private static QkdSettings read(int mostPeers, String... changed) throws ConfigException {
        List<String> lines = new ArrayList<>(List.of(WHOLE));
        for (String change : changed) {
            lines.removeIf(line -> line.startsWith(change.substring(0, change.indexOf(' ') + 1)));
            if (!change.endsWith(" ")) {
                lines.add(change);
            }
        }
        return QkdSettings.of(configured(lines.toArray(String[]::new)), java.nio.file.Path.of("/etc")::resolve, mostPeers);
    }

    @Test
    void settingsAreReadWhole() throws Exception {
        QkdSettings settings = read(1);
        assertEquals(new QkdSettings(Mode.REQUIRE, URI.create("https://kme.example:8443"), null, java.nio.file.Path.of("/etc/ca"), java.nio.file.Path.of("/etc/c.p12"), java.nio.file.Path.of("/etc/c.p12"),
                "me", List.of("you"), false), settings);
        assertEquals(URI.create("https://kme:443"), read(1, "QkdKme https://kme/").kme());
        assertEquals(Mode.OFF, read(1, "Qkd off", "QkdKme nonsense").mode());
        assertEquals(List.of("a", "b"), read(9, "QkdPeerSae a b").peers());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "`QkdKme `                        | Qkd require needs QkdKme",
        "`QkdCa `                         | Qkd require needs QkdCa",
        "`QkdCertificate `                | Qkd require needs QkdCertificate",
        "`QkdSae `                        | Qkd require needs QkdSae",
        "`QkdPeerSae `                    | Qkd require needs one QkdPeerSae",
        "QkdPeerSae a b                   | Qkd require needs one QkdPeerSae",
        "QkdKme http://kme:1              | QkdKme \"http://kme:1\" is not https://host:port",
        "QkdKme kme:1                     | QkdKme \"kme:1\" is not https://host:port",
        "QkdKme https://u@kme             | QkdKme \"https://u@kme\" is not https://host:port",
        "QkdKme https://kme/api           | QkdKme \"https://kme/api\" is not https://host:port",
        "QkdKme https://kme:99999         | QkdKme \"https://kme:99999\" is not https://host:port",
        "QkdSae ..                        | QkdSae \"..\" is not printable ASCII of at most 255 characters",
    })
    void whatIsMissingOrWrongIsSaid(String change, String fault) {
        assertEquals(fault, assertThrows(ConfigException.class, () -> read(1, change)).getMessage());
    }
}
