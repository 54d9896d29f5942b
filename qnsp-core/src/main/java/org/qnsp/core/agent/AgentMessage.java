package org.qnsp.core.agent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.agent.KeyTerms.Destination;
import org.qnsp.core.agent.KeyTerms.Host;
import org.qnsp.core.message.BodyReader;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;

/**
 * A message to or from an agent: type u8 and body; the length before it is the transport's. The one codec: {@link #encode()} beside {@link #decode},
 * strict, one encoding per value. What is decoded and holds a secret is its receiver's to close.
 */
public sealed interface AgentMessage {
    /** The sizes of a hash, an X25519 key and a secret a, in bytes. */
    int HASH = 32;
    /** What both sides say that they speak. */
    String PROTOCOL = "qnsp-agent/1";

    /** What a client asks. */
    sealed interface Request extends AgentMessage {}

    /** What an agent answers. */
    sealed interface Reply extends AgentMessage {}

    /** No, or: I do not know what you mean. The type is that of ssh's agents. */
    record Failure() implements Reply {}

    /** Done. The type is that of ssh's agents. */
    record Success() implements Reply {}

    /** Which protocol is spoken; the first message of a connection. */
    record Hello() implements Request {}

    /** This one. */
    record Welcome() implements Reply {}

    /** Which keys there are. */
    record ListKeys() implements Request {}

    /** One key. @param confirm whether its use is confirmed by the user @param constrained whether it is held to destinations */
    record Listed(PublicKey key, String comment, boolean confirm, boolean constrained) {}

    /** The keys, in the order in which they came. */
    record Keys(List<Listed> keys) implements Reply {}

    /** H-14's secret a, for a key that answers challenges. keyHash, serverEphemeral, hostKey and th 32 bytes, ciphertext 1088. */
    record Answer(byte[] keyHash, byte[] ciphertext, byte[] serverEphemeral, byte[] hostKey, String user, byte[] th) implements Request {}

    /** The secret a. */
    record Answered(Secret a) implements Reply {}

    /** What a commitment is made to (H-34). All but ciphertext (1088 bytes) and user 32 bytes; th is the transcript after SC. */
    record Challenged(byte[] keyHash, byte[] ciphertext, byte[] serverEphemeral, byte[] hostKey, String user, byte[] th) {
        private void encode(BodyWriter out) {
            out.bytes(keyHash).bytes(ciphertext).bytes(serverEphemeral).bytes(hostKey).text8(user).bytes(th);
        }

        private static Challenged decode(BodyReader in) throws ProtocolException {
            return new Challenged(in.bytes(HASH), in.bytes(MlKem768.CT_BYTES), in.bytes(HASH), in.bytes(HASH), AgentMessage.user(in), in.bytes(HASH));
        }
    }

    /** Commit to this challenge, for a key that answers challenges. */
    record Commit(Challenged challenge) implements Request {}

    /** The commitment, 32 bytes. */
    record Committed(byte[] commitment) implements Reply {}

    /** Open the commitment to this challenge, if it was made of this message and scalar, 32 bytes each. */
    record Open(Challenged challenge, byte[] message, byte[] scalar) implements Request {}

    /** What opens it, 32 bytes. */
    record Opened(byte[] rho) implements Reply {}

    /** H-12's signatures, for a key that signs. All but the user's name 32 bytes. */
    record Sign(byte[] keyHash, byte[] t, byte[] hostKey, String user) implements Request {}

    /** Both signatures, 3373 bytes. */
    record Signed(byte[] signatures) implements Reply {}

    /** Take this key. */
    record Add(PrivateKey key, String comment, KeyTerms terms) implements Request {}

    /** Forget this key. */
    record Remove(byte[] keyHash) implements Request {}

    /** Forget all keys. */
    record RemoveAll() implements Request {}

    /** Answer nobody until the passphrase comes again. */
    record Lock(Secret passphrase) implements Request {}

    /** Answer again. */
    record Unlock(Secret passphrase) implements Request {}

    /** What comes on this connection from now on comes from this host. */
    record Bind(byte[] hostKey) implements Request {}

