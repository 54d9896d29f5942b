package org.qnsp.core.copy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.qnsp.core.copy.CopyMessage.Begin;
import org.qnsp.core.copy.CopyMessage.Content;
import org.qnsp.core.copy.CopyMessage.End;
import org.qnsp.core.copy.CopyMessage.Enter;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileFailed;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.From;
import org.qnsp.core.copy.CopyMessage.Leave;
import org.qnsp.core.copy.CopyMessage.Skipped;
import org.qnsp.core.copy.CopyMessage.Summary;
import org.qnsp.core.copy.CopyReceiver.Step;

/** P-5, P-11, P-12, P-13, P-14, P-17, P-18, P-22, P-24, P-28, P-30, P-31 without a file in sight. */
final class CopyOrderTest {
    private static final int ROUNDS = Integer.getInteger("qnsp.fuzz", 20_000);
    private static final FileEnd DIGEST = new FileEnd(new byte[32]);

    @Test
    void aTreeInOrderBecomesSteps() throws Exception {
        CopyReceiver receiver = new CopyReceiver(name -> true, true);
        assertEquals(new Step.Prepare(2), receiver.accept(new Begin(2)));
        assertInstanceOf(Step.EnterDirectory.class, receiver.accept(enter("d")));
        assertFalse(((Step.Create) receiver.accept(file("a", 3))).top());
        assertEquals(new Step.Store(7, 2), receiver.accept(new Content(7, 2)));
        assertEquals(new Step.Store(9, 1), receiver.accept(new Content(9, 1)));
        assertInstanceOf(Step.Commit.class, receiver.accept(DIGEST));
        receiver.committed();
        assertInstanceOf(Step.LeaveDirectory.class, receiver.accept(new Leave()));
        assertTrue(((Step.Create) receiver.accept(file("b", 9))).top());
        assertEquals(new Step.Drop("gone"), receiver.accept(new FileFailed("gone")));
        assertEquals(new Step.Tell("x"), receiver.accept(new Skipped("x")));
        assertEquals(new Step.Finish(2), receiver.accept(new End(2)));
        assertTrue(receiver.ended());
        assertEquals(new Summary(1, 0), receiver.summary());
    }

    @Test
    void whatIsOutOfPlaceIsAFault() throws Exception {
        fault(List.of(), new End(0));
        fault(List.of(new Begin(1)), new Begin(1));
        fault(List.of(new Begin(1)), new Leave());
        fault(List.of(new Begin(1)), new Content(0, 1));
        fault(List.of(new Begin(1)), DIGEST);
        fault(List.of(new Begin(0)), file("a", 0));
        fault(List.of(new Begin(1), enter("d")), new End(0));
        fault(List.of(new Begin(1), enter("d")), new Enter(EntryName.TARGET, 0, Optional.empty()));
        fault(List.of(new Begin(1), file("a", 2)), new Content(0, 3));
        fault(List.of(new Begin(1), file("a", 2), new Content(0, 1)), DIGEST);
        fault(List.of(new Begin(1), file("a", 2)), file("b", 2));
        fault(List.of(new Begin(1), file("a", 2)), new End(0));
        fault(List.of(new Begin(1), new End(0)), new End(0));
        fault(List.of(new Begin(1), new End(0)), new Skipped(""));
    }

    /** P-28, P-30, P-31: what is asked is answered, and only what was offered is gone on with. */
    @Test
    void aFileIsResumed() throws Exception {
        CopyReceiver receiver = new CopyReceiver(name -> true, true);
        receiver.accept(new Begin(4));
        assertEquals(new Step.Offer(asking("a", 5), true, false), receiver.accept(asking("a", 5)));
        receiver.held(3, new byte[32]);
        assertEquals(new Step.Continue(3), receiver.accept(new From(3)));
        assertEquals(new Step.Store(0, 2), receiver.accept(new Content(0, 2)));
        assertInstanceOf(Step.Commit.class, receiver.accept(DIGEST));
        receiver.accept(asking("b", 5));
        receiver.held(3, new byte[32]);
        assertEquals(new Step.Continue(0), receiver.accept(new From(0)));
        assertThrows(CopyProtocolException.class, () -> receiver.accept(new Content(0, 6)));
        receiver.accept(new Content(0, 5));
        receiver.accept(DIGEST);
        // one that failed is answered all the same, and kept away
        receiver.accept(asking("c", 5));
        receiver.failed("no");
        assertEquals(0, receiver.held(0, new byte[32]).bytes());
        assertInstanceOf(Step.Ignore.class, receiver.accept(new From(0)));
        assertInstanceOf(Step.Ignore.class, receiver.accept(new Content(0, 5)));
        assertInstanceOf(Step.Ignore.class, receiver.accept(DIGEST));
        receiver.accept(enter("d"));
        receiver.directoryFailed("no");
        assertEquals(new Step.Offer(asking("e", 1), false, true), receiver.accept(asking("e", 1)));
        assertInstanceOf(Step.Ignore.class, receiver.accept(new From(0)));

        CopyReceiver unasked = new CopyReceiver(name -> true, false);
        unasked.accept(new Begin(1));
        assertThrows(CopyProtocolException.class, () -> unasked.accept(asking("a", 1)));
        fault(List.of(new Begin(1), asking("a", 5)), new From(3)); // what an earlier file held does not count, and nothing was held of this one
        fault(List.of(new Begin(1), asking("a", 5)), new Content(0, 1));
        fault(List.of(new Begin(1), asking("a", 5)), DIGEST);
        fault(List.of(new Begin(1), file("a", 5)), new From(0));
        fault(List.of(new Begin(1), asking("a", 5), new From(0)), new From(0));
        fault(List.of(new Begin(1)), new From(0));
    }

