package org.qnsp.qsshd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LogsTest {
    @TempDir
    Path directory;

    @Test
    void whatAPeerSentBeginsNoLineAndMovesNoCursor() throws Exception {
        Path file = directory.resolve("log");
        Logs.toFile(file, "INFO");
        LoggerFactory.getLogger(LogsTest.class).info("no subsystem {}", "x\n2031-01-01 INFO  root logged in\r\u001b[2J\u009b2J\u2028\u202e, \u00e4\ud83d\ude00 100%");
        List<String> lines = Files.readAllLines(file);
        assertEquals(1, lines.size());
        assertTrue(lines.getFirst().endsWith("no subsystem x?2031-01-01 INFO  root logged in??[2J?2J??, \u00e4\ud83d\ude00 100%"), lines.getFirst());
    }
}
