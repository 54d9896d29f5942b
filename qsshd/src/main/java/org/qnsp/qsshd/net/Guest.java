package org.qnsp.qsshd.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.QuantumOffer;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.message.ChannelOpening;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.mux.Budget;
import org.qnsp.core.qkd.QuantumKeys;
import org.qnsp.core.ratchet.RatchetSecrets;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.Connection;
import org.qnsp.core.transport.Link;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.RatchetTerms;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.core.transport.Wire;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.qsshd.auth.Gatekeeper.Findings;
import org.qnsp.qsshd.auth.Gatekeeper.Origin;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.config.AuthPolicy;
import org.qnsp.qsshd.config.KeyOptions;
import org.qnsp.qsshd.forward.GuestForwarding;
import org.qnsp.qsshd.config.Penalties;
import org.qnsp.qsshd.session.Peers;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client whose opening held: its login, and then its channels. Runs on the loop. */
public final class Guest implements Link.Owner, Connection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Guest.class);
    /** How long after the login a client may ask for proofs of the host keys, which are kept for it although a reload may have replaced them. */
    private static final long PROOF_NANOS = 60_000_000_000L;
    private static final long CHALLENGE_DELAY_NANOS = Limits.CHALLENGE_DELAY_MILLIS * 1_000_000L;

    /** An opening that held, what it is judged by, and the invite that it was made with, or null. */
    record Invitation(Policy policy, ServerOpening.Accepted opening, InviteFile.Entry invite) {}

    private final Loop loop;
    private final Invitation invitation;
    private final ServerHandshake handshake;
    private final InetSocketAddress peer;
    private final InetSocketAddress local;
    private final Hospitality hospitality;
    private final Reception reception;
    private Link link;
    private Loop.Timer graceEnd;
    private Loop.Timer aliveCheck;
    private IdleWatch idle;
    private Connection connection;
    private Findings findings;
    private PublicKey key;
    private String user;
    private boolean decided;
    private boolean established;
    private boolean useTaken;
    private boolean over;
    private boolean hostKeysProved;
    private boolean authKeyKept;
    private Action.Secrets future;
    private byte[] usedAuthKey;
    private byte[] name;
    private boolean charged;
    private boolean keysReleased;
    private int sessions;
    private boolean noMoreSessions;
    private GuestForwarding forwarding;
    private volatile CompletableFuture<Void> prelude = CompletableFuture.completedFuture(null);

    Guest(Loop loop, Invitation invitation, ServerHandshake handshake, InetSocketAddress peer, InetSocketAddress local, Hospitality hospitality, Reception reception) {
        this.loop = loop;
        this.invitation = invitation;
        this.handshake = handshake;
        this.peer = peer;
        this.local = local;
        this.hospitality = hospitality;
        this.reception = reception;
    }

    void receive(SlotThread slots, Wire wire, Budget budget, byte[] early) {
        connection = new Connection(false, budget, this);
        link = new Link(loop, slots, wire, false, Cover.NORMAL, RandomSource.system(), connection, handshaker(), this);
        List<Action> begin;
        try {
            begin = handshake.begin();
        } catch (ProtocolException | RuntimeException e) {
            LOG.warn("an opening could not be answered: {}", e.getMessage());
            handshake.close();
            decide();
            letGo();
            reception.departed(this, wire); // H-29: ours or not, silence
            return;
        }
        long grace = invitation.policy.config().loginGraceSeconds();
        if (grace > 0) {
            graceEnd = loop.at(System.nanoTime() + grace * 1_000_000_000L, this::graceOver); // H-30
        }
        link.start(begin, early);
    }

    private void graceOver() {
        if (!decided) {
            LOG.info("login from {} not finished in time", origin().address());
            charge(Penalties.Item.GRACE_EXCEEDED);
            link.expire();
        }
    }

    private Link.Handshaker handshaker() {
        return new Link.Handshaker() {
            @Override
            public int rawReplyBytes() {
                return 0;
            }

            @Override
            public List<Action> onRawReply(byte[] reply) {
                throw new IllegalStateException("a server awaits no raw reply");
            }

            @Override
            public List<Action> on(byte[] whole) throws ProtocolException {
                return handshake.on(whole);
            }

            @Override
            public void close() {
                handshake.close();
            }
        };
    }

    @Override
    public void asked(Link from, Action.Question question) {
        switch (question) {
            case Action.FindKeys ask -> findKeys(from, ask);
            case Action.FetchQuantumKeys(QuantumOffer offer) -> hospitality.fetchQuantumKeys(invitation.policy, origin(), offer,
                    (keys, refusal) -> loop.execute(() -> {
                        if (over && keys != null) {
                            keys.close();
                        }
                        from.proceed(() -> handshake.onQuantumKeys(keys, refusal));
                    }));
            default -> throw new IllegalStateException("a server is not asked for " + question.getClass().getSimpleName());
        }
    }

    private void findKeys(Link from, Action.FindKeys ask) {
        long askedAt = System.nanoTime();
        user = ask.user();
        hospitality.findKeys(ask, invitation.policy, origin(), invitation.invite, found -> loop.execute(() -> {
            findings = found;
            useTaken = found.useTaken();
            if (over) {
                giveBack();
                if (found.shared() != null) {
                    found.shared().close();
                }
                return;
            }
            Link.Answer answer = answer(found);
            // H-14: at a fixed time; where finding took longer, at the next multiple of it
            long late = Math.max(1, Math.ceilDiv(System.nanoTime() - askedAt, CHALLENGE_DELAY_NANOS));
            loop.at(askedAt + late * CHALLENGE_DELAY_NANOS, () -> from.proceed(answer));
        }));
    }

    /** The challenge, computed before it is due, so that its computing adds nothing to H-14's time; a fault shows when it would have been sent. */
    private Link.Answer answer(Findings found) {
        try {
            List<Action> actions = handshake.onKeysFound(new ServerHandshake.Found(found.keys(), found.accountDenial(), found.which(), found.shared(),
                    found.authKeySuffices()));
            return () -> actions;
        } catch (ProtocolException | RuntimeException e) {
            return () -> {
                throw e;
            };
        }
    }

    @Override
    public void established(Link from, Action.Established result) {
        established = true;
        key = result.key();
        future = result.secrets();
        usedAuthKey = result.authKey() == 0 ? null : findings.shared().id();
        if (usedAuthKey != null) {
            hospitality.authKeyUsed(invitation.policy, findings, usedAuthKey);
        }
        decide();
        LOG.info("{} logged in from {} with {}", account(), origin().address(), key != null ? Fingerprint.text(key) : user == null ? "no key (SIMPLEX)" : "an auth key alone");
        if (handshake.quantumKeys() != null) {
            LOG.info("{} from {} is QKD-keyed (hybrid): client SAE {}, keys {}", account(), origin().address(), handshake.quantumKeys().clientSae(),
                    handshake.quantumKeys().keys().stream().map(QuantumOffer.KeyName::id).toList());
        }
        if (result.enrolled() && key.equals(findings.brought())) {
            hospitality.enrol(findings, key, invitation.invite, invitation.policy);
        }
        useTaken = false;
        watch();
        link.ratcheting(new RatchetTerms(findings.config().ratchetLimit(), ratchetSecrets(), ratchets()));
        idle = new IdleWatch(loop, connection, findings.config(), account() + " from " + origin().address());
        List<byte[]> hostKeys = invitation.policy.host().publicKeys().stream().map(PublicKey::encoded).toList();
        connection.tell(ConnectionRequest.HostKeys.NAME, new ConnectionRequest.HostKeys(hostKeys).encode());
        name = result.id();
        loop.at(System.nanoTime() + PROOF_NANOS, () -> {
            if (!hostKeysProved) {
                hostKeysProved = true;
                letGo();
            }
        });
        prelude = hospitality.banner(findings, text -> connection.tell(ConnectionRequest.Banner.NAME, new ConnectionRequest.Banner(text).encode()));
    }

    /** Quantum keys for the ratchets, where the handshake had some. */
    private RatchetSecrets ratchetSecrets() {
        QuantumOffer keys = handshake.quantumKeys();
        return keys == null ? RatchetSecrets.NONE : QuantumKeys.ratchets(invitation.policy.quantum(), keys.clientSae());
    }

    private RatchetTerms.Told ratchets() {
        return new RatchetTerms.Told() {
            @Override
            public void switched(boolean sent, int epoch) {
                ratcheted(sent, epoch);
            }

            @Override
            public void without(String why, boolean required) {
                LOG.warn("ratchet with {} from {} without a quantum key{}: {}", account(), origin().address(), required ? " is not made" : "", why);
            }
        };
    }

    private void ratcheted(boolean sent, int epoch) {
        LOG.debug("ratchet with {} from {}: epoch {} {}", account(), origin().address(), epoch, sent ? "sent" : "received");
    }

    /** ClientAliveInterval and ClientAliveCountMax: a client sends at every slot, so none need be asked whether it is there. */
    private void watch() {
        long patience = (long) findings.config().clientAliveIntervalSeconds() * findings.config().clientAliveCountMax() * 1_000_000_000L;
        if (patience <= 0 || over) {
            return;
        }
        if (System.nanoTime() - link.heardNanos() > patience) {
            link.abort(new IOException("nothing was heard for " + patience / 1_000_000_000L + " s"));
        } else {
            aliveCheck = loop.at(link.heardNanos() + patience + 1_000_000, this::watch);
        }
    }

    @Override
    public void denied(Link from, Action.Denied denial) {
        LOG.info("login from {} denied", origin().address());
        charge(findings != null && findings.account() == null ? Penalties.Item.INVALID_USER : Penalties.Item.AUTH_FAIL);
        if (link.cover().mode() != PaddingMode.MAX) {
            decide(); // else it lasts for minutes yet (C-26), and counts against MaxStartups as long
        }
    }

    /** The host keys are needed no more; the guest held them since it was received. */
    private void letGo() {
        if (!keysReleased) {
            keysReleased = true;
            invitation.policy.host().release();
        }
    }

    /** PerSourcePenalties: at most one thing a connection is held against where it came from. */
    private void charge(Penalties.Item what) {
        if (!charged && peer != null) {
            charged = true;
            reception.charge(peer.getAddress(), invitation.policy.config(), what);
        }
    }

    /** A use of an invite that came to nothing. */
    private void giveBack() {
        if (useTaken) {
            useTaken = false;
            hospitality.giveBack(invitation.policy, invitation.invite);
        }
    }

    private void decide() {
        if (!decided) {
            decided = true;
            if (graceEnd != null) {
                graceEnd.cancel();
            }
            reception.decided(this);
        }
    }

    @Override
    public void ended(Link from, IOException cause) {
        decide();
        over = true;
        letGo();
        if (aliveCheck != null) {
            aliveCheck.cancel();
        }
        if (idle != null) {
            idle.stop();
        }
        giveBack();
        if (future != null) {
            future.close();
        }
        if (forwarding != null) {
            forwarding.close();
        }
        connection.release();
        if (established) {
            LOG.info("{} from {} left{}", account(), origin().address(), cause == null ? "" : ": " + cause.getMessage());
        } else {
            charge(Penalties.Item.NO_AUTH);
            LOG.debug("{} left before a login: {}", origin().address(), cause == null ? "" : cause.getMessage());
        }
        reception.departed(this, from.toBeDrained() ? from.wire() : null);
    }

    // ---- channels

    @Override
    public void peerOpened(Connection from, int channel, String type, byte[] body) {
        try {
            switch (ChannelOpening.decode(type, body).orElse(null)) {
                case null -> from.refuse(channel, OpenFailure.UNKNOWN_TYPE, "no channels of this type");
                case ChannelOpening.Session session -> openSession(from, channel);
                case ChannelOpening opening -> {
                    if (!forwarding().opened(channel, opening)) {
                        from.refuse(channel, OpenFailure.PROHIBITED, "not for a client to open");
                    }
                }
            }
        } catch (ProtocolException e) {
            from.refuse(channel, OpenFailure.PROHIBITED, e.getMessage());
        }
    }

    private void openSession(Connection from, int channel) {
        if (noMoreSessions || sessions >= findings.config().maxSessions()) {
            from.refuse(channel, noMoreSessions ? OpenFailure.PROHIBITED : OpenFailure.RESOURCES, noMoreSessions ? "no more sessions" : "too many sessions");
            return;
        }
        sessions++;
        Hospitality.Session session = hospitality.session(this, from);
        Channel accepted = from.accept(channel, Limits.CHANNEL_CREDIT_BYTES, session);
        session.on(accepted);
    }

    private GuestForwarding forwarding() {
        if (forwarding == null) {
            forwarding = hospitality.forwarding(this, connection);
        }
        return forwarding;
    }

    /** A session has ended. */
    public void sessionEnded() {
        loop.execute(() -> sessions--);
    }

    @Override
    public void requested(Connection from, int id, String name, byte[] body) {
        try {
            switch (ConnectionRequest.decode(name, body).orElse(null)) {
                case ConnectionRequest.Keepalive k -> from.reply(id, true);
                case ConnectionRequest.ProveHostKeys asked when id != 0 && established && !hostKeysProved -> {
                    hostKeysProved = true;
                    hospitality.proveHostKeys(invitation.policy.host(), asked, this.name, proofs -> {
                        from.reply(id, proofs != null, proofs == null ? new byte[0] : proofs);
                        loop.execute(this::letGo);
                    });
                }
                case ConnectionRequest.NoMoreSessions none -> {
                    noMoreSessions = true; // C-32
                    LOG.debug("{} asked for no more sessions", account());
                    from.reply(id, true);
                }
                case ConnectionRequest.EndWithChannels end when established && link.cover().mode() != PaddingMode.MAX && (hostKeysProved || invitation.policy.host().publicKeys().size() == 1) -> {
                    from.endWithChannels(); // C-40
                    from.reply(id, true);
                }
                case ConnectionRequest.AuthKeyStored stored -> {
                    boolean keeps = established && !authKeyKept && !anonymous() && findings.config().auth().authKey() != AuthPolicy.Continuity.OFF;
                    authKeyKept = true;
                    if (keeps) {
                        hospitality.keepAuthKey(invitation.policy, findings, future.next(), usedAuthKey, kept -> from.reply(id, kept));
                    } else {
                        from.reply(id, false);
                    }
                }
                case ConnectionRequest request when forwarding().requested(id, request) -> {}
                case null, default -> from.reply(id, false); // C-19
            }
        } catch (ProtocolException e) {
            from.reply(id, false);
        }
    }

    void sayGoodbye(String farewell) {
        if (established) {
            connection.disconnect(DisconnectReason.SHUTTING_DOWN, farewell);
        } else {
            link.expire();
        }
    }

    // ---- facts

    /** Done when what comes before sessions is said: a short one would be over before its banner. */
    public CompletableFuture<Void> prelude() {
        return prelude;
    }

    /** Whose account this is; once logged in. */
    public Findings findings() {
        return findings;
    }

    /** What the key's line allows. */
    public KeyOptions options() {
        return findings.optionsOf(key);
    }

    /** The key that the login was proved with, null for none. */
    public PublicKey key() {
        return key;
    }

    /** Whether no one in particular logged in (SIMPLEX). */
    public boolean anonymous() {
        return user == null;
    }

    /** The ends of the connection, where they are known. */
    public Optional<Peers> peers() {
        return peer == null || local == null ? Optional.empty() : Optional.of(new Peers(peer, local));
    }

    private String account() {
        return findings == null || findings.account() == null ? "?" : findings.account().name();
    }

    private Origin origin() {
        return new Origin(peer == null ? "UNKNOWN" : peer.getAddress().getHostAddress(), local == null ? null : local.getAddress().getHostAddress(),
                local == null ? 0 : local.getPort());
    }
}
