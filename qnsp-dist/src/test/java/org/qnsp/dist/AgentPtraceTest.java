package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** no other process of the user may look into the agent; the system asks for these files what it asks of a debugger. */
final class AgentPtraceTest {
    @Test
    void theUserCannotReadTheAgentsMemory() throws Exception {
        try (Resident anna = Resident.create()) {
            String lines = anna.runs(House.program("qssh-agent"), "-s").run().expect(0).out();
            String pid = TestAgent.value(lines, "SSH_AGENT_PID");
            anna.runs("sh", "-c", "sleep 60 & cat /proc/$!/maps >/dev/null && kill $!").run().expect(0); // of other processes he can
            for (String file : new String[] {"mem", "maps", "environ"}) {
                Command.Result result = anna.runs("head", "-c", "1", "/proc/" + pid + "/" + file).run().expect(1);
                assertTrue(result.err().contains("Permission denied"), result.toString());
            }
            String locked = Command.of("grep", "VmLck", "/proc/" + pid + "/status").run().expect(0).out();
            assertTrue(Long.parseLong(locked.replaceAll("\\D", "")) >= 8, "no memory is locked: " + locked);
        }
    }
}
