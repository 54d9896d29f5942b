package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** An agent that is started for a command ends with it, and the command is as if run without it. */
final class AgentSubprocessTest {
    @Test
    void theAgentEndsWithItsCommand() throws Exception {
        Command command = Command.of(House.program("qssh-agent"), "sh", "-c", "echo $SSH_AUTH_SOCK; echo $SSH_AGENT_PID; " + House.program("qssh-add") + " -l; cat; exit 7")
                .env("SSH_AUTH_SOCK", null).input("from standard input\n");
        String[] lines = command.run().expect(7).out().split("\n");
        assertEquals("The agent has no identities.", lines[2]);
        assertEquals("from standard input", lines[3]);
        Path socket = Path.of(lines[0]);
        long pid = Long.parseLong(lines[1]);
        TestDaemon.await("the agent ends", () -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
        assertFalse(Files.exists(socket.getParent()), "its directory is left");
    }

    @Test
    void aCommandThatCannotBeRunLeavesNoAgent() throws Exception {
        Command.Result result = Command.of(House.program("qssh-agent"), "-t", "1h", "/no/such/command").env("SSH_AUTH_SOCK", null).run();
        assertEquals(127, result.status());
        assertTrue(result.err().contains("/no/such/command"), result.err());
        TestDaemon.await("the agent ends", () -> ProcessHandle.allProcesses().noneMatch(p -> p.info().commandLine().orElse("").contains("/no/such/command")));
    }

    @Test
    void optionsOfTheShellsLinesGoWithNoCommand() throws Exception {
        assertTrue(Command.of(House.program("qssh-agent"), "-k", "true").run().expect(1).err().contains("usage: qssh-agent"));
        assertTrue(Command.of(House.program("qssh-agent"), "-c", "-s").run().expect(1).err().contains("usage: qssh-agent"));
    }
}
