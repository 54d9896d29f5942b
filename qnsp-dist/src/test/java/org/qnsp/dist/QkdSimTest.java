package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.qkd.MasterSae;
import org.qnsp.core.qkd.QkdOffer;
import org.qnsp.core.qkd.QkdSettings;
import org.qnsp.core.qkd.SlaveSae;

/** The built qkd-sim, as a stranger's client (curl) and as our programs see it. */
final class QkdSimTest {
    @TempDir
    static Path dir;

    private static Path trial;
    private static Process simulator;
    private static House house;
    private static Resident user;
    private static String printed;
    private static String kmeA;
    private static String kmeB;

    @BeforeAll
    static void start() throws Exception {
        trial = dir.resolve("trial");
        simulator = Command.of(House.program("qkd-sim"), "--dir=" + trial, "--port-a=0", "--port-b=0").start();
        StringBuilder lines = new StringBuilder();
        BufferedReader out = simulator.inputReader();
        for (String line = out.readLine(); line != null && !line.equals("# ready"); line = out.readLine()) {
            lines.append(line).append('\n');
        }
        printed = lines.toString();
        user = Resident.create().authorize("");
        house = new House(dir);
        kmeA = value("qssh_config", "QkdKme");
        kmeB = value("qsshd_config", "QkdKme");
    }

    @AfterAll
    static void stop() throws Exception {
        house.close();
        user.close();
        simulator.destroy();
        assertEquals(143, simulator.waitFor());
    }

    private static String value(String file, String keyword) throws Exception {
        Matcher line = Pattern.compile("^" + keyword + " \"?([^\"\n]+)\"?$", Pattern.MULTILINE).matcher(Files.readString(trial.resolve(file)));
        assertTrue(line.find(), keyword);
        return line.group(1);
    }

