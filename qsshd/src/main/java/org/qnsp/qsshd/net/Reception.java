package org.qnsp.qsshd.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.handshake.ServerOpening.Accepted;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.transport.Link;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.core.transport.Wire;
import org.qnsp.crypto.RandomSource;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.config.ServerConfig.Startups;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives every connection: judges strangers off the loop, drains those that do not hold, and makes guests of the others. Its state belongs to the loop.
 */
public final class Reception implements Stranger.Judge {
    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);

    private record Ends(InetSocketAddress peer, InetSocketAddress local) {}

    private final Loop loop;
    private final SlotThread slots;
    private final Supplier<Policy> policy;
    private final ExecutorService judges;
    private final Hospitality hospitality;
    private final Budget budget;
    private final int drainMax;
    /** All strangers in the order of their coming; the drained ones among them look like the others. */
    private final LinkedHashSet<Stranger> strangers = new LinkedHashSet<>();
    private final Map<Stranger, Ends> addresses = new HashMap<>();
    private final Set<Guest> guests = new LinkedHashSet<>();
    private int startups;
    private boolean closing;

    /**
     * @param policy what holds for new connections
     * @param judges runs the judging, which computes and waits for the disk; bounded, and rejects what it cannot take
     * @param budget bytes that all connections may hold (L-12)
     * @param drainMax strangers that may be kept (L-14)
     */
    public Reception(Loop loop, SlotThread slots, Supplier<Policy> policy, ExecutorService judges, Hospitality hospitality, Budget budget, int drainMax) {
        this.loop = loop;
        this.slots = slots;
        this.policy = policy;
        this.judges = judges;
        this.hospitality = hospitality;
        this.budget = budget;
        this.drainMax = drainMax;
    }

    /** A new connection. @param peer and local are the ends' addresses, or null where they are not known; on the loop */
    public void arrived(Wire wire, InetSocketAddress peer, InetSocketAddress local) {
        Stranger stranger = new Stranger(wire, this);
        addresses.put(stranger, new Ends(peer, local));
        strangers.add(stranger);
        try {
            stranger.listen(loop);
        } catch (IOException e) {
            LOG.warn("connection from {} lost: {}", wire.peer(), e.getMessage());
            gone(stranger);
        }
        if (strangers.size() > drainMax) {
            strangers.getFirst().evict();
        }
    }

    @Override
    public void gone(Stranger stranger) {
        strangers.remove(stranger);
        addresses.remove(stranger);
        hospitality.strangerGone();
    }

    @Override
    public void judge(Stranger stranger, byte[] frames) {
        Policy now = policy.get();
        try {
            judges.execute(() -> {
                Optional<Guest.Invitation> verdict = examine(now, frames);
                loop.execute(() -> verdict.ifPresentOrElse(v -> admit(stranger, v, frames), () -> stranger.drain(loop)));
            });
        } catch (RejectedExecutionException e) {
            stranger.drain(loop); // more than can be judged: silence, like everything else
        }
    }

    /** Off the loop: H-24 to H-27. Whatever goes wrong is silence. */
    private static Optional<Guest.Invitation> examine(Policy policy, byte[] frames) {
        try {
            long micros = Link.clockMicros();
            List<InviteFile.Entry> invites = policy.activeInvites(micros / 1_000_000);
            List<ServerOpening.ActiveInvite> active = invites.stream().map(i -> new ServerOpening.ActiveInvite(i.id(), i.key())).toList();
            Optional<Accepted> accepted = policy.opening().examine(frames, active, micros);
            if (accepted.isEmpty()) {
                return Optional.empty();
            }
            byte[] id = accepted.get().replayId();
            if (id != null && !policy.replays().insert(id, micros / 1_000_000)) {
                LOG.debug("an opening came a second time");
                return Optional.empty();
            }
            InviteFile.Entry invite = accepted.get() instanceof Accepted.First(ServerOpening.ActiveInvite named, var o, var r) && named != null
                    ? invites.stream().filter(i -> i.id().equals(named.id())).findFirst().orElseThrow() : null;
            return Optional.of(new Guest.Invitation(policy, accepted.get(), invite));
        } catch (IOException e) {
            LOG.error("no connection is accepted: {}", e.getMessage());
            return Optional.empty();
        } catch (RuntimeException e) {
            LOG.error("fault while judging an opening", e);
            return Optional.empty();
        }
    }

    private void admit(Stranger stranger, Guest.Invitation invitation, byte[] frames) {
        Ends ends = addresses.get(stranger);
        if (ends == null) {
            return; // it went while it was judged
        }
        if (closing || full(invitation.policy().config().maxStartups())) {
            stranger.drain(loop);
            return;
        }
        strangers.remove(stranger);
        addresses.remove(stranger);
        boolean known = invitation.opening() instanceof Accepted.Known;
        byte[] early = known ? Arrays.copyOfRange(frames, ServerOpening.OPENING_BYTES, frames.length) : new byte[0];
        ServerHandshake handshake = new ServerHandshake(invitation.policy().handshake(), invitation.opening(), RandomSource.system());
        Guest guest = new Guest(loop, invitation, handshake, ends.peer, ends.local, hospitality, this);
        guests.add(guest);
        startups++;
        guest.receive(slots, stranger.wire(), budget, early);
    }

    /** MaxStartups, as sshd's random early drop; what is dropped is drained. */
    private boolean full(Startups limit) {
        if (startups < limit.start()) {
            return false;
        }
        if (startups >= limit.full()) {
            return true;
        }
        int percent = limit.ratePercent() + (100 - limit.ratePercent()) * (startups - limit.start()) / Math.max(1, limit.full() - limit.start());
        return ThreadLocalRandom.current().nextInt(100) < percent;
    }

    /** A guest's login is decided, either way. */
    void decided() {
        startups--;
    }

    /** A guest has gone; its wire, where it was left, is drained. */
    void departed(Guest guest, Wire toBeDrained) {
        guests.remove(guest);
        hospitality.guestGone(guest);
        if (toBeDrained != null) {
            Stranger stranger = new Stranger(toBeDrained, this);
            strangers.add(stranger);
            stranger.drain(loop);
        }
    }

    /** Guests that are in. */
    public int guestCount() {
        return guests.size();
    }

    /** Takes no one in any more and says goodbye to those who are; on the loop. */
    public void close(String farewell) {
        closing = true;
        List.copyOf(guests).forEach(g -> g.sayGoodbye(farewell));
        List.copyOf(strangers).forEach(Stranger::evict);
    }
}