    @Test
    void senderAsksBeforeItGoesOn() throws Exception { // P-30, P-31
        CopySender sender = new CopySender();
        EntryName a = EntryName.of(new byte[] {'a'});
        sender.begin(2);
        assertTrue(sender.resumableFile(a, 0644, 10, Optional.empty()).resumable());
        assertThrows(IllegalStateException.class, () -> sender.content(1));
        assertThrows(IllegalStateException.class, () -> sender.from(11));
        assertEquals(new From(4), sender.from(4));
        assertEquals(6, sender.sizeLeft());
        sender.content(6);
        sender.fileEnd(new byte[32]);
        sender.file(a, 0644, 10, Optional.empty());
        assertThrows(IllegalStateException.class, () -> sender.from(0));
    }

    @Test
    void depthIsBounded() throws Exception {
        CopyReceiver receiver = new CopyReceiver(name -> true, true);
        receiver.accept(new Begin(1));
        for (int i = 0; i < CopyLimits.DEPTH; i++) {
            receiver.accept(enter("d"));
        }
        assertThrows(CopyProtocolException.class, () -> receiver.accept(enter("d")));
    }

    @Test
    void topNamesAreThoseAskedFor() throws Exception {
        CopyReceiver receiver = new CopyReceiver(name -> name.toString().equals("asked"), false);
        receiver.accept(new Begin(2));
        assertThrows(CopyProtocolException.class, () -> receiver.accept(file(".bashrc", 0)));
        receiver.accept(enter("asked"));
        receiver.accept(file("anything", 0));
    }

    @Test
    void whatFailedIsKeptAway() throws Exception {
        CopyReceiver receiver = new CopyReceiver(name -> true, true);
        receiver.accept(new Begin(3));
        receiver.accept(enter("d"));
        assertEquals(0, receiver.directoryFailed("no").orElseThrow().ordinal());
        for (CopyMessage m : List.of(enter("e"), file("a", 2), new Content(0, 2), DIGEST, new Leave(), new Leave())) {
            assertInstanceOf(Step.Ignore.class, receiver.accept(m));
        }
        assertInstanceOf(Step.Create.class, receiver.accept(file("b", 1)));
        assertEquals(3, receiver.failed("no").orElseThrow().ordinal());
        assertInstanceOf(Step.Ignore.class, receiver.accept(new Content(0, 1)));
        assertInstanceOf(Step.Ignore.class, receiver.accept(DIGEST));
        assertInstanceOf(Step.Create.class, receiver.accept(file("c", 0)));
        assertInstanceOf(Step.Commit.class, receiver.accept(DIGEST));
        assertEquals(new Summary(0, 2), receiver.summary());
    }

    @Test
    void reportsAreBounded() throws Exception {
        CopyReceiver receiver = new CopyReceiver(name -> true, true);
        receiver.accept(new Begin(CopyLimits.TOP_ENTRIES));
        int sent = 0;
        for (int i = 0; i < 3000; i++) {
            receiver.accept(file("a", 0));
            sent += receiver.failed("no").isPresent() ? 1 : 0;
            receiver.accept(DIGEST);
        }
        assertEquals(CopyLimits.REPORTS, sent);
        assertEquals(new Summary(0, 3000), receiver.summary());
    }

    @Test
    void senderKeepsItsOwnOrder() throws Exception {
        CopySender sender = new CopySender();
        EntryName a = EntryName.of(new byte[] {'a'});
        assertThrows(IllegalStateException.class, sender::end);
        sender.begin(2);
        sender.enter(a, 0755, Optional.empty());
        sender.file(a, 0644, 3, Optional.empty());
        assertTrue(sender.abandoned(n -> n == 1) && sender.abandoned(n -> n == 0) && !sender.abandoned(n -> n == 2));
        assertThrows(IllegalStateException.class, () -> sender.content(4));
        sender.content(2);
        assertThrows(IllegalStateException.class, () -> sender.fileEnd(new byte[32]));
        sender.fileAbandoned();
        sender.leave();
        sender.skipped("x");
        sender.file(a, 0644, 0, Optional.empty());
        sender.fileFailed("y");
        assertThrows(IllegalStateException.class, () -> sender.file(a, 0, 0, Optional.empty()));
        assertEquals(new End(2), sender.end());
    }

