package org.qnsp.gateway.qkdsim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.core.qkd.Etsi014KeySource;
import org.qnsp.core.qkd.KeySource;
import org.qnsp.core.qkd.KeySourceStatus;
import org.qnsp.core.qkd.MasterSae;
import org.qnsp.core.qkd.QkdException;
import org.qnsp.core.qkd.QkdException.Reason;
import org.qnsp.core.qkd.QkdKey;
import org.qnsp.core.qkd.QkdOffer;
import org.qnsp.core.qkd.SlaveSae;

/** The simulated key servers and the key source of the programs, each against the other. */
final class TrialTest {
    @TempDir
    private Path dir;

    @Test
    void bothEndsGetTheSameKeys() throws Exception {
        try (Trial trial = new Trial(dir.resolve("t"), "--sizes=64:128:128"); SlaveSae slave = new SlaveSae(trial.settings(Side.B, "server"));
                QkdOffer offer = MasterSae.offer(trial.settings(Side.A, "client"))) {
            assertTrue(offer.simulated());
            assertEquals("qkd-sim-kme-a", offer.kme());
            assertEquals(2, offer.keys().size(), "two of 128 bits");
            List<QkdKey> fetched = slave.fetch("qssh", "qsshd", offer.names());
            for (int i = 0; i < 2; i++) {
                assertArrayEquals(offer.keys().get(i).secret().bytes(), fetched.get(i).secret().bytes());
            }
            assertNotEquals(offer.keys().get(0).id(), offer.keys().get(1).id());
            assertFalse(fetched.get(0).secret().matches(fetched.get(1).secret().bytes()));
            assertEquals(Reason.REUSED_KEY, reason(() -> slave.fetch("qssh", "qsshd", offer.names())));
            try (SlaveSae restarted = new SlaveSae(trial.settings(Side.B, "server"))) {
                assertEquals(Reason.UNKNOWN_KEY, reason(() -> restarted.fetch("qssh", "qsshd", offer.names())));
            }
        }
    }

    @Test
    void theServerMayBeMasterToo() throws Exception {
        try (Trial trial = new Trial(dir.resolve("t")); KeySource a = trial.source(Side.A); KeySource b = trial.source(Side.B)) {
            List<QkdKey> made = b.fresh("qssh", 3, 1024);
            assertArrayEquals(made.get(2).secret().bytes(), a.fetch("qsshd", List.of(made.get(2).id())).getFirst().secret().bytes());
        }
    }

    @Test
    void theLinkHasARateAPoolAndALifetime() throws Exception {
        try (Trial trial = new Trial(dir.resolve("t"), "--rate=0", "--pool=1024", "--ttl=1"); KeySource a = trial.source(Side.A); KeySource b = trial.source(Side.B)) {
            assertEquals(4, a.status("qsshd").stored());
            String id = a.fresh("qsshd", 3, 256).getFirst().id();
            KeySourceStatus status = a.status("qsshd");
            assertEquals(1, status.stored());
            assertEquals(4, status.mostStored());
            assertEquals(Reason.EXHAUSTED, reason(() -> a.fresh("qsshd", 2, 256)));
            Thread.sleep(1_100);
            assertEquals(Reason.UNKNOWN_KEY, reason(() -> b.fetch("qssh", List.of(id))));
        }
    }

    @Test
    void certificatesDecideWhoIsWho() throws Exception {
        try (Trial trial = new Trial(dir.resolve("t")); KeySource wrongEnd = new Etsi014KeySource(trial.settings(Side.A, "server"));
                KeySource nobody = new Etsi014KeySource(trial.settings(Side.A, "no-id")); KeySource a = trial.source(Side.A)) {
            assertEquals(Reason.NOT_AUTHORISED, reason(() -> wrongEnd.status("qsshd")));
            assertEquals(Reason.NOT_AUTHORISED, reason(() -> nobody.fresh("qsshd", 1, 256)));
            assertEquals(Reason.NOT_AUTHORISED, reason(() -> a.status("nobody")));
            String own = a.fresh("qsshd", 1, 256).getFirst().id();
            try (KeySource again = trial.source(Side.A)) {
                assertEquals(Reason.UNKNOWN_KEY, reason(() -> again.fetch("qsshd", List.of(own))), "its master is another");
            }
        }
    }

    private interface Call {
        void run() throws QkdException;
    }

