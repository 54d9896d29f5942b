package org.qnsp.qscp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.core.copy.CopyCodec;
import org.qnsp.core.copy.CopyDecoder;
import org.qnsp.core.copy.CopyDigest;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.Begin;
import org.qnsp.core.copy.CopyMessage.End;
import org.qnsp.core.copy.CopyMessage.Enter;
import org.qnsp.core.copy.CopyMessage.FileEnd;
import org.qnsp.core.copy.CopyMessage.FileFailed;
import org.qnsp.core.copy.CopyMessage.FileStart;
import org.qnsp.core.copy.CopyMessage.Leave;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyMessage.Put;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyMessage.Report;
import org.qnsp.core.copy.CopyMessage.Skipped;
import org.qnsp.core.copy.CopyMessage.Summary;
import org.qnsp.core.copy.EntryName;

/** A peer that lies, cheats or stops: P-1, P-2, P-6, P-8, P-20, P-21, P-22, P-24, P-25, P-26. */
final class HostilePeerTest {
    private static final int ROUNDS = Math.max(1, Integer.getInteger("qnsp.fuzz", 20_000) / 100);

    @TempDir
    Path directory;
    private Bed bed;
    private final ByteArrayOutputStream wire = new ByteArrayOutputStream();

    @BeforeEach
    void bed() throws IOException {
        bed = new Bed(directory);
    }

    @Test
    void namesThatLeadOutAreNeverUsed() throws Exception {
        for (String name : new String[] {"..", ".", "../evil", "/tmp/evil", "a/b", "a\0b", ""}) {
            begin("dir");
            rawFile(name.getBytes(StandardCharsets.UTF_8), "evil");
            List<CopyMessage> answers = serve();
            assertTrue(answers.getLast() instanceof Refused(String text) && text.contains("P-"), name + answers);
        }
        assertEquals(Map.of("", ""), Bed.tree(bed.home));
        assertFalse(Bed.present(directory.resolve("evil")) || Bed.present(Path.of("/tmp/evil")));
    }

