package org.qnsp.qsshd.net;

import java.util.concurrent.CompletableFuture;
import org.qnsp.core.handshake.Action.FindKeys;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.handshake.QuantumOffer;
import org.qnsp.core.handshake.QuantumRefusal;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.transport.Channel;
import org.qnsp.core.transport.ChannelListener;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.qsshd.auth.Gatekeeper.Findings;
import org.qnsp.qsshd.auth.Gatekeeper.Origin;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.forward.GuestForwarding;

/** What a house does for its guests. The calls come on the loop and must not block. */
public interface Hospitality {
    /** Finds the keys that may log in and gives them back by answer, from any thread. */
    void findKeys(FindKeys ask, Policy policy, Origin origin, InviteFile.Entry invite, java.util.function.Consumer<Findings> answer);

    /** Writes the key that came with an invite into the user's authorized keys. */
    void enrol(Findings findings, PublicKey key, InviteFile.Entry invite, Policy policy);

    /** Gets the quantum keys that a client offers, and gives them on, from any thread, or why there are none. */
    void fetchQuantumKeys(Policy policy, Origin origin, QuantumOffer offer, java.util.function.BiConsumer<Secret, QuantumRefusal> answer);

    /** A login with this auth key came about. */
    void authKeyUsed(Policy policy, Findings findings, byte[] id);

    /** C-38: keeps this auth key, a copy of it, and tells, from any thread, whether it is kept. @param after the id of the one that the login used, null for none */
    void keepAuthKey(Policy policy, Findings findings, AuthKey key, byte[] after, java.util.function.Consumer<Boolean> kept);

    /** A use of an invite came to nothing. */
    void giveBack(Policy policy, InviteFile.Entry invite);

    /** Reads the banner for a login, if there is one, and gives it on, from any thread. @return done when that is over, however it went */
    CompletableFuture<Void> banner(Findings findings, java.util.function.Consumer<String> banner);

    /** C-33: computes proofs for host keys and gives them on, from any thread; null where there is one that cannot be given. */
    void proveHostKeys(HostKeyOps host, ConnectionRequest.ProveHostKeys asked, byte[] connection, java.util.function.Consumer<byte[]> proofs);

    /** A session on a channel that is yet to be accepted: who hears of the channel. Its channel follows by the consumer's being called. */
    Session session(Guest guest, Connection connection);

    /** What a guest who has logged in may have forwarded; asked for once, when he wants something of the kind. */
    GuestForwarding forwarding(Guest guest, Connection connection);

    /** A stranger has gone. */
    default void strangerGone() {}

    /** A guest has gone. */
    default void guestGone(Guest guest) {}

    /** A session channel's server side. */
    interface Session extends ChannelListener {
        /** The channel that was accepted for it. */
        void on(Channel channel);
    }
}