    /** Any sequence of messages either fits or faults; what comes out never needs more depth than was entered. */
    @Test
    void fuzzedOrders() throws Exception {
        Random random = new Random(Long.getLong("qnsp.seed", 42));
        for (int round = 0; round < ROUNDS / 20; round++) {
            CopyReceiver receiver = new CopyReceiver(name -> true, true);
            receiver.accept(new Begin(1000));
            int depth = 0;
            for (int i = 0; i < 60; i++) {
                Step step;
                try {
                    step = receiver.accept(any(random));
                } catch (CopyProtocolException expected) {
                    continue;
                }
                if (step instanceof Step.EnterDirectory) {
                    depth++;
                    if (random.nextInt(4) == 0) {
                        receiver.directoryFailed("no");
                        depth--;
                    }
                } else if (step instanceof Step.Offer) {
                    receiver.held(random.nextInt(2), new byte[32]);
                } else if (step instanceof Step.LeaveDirectory) {
                    depth--;
                } else if ((step instanceof Step.Create || step instanceof Step.Store) && random.nextInt(4) == 0) {
                    receiver.failed("no");
                }
                assertTrue(depth >= 0);
            }
        }
    }

    @Test
    void digestIsTheOneOfTheSpec() throws Exception { // P-12
        byte[] content = new byte[100_003];
        new Random(3).nextBytes(content);
        CopyDigest digest = new CopyDigest();
        for (int size : new int[] {0, 1, 64, content.length}) {
            digest.start();
            digest.update(content, 0, 5);
            digest.start();
            for (int at = 0; at < size; at += 1000) {
                digest.update(content, at, Math.min(1000, size - at));
            }
            byte[] expected = MessageDigest.getInstance("SHA-256").digest(java.util.Arrays.copyOf(content, size));
            assertEquals(HexFormat.of().formatHex(expected), HexFormat.of().formatHex(digest.finish()));
        }
    }

    @Test
    void patterns() {
        String[] table = {"*.txt a.txt +", "*.txt .txt -", ".* .a +", "* .a -", "?? é -", "? é +", "[a-c]x bx +", "[!a-c]x bx -",
                "[!a-c]x dx +", "[]a] ] +", "[a [a +", "\\* * +", "\\* a -", "a*b*c aXbYc +", "a*b*c aXbY -", "a** a +", "? \u00ff +",
                "[-a] - +", "[a-] - +", "*a*a*a*a*b aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -", "\\ \\ +", "\\.x .x +"};
        for (String row : table) {
            String[] cell = row.split(" ");
            boolean matches = GlobPattern.of(cell[0].getBytes(StandardCharsets.UTF_8)).matches(cell[1].getBytes(StandardCharsets.UTF_8));
            assertEquals(cell[2].equals("+"), matches, row);
        }
        assertTrue(GlobPattern.of(new byte[] {'?'}).matches(new byte[] {(byte) 0xff}));
    }

    private static CopyMessage any(Random random) throws CopyProtocolException {
        return switch (random.nextInt(11)) {
            case 0 -> enter("d");
            case 1 -> new Leave();
            case 2, 3 -> file("f", random.nextInt(2));
            case 4 -> new Content(0, 1);
            case 5 -> DIGEST;
            case 6 -> new FileFailed("");
            case 7 -> asking("f", random.nextInt(2));
            case 8, 9 -> new From(random.nextInt(3));
            default -> new Skipped("");
        };
    }

    private static void fault(List<CopyMessage> before, CopyMessage message) throws CopyProtocolException {
        CopyReceiver receiver = new CopyReceiver(name -> true, true);
        for (CopyMessage m : before) {
            receiver.accept(m);
        }
        assertThrows(CopyProtocolException.class, () -> receiver.accept(message));
    }

    private static Enter enter(String name) throws CopyProtocolException {
        return new Enter(EntryName.of(name.getBytes(StandardCharsets.UTF_8)), 0755, Optional.empty());
    }

    private static FileStart asking(String name, long size) throws CopyProtocolException {
        return new FileStart(EntryName.of(name.getBytes(StandardCharsets.UTF_8)), 0644, size, Optional.empty(), true);
    }

    private static FileStart file(String name, long size) throws CopyProtocolException {
        return new FileStart(EntryName.of(name.getBytes(StandardCharsets.UTF_8)), 0644, size, Optional.empty(), false);
    }
}
