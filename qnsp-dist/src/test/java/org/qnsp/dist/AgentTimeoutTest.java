package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;

/** keys with a lifetime go by themselves, those without stay. */
final class AgentTimeoutTest {
    @TempDir
    Path dir;

    @Test
    void aKeyGoesWhenItsTimeIsOver() throws Exception {
        try (TestAgent agent = new TestAgent(dir); KemKeyPair brief = KemKeyPair.generate(RandomSource.system()); KemKeyPair lasting = KemKeyPair.generate(RandomSource.system())) {
            Path file = agent.key("brief", brief, null);
            agent.add(agent.key("lasting", lasting, null).toString()).run().expect(0);
            long added = System.nanoTime();
            assertEquals("Identity added: " + file + " (brief)\nLifetime set to 12 seconds\n", agent.add("-t", "12", file.toString()).run().expect(0).err());
            String both = agent.add("-l").run().expect(0).out();
            assertTrue(both.lines().count() == 2 || System.nanoTime() - added > 12_000_000_000L, both); // on a machine that is this busy
            Thread.sleep(12_000);
            assertEquals(lasting.publicKey().line("lasting") + "\n", agent.add("-L").run().expect(0).out());
            assertTrue(agent.add("-t", "later", file.toString()).run().expect(1).err().startsWith("Invalid lifetime\n"));
        }
    }

    @Test
    void theAgentHasALifetimeForKeysThatBringNone() throws Exception {
        try (TestAgent agent = new TestAgent(dir, "-t", "2s"); KemKeyPair key = KemKeyPair.generate(RandomSource.system())) {
            Path file = agent.key("key", key, null);
            agent.add(file.toString()).run().expect(0);
            agent.add("-t", "1h", agent.key("other", KemKeyPair.generate(RandomSource.system()), null).toString()).run().expect(0);
            Thread.sleep(2_000);
            assertEquals(1, agent.add("-l").run().expect(0).out().lines().count());
        }
    }
}
