package org.qnsp.qsshd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class SlicesTest {
    @Test
    void compilersHaveThem() {
        assertTrue(Slices.begin()[0] >= 2, "one for each tier at least");
    }

    @Test
    void threadsThatSlotsWaitForHaveShortOnes() throws InterruptedException {
        Thread loop = Thread.ofPlatform().daemon().name("qsshd-loop").start(LockSupport::park);
        Thread slot = Thread.ofPlatform().daemon().name("qsshd-slot").start(LockSupport::park);
        for (int i = 0; i < 100 && (Slices.begin()[1] == 0 || Slices.begin()[2] == 0); i++) { // until they have their names
            Thread.sleep(10);
        }
        assertEquals(1, Slices.begin()[1]);
        assertEquals(1, Slices.begin()[2]);
        LockSupport.unpark(loop);
        LockSupport.unpark(slot);
        loop.join();
        slot.join();
    }

    @Test
    void aThreadHasTheSliceItIsGiven() throws IOException {
        Path own = Path.of("/proc").resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")));
        int thread = Integer.parseInt(own.getFileName().toString());
        Posix.slice(thread, 50_000_000);
        Optional<String> slice = Files.exists(own.resolve("sched")) ? Files.readAllLines(own.resolve("sched")).stream().filter(line -> line.startsWith("se.slice")).findFirst() : Optional.empty();
        String[] version = Files.readString(Path.of("/proc/sys/kernel/osrelease")).split("[.-]");
        if (slice.isPresent() && Integer.parseInt(version[0]) * 100 + Integer.parseInt(version[1]) >= 612) { // older ones take it and do nothing
            assertEquals("50000000", slice.get().replaceAll(".*: *", ""));
        }
        assertThrows(PosixException.class, () -> Posix.slice(-1, 50_000_000));
    }
}
