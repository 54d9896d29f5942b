package org.qnsp.core.handshake;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.handshake.HandshakeMessage.Challenge;
import org.qnsp.core.handshake.HandshakeMessage.ClientIdentity;
import org.qnsp.core.handshake.HandshakeMessage.Entry;
import org.qnsp.core.handshake.HandshakeMessage.Method;
import org.qnsp.core.handshake.HandshakeMessage.ZkOpening;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;

/**
 * What a client's handshake has the user's keys do, which may lie elsewhere. Running it touches nothing of the handshake, so that it may happen on another
 * thread; what comes of it is asked for afterwards.
 */
abstract sealed class KeyWork implements Runnable {
    /** Whose keys, and for whom. @param host H(pk_S), 32 bytes */
    record Keys(ClientHandshake.Settings settings, byte[] host, RandomSource random) {}

    final ClientHandshake.Settings settings;
    final byte[] host;
    final RandomSource random;

    private KeyWork(Keys keys) {
        settings = keys.settings;
        host = keys.host;
        random = keys.random;
    }

    /** The handshake is over: what was found, or will yet be, is wiped. */
    void end() {}

    /** H-12: makes the entries of CI, signed where the key is one that signs. */
    static final class Signing extends KeyWork {
        private final byte[] ctE2;
        private final byte[] th;
        private List<Entry> entries = List.of();

        /** @param ctE2 of CI @param th before CI */
        Signing(Keys keys, byte[] ctE2, byte[] th) {
            super(keys);
            this.ctE2 = ctE2;
            this.th = th;
        }

        @Override
        public void run() {
            List<Entry> unsigned = settings.identities().isEmpty() ? List.of(Entry.of(Method.AUTH_KEY, new byte[32])) : settings.identities().stream().map(this::unsigned).toList();
            byte[] t = UserAuth.toSign(th, identity(unsigned).head());
            List<Entry> signed = new ArrayList<>();
            for (int i = 0; i < unsigned.size(); i++) {
                Entry entry = unsigned.get(i);
                signed.add(entry.method() == Method.SIG ? new Entry(entry.method(), entry.keyHash(), sign((Identity.Sig) settings.identities().get(i), t)) : entry);
            }
            entries = signed;
        }

        private Entry unsigned(Identity identity) {
            PublicKey key = identity.publicKey();
            return switch (identity) {
                case Identity.Kem kem when settings.zk() -> new Entry(Method.ZK, key.fingerprint(), key.encoded());
                case Identity.Kem kem -> Entry.of(Method.KEM, key.fingerprint());
                case Identity.Sig sig -> Entry.of(Method.SIG, key.fingerprint());
            };
        }

        /** A key whose holder does not sign is offered all the same, with what is no signature: the others go on, and the wire looks alike. */
        private byte[] sign(Identity.Sig sig, byte[] t) {
            int length = settings.suite().signatures().signatureBytes();
            try {
                byte[] made = sig.sign(t, host, settings.user());
                return made.length == length ? made : random.bytes(length);
            } catch (IOException e) {
                return random.bytes(length);
            }
        }

        /** CI, once it is run. */
        ClientIdentity identity() {
            return identity(entries);
        }

        private ClientIdentity identity(List<Entry> entries) {
            byte[] enrol = settings.enrol() ? settings.identities().getFirst().publicKey().encoded() : new byte[0];
            return new ClientIdentity(ctE2, settings.user(), entries, enrol, settings.authKeys().stream().map(AuthKey::id).toList());
        }
    }

    /** H-15: finds the first entry that holds. */
    static final class Proving extends KeyWork {
        private final byte[] xS;
        private final byte[] th;
        private final List<Challenge> challenges;
        private int which;
        private Secret a;
        private boolean unwanted;

        /** @param xS the server's X25519 key @param th after CI */
        Proving(Keys keys, byte[] xS, byte[] th, List<Challenge> challenges) {
            super(keys);
            this.xS = xS;
            this.th = th;
            this.challenges = challenges;
        }

        @Override
        public void run() {
            Secret found = null;
            for (int i = 0; i < challenges.size() && found == null; i++) {
                found = proof(i, challenges.get(i));
                if (found != null) {
                    found(found, i);
                }
            }
        }

