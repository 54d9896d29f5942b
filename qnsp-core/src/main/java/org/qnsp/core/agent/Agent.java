package org.qnsp.core.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.qnsp.core.agent.AgentMessage.Add;
import org.qnsp.core.agent.AgentMessage.Answer;
import org.qnsp.core.agent.AgentMessage.Bind;
import org.qnsp.core.agent.AgentMessage.Challenged;
import org.qnsp.core.agent.AgentMessage.Commit;
import org.qnsp.core.agent.AgentMessage.Failure;
import org.qnsp.core.agent.AgentMessage.Hello;
import org.qnsp.core.agent.AgentMessage.ListKeys;
import org.qnsp.core.agent.AgentMessage.Lock;
import org.qnsp.core.agent.AgentMessage.Open;
import org.qnsp.core.agent.AgentMessage.Remove;
import org.qnsp.core.agent.AgentMessage.RemoveAll;
import org.qnsp.core.agent.AgentMessage.Reply;
import org.qnsp.core.agent.AgentMessage.Request;
import org.qnsp.core.agent.AgentMessage.Sign;
import org.qnsp.core.agent.AgentMessage.Success;
import org.qnsp.core.agent.AgentMessage.Unlock;
import org.qnsp.core.agent.AgentMessage.Welcome;
import org.qnsp.core.handshake.Identity;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.Hmac;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PassphraseLock;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;

/**
 * The keys, and what is answered to whom. A call takes memory and processor only; what takes time (asking the user, a passphrase) is handed back to the caller as a
 * {@link Step}. From any thread, one at a time.
 */
public final class Agent implements AutoCloseable {
    /** What comes of a request. */
    public sealed interface Step {
        /** Say this. */
        record Say(Reply reply) implements Step {}

        /** Ask the user this; on a yes call {@link Agent#confirmed}, else say no. */
        record Confirm(String question) implements Step {}

        /** Make a lock of this passphrase and call {@link Agent#locked}. */
        record MakeLock(Secret passphrase) implements Step {}

        /** Try the lock with this passphrase; if it opens call {@link Agent#unlocked}, else say no. */
        record TryLock(PassphraseLock lock, Secret passphrase) implements Step {}
    }

    /** What the agent knows of one connection. Owned by whoever serves it. */
    public static final class Caller {
        private final List<byte[]> hops = new ArrayList<>();
        private boolean unusable;

        /** A message that does not parse: the connection is good for nothing any more. */
        public void spoil() {
            unusable = true;
        }
    }

    private record Held(PublicKey key, String comment, KeyTerms terms, long expiresNanos, Vault.Slot secrets) {
        boolean forever() {
            return terms.lifetimeSeconds() == 0;
        }
    }

    private final Vault vault;
    private final RandomSource random;
    private final long lifetimeSeconds;
    private final Secret rhoKey;
    private final List<Held> held = new ArrayList<>();
    private PassphraseLock lock;

    /** @param lifetimeSeconds of keys that come without one; 0 for as long as the agent lives */
    public Agent(Vault vault, RandomSource random, long lifetimeSeconds) {
        this.vault = vault;
        this.random = random;
        this.lifetimeSeconds = lifetimeSeconds;
        this.rhoKey = Secret.owning(random.bytes(32));
    }

    /**
     * Takes a request; what is secret in it is wiped, but for what a step carries.
     *
     * @param nowNanos of a clock that never steps back
     */
    public synchronized Step take(Caller caller, Request request, long nowNanos) {
        expire(nowNanos);
        if (caller.unusable) {
            request.close();
            return no();
        }
        return switch (request) {
            case Hello m -> say(new Welcome());
            case Bind m -> bind(caller, m); // also while locked
            case ListKeys m -> say(list(caller));
            case Answer m -> use(caller, m, m.keyHash(), false);
            case Sign m -> use(caller, m, m.keyHash(), false);
            case Commit m -> use(caller, m, m.challenge().keyHash(), false);
            case Open m -> use(caller, m, m.challenge().keyHash(), true); // who opens it was asked when it was made
            case Add m -> mayManage(caller) && lock == null ? add(m, nowNanos) : refuse(m);
            case Remove m -> mayManage(caller) && lock == null ? remove(m.keyHash()) : no();
            case RemoveAll m -> mayManage(caller) && lock == null ? removeAll() : no();
            case Lock m -> mayManage(caller) && lock == null ? new Step.MakeLock(m.passphrase()) : refuse(m);
            case Unlock m -> mayManage(caller) && lock != null ? new Step.TryLock(lock, m.passphrase()) : refuse(m);
        };
    }