    /** Type and body. The caller wipes it where it holds a secret. */
    default byte[] encode() {
        return switch (this) {
            case Commit m -> challenged(230, m.challenge).toBytes();
            case Committed m -> of(231).bytes(m.commitment).toBytes();
            case Open m -> challenged(232, m.challenge).bytes(m.message).bytes(m.scalar).toBytes();
            case Opened m -> of(233).bytes(m.rho).toBytes();
            case Failure m -> of(5).toBytes();
            case Success m -> of(6).toBytes();
            case Hello m -> of(240).text8(PROTOCOL).toBytes();
            case Welcome m -> of(241).text8(PROTOCOL).toBytes();
            case ListKeys m -> of(242).toBytes();
            case Keys m -> encode(m);
            case Answer m -> of(244).bytes(m.keyHash).bytes(m.ciphertext).bytes(m.serverEphemeral).bytes(m.hostKey).text8(m.user).bytes(m.th).toBytes();
            case Answered m -> of(245).bytes(m.a.bytes()).toBytes();
            case Sign m -> of(246).bytes(m.keyHash).bytes(m.t).bytes(m.hostKey).text8(m.user).toBytes();
            case Signed m -> of(247).bytes(m.signatures).toBytes();
            case Add m -> encode(m);
            case Remove m -> of(249).bytes(m.keyHash).toBytes();
            case RemoveAll m -> of(250).toBytes();
            case Lock m -> of(251).s16(m.passphrase.bytes()).toBytes();
            case Unlock m -> of(252).s16(m.passphrase.bytes()).toBytes();
            case Bind m -> of(253).bytes(m.hostKey).toBytes();
        };
    }

    private static BodyWriter of(int type) {
        return new BodyWriter().u8(type);
    }

    private static BodyWriter challenged(int type, Challenged challenge) {
        BodyWriter out = of(type);
        challenge.encode(out);
        return out;
    }

    private static byte[] encode(Keys m) {
        BodyWriter out = of(243).u16(m.keys.size());
        m.keys.forEach(k -> out.s32(k.key.encoded()).text16(k.comment).flag(k.confirm).flag(k.constrained));
        return out.toBytes();
    }

    private static byte[] encode(Add m) {
        BodyWriter out = of(248);
        try (Secret secrets = KeyFile.secrets(m.key, m.comment)) {
            out.s32(secrets.bytes());
        }
        out.u32(m.terms.lifetimeSeconds()).flag(m.terms.confirm()).u16(m.terms.destinations().size());
        for (Destination destination : m.terms.destinations()) {
            host(out.flag(destination.from() != null), destination.from());
            host(out, destination.to());
            out.text8(destination.users());
        }
        return out.toBytes();
    }

    private static void host(BodyWriter out, Host host) {
        if (host != null) {
            out.text8(host.name()).u8(host.hostKeys().size());
            host.hostKeys().forEach(out::bytes);
        }
    }

    /**
     * Decodes a type and body.
     *
     * @throws ProtocolException for anything that {@link #encode()} does not produce; Reason.KIND for a type that is not known
     */
    static AgentMessage decode(byte[] whole) throws ProtocolException {
        BodyReader in = new BodyReader(whole);
        int type = in.u8();
        AgentMessage message = switch (type) {
            case 5 -> new Failure();
            case 6 -> new Success();
            case 230 -> new Commit(Challenged.decode(in));
            case 231 -> new Committed(in.bytes(HASH));
            case 232 -> new Open(Challenged.decode(in), in.bytes(HASH), in.bytes(HASH));
            case 233 -> new Opened(in.bytes(HASH));
            case 240 -> protocol(in, new Hello());
            case 241 -> protocol(in, new Welcome());
            case 242 -> new ListKeys();
            case 243 -> keys(in);
            case 244 -> new Answer(in.bytes(HASH), in.bytes(MlKem768.CT_BYTES), in.bytes(HASH), in.bytes(HASH), user(in), in.bytes(HASH));
            case 245 -> new Answered(Secret.owning(in.bytes(HASH)));
            case 246 -> new Sign(in.bytes(HASH), in.bytes(HASH), in.bytes(HASH), user(in));
            case 247 -> new Signed(signatures(in));
            case 248 -> add(in);
            case 249 -> new Remove(in.bytes(HASH));
            case 250 -> new RemoveAll();
            case 251 -> new Lock(passphrase(in));
            case 252 -> new Unlock(passphrase(in));
            case 253 -> new Bind(in.bytes(HASH));
            default -> throw new ProtocolException(Reason.KIND, "agent message " + type);
        };
        try {
            in.end();
        } catch (ProtocolException e) {
            message.close();
            throw e;
        }
        return message;
    }