        private synchronized void found(Secret proof, int entry) {
            a = proof;
            which = entry;
            if (unwanted) {
                a.close();
            }
        }

        @Override
        synchronized void end() {
            unwanted = true;
            if (a != null) {
                a.close();
            }
        }

        /** The entry that holds; 0 where none does. */
        int which() {
            return which;
        }

        /** Its secret, 32 bytes, which the handshake goes on with; a random one where none holds: the server will refuse, and until then nothing is different. */
        Secret secret() {
            return a == null ? Secret.owning(random.bytes(32)) : a;
        }

        /** The secret a for this entry if the challenge shows that it may log in, else null; null too where the holder of the key does not answer. */
        private Secret proof(int entry, Challenge challenge) {
            return switch (challenge) {
                case Challenge.Kem c -> proof((Identity.Kem) settings.identities().get(entry), c);
                case Challenge.Sig c -> c.accepted() ? Secret.zeros(32) : null;
                case Challenge.Shared c -> c.accepted() ? Secret.zeros(32) : null;
                case Challenge.Zk c -> throw new IllegalStateException("challenge of another method");
            };
        }

        private Secret proof(Identity.Kem kem, Challenge.Kem challenge) {
            try {
                Secret answer = kem.answer(challenge.ciphertext(), xS, host, settings.user(), th);
                if (MessageDigest.isEqual(UserAuth.confirm(answer, th), challenge.confirm())) {
                    return answer;
                }
                answer.close();
                return null;
            } catch (IOException e) {
                return null;
            }
        }
    }

    /** H-34: commits to every challenge, whatever it is; random bytes stand for what the holder of a key does not answer. */
    static final class Committing extends KeyWork {
        private final List<Challenge> challenges;
        private final byte[] th;
        private final List<Identity.Commitment> commitments = new ArrayList<>();

        /** @param th after SC */
        Committing(Keys keys, List<Challenge> challenges, byte[] th) {
            super(keys);
            this.challenges = challenges;
            this.th = th;
        }

        @Override
        public void run() {
            for (int i = 0; i < challenges.size(); i++) {
                Challenge.Zk c = (Challenge.Zk) challenges.get(i);
                try {
                    commitments.add(((Identity.Kem) settings.identities().get(i)).commit(c.ciphertext(), c.ephemeral(), host, settings.user(), th));
                } catch (IOException e) {
                    commitments.add(null);
                }
            }
        }

        /** Of each entry; null where the holder of its key did not answer. */
        List<Identity.Commitment> commitments() {
            return commitments;
        }

        /** CC. */
        HandshakeMessage.ZkCommitments message() {
            return new HandshakeMessage.ZkCommitments(commitments.stream().map(c -> c == null ? random.bytes(32) : c.value()).toList());
        }
    }

    /** H-36: opens the commitments to the challenges that were honest. */
    static final class Opening extends KeyWork {
        private final List<Identity.Commitment> commitments;
        private final List<ZkOpening> openings;
        private final List<byte[]> rhos = new ArrayList<>();

        Opening(Keys keys, List<Identity.Commitment> commitments, List<ZkOpening> openings) {
            super(keys);
            this.commitments = commitments;
            this.openings = openings;
        }

        @Override
        public void run() {
            for (int i = 0; i < openings.size(); i++) {
                rhos.add(open(commitments.get(i), openings.get(i)));
            }
        }

        private byte[] open(Identity.Commitment commitment, ZkOpening opening) {
            try {
                return commitment == null ? null : commitment.open(opening.message(), opening.scalar());
            } catch (IOException e) {
                return null;
            }
        }

        /** The first entry whose commitment is opened; the last where none is. */
        int first() {
            int first = 0;
            while (first < rhos.size() - 1 && rhos.get(first) == null) {
                first++;
            }
            return first;
        }

        /** CO. */
        HandshakeMessage.ZkProofs message() {
            return new HandshakeMessage.ZkProofs(rhos.stream().map(rho -> rho == null ? random.bytes(32) : rho).toList());
        }
    }
}
