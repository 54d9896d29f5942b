package org.qnsp.core.client;

import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.Connection;

/** What a host asks or tells about the connection itself, whichever client it is: signs of life, banners, its keys. Called on the loop. */
public final class HostRequests {
    private final Messages messages;
    private final HostKeyUpdate keys;

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

    /** Takes a request and answers it. */
    public void take(Connection from, int id, String name, byte[] body) {
        try {
            switch (ConnectionRequest.decode(name, body).orElse(null)) {
                case ConnectionRequest.Keepalive k -> from.reply(id, true);
                case ConnectionRequest.Banner(String text) -> {
                    from.reply(id, false);
                    // not on the loop, which must not wait for whoever reads standard error
                    Thread.ofPlatform().daemon().name("qnsp-banner").start(() -> messages.say(Messages.Level.INFO, HostLogin.clean(text)));
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

    /** Waits, for a short time, for what is under way about the host's keys; before the connection is ended. */
    public void settle() {
        keys.settle();
    }
}
