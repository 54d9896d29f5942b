package org.qnsp.core.client;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.Connection;

/** What a host asks or tells about the connection itself, whichever client it is: signs of life, banners, its keys. Called on the loop. */
public final class HostRequests {
    private static final Duration ARRIVAL = Duration.ofSeconds(5);
    private static final Duration BANNER = Duration.ofMillis(500);
    private static final FileOutputStream STANDARD_ERROR = new FileOutputStream(FileDescriptor.err);

    private final Messages messages;
    private final HostKeyUpdate keys;
    private volatile Thread banner;
    private volatile AuthKeys authKeys;
    private volatile boolean endsWithChannels;

    HostRequests(Messages messages, HostKeyUpdate keys) {
        this.messages = messages;
        this.keys = keys;
    }

    /** A connection on which nothing is wanted but what others carry over it. */
    Connection.Listener alone() {
        return new Connection.Listener() {
            @Override
            public void requested(Connection from, int id, String name, byte[] body) {
                take(from, id, name, body);
            }
        };
    }

    /** The connection rolls these; its end waits for that. */
    void rolls(AuthKeys of) {
        authKeys = of;
    }

    /** The connection is for what is opened on it now, and for nothing else: the host may end it (C-40). */
    public void endsWithChannels() {
        endsWithChannels = true;
    }

    /** Nothing else is to be settled with the host before the end, so it hears of that. */
    void mayEnd(Connection connection) {
        if (endsWithChannels) {
            connection.tell(ConnectionRequest.EndWithChannels.NAME, new ConnectionRequest.EndWithChannels().encode());
        }
    }

    /** Takes a request and answers it. */
    public void take(Connection from, int id, String name, byte[] body) {
        try {
            switch (ConnectionRequest.decode(name, body).orElse(null)) {
                case ConnectionRequest.Keepalive k -> from.reply(id, true);
                case ConnectionRequest.Banner(String text) -> {
                    from.reply(id, false);
                    if (messages.says(Messages.Level.INFO)) {
                        // not on the loop, which must not wait for whoever reads standard error
                        banner = Thread.ofPlatform().daemon().name("qnsp-banner").start(() -> say(HostLogin.clean(text)));
                    }
                }
                case ConnectionRequest.HostKeys announced -> {
                    from.reply(id, false);
                    keys.announced(from, announced.keys());
                }
                case null, default -> from.reply(id, false); // C-19
            }
        } catch (ProtocolException e) {
            from.reply(id, false);
            messages.debug("a request that cannot be read: " + name);
        }
    }

    /** A banner is for the user, wherever the messages go. */
    private static void say(String text) {
        try {
            STANDARD_ERROR.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // there is nobody to tell
        }
    }

    /** Waits, for a short time, for what is under way: a banner being said, news of the host's keys; before the connection is ended. */
    public void settle(Connection connection) {
        keys.settle();
        if (authKeys != null) {
            authKeys.settle();
        }
        try {
            // a long banner takes its time, and may come after all that a short session said
            for (long end = System.nanoTime() + ARRIVAL.toNanos(); connection.requestArriving() && System.nanoTime() < end; ) {
                Thread.sleep(10);
            }
            if (banner instanceof Thread saying) {
                saying.join(BANNER); // a short session may be over before it is said
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