    /** The user said yes to this request. Everything is judged again: time has passed. */
    public synchronized Step confirmed(Caller caller, Request request, long nowNanos) {
        expire(nowNanos);
        return switch (request) {
            case Answer m -> use(caller, m, m.keyHash(), true);
            case Sign m -> use(caller, m, m.keyHash(), true);
            case Commit m -> use(caller, m, m.challenge().keyHash(), true);
            default -> throw new IllegalStateException("nothing to confirm");
        };
    }

    /** The lock was made. */
    public synchronized Step locked(PassphraseLock made) {
        if (lock != null) {
            made.close();
            return no();
        }
        lock = made;
        return yes();
    }

    /** This lock was opened. */
    public synchronized Step unlocked(PassphraseLock opened) {
        if (lock != opened) {
            return no();
        }
        lock.close();
        lock = null;
        return yes();
    }

    /** Whether it is locked, and with this lock. */
    public synchronized boolean isLockedWith(PassphraseLock tried) {
        return lock == tried;
    }

    /** whoever came through another host uses keys, and no more. */
    private static boolean mayManage(Caller caller) {
        return caller.hops.isEmpty();
    }

    private static Step bind(Caller caller, Bind m) {
        if (caller.hops.size() == AgentLimits.HOPS) {
            caller.unusable = true;
            return no();
        }
        caller.hops.add(m.hostKey());
        return yes();
    }

    private Reply list(Caller caller) {
        List<AgentMessage.Listed> seen = new ArrayList<>();
        for (Held each : held) {
            if (lock == null && each.terms.visible(caller.hops)) {
                seen.add(new AgentMessage.Listed(each.key, each.comment, each.terms.confirm(), !each.terms.destinations().isEmpty()));
            }
        }
        return new AgentMessage.Keys(seen);
    }

    private Step use(Caller caller, Request request, byte[] keyHash, boolean confirmed) {
        Held key = find(keyHash);
        if (lock != null || key == null) {
            return no();
        }
        return switch (request) {
            // nothing that depends on the key but the value of H-14, and signatures over what H-12 says
            case Answer m when key.key.type() == KeyType.KEM -> use(caller, key, m.hostKey(), m.user(), confirmed, opened -> new AgentMessage.Answered(
                    ((Identity.Kem) identity(opened)).answer(m.ciphertext(), m.serverEphemeral(), m.hostKey(), m.user(), m.th())));
            case Sign m when key.key.type().signs() -> use(caller, key, m.hostKey(), m.user(), confirmed,
                    opened -> new AgentMessage.Signed(((Identity.Sig) identity(opened)).sign(m.t(), m.hostKey(), m.user())));
            case Commit m when key.key.type() == KeyType.KEM -> use(caller, key, m.challenge().hostKey(), m.challenge().user(), confirmed,
                    opened -> new AgentMessage.Committed(commitment((KemKeyPair) opened, m.challenge())));
            case Open m when key.key.type() == KeyType.KEM -> use(caller, key, m.challenge().hostKey(), m.challenge().user(), confirmed,
                    opened -> UserAuth.mayOpen((KemKeyPair) opened, m.challenge().ciphertext(), m.challenge().serverEphemeral(), m.message(), m.scalar())
                            ? new AgentMessage.Opened(rho(m.challenge())) : new Failure());
            default -> no();
        };
    }

    private Identity identity(PrivateKey opened) {
        return UserAuth.identity(opened, random);
    }

    private byte[] commitment(KemKeyPair key, Challenged c) throws IOException {
        return UserAuth.commitment(key, rho(c), c.ciphertext(), c.serverEphemeral(), c.hostKey(), c.user(), c.th());
    }

    /** a function of the challenge, so that nothing has to be remembered between a commitment and its opening. */
    private byte[] rho(Challenged c) {
        return Hmac.mac(rhoKey.bytes(), Encoding.lpAll(c.keyHash(), c.ciphertext(), c.serverEphemeral(), c.hostKey(), c.user().getBytes(StandardCharsets.UTF_8), c.th()));
    }

    @FunctionalInterface
    private interface Use {
        Reply of(PrivateKey opened) throws IOException;
    }