    private static Reason reason(Call call) {
        return assertThrows(QkdException.class, call::run).reason();
    }

    /** A fetch of keys made just before. */
    private static String outcome(Trial trial, String faults) throws IOException, QkdException {
        long start = System.nanoTime();
        try (QkdOffer offer = MasterSae.offer(trial.settings(Side.A, "client")); SlaveSae slave = new SlaveSae(trial.settings(Side.B, "server"))) {
            trial.faults(faults);
            List<QkdKey> keys = slave.fetch("qssh", "qsshd", offer.names());
            return keys.getFirst().secret().matches(offer.keys().getFirst().secret().bytes()) ? "same" : "other";
        } catch (QkdException e) {
            return e.reason().toString();
        } finally {
            assertTrue(System.nanoTime() - start < 30_000_000_000L, faults + " took too long");
        }
    }

    @Test
    void everyFaultEndsInItsFailureAndInTime() throws Exception {
        Map<String, String> expected = new LinkedHashMap<>();
        expected.put("", "same");
        expected.put("b:latency=50", "same");
        expected.put("a:hang", "same"); // whose side is not asked
        expected.put("unavailable", "UNAVAILABLE");
        expected.put("unauthorised", "NOT_AUTHORISED");
        expected.put("drop", "UNREACHABLE");
        expected.put("mismatch", "other");
        expected.put("b:sync-lag=250", "same");
        expected.put("b:sync-lag=60000", "UNKNOWN_KEY");
        expected.put("no-id", "WRONG_KME");
        expected.put("no-keys", "UNKNOWN_KEY");
        expected.put("hang", "TIMEOUT");
        expected.put("latency=9000", "TIMEOUT");
        expected.put("html", "UNAVAILABLE");
        expected.put("garbage", "MALFORMED");
        expected.put("oversized", "MALFORMED");
        Map<String, CompletableFuture<String>> running = new LinkedHashMap<>();
        try (ExecutorService waiting = Executors.newVirtualThreadPerTaskExecutor(); ExecutorService others = Executors.newSingleThreadExecutor()) {
            for (String fault : expected.keySet()) {
                Path own = dir.resolve("t" + running.size());
                running.put(fault, CompletableFuture.supplyAsync(() -> {
                    try (Trial trial = new Trial(own)) {
                        return outcome(trial, fault);
                    } catch (Exception e) {
                        return e.toString();
                    }
                }, expected.get(fault).equals("TIMEOUT") ? waiting : others));
            }
        }
        Map<String, String> seen = new LinkedHashMap<>();
        running.forEach((fault, outcome) -> seen.put(fault, outcome.join()));
        assertEquals(expected, seen);
    }

    @Test
    void noKeysAreGivenByALinkWithout() throws Exception {
        try (Trial trial = new Trial(dir.resolve("t"), "--fault=exhausted")) {
            QkdException failure = assertThrows(QkdException.class, () -> MasterSae.offer(trial.settings(Side.A, "client")));
            assertEquals(Reason.EXHAUSTED, failure.reason());
            assertEquals("the key server answers 503: not enough keys: the link is exhausted", failure.getMessage());
        }
    }

    @Test
    void aTrialIsTakenUpAgainWithItsCertificates() throws Exception {
        Path own = dir.resolve("t");
        new Trial(own).close();
        byte[] before = Files.readAllBytes(own.resolve("client.pem"));
        new Trial(own).close();
        assertArrayEquals(before, Files.readAllBytes(own.resolve("client.pem")));
        assertTrue(assertThrows(IOException.class, () -> new Trial(own, "--client-sae=other")).getMessage().contains("other SAE ids"));
        for (String file : new String[] {"client.key", "server.key", "qkd-sim-kme-a.key", "qkd-sim-kme-b.key"}) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(own.resolve(file))), file);
        }
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(own)));
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertTrue(assertThrows(IOException.class, () -> new Trial(own)).getMessage().contains("no directory of one user only"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--fault=nonsense", "--fault=hang=5", "--fault=c:hang", "--port-a=65536", "--rate=-1", "--rate=x", "--ttl=0", "--sizes=256", "--sizes=8:12:64", "--sizes=64:32:128",
        "--client-sae=a/b", "--server-sae=qssh", "--unknown", "--dir", "operand", "-x"})
    void aWrongUseIsSaid(String argument) {
        assertThrows(UsageException.class, () -> SimRequest.parse(List.of(argument), "/"));
    }
}
