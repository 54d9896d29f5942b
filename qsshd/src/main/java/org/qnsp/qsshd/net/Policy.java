package org.qnsp.qsshd.net;

import java.util.List;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.qkd.SlaveSae;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.entropy.EntropyFeed;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.qsshd.auth.AuthKeyDirectory;
import org.qnsp.qsshd.auth.HostKeys;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.auth.ReplayFile;
import org.qnsp.qsshd.config.ServerConfig;

/**
 * What new connections are judged by; replaced as a whole at a reload.
 *
 * @param decoy challenges to unknown users and keys are made to this key, which no one holds
 * @param quantum where keys of key distribution are fetched, null where none are used; connections use it as long as they last
 * @param entropy what feeds the pool that new keys are made of
 */
public record Policy(ServerConfig config, HostKeys host, KemKeyPair decoy, ReplayFile replays, InviteFile invites, AuthKeyDirectory authKeys, EntropyFeed entropy, SlaveSae quantum) {
    /** With a decoy of its own. */
    public static Policy of(ServerConfig config, HostKeys host, ReplayFile replays, InviteFile invites, AuthKeyDirectory authKeys, EntropyFeed entropy, SlaveSae quantum) {
        return new Policy(config, host, KemKeyPair.generate(RandomSource.system()), replays, invites, authKeys, entropy, quantum);
    }

    /** Another takes its place: its host keys end when no login needs them any more. */
    public void retire() {
        entropy.close();
        host.close();
    }

    ServerOpening opening() {
        return new ServerOpening(host, config.firstContact() == ServerConfig.FirstContact.OPEN, config.clockWindowSeconds() * 1_000_000L, config.suites());
    }

    ServerHandshake.Settings handshake() {
        return new ServerHandshake.Settings(host, decoy, config.anonymousUser() != null, config.cover(), config.suites());
    }

    List<InviteFile.Entry> activeInvites(long nowSeconds) throws java.io.IOException {
        return config.firstContact() == ServerConfig.FirstContact.OFF ? List.of() : invites.active(nowSeconds);
    }
}