    private Step use(Caller caller, Held key, byte[] hostKey, String user, boolean confirmed, Use use) {
        if (!key.terms.permits(caller.hops, hostKey, user)) {
            return no();
        }
        if (key.terms.confirm() && !confirmed) {
            return new Step.Confirm(question(key, caller, hostKey, user));
        }
        try (PrivateKey opened = open(key)) {
            return say(use.of(opened));
        } catch (IOException e) {
            return no(); // an ephemeral key of small order, which no honest host sends
        }
    }

    private static PrivateKey open(Held key) {
        try (Secret secrets = key.secrets.copy()) {
            int first = key.key.type().firstSecretBytes();
            byte[] one = Arrays.copyOf(secrets.bytes(), first);
            byte[] two = Arrays.copyOfRange(secrets.bytes(), first, secrets.length());
            try {
                return PrivateKey.fromSecrets(key.key.type(), one, two);
            } finally {
                Arrays.fill(one, (byte) 0);
                Arrays.fill(two, (byte) 0);
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a kept key does not open", e);
        }
    }

    /** The user's name is the asker's, so what could act on a terminal is taken out. */
    private static String question(Held key, Caller caller, byte[] hostKey, String user) {
        String name = key.terms.nameOf(hostKey);
        StringBuilder asked = new StringBuilder("Allow use of key " + key.comment + "?\nKey fingerprint " + Fingerprint.text(key.key) + ".\nTo log in as ");
        user.codePoints().map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c).forEach(asked::appendCodePoint);
        asked.append(" at ").append(name == null ? "the host with key " : name + ", key ").append(Fingerprint.text(hostKey)).append('.');
        if (!caller.hops.isEmpty()) {
            asked.append("\nAsked for by the host with key ").append(Fingerprint.text(caller.hops.getLast())).append('.');
        }
        return asked.toString();
    }

    private Step add(Add m, long nowNanos) {
        try (PrivateKey key = m.key(); Secret first = key.firstSecret(); Secret second = key.secondSecret()) {
            Held before = find(key.publicKey().fingerprint());
            if (before == null && held.size() == AgentLimits.KEYS) {
                return no();
            }
            long lifetime = m.terms().lifetimeSeconds() == 0 ? lifetimeSeconds : m.terms().lifetimeSeconds();
            KeyTerms terms = new KeyTerms(lifetime, m.terms().confirm(), m.terms().destinations());
            if (before != null) {
                forget(before);
            }
            byte[] both = Encoding.concat(first.bytes(), second.bytes());
            Vault.Slot slot = vault.keep(both);
            Arrays.fill(both, (byte) 0);
            held.add(new Held(key.publicKey(), m.comment(), terms, nowNanos + lifetime * 1_000_000_000L, slot));
            return yes();
        }
    }

    private Step remove(byte[] keyHash) {
        Held key = find(keyHash);
        if (key == null) {
            return no();
        }
        forget(key);
        return yes();
    }

    private Step removeAll() {
        forgetAll();
        return yes();
    }

    /** Forgets all keys. */
    public synchronized void forgetAll() {
        List.copyOf(held).forEach(this::forget);
    }

    private void forget(Held key) {
        held.remove(key);
        key.secrets.close();
    }

    private Held find(byte[] keyHash) {
        return held.stream().filter(each -> Arrays.equals(each.key.fingerprint(), keyHash)).findFirst().orElse(null);
    }

    /** Forgets the keys whose time is over. */
    public synchronized void expire(long nowNanos) {
        List.copyOf(held).stream().filter(each -> !each.forever() && nowNanos - each.expiresNanos >= 0).forEach(this::forget);
    }

    /** When the next key's time is over; empty where none's ever is. */
    public synchronized OptionalLong nextExpiryNanos() {
        return held.stream().filter(each -> !each.forever()).mapToLong(Held::expiresNanos).reduce((a, b) -> a - b <= 0 ? a : b);
    }

    private static Step say(Reply reply) {
        return new Step.Say(reply);
    }

    private static Step yes() {
        return say(new Success());
    }

    private static Step no() {
        return say(new Failure());
    }

    private static Step refuse(Request request) {
        request.close();
        return no();
    }

    /** Forgets everything. */
    @Override
    public synchronized void close() {
        forgetAll();
        rhoKey.close();
        if (lock != null) {
            lock.close();
        }
    }
}
