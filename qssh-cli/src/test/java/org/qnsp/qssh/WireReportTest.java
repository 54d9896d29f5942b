package org.qnsp.qssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.transport.WireMeter;
import org.qnsp.stealth.Cover;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** What the user is shown of the wire. */
class WireReportTest {
    private static final long SECOND = 1_000_000_000L;

    private static WireLog log(int seconds) {
        WireLog log = new WireLog();
        for (int i = 0; i < 50 * seconds; i++) {
            log.add(log.up(), 1, i == 75 ? 300 : 0, SECOND + i * SECOND / 50);
            log.add(log.down(), 2, 0, SECOND + i * SECOND / 50);
        }
        return log;
    }

    @Test
    void aLongSessionTakesNoMoreRoomThanAShortOne() {
        WireLog log = log(7200);
        assertEquals(360_000, log.up().sumOfFrames());
        assertEquals(720_000, log.down().sumOfFrames());
        assertEquals(300, log.up().sumOfSaid());
        assertTrue(log.steps() > 500 && log.steps() <= 1200, log.steps() + " steps");
        assertEquals(7200, log.steps() * log.stepSeconds(), 2 * log.stepSeconds());
        assertEquals(50 * log.stepSeconds(), log.up().frames()[log.steps() / 2], 1);
    }

    @Test
    void thePageStandsAloneAndSaysBothSides() throws Exception {
        String page = WireReport.page(log(10), Cover.NORMAL, "<b>&host");
        Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new InputSource(new StringReader(page.replace("<!DOCTYPE html>", "").replace("<meta charset=\"utf-8\">", ""))));
        assertEquals(4, document.getElementsByTagName("svg").getLength());
        assertEquals("The wire to <b>&host", document.getElementsByTagName("h1").item(0).getTextContent());
        assertFalse(page.contains("http"), "it needs nothing besides itself");
        assertTrue(page.contains("<td>to the host</td><td>500</td><td>384,000</td><td>300</td><td>0.08 %</td>"), page);
        assertTrue(page.contains("<td>from the host</td><td>1,000</td><td>768,000</td><td>0</td><td>0.00 %</td>"), page);
    }

    @Test
    void itIsWrittenWholeOrNotAtAll(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("wire.html");
        WireReport.write(file, log(1), Cover.NORMAL, "host");
        assertTrue(Files.readString(file).endsWith("</html>\n"));
        assertThrows(IOException.class, () -> WireReport.write(dir.resolve("no/where.html"), log(1), Cover.NORMAL, "host"));
        try (var left = Files.list(dir)) {
            assertEquals(1, left.count());
        }
    }

    @Test
    void theMeterSaysWhatHappenedSinceItsLastLine() {
        MeterLine line = new MeterLine();
        assertEquals(" normal  rung L0  0 excursions, 0 bits told  0 slots left out ", line.text(new WireMeter(Cover.NORMAL, 100, 10, 200, 10, 0, 0, 0, 0), 0));
        String drawn = line.draw(new WireMeter(Cover.NORMAL, 100, 10, 200, 10, 0, 0, 0, 0), 0, 24, 20);
        assertEquals("\0337\033[24;1H\033[7m\033[K normal  rung L0  0 \033[0m\0338", drawn);
        assertEquals(" normal  up 50 frames/s, 2 % say something  down 100, 0 %  rung L2  1 excursions, 18 bits told  3 slots left out ",
            line.text(new WireMeter(Cover.NORMAL, 150, 11, 300, 10, 3, 2, 1, 17.6), SECOND));
    }
}
