package org.qnsp.qsshd.net;

import java.util.List;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Loop;
import org.qnsp.qsshd.config.ChannelTimeouts;
import org.qnsp.qsshd.config.ServerConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ChannelTimeout and UnusedConnectionTimeout: ends channels that nothing moves through, and a connection without channels. Runs on the loop. */
final class IdleWatch {
    private static final Logger LOG = LoggerFactory.getLogger(IdleWatch.class);
    private static final long PERIOD_NANOS = 250_000_000L;

    private final Loop loop;
    private final Connection connection;
    private final ChannelTimeouts timeouts;
    private final long unusedNanos;
    private final String whose;
    private final long startNanos = System.nanoTime();
    private Loop.Timer next;

    /** Begins, where there is anything to watch. @param whose for the log */
    IdleWatch(Loop loop, Connection connection, ServerConfig config, String whose) {
        this.loop = loop;
        this.connection = connection;
        this.timeouts = config.channelTimeouts();
        this.unusedNanos = nanos(config.unusedConnectionTimeoutSeconds());
        this.whose = whose;
        if (unusedNanos > 0 || !timeouts.none()) {
            later();
        }
    }

    private static long nanos(int seconds) {
        return seconds * 1_000_000_000L;
    }

    private void later() {
        next = loop.at(System.nanoTime() + PERIOD_NANOS, this::look);
    }

    private void look() {
        long now = System.nanoTime();
        List<Channel> channels = connection.open();
        if (channels.isEmpty() && unusedNanos > 0 && now - Math.max(connection.unusedNanos(), startNanos) > unusedNanos) {
            LOG.info("{} is without channels: ended", whose);
            connection.disconnect(DisconnectReason.TIME, "the connection was not used");
            return;
        }
        List<Channel> open = channels.stream().filter(Channel::isOpen).toList();
        long global = nanos(timeouts.ofAll());
        boolean allIdle = global > 0 && open.stream().allMatch(channel -> now - channel.movedNanos() > global);
        for (Channel channel : open) {
            long most = nanos(timeouts.of(sshdName(channel.label())));
            if (allIdle || most > 0 && now - channel.movedNanos() > most) {
                LOG.info("{}: an idle channel, {}, is closed", whose, channel.label());
                channel.cutOff();
            }
        }
        later();
    }

    private static String sshdName(String label) {
        return switch (label) {
            case ChannelOpening.DirectTcp.TYPE, ChannelOpening.Relay.TYPE -> "direct-tcpip";
            case ChannelOpening.DirectUnix.TYPE -> "direct-streamlocal@openssh.com";
            case ChannelOpening.ForwardedTcp.TYPE -> "forwarded-tcpip";
            case ChannelOpening.ForwardedUnix.TYPE -> "forwarded-streamlocal@openssh.com";
            case ChannelOpening.Agent.TYPE -> "agent-connection";
            default -> label;
        };
    }

    /** No more. */
    void stop() {
        if (next != null) {
            next.cancel();
        }
    }
}