    /** The status and the body. @param who whose certificate, or null for none */
    private static String curl(String who, String... arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of("curl", "-sS", "--max-time", "20", "--cacert", trial + "/ca.pem", "-w", "\n%{http_code} %{content_type}"));
        if (who != null) {
            words.addAll(List.of("--cert", trial + "/" + who + ".pem", "--key", trial + "/" + who + ".key"));
        }
        words.addAll(Arrays.asList(arguments));
        Command.Result result = Command.of(words).run();
        return result.status() == 0 ? result.out().substring(result.out().lastIndexOf('\n') + 1) + " " + result.out().substring(0, result.out().lastIndexOf('\n')) : "failed " + result.err();
    }

    private static List<String> all(String pattern, String in) {
        return Pattern.compile(pattern).matcher(in).results().map(match -> match.group(1)).toList();
    }

    private static final String JSON = " application/json ";

    @Test
    void anyClientOfTheStandardIsServed() throws Exception {
        String a = kmeA + "/api/v1/keys/qsshd/";
        String b = kmeB + "/api/v1/keys/qssh/";
        String status = curl("client", a + "status");
        assertTrue(status.startsWith("200" + JSON) && status.contains("\"master_SAE_ID\":\"qssh\",\"slave_SAE_ID\":\"qsshd\",\"key_size\":256,")
                && status.contains("\"status_extension\":{\"qnsp_source\":\"simulator\","), status);
        String made = curl("client", a + "enc_keys?number=3&size=128");
        List<String> ids = all("\"key_ID\":\"([-0-9a-f]{36})\"", made);
        List<String> keys = all("\"key\":\"([A-Za-z0-9+/]{22}==)\"", made);
        assertEquals(List.of(3, 3), List.of(ids.size(), keys.size()), made);
        assertEquals("200" + JSON + "{\"keys\":[{\"key_ID\":\"" + ids.get(1) + "\",\"key\":\"" + keys.get(1) + "\"}]}", curl("server", b + "dec_keys?key_ID=" + ids.get(1)));
        String both = "{\"key_IDs\":[{\"key_ID\":\"" + ids.get(2) + "\"},{\"key_ID\":\"" + ids.get(0) + "\"}]}";
        assertTrue(curl("client", a + "dec_keys", "-d", both).startsWith("400" + JSON), "their master is another");
        assertEquals(List.of(keys.get(2), keys.get(0)), all("\"key\":\"([^\"]+)\"", curl("server", b + "dec_keys", "-d", both)));
        String gone = "400" + JSON + "{\"message\":\"one or more keys specified are not found on KME\"}";
        assertEquals(gone, curl("server", b + "dec_keys", "-d", both));
        String fresh = curl("client", a + "enc_keys", "-d", "{}");
        assertEquals(1, all("\"key\":\"([A-Za-z0-9+/]{43}=)\"", fresh).size(), fresh);
        assertEquals(gone, curl("server", b + "dec_keys", "-d", "{\"key_IDs\":[{\"key_ID\":\"" + all("\"key_ID\":\"([^\"]+)", fresh).getFirst() + "\"},{\"key_ID\":\"" + ids.get(0) + "\"}]}"), "all or none");
    }

    @Test
    void errorsAreThoseOfTheStandard() throws Exception {
        String enc = kmeA + "/api/v1/keys/qsshd/enc_keys";
        assertEquals("400" + JSON + "{\"message\":\"size shall be a multiple of 8\"}", curl("client", enc + "?size=257"));
        assertEquals("400" + JSON + "{\"message\":\"not all extension_mandatory parameters are supported\",\"details\":[{\"extension_mandatory_unsupported\":\"abc_route_type\"}]}",
                curl("client", enc, "-d", "{\"extension_mandatory\":[{\"abc_route_type\":\"direct\"}]}"));
        assertTrue(curl("client", enc, "-d", "{\"extension_optional\":[{\"abc_max_age\":30000}],\"number\":1}").startsWith("200" + JSON));
        for (String bad : new String[] {"{\"number\":0}", "{\"number\":-1}", "{\"number\":1000}", "{\"size\":4096}", "{\"number\":\"1\"}", "{", "", "[]", "{\"additional_slave_SAE_IDs\":[\"x\"]}"}) {
            assertTrue(curl("client", enc, "-d", bad).startsWith("400" + JSON + "{\"message\":\""), bad);
        }
        assertEquals("401  ", curl("server", enc));
        assertEquals("401  ", curl("no-id", enc));
        assertTrue(curl("client", kmeA + "/api/v1/keys/nobody/status").startsWith("400" + JSON));
        assertTrue(curl("client", kmeA + "/api/v2/keys").startsWith("404" + JSON));
        assertTrue(curl("client", "-X", "DELETE", enc).startsWith("405" + JSON));
        assertTrue(curl(null, enc).startsWith("failed "), "no certificate, no answer");
    }

    @Test
    void ourProgramsTakeWhatItPrints() throws Exception {
        assertTrue(printed.startsWith("# A pair of SIMULATED key servers"), printed);
        assertTrue(printed.contains(Files.readString(trial.resolve("qssh_config"))) && printed.contains(Files.readString(trial.resolve("qsshd_config"))), printed);
        String shown = Command.of(House.program("qssh"), "-F", trial + "/qssh_config", "--qkd-only", "--qkd-allow-simulator", "-G", "host").run().expect(0).out();
        assertTrue(shown.contains("\nqkd require\nqkdkme " + kmeA + "\nqkdkmeid qkd-sim-kme-a\n") && shown.contains("\nqkdsae qssh\nqkdpeersae qsshd\nqkdallowsimulator yes\n"), shown);
        Command.Result missing = Command.of(House.program("qssh"), "-F", "none", "--qkd", "-G", "host").run().expect(255);
        assertTrue(missing.err().contains("Qkd prefer needs QkdCertificate"), missing.err());
        try (QkdOffer offer = MasterSae.offer(settings("qssh_config")); SlaveSae slave = new SlaveSae(settings("qsshd_config"))) {
            assertTrue(slave.fetch("qssh", "qsshd", offer.names()).getFirst().secret().matches(offer.keys().getFirst().secret().bytes()));
        }
    }

    private static QkdSettings settings(String file) throws Exception {
        return new QkdSettings(QkdSettings.Mode.PREFER, URI.create(value(file, "QkdKme")), value(file, "QkdKmeId"), Path.of(value(file, "QkdCa")), Path.of(value(file, "QkdCertificate")),
                Path.of(value(file, "QkdKey")), value(file, "QkdSae"), List.of(value(file, "QkdPeerSae")), false);
    }

    @Test
    void faultsAreSwitchedWhileItRuns() throws Exception {
        String status = kmeB + "/api/v1/keys/qssh/status"; // the other tests need A's
        assertTrue(curl("server", status).startsWith("200"));
        Files.writeString(trial.resolve("faults"), "b:unavailable\n");
        assertTrue(curl("server", status).startsWith("503" + JSON));
        Files.writeString(trial.resolve("faults"), "b:html\n");
        assertTrue(curl("server", status).startsWith("500 text/html"));
        Files.writeString(trial.resolve("faults"), "b:no-id\n");
        assertNotEquals(List.of(), all("(subject: O=QNSP trial network)\n", Command.of("curl", "-sv", "--cacert", trial + "/ca.pem", status).run().err().replace("O = ", "O=")));
        Files.writeString(trial.resolve("faults"), "");
        assertTrue(curl("server", status).startsWith("200"));
    }

    private static void daemonWith(String mode) throws Exception {
        house.configure("Qkd " + mode, "QkdAllowSimulator yes", Files.readString(trial.resolve("qsshd_config")));
    }

    /** qssh with the simulator's configuration. */
    private static Command qssh(String... options) throws Exception {
        Path config = dir.resolve("client_config");
        Files.writeString(config, "Include " + trial.resolve("qssh_config") + "\nUserKnownHostsFile " + house.knownHosts() + "\nIdentityFile " + user.keyFile()
                + "\nIdentityAgent none\nPort " + house.daemon().port() + "\n");
        return Command.of(House.program("qssh"), "-F", config.toString(), "-v").with(options);
    }

    private static Command.Result login(String... options) throws Exception {
        return qssh(options).with(House.at(user), "echo in").run();
    }

    private static void fault(String... lines) throws Exception {
        Files.writeString(trial.resolve("faults"), String.join("\n", lines) + "\n");
    }

    private static final String KEYED = "QKD-keyed (hybrid): 1 key of key server simulator qkd-sim-kme-a";

    /** H-31 to H-33: both ends mix the same key in, and say so; simulated ones do only where they are allowed to. */
    @Test
    void aLoginIsKeyed() throws Exception {
        try {
            daemonWith("prefer");
            assertTrue(login("--qkd").expect(0).err().contains(KEYED));
            assertTrue(house.daemon().logText().contains(user.name() + " from 127.0.0.1 is QKD-keyed (hybrid): client SAE qssh, keys ["));
            assertTrue(login("--qkd-only", "--qkd-allow-simulator").expect(0).err().contains(KEYED));
            assertTrue(login("--qkd-only").expect(255).err().contains("qssh: error: no keys of key distribution: the key server is a simulator\nqssh: hint: --qkd-allow-simulator "));
            assertFalse(login().expect(0).err().contains("QKD"));
            daemonWith("require");
            assertTrue(login().expect(255).err().contains("This host takes no login without keys of quantum key distribution (qssh --qkd)."));
            assertTrue(login("--qkd").expect(0).err().contains(KEYED));
            house.configure();
            assertTrue(login("--qkd").expect(0).err().contains("QKD: no (the server takes no quantum keys under these names)"));
        } finally {
            house.configure();
        }
    }

    /** Faults are said; what is preferred goes on, what is required sends nothing that names the user; keys that differ end it in any case. */
    @Test
    void faultsFailClosed() throws Exception {
        try {
            daemonWith("prefer");
            for (String fault : List.of("unavailable", "b:unauthorised", "b:no-keys", "garbage")) {
                fault(fault);
                assertTrue(login("--qkd").expect(0).err().contains("QKD: no ("), fault);
                int logins = house.daemon().logText().length();
                assertTrue(login("--qkd-only", "--qkd-allow-simulator").expect(255).err().contains("qssh: error: no keys of key distribution: "), fault);
                assertFalse(house.daemon().logText().substring(logins).contains(user.name()), "the host was told who it is");
            }
            fault("mismatch");
            int before = house.daemon().logText().length();
            assertTrue(login("--qkd").expect(255).err().contains("qssh: error: the host's quantum keys are other ones under the same names\n"));
            assertFalse(house.daemon().logText().substring(before).contains(user.name()));
        } finally {
            fault();
            house.configure();
        }
    }

    /** the ratchets of such a connection take further keys; where there are none it is said, and the connection goes on. */
    @Test
    void ratchetsTakeFurtherKeys() throws Exception {
        try {
            daemonWith("prefer");
            Command.Result result = qssh("--qkd", "-v", "-o", "RekeyLimit=default 1s").with(House.at(user), "sleep 3").run().expect(0);
            assertTrue(result.err().contains("ratchet: epoch 3 sent"), result.err());
            assertFalse(result.err().contains("no key for a ratchet"), result.err());
        } finally {
            house.configure();
        }
    }
}
