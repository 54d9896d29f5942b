package org.qnsp.qsshd.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.qnsp.qsshd.config.Penalties;
import org.qnsp.qsshd.config.Penalties.Item;
import org.qnsp.qsshd.config.ServerConfig;

/** What is remembered of where connections come from: logins under way, and what is held against a source. A source is a block of addresses. Belongs to the loop. */
final class Sources {
    private static final long SECOND = 1_000_000_000L;

    /** @param prefix its first bits, the rest zero */
    record Source(boolean four, String prefix) {}

    /** @param active once so much came together that it is acted upon, to the end */
    private record Charge(long end, boolean active) {}

    private final Map<Source, Integer> startups = new HashMap<>();
    /** When what is held against a source is over; the earliest entry first. */
    private final LinkedHashMap<Source, Charge> charged4 = new LinkedHashMap<>();
    private final LinkedHashMap<Source, Charge> charged6 = new LinkedHashMap<>();

    private static Source source(InetAddress address, ServerConfig config) {
        byte[] bytes = address.getAddress();
        boolean four = address instanceof Inet4Address;
        int bits = config.sourceBits(four);
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(bits - 8L * i, 0, 8);
            bytes[i] &= (byte) (0xff00 >> kept);
        }
        return new Source(four, java.util.HexFormat.of().formatHex(bytes));
    }

    /** Whether so many logins from there are under way that no more may begin. */
    boolean full(InetAddress address, ServerConfig config) {
        return config.perSourceMaxStartups().isPresent() && startups.getOrDefault(source(address, config), 0) >= config.perSourceMaxStartups().getAsInt();
    }

    /** A login from there is under way; what is returned is to be given back when it is decided. */
    Source began(InetAddress address, ServerConfig config) {
        Source source = source(address, config);
        startups.merge(source, 1, Integer::sum);
        return source;
    }

    void decided(Source source) {
        startups.computeIfPresent(source, (s, n) -> n == 1 ? null : n - 1);
    }

    /** Holds something against a source. */
    void charge(InetAddress address, ServerConfig config, Item what, long nowNanos) {
        Penalties penalties = config.penalties();
        if (!penalties.on() || penalties.of(what) == 0 || config.penaltyExempt(address.getHostAddress())) {
            return;
        }
        Source source = source(address, config);
        LinkedHashMap<Source, Charge> charged = source.four ? charged4 : charged6;
        Charge before = charged.remove(source);
        boolean counts = before != null && before.end - nowNanos > 0;
        long end = Math.min((counts ? before.end : nowNanos) + penalties.of(what) * SECOND, nowNanos + penalties.of(Item.MAX) * SECOND);
        forget(charged, penalties, source.four, nowNanos);
        charged.put(source, new Charge(end, counts && before.active || end - nowNanos >= penalties.of(Item.MIN) * SECOND));
    }

    /** Makes room for one more. */
    private static void forget(LinkedHashMap<Source, Charge> charged, Penalties penalties, boolean four, long nowNanos) {
        if (charged.size() < most(penalties, four)) {
            return;
        }
        charged.values().removeIf(charge -> charge.end - nowNanos <= 0);
        for (Iterator<Source> first = charged.keySet().iterator(); charged.size() >= most(penalties, four); ) {
            first.next();
            first.remove();
        }
    }

    private static int most(Penalties penalties, boolean four) {
        return penalties.of(four ? Item.SOURCES_4 : Item.SOURCES_6);
    }

    /** Whether a source is not to be received for what it has done. */
    boolean penalised(InetAddress address, ServerConfig config, long nowNanos) {
        Penalties penalties = config.penalties();
        if (!penalties.on() || config.penaltyExempt(address.getHostAddress())) {
            return false;
        }
        Source source = source(address, config);
        LinkedHashMap<Source, Charge> charged = source.four ? charged4 : charged6;
        Charge charge = charged.get(source);
        if (charge != null) {
            return charge.active && charge.end - nowNanos > 0;
        }
        boolean deny = penalties.of(source.four ? Item.OVERFLOW_4 : Item.OVERFLOW_6) == 1;
        return deny && charged.size() >= most(penalties, source.four) && charged.values().stream().allMatch(c -> c.end - nowNanos > 0);
    }
}
