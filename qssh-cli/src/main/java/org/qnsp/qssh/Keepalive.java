package org.qnsp.qssh;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;

/** Asks the host for a sign of life (C-18) at every interval, and says when too many were not answered. */
final class Keepalive {
    private final Connection connection;
    private final AtomicInteger unanswered = new AtomicInteger();

    private Keepalive(Connection connection) {
        this.connection = connection;
    }

    /** Starts as the configuration wants it, or not at all. @param dead is told, once, that the host does not answer */
    static void start(ClientConfig config, Connection connection, Runnable dead) {
        int seconds = config.serverAliveIntervalSeconds();
        if (seconds > 0) {
            Keepalive keepalive = new Keepalive(connection);
            daemon(() -> keepalive.run(seconds, config.serverAliveCountMax(), dead));
        }
    }

    private void run(int seconds, int most, Runnable dead) {
        try {
            while (true) {
                Thread.sleep(seconds * 1000L);
                if (unanswered.get() >= most && most > 0) {
                    dead.run();
                    return;
                }
                unanswered.incrementAndGet();
                Channel.Request request = connection.ask(0, ConnectionRequest.Keepalive.NAME, new ConnectionRequest.Keepalive().encode());
                daemon(() -> await(request));
            }
        } catch (InterruptedException | IOException e) {
            // the connection is over, and that is told elsewhere
        }
    }

    /** Any answer is a sign of life, also of what was asked before. */
    private void await(Channel.Request request) {
        try {
            request.await();
            unanswered.set(0);
        } catch (IOException e) {
            // the connection is over
        }
    }

    private static void daemon(Runnable task) {
        Thread.ofPlatform().daemon().name("qssh-keepalive").start(task);
    }
}
