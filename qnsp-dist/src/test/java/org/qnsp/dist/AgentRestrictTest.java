package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.SigKeyPair;

/** Keys that are held to destinations, over one and two hops of forwarding: three hosts, a, b and c, each with a key of its own. */
final class AgentRestrictTest {
    private static final KemKeyPair KEM = KemKeyPair.generate(RandomSource.system());
    private static final SigKeyPair SIG = SigKeyPair.generate(RandomSource.system());

    @TempDir
    static Path dir;

    private static final List<TestDaemon> HOSTS = new ArrayList<>();
    private static TestAgent agent;

    @BeforeAll
    static void moveIn() throws Exception {
        agent = new TestAgent(dir.resolve("agent"));
        StringBuilder known = new StringBuilder();
        for (String name : List.of("a", "b", "c")) {
            TestDaemon host = new TestDaemon(Files.createDirectory(dir.resolve(name))).authorize(KEM.publicKey()).authorize(SIG.publicKey()).start();
            HOSTS.add(host);
            known.append("host-").append(name).append(' ').append(host.hostKey().line("")).append('\n');
        }
        Files.writeString(known(), known);
        agent.key("kem", KEM, null);
        agent.key("sig", SIG, null);
    }

    @AfterAll
    static void moveOut() {
        agent.close();
        HOSTS.forEach(TestDaemon::close);
    }

    private static Path known() {
        return dir.resolve("known");
    }

    /** The words of qssh to a host, for a shell; what follows is one command. */
    private static String qssh(char host, String... options) {
        List<String> words = new ArrayList<>(List.of(House.program("qssh"), "-F", "none", "-o", "UserKnownHostsFile=" + known(), "-o", "HostKeyAlias=host-" + host, "-o",
                "IdentityFile=none", "-o", "BatchMode=yes", "-p", String.valueOf(HOSTS.get(host - 'a').port())));
        words.addAll(List.of(options));
        words.add("127.0.0.1");
        return Command.quoted(words);
    }

    /** Adds both keys for these destinations, as -h has them. */
    private static void hold(String... destinations) throws Exception {
        agent.add("-q", "-D").run().expect(0);
        List<String> words = new ArrayList<>(List.of("-q", "-H", known().toString()));
        for (String destination : destinations) {
            words.addAll(List.of("-h", destination));
        }
        words.addAll(List.of(agent.dir().resolve("kem").toString(), agent.dir().resolve("sig").toString()));
        agent.add(words.toArray(String[]::new)).run().expect(0);
    }

    private static Command.Result here(String script) throws Exception {
        return agent.with(Command.script(script)).run();
    }

    private static void in(String script) throws Exception {
        assertEquals("in\n", here(script).expect(0).out());
    }

    private static void out(String script) throws Exception {
        assertEquals(255, here(script).status(), script);
    }

    private static String list() {
        return House.program("qssh-add") + " -l | wc -l";
    }

    private static String quoted(String script) {
        return " " + Command.quoted(List.of(script));
    }

    @Test
    void aKeyIsUsedForItsHostAndUserOnly() throws Exception {
        String user = HOSTS.getFirst().user();
        hold("host-a", user.charAt(0) + "*@host-b", "someone@host-c");
        in(qssh('a') + " echo in");
        in(qssh('b') + " echo in");
        Command.Result refused = here(qssh('c') + " echo in").expect(255);
        assertTrue(refused.err().contains("agent refused operation"), refused.err());
        assertTrue(refused.err().contains("Permission denied (publickey)."), refused.err());
        assertTrue(agent.add("-l", "-v").run().expect(0).out().contains("held to destinations"));
    }

    @Test
    void throughHopsAKeyGoesWhereItIsMeantToGo() throws Exception {
        hold("host-a", "host-a>host-b", "host-b>host-c");
        in(qssh('a', "-A") + quoted(qssh('b') + " echo in"));
        in(qssh('a', "-A") + quoted(qssh('b', "-A") + quoted(qssh('c') + " echo in")));
        out(qssh('b') + " true");                               // not from here
        out(qssh('a', "-A") + quoted(qssh('c') + " true"));     // only by way of b
        out(qssh('a', "-A") + quoted(qssh('a') + " true"));     // and not back
        out(qssh('a', "-A") + quoted(qssh('b', "-A") + quoted(qssh('b') + " true")));
        assertEquals("2\n", here(qssh('a', "-A") + quoted(list())).expect(0).out());
        assertEquals("2\n", here(qssh('a', "-A") + quoted(qssh('b', "-A") + quoted(list()))).expect(0).out());
        assertEquals("1\n", here(qssh('a', "-A") + quoted(qssh('b', "-A") + quoted(qssh('c', "-A") + quoted(list())))).expect(0).out(), "the line that there are none");
    }

    @Test
    void whereAKeyIsOfNoUseItIsNotSeen() throws Exception {
        hold("host-a", "host-b");
        assertEquals("The agent has no identities.\n", here(qssh('a', "-A") + quoted(House.program("qssh-add") + " -l; true")).expect(0).out());
        out(qssh('a', "-A") + quoted(qssh('b') + " true"));
        hold(); // without destinations they are good everywhere
        in(qssh('a', "-A") + quoted(qssh('b', "-A") + quoted(qssh('c') + " echo in")));
    }

    @Test
    void destinationsThatCannotBeAreRefused() throws Exception {
        agent.add("-q", "-D").run().expect(0);
        String kem = agent.dir().resolve("kem").toString();
        assertTrue(agent.add("-H", known().toString(), "-h", "nohost", kem).run().expect(1).err().contains("No host keys found for destination \"nohost\""));
        for (String wrong : List.of("x@host-a>host-b", "host-a>", ">host-a", "@host-a", "")) {
            String said = agent.add("-H", known().toString(), "-h", wrong, kem).run().expect(1).err();
            assertTrue(said.contains("Invalid key constraint \"" + wrong + "\""), said);
        }
        assertEquals("The agent has no identities.\n", agent.add("-l").run().expect(1).out());
    }
}
