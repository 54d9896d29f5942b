package org.qnsp.core.handshake;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Kemeleon;
import org.qnsp.crypto.Labels;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.Sha3;

/**
 * What a server makes of the first three frames of a stranger (H-24 to H-27). Every trial is made whatever the ones before gave; what comes out is an
 * {@link Accepted} or nothing, and no one can tell from outside which trial failed.
 */
public final class ServerOpening {
    /** The raw opening, two frames, in bytes. */
    public static final int OPENING_BYTES = 2 * FrameLayout.FRAME_BYTES;
    /** What must have arrived before a server decides, in bytes. */
    public static final int DECISION_BYTES = 3 * FrameLayout.FRAME_BYTES;

    /** Bytes of the encoded key and nonce that an invite's tag covers. */
    static final int TAGGED_BYTES = MlKem768.EK_BYTES + 32;

    /** An active invite as the opening needs it. @param id names it for its owner @param key the invite key (K-8), 32 bytes */
    public record ActiveInvite(String id, byte[] key) {}

    /** An opening that holds. */
    public sealed interface Accepted {
        /** 16 bytes to check and insert before anything is answered (H-26), or null where nothing is to be inserted (H-27). */
        byte[] replayId();

        /** Nothing comes of it, a replay perhaps: wipes what it holds. */
        default void discard() {}

        /** The client knew the host key with this index, and speaks this suite. */
        record Known(int hostKey, Suite suite, KeySchedule schedule, byte[] replayId) implements Accepted {
            @Override
            public void discard() {
                schedule.close();
            }
        }

        /** First contact; invite is null where contact is open. */
        record First(ActiveInvite invite, byte[] opening, byte[] replayId) implements Accepted {}
    }

    private final HostKeyOps host;
    private final boolean open;
    private final long clockWindowMicros;
    private final List<Suite> suites;

    /** With the suites of {@link Suite#STANDARD}. */
    public ServerOpening(HostKeyOps host, boolean open, long clockWindowMicros) {
        this(host, open, clockWindowMicros, Suite.STANDARD);
    }

    /**
     * @param open whether strangers without an invite are answered (`FirstContact open`)
     * @param clockWindowMicros how far the client's clock may be off, microseconds (H-25)
     * @param suites that are answered
     */
    public ServerOpening(HostKeyOps host, boolean open, long clockWindowMicros, List<Suite> suites) {
        this.host = host;
        this.open = open;
        this.clockWindowMicros = clockWindowMicros;
        this.suites = List.copyOf(suites);
    }

    /**
     * Tries every key and every invite.
     *
     * @param frames the first {@link #DECISION_BYTES} bytes; left as they are
     * @param nowMicros the server's clock, microseconds since 1970
     */
    public Optional<Accepted> examine(byte[] frames, List<ActiveInvite> invites, long nowMicros) {
        byte[] opening = Arrays.copyOf(frames, OPENING_BYTES);
        Accepted known = knownKey(opening, frames, nowMicros);
        Accepted invited = invite(opening, invites, nowMicros);
        if (known != null) {
            return Optional.of(known);
        }
        if (invited != null) {
            return Optional.of(invited);
        }
        return open ? Optional.of(new Accepted.First(null, opening, null)) : Optional.empty();
    }

    private Accepted knownKey(byte[] opening, byte[] frames, long nowMicros) {
        byte[] ciphertext = Kemeleon.decodeCiphertext(opening);
        Accepted found = null;
        for (int i = 0; i < host.publicKeys().size(); i++) {
            try (Secret shared = host.decapsulate(i, ciphertext)) {
                for (Suite suite : suites) { // all of them, always: th begins with the suite, so that only the right one verifies (S-3)
                    KeySchedule schedule = KeySchedule.known(suite, host.publicKeys().get(i).fingerprint());
                    schedule.absorb(opening); // as sent: many encodings decode to one ciphertext
                    schedule.mix(Labels.KS, shared.bytes());
                    if (verifiesFresh(schedule.stage(Labels.EARLY_C2S), frames, nowMicros) && found == null) {
                        found = new Accepted.Known(i, suite, schedule, replayId(ciphertext));
                    } else {
                        schedule.close();
                    }
                }
            }
        }
        return found;
    }

    private boolean verifiesFresh(Secret chainKey, byte[] frames, long nowMicros) {
        byte[] third = Arrays.copyOfRange(frames, OPENING_BYTES, DECISION_BYTES);
        try (FrameOpener opener = new FrameOpener(chainKey, 0, 0)) {
            if (!opener.tryFirst(third, 0)) {
                return false;
            }
            long ahead = opener.timeMicros() - nowMicros;
            return ahead >= -clockWindowMicros && ahead <= clockWindowMicros; // H-25; no absolute value: the least long has none
        } catch (ProtocolException e) {
            return false;
        }
    }

    private static Accepted invite(byte[] opening, List<ActiveInvite> invites, long nowMicros) {
        byte[] tagged = Sha3.hash(Arrays.copyOf(opening, TAGGED_BYTES));
        byte[] tag = Arrays.copyOfRange(opening, TAGGED_BYTES, TAGGED_BYTES + 32);
        long hour = nowMicros / 3_600_000_000L;
        ActiveInvite found = null;
        for (ActiveInvite invite : invites) {
            for (long h = hour - 1; h <= hour + 1; h++) { // all three, always
                if (ClientHandshake.inviteTagMatches(invite.key(), h, tagged, tag)) {
                    found = invite;
                }
            }
        }
        return found == null ? null : new Accepted.First(found, opening, replayId(tag));
    }

    /** H-26: 16 bytes. */
    private static byte[] replayId(byte[] canonical) {
        return Arrays.copyOf(Sha3.hash(Encoding.ascii(Labels.OPENING), canonical), 16);
    }
}