    @Test
    void plantedLinksAreNotFollowed() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.createDirectories(bed.home.resolve("t"));
        Files.createSymbolicLink(bed.home.resolve("t/link"), outside);
        Files.createSymbolicLink(bed.home.resolve("t/file"), outside.resolve("file"));
        begin("t");
        message(new Enter(name("link"), 0755, Optional.empty()));
        file("inside", "x");
        message(new Leave());
        file("file", "mine");
        message(new End(0));
        List<CopyMessage> answers = serve();
        assertTrue(answers.get(1) instanceof Report(long ordinal, String text) && ordinal == 0 && text.contains("symbolic link"));
        assertEquals(new Summary(1, 1), answers.get(2));
        assertEquals(Map.of("", ""), Bed.tree(outside));
        assertEquals("mine", Files.readString(bed.home.resolve("t/file")));
    }

    /** The directory is exchanged for a link to elsewhere while the copy is in it: its handle still leads to the real one. */
    @Test
    void exchangedDirectoriesDoNotLeadElsewhere() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Path t = Files.createDirectories(bed.home.resolve("t"));
        LocalTarget target = new LocalTarget(new LocalTarget.Wish("t".getBytes(), t, "t", false, false, ""), 022, new Random(1));
        target.prepare(1);
        target.enter(new Enter(name("d"), 0755, Optional.empty()), true);
        Files.move(t.resolve("d"), t.resolve("moved"));
        Files.createSymbolicLink(t.resolve("d"), outside);
        target.create(new FileStart(name("f"), 0644, 1, Optional.empty(), false), false);
        target.write("x".getBytes(), 0, 1);
        target.commit();
        assertEquals("x", Files.readString(t.resolve("moved/f")));
        org.junit.jupiter.api.Assertions.assertThrows(IOException.class,
                () -> target.enter(new Enter(name("deeper"), 0755, Optional.empty()), false));
        target.close();
        // What the JDK cannot do by handle, as LocalTarget says: an empty directory, and nothing in it.
        assertTrue(List.of("[]", "[deeper/]").contains(Bed.tree(outside).keySet().stream().filter(n -> !n.isEmpty()).toList().toString()));
    }

    @Test
    void damagedContentNeverGetsItsName() throws Exception {
        Bed.write(bed.home.resolve("old"), "old");
        begin(".");
        message(new FileStart(name("old"), 0644, 4, Optional.empty(), false));
        data("evil");
        message(new FileEnd(new byte[32]));
        file("good", "good");
        message(new End(0));
        List<CopyMessage> answers = serve();
        assertTrue(answers.get(1) instanceof Report(long ordinal, String text) && text.contains("old: content arrived damaged"));
        assertEquals(new Summary(1, 1), answers.getLast());
        assertEquals("old", Files.readString(bed.home.resolve("old")));
        assertEquals("good", Files.readString(bed.home.resolve("good")));
        assertEquals(List.of(), Bed.leftovers(bed.home));
    }

    @Test
    void whateverEndsTheStreamNothingHalfIsLeft() throws Exception {
        begin(".");
        file("whole", "whole");
        message(new FileStart(name("half"), 0644, 100, Optional.empty(), false));
        data("half of it");
        byte[] stream = wire.toByteArray();
        for (int length = stream.length; length > 0; length -= 7) {
            new CopyService(new ByteArrayInputStream(stream, 0, length), OutputStream.nullOutputStream(), bed.home).run();
            assertEquals(List.of(), Bed.leftovers(bed.home));
            assertFalse(Bed.present(bed.home.resolve("half")));
        }
        wire.reset();
        begin(".");
        message(new FileStart(name("shrunk"), 0644, 100, Optional.empty(), false));
        data("x");
        message(new FileFailed("became shorter"));
        message(new End(1));
        assertEquals(new Summary(0, 0), serve().getLast());
        assertEquals(List.of("whole"), Bed.tree(bed.home).keySet().stream().filter(n -> !n.isEmpty()).toList());
    }

    @Test
    void wrongVersionsAreToldSo() throws Exception {
        wire.writeBytes(CopyCodec.encode(new Opening(2)));
        List<CopyMessage> answers = serve();
        assertEquals(new Opening(1), answers.getFirst());
        assertTrue(answers.getLast() instanceof Refused(String text) && text.contains("version 2"));
    }

    /** A server that sends what was not asked for, and control characters for the terminal. */
    @Test
    void clientsTakeOnlyWhatTheyAskedFor() throws Exception {
        wire.writeBytes(CopyCodec.encode(new Opening(1)));
        message(new Begin(2));
        message(new Skipped("x\033]0;owned\007: gone"));
        file("asked", "fine");
        file(".bashrc", "evil");
        message(new End(1));
        Bed.Result result = bed.run(answering(wire.toByteArray()), "h:asked", "here/");
        assertEquals(255, result.status());
        assertTrue(result.errors().contains("qscp: error: h:x\\033]0;owned\\007: gone\n"), result.errors());
        assertTrue(result.errors().contains("P-24"), result.errors());
        assertEquals("fine", Files.readString(bed.here.resolve("asked")));
        assertFalse(Bed.present(bed.here.resolve(".bashrc")));
    }

    @Test
    void receiversThatLieAreNotBelieved() throws Exception {
        Bed.write(bed.here.resolve("big"), "x".repeat(3_000_000));
        byte[] opening = CopyCodec.encode(new Opening(1));
        for (CopyMessage lie : List.of(new Summary(1, 0), new Begin(1), new End(0), new Leave())) {
            wire.reset();
            wire.writeBytes(opening);
            message(lie);
            CountingPeer peer = new CountingPeer(wire.toByteArray());
            Bed.Result result = bed.run(peer, "here/big", "h:");
            assertEquals(255, result.status(), lie + " " + result);
        }
        wire.reset();
        wire.writeBytes(opening);
        message(new Refused("no\nroom"));
        assertEquals(new Bed.Result(1, "qscp: error: no\\012room\n"), bed.run(new CountingPeer(wire.toByteArray()), "here/big", "h:"));
        wire.reset();
        wire.writeBytes(opening);
        for (int i = 0; i < 2000; i++) {
            message(new Report(i, "no"));
        }
        assertEquals(255, bed.run(new CountingPeer(wire.toByteArray()), "here/big", "h:").status());
    }

    @Test
    void fuzzedStreamsStayInside() throws Exception {
        begin("t");
        message(new Enter(name("d"), 0700, Optional.empty()));
        file("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        file("b", "b");
        message(new Leave());
        file("c", "");
        message(new End(0));
        byte[] stream = wire.toByteArray();
        Random random = new Random(99);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = stream.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                bytes[20 + random.nextInt(bytes.length - 20)] = (byte) random.nextInt();
            }
            new CopyService(new ByteArrayInputStream(bytes), OutputStream.nullOutputStream(), bed.home).run();
            assertEquals(List.of(), Bed.leftovers(bed.home));
        }
        try (var entries = Files.list(directory)) {
            assertEquals(2, entries.count());
        }
        assertEquals(Map.of("", ""), Bed.tree(bed.here));
    }

    private List<CopyMessage> serve() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new CopyService(new ByteArrayInputStream(wire.toByteArray()), out, bed.home).run();
        wire.reset();
        CopyDecoder decoder = new CopyDecoder(false);
        ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
        List<CopyMessage> messages = new java.util.ArrayList<>();
        for (CopyMessage m = decoder.next(bytes); m != null; m = decoder.next(bytes)) {
            messages.add(m);
        }
        return messages;
    }

    private void begin(String target) throws IOException {
        Files.createDirectories(bed.home);
        wire.reset();
        wire.writeBytes(CopyCodec.encode(new Opening(1)));
        message(new Put(true, false, false, false, target.getBytes(StandardCharsets.UTF_8)));
        message(new Begin(10));
        if (target.equals("t")) {
            Files.createDirectories(bed.home.resolve("t"));
        } else if (target.equals("dir")) {
            wire.reset();
            wire.writeBytes(CopyCodec.encode(new Opening(1)));
            message(new Put(true, false, false, false, new byte[0]));
            message(new Begin(10));
        }
    }

    private void message(CopyMessage message) {
        wire.writeBytes(CopyCodec.encode(message));
    }

    private void file(String name, String content) throws Exception {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        message(new FileStart(name(name), 0644, bytes.length, Optional.empty(), false));
        data(content);
        message(new FileEnd(digest(bytes)));
    }

    /** A file whose name no {@link EntryName} would have. */
    private void rawFile(byte[] name, String content) {
        ByteBuffer body = ByteBuffer.allocate(12 + name.length);
        body.put((byte) 0).putShort((short) 0644).putLong(content.length()).put((byte) name.length).put(name);
        wire.writeBytes(ByteBuffer.allocate(5).put((byte) 17).putInt(body.capacity()).array());
        wire.writeBytes(body.array());
        data(content);
        message(new FileEnd(digest(content.getBytes(StandardCharsets.UTF_8))));
        message(new End(0));
    }

    private void data(String content) {
        if (!content.isEmpty()) {
            ByteBuffer header = ByteBuffer.allocate(CopyLimits.HEADER_BYTES);
            CopyCodec.encodeDataHeader(content.length(), header);
            wire.writeBytes(header.array());
            wire.writeBytes(content.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static byte[] digest(byte[] content) {
        CopyDigest digest = new CopyDigest();
        digest.start();
        digest.update(content, 0, content.length);
        return digest.finish();
    }

    private static EntryName name(String name) throws Exception {
        return EntryName.of(name.getBytes(StandardCharsets.UTF_8));
    }

    private static Dialer answering(byte[] stream) {
        return (destination, options) -> Bed.remote(new ByteArrayInputStream(stream), OutputStream.nullOutputStream());
    }

    /** Says its piece, and takes what comes, slowly, until nobody listens any more. */
    private static final class CountingPeer implements Dialer {
        private final byte[] stream;

        CountingPeer(byte[] stream) {
            this.stream = stream;
        }

        @Override
        public RemoteCopy open(Destination destination, DialOptions options) {
            InputStream from = new ByteArrayInputStream(stream);
            return Bed.remote(from, new OutputStream() {
                @Override
                public void write(int b) {}

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    try {
                        Thread.sleep(length / 2000);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
            });
        }
    }
}
