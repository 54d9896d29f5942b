package org.qnsp.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;

/** The example of docs/embedding.md runs, and the document shows what runs. */
final class EmbeddingTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "embedding.md");
    private static final Path EXAMPLE = Path.of("src", "test", "java", "org", "qnsp", "core", "EmbeddingExample.java");

    @Test
    @Timeout(30)
    void theExampleEchoes() throws Exception {
        KemKeyPair host = KemKeyPair.generate(RandomSource.system());
        KemKeyPair user = KemKeyPair.generate(RandomSource.system());
        BlockingQueue<Exception> faults = new LinkedBlockingQueue<>();
        byte[] bytes = RandomSource.system().bytes(100_000);
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                Loop loop = new Loop("example-loop", faults::add);
                SlotThread slots = new SlotThread("example-slot", false)) {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    EmbeddingExample.serve(listening.accept(), host, user.publicKey(), EmbeddingExample.seenOpenings(), loop, slots);
                } catch (IOException | ProtocolException e) {
                    faults.add(e);
                }
            });
            assertArrayEquals(bytes, EmbeddingExample.client(listening.socket().getLocalPort(), host.publicKey(), user, bytes));
        }
        assertEquals(List.of(), List.copyOf(faults));
    }

    @ParameterizedTest
    @ValueSource(strings = {"client", "server"})
    void theDocumentShowsTheExample(String region) throws IOException {
        String source = Files.readString(EXAMPLE);
        String shown = source.substring(source.indexOf("// begin " + region), source.indexOf("    // end " + region));
        String code = shown.substring(shown.indexOf('\n') + 1).stripTrailing().stripIndent() + "\n";
        assertTrue(Files.readString(DOCUMENT).contains("```java\n" + code + "```\n"), "docs/embedding.md must show:\n" + code);
    }
}
