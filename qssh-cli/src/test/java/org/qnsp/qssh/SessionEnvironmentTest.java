package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfigLoader;
import org.qnsp.core.client.ClientRequest;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.core.message.SessionRequest;

/** Which variables go along with a session (C-13). */
final class SessionEnvironmentTest {
    @TempDir
    Path home;

    private List<SessionRequest.Env> sent(Map<String, String> environment, String... options) throws Exception {
        LocalUser local = new LocalUser("someone", 0, home.toString(), environment::get, () -> "here");
        ClientConfig config = new ClientConfigLoader(new ConfigFiles(0), local, command -> false).load(new ClientRequest("host", List.of(options), "none"));
        CommandLine line = CommandLine.parse(List.of("host", "true"), file -> true);
        return SessionPlan.of(config, line, false, environment).plan().environment();
    }

    @Test
    void theLocaleAndWhatTheConfigurationNames() throws Exception {
        Map<String, String> environment = Map.of("LANG", "C.UTF-8", "SECRET", "s", "GIT_A", "a");
        assertEquals(List.of("GIT_A=a", "LANG=C.UTF-8", "X=y"), sent(environment, "SendEnv GIT_*", "SetEnv X=y").stream()
                .map(e -> e.variable() + "=" + e.value()).sorted().toList());
    }

    @Test
    void noMoreThanASessionTakes() throws Exception { // L-16
        Map<String, String> many = IntStream.range(0, 300).boxed().collect(Collectors.toMap(i -> "LC_" + i, i -> "x"));
        assertEquals(256, sent(many).size());
    }
}
