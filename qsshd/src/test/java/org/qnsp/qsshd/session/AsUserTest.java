package org.qnsp.qsshd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.qnsp.qsshd.session.Posix.Identity;

/** Tasks with a user's rights inside a privileged process, with a real user; as {@link OtherUserTest} for root only. */
@Timeout(60)
@EnabledIf("org.qnsp.qsshd.session.TestUser#possible")
class AsUserTest {
    private static TestUser alice;

    private Account account;
    private Path roots;
    private Path home;

    @BeforeAll
    static void create() throws Exception {
        alice = TestUser.create("--groups", "adm,audio");
    }

    @AfterAll
    static void remove() throws IOException {
        alice.close();
    }

    @BeforeEach
    void open() throws IOException {
        account = alice.account();
        home = Path.of(account.home());
        roots = Files.createTempDirectory("qnsp-roots"); // 0700
        Files.writeString(roots.resolve("secret"), "s");
    }

    @AfterEach
    void close() throws Exception {
        TestUser.root("rm -rf " + roots + " " + home + "/made " + home + "/socket");
    }

    @Test
    void theTaskHasTheUsersRightsAndNothingElse() throws Exception {
        Identity identity = AsUser.call(account, Posix::threadIdentity);
        assertEquals(List.of(0L, account.uid(), 0L), identity.users());
        assertEquals(List.of(0L, account.gid(), 0L), identity.groups());
        assertEquals(account.groups().stream().sorted().toList(), identity.supplementary().stream().sorted().toList());
        assertFalse(identity.capable());
        assertThrows(AccessDeniedException.class, () -> AsUser.call(account, () -> Files.readString(roots.resolve("secret"))));
        assertThrows(AccessDeniedException.class, () -> AsUser.call(account, () -> Files.readString(Path.of("/etc/shadow"))));
        assertThrows(AccessDeniedException.class, () -> AsUser.call(account, () -> Files.createFile(Path.of("/etc/qnsp-test"))));
    }

    @Test
    void whatItMakesIsTheUsersUnderTheMaskAskedFor() throws Exception {
        Path made = AsUser.call(account, 0077, () -> Files.writeString(home.resolve("made"), "m"));
        assertEquals(account.name() + " 600", TestUser.root("stat -c '%U %a' " + made).strip());
        Path roots2 = Files.writeString(roots.resolve("second"), "r");
        assertEquals("root 644", TestUser.root("stat -c '%U %a' " + roots2).strip(), "the daemon's own mask is what it was");
    }

    @Test
    void unixSocketsAreBoundAndReachedWithTheUsersRights() throws Exception {
        Path hers = home.resolve("socket");
        try (ServerSocketChannel listener = AsUser.call(account, 0177, () -> ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(hers)))) {
            assertEquals(account.name() + " 600", TestUser.root("stat -c '%U %a' " + hers).strip());
            try (SocketChannel in = AsUser.call(account, () -> SocketChannel.open(UnixDomainSocketAddress.of(hers)));
                 SocketChannel accepted = listener.accept()) {
                assertTrue(in.isConnected() && accepted.isConnected());
            }
        }
        Path others = roots.resolve("socket");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(others))) {
            assertTrue(listener.isOpen());
            assertThrows(IOException.class, () -> AsUser.call(account, () -> SocketChannel.open(UnixDomainSocketAddress.of(others))));
        }
    }

    @Test
    void otherThreadsKeepTheirRightsWhileATaskRuns() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch looked = new CountDownLatch(1);
        Thread caller = taskThat(() -> {
            inside.countDown();
            awaited(looked);
            return null;
        });
        inside.await();
        assertEquals(List.of(0L, 0L, 0L), Posix.threadIdentity().users());
        assertEquals("s", Files.readString(roots.resolve("secret")));
        looked.countDown();
        caller.join();
    }

    @Test
    void theThreadIsTheTasksOwnAndEndsWithIt() throws Exception {
        Thread first = AsUser.call(account, Thread::currentThread);
        Thread second = AsUser.call(account, Thread::currentThread);
        assertNotSame(first, second);
        assertNotSame(Thread.currentThread(), first);
        first.join();
        second.join();
        assertThrows(IOException.class, () -> AsUser.call(account, () -> {
            throw new IOException("its own");
        }), "its own");
    }

    @Test
    void withoutTheRightsNothingIsDone() {
        AtomicBoolean begun = new AtomicBoolean();
        // -1 asks the kernel to change nothing, and it says that it did
        List<Account> impossible = List.of(
                new Account("x", 0xFFFFFFFFL, account.gid(), account.groups(), "/", "/bin/sh"),
                new Account("x", account.uid(), 0xFFFFFFFFL, account.groups(), "/", "/bin/sh"),
                new Account("x", account.uid(), account.gid(), LongStream.range(0, 65_537).boxed().toList(), "/", "/bin/sh"));
        for (Account one : impossible) {
            assertThrows(IOException.class, () -> AsUser.call(one, () -> begun.getAndSet(true)));
        }
        assertFalse(begun.get());
    }

    @Test
    void theUserCannotSignalTheThread() throws Exception {
        try (Bench bench = new Bench()) {
            CompletableFuture<String> id = new CompletableFuture<>();
            CountDownLatch tried = new CountDownLatch(1);
            Thread caller = taskThat(() -> {
                id.complete(Path.of("/proc/thread-self").toRealPath().getFileName().toString());
                awaited(tried);
                return null;
            });
            Recorder r = bench.run(account, "kill -0 $$ && echo own; kill -0 " + id.get());
            tried.countDown();
            caller.join();
            assertEquals("own\n", r.output());
            assertTrue(r.error().contains("not permitted"), r.error());
        }
    }

    private Thread taskThat(AsUser.Task<Void> task) {
        return Thread.ofPlatform().start(() -> {
            try {
                AsUser.call(account, task);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void awaited(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
