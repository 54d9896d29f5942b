package org.qnsp.qsshd.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
import org.qnsp.qsshd.config.ConnectionFacts;
import org.qnsp.qsshd.config.Penalties;
import org.qnsp.qsshd.config.ServerConfig;
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
    private final Sources sources = new Sources();
    private final Map<Guest, Sources.Source> sourcesOfGuests = new HashMap<>();
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
        if (!now.host().hold()) {
            stranger.drain(loop);
            return;
        }
        try {
            judges.execute(() -> {
                Optional<Guest.Invitation> verdict = examine(now, frames);
                loop.execute(() -> verdict.ifPresentOrElse(v -> admit(stranger, v), () -> turnAway(stranger, now)));
            });
        } catch (RejectedExecutionException e) {
            turnAway(stranger, now); // more than can be judged: silence, like everything else
        }
    }

    private void turnAway(Stranger stranger, Policy judgedBy) {
        judgedBy.host().release();
        stranger.drain(loop);
    }

    /** Off the loop: H-24 to H-27. Whatever goes wrong is silence. */
    private static Optional<Guest.Invitation> examine(Policy policy, byte[] frames) {
        try {
            long micros = Link.clockMicros();
            List<InviteFile.Entry> invites = invites(policy, micros / 1_000_000);
            List<ServerOpening.ActiveInvite> active = invites.stream().map(i -> new ServerOpening.ActiveInvite(i.id(), i.key())).toList();
            Optional<Accepted> accepted = policy.opening().examine(frames, active, micros);
            if (accepted.isEmpty()) {
                return Optional.empty();
            }
            if (!insert(policy, accepted.get(), micros / 1_000_000)) {
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

    /** A list of invites that cannot be read lets no newcomer in; who knows the host key needs none. */
    private static List<InviteFile.Entry> invites(Policy policy, long nowSeconds) {
        try {
            return policy.activeInvites(nowSeconds);
        } catch (IOException e) {
            LOG.error("no invite is accepted: {}", e.getMessage());
            return List.of();
        }
    }

    /** H-26, H-27: false for a replay; what is not answered is wiped. */
    private static boolean insert(Policy policy, Accepted accepted, long nowSeconds) throws IOException {
        boolean inserted = false;
        try {
            inserted = accepted.replayId() == null || policy.replays().insert(accepted.replayId(), nowSeconds);
        } finally {
            if (!inserted) {
                accepted.discard();
            }
        }
        return inserted;
    }

    private void admit(Stranger stranger, Guest.Invitation invitation) {
        Ends ends = addresses.get(stranger);
        if (ends == null) {
            invitation.opening().discard();
            invitation.policy().host().release();
            return; // it went while it was judged
        }
        Optional<String> objection = closing ? Optional.of("the daemon is ending") : objection(ends, invitation.policy());
        if (objection.isPresent()) {
            LOG.warn("a login from {} is not received: {}", ends.peer == null ? "standard input" : ends.peer.getAddress().getHostAddress(), objection.get());
            invitation.opening().discard();
            turnAway(stranger, invitation.policy()); // the same silence as for everyone who is not received
            return;
        }
        strangers.remove(stranger);
        addresses.remove(stranger);
        ServerHandshake handshake = new ServerHandshake(invitation.policy().handshake(), invitation.opening(), RandomSource.system());
        Guest guest = new Guest(loop, invitation, handshake, ends.peer, ends.local, hospitality, this);
        guests.add(guest);
        startups++;
        if (ends.peer != null) {
            sourcesOfGuests.put(guest, sources.began(ends.peer.getAddress(), invitation.policy().config()));
        }
        guest.receive(slots, stranger.wire(), budget, stranger.early());
    }

    /** Why a login from there is not to begin, for the log; empty where it may. */
    private Optional<String> objection(Ends ends, Policy policy) {
        String missing = policy.entropy().missing(); // E-9
        if (missing != null) {
            return Optional.of(missing);
        }
        ServerConfig config = policy.config();
        if (full(config.maxStartups())) {
            return Optional.of(startups + " are under way (MaxStartups)");
        }
        if (ends.peer == null) {
            return Optional.empty();
        }
        InetAddress peer = ends.peer.getAddress();
        if (sources.penalised(peer, config, System.nanoTime())) {
            return Optional.of("it is penalised (PerSourcePenalties)");
        }
        if (sources.full(peer, config)) {
            return Optional.of("too many of its logins are under way (PerSourceMaxStartups)");
        }
        ConnectionFacts facts = new ConnectionFacts(null, false, List::of, peer.getHostAddress(), peer.getHostAddress(), ends.local.getAddress().getHostAddress(),
                ends.local.getPort());
        if (config.forConnection(facts).refuseConnection()) {
            charge(peer, config, Penalties.Item.REFUSED);
            return Optional.of("RefuseConnection");
        }
        return Optional.empty();
    }

    /** Holds something against a source; on the loop. */
    void charge(InetAddress peer, ServerConfig config, Penalties.Item what) {
        sources.charge(peer, config, what, System.nanoTime());
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
    void decided(Guest guest) {
        startups--;
        Sources.Source source = sourcesOfGuests.remove(guest);
        if (source != null) {
            sources.decided(source);
        }
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