    /** Wipes what is secret in it. */
    default void close() {
        switch (this) {
            case Answered m -> m.a.close();
            case Add m -> m.key.close();
            case Lock m -> m.passphrase.close();
            case Unlock m -> m.passphrase.close();
            default -> {}
        }
    }

    private static AgentMessage protocol(BodyReader in, AgentMessage message) throws ProtocolException {
        if (!in.text8().equals(PROTOCOL)) {
            throw new ProtocolException(Reason.KIND, "another protocol");
        }
        return message;
    }

    private static String user(BodyReader in) throws ProtocolException {
        String user = in.text8();
        if (user.isEmpty()) {
            throw new ProtocolException(Reason.MALFORMED, "no user");
        }
        return user;
    }

    private static Secret passphrase(BodyReader in) throws ProtocolException {
        byte[] passphrase = in.s16();
        if (passphrase.length > AgentLimits.PASSPHRASE_BYTES) {
            Arrays.fill(passphrase, (byte) 0);
            throw new ProtocolException(Reason.LIMIT, "passphrase");
        }
        return Secret.owning(passphrase);
    }

    /** Both signatures; the type of the key that was asked says which of the lengths is right. */
    private static byte[] signatures(BodyReader in) throws ProtocolException {
        return in.bytes((in.remaining() == KeyType.SIG87.signatureBytes() ? KeyType.SIG87 : KeyType.SIG).signatureBytes());
    }

    private static Keys keys(BodyReader in) throws ProtocolException {
        int count = limited(in.u16(), AgentLimits.KEYS);
        List<Listed> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try {
                keys.add(new Listed(PublicKey.decode(in.s32()), comment(in), in.flag(), in.flag()));
            } catch (InvalidKeyEncodingException e) {
                throw new ProtocolException(Reason.MALFORMED, "public key");
            }
        }
        return new Keys(keys);
    }

    private static String comment(BodyReader in) throws ProtocolException {
        String comment = in.text16();
        if (comment.chars().anyMatch(Character::isISOControl)) {
            throw new ProtocolException(Reason.MALFORMED, "comment");
        }
        return comment;
    }

    private static int limited(int count, int most) throws ProtocolException {
        if (count > most) {
            throw new ProtocolException(Reason.LIMIT, "count " + count);
        }
        return count;
    }

    private static Add add(BodyReader in) throws ProtocolException {
        byte[] secrets = in.s32();
        try {
            KeyTerms terms = terms(in);
            KeyFile.Opened opened = KeyFile.ofSecrets(secrets);
            return new Add(opened.key(), opened.comment(), terms);
        } catch (KeyFileException e) {
            throw new ProtocolException(Reason.MALFORMED, "secret parts");
        } finally {
            Arrays.fill(secrets, (byte) 0);
        }
    }

    private static KeyTerms terms(BodyReader in) throws ProtocolException {
        long lifetime = in.u32();
        boolean confirm = in.flag();
        int count = limited(in.u16(), AgentLimits.DESTINATIONS);
        List<Destination> destinations = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            destinations.add(new Destination(in.flag() ? host(in) : null, host(in), in.text8()));
        }
        return new KeyTerms(lifetime, confirm, destinations);
    }

    private static Host host(BodyReader in) throws ProtocolException {
        String name = in.text8();
        int count = limited(in.u8(), AgentLimits.HOST_KEYS);
        List<byte[]> hostKeys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            hostKeys.add(in.bytes(HASH));
        }
        if (hostKeys.isEmpty()) {
            throw new ProtocolException(Reason.MALFORMED, "a host without keys");
        }
        return new Host(name, hostKeys);
    }
}
