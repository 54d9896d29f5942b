package org.qnsp.core.handshake;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.message.BodyReader;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.crypto.MlKem768;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.PaddingMode;
import org.qnsp.stealth.RateClass;

/**
 * A handshake message (H-6): type u8, length u16, body. The one codec: {@link #encode()} beside {@link #decode(byte[])}, strict, one encoding per value.
 */
public sealed interface HandshakeMessage {
    /** The sizes of a hash, a random value, a MAC, an X25519 key, in bytes. */
    int HASH = 32;
    /** Type and length before the body, in bytes. */
    int HEADER = 3;
    /** The flag of CH and CK that says that QO follows SF (H-9). */
    int QUANTUM = 1;

    /** CH: the client's first message to a known host. ekE is of the suite's KEM, the others 32 bytes. */
    record ClientHello(byte[] suiteHash, Mode mode, int flags, Cover cover, byte[] random, byte[] ekE, byte[] xC) implements HandshakeMessage {}

    /** SH. ctE and ekE2 are of the suite's KEM; no ekE2 in SIMPLEX. */
    record ServerHello(Cover cover, byte[] random, byte[] ctE, byte[] xS, byte[] ekE2) implements HandshakeMessage {}

    /** SF: the server's proof that it holds the host key. */
    record ServerFinished(byte[] mac) implements HandshakeMessage {}

    /** CF: ends a SIMPLEX handshake. */
    record ClientFinished(byte[] mac) implements HandshakeMessage {}

    /** How an entry of CI proves itself. */
    enum Method {
        /** By decapsulating the server's challenge; no signature. */
        KEM(1),
        /** By an ML-DSA and an Ed25519 signature. */
        SIG(2),
        /** By a commitment to the server's challenge that is opened once the server has opened the challenge; no signature, nothing learnt. */
        ZK(3),
        /** By the auth key that the client names, alone. */
        AUTH_KEY(4);

        final int code;

        Method(int code) {
            this.code = code;
        }
    }

    /**
     * One key that a client offers: its fingerprint (32 bytes, zeros for {@link Method#AUTH_KEY}) and, for {@link Method#SIG}, both signatures, for
     * {@link Method#ZK} the encoded public key, else null.
     */
    record Entry(Method method, byte[] keyHash, byte[] proof) {
        /** An entry that proves itself later. */
        static Entry of(Method method, byte[] keyHash) {
            return new Entry(method, keyHash, null);
        }
    }

    /** CI: who the client is. enrol is empty or the encoded public key of one entry; authKeyIds are 0 to 2 of 16 bytes. */
    record ClientIdentity(byte[] ctE2, String user, List<Entry> entries, byte[] enrol, List<byte[]> authKeyIds) implements HandshakeMessage {
        /** The body before the signatures: what is signed (H-12). */
        byte[] head() {
            BodyWriter body = new BodyWriter().bytes(ctE2).s8(user.getBytes(StandardCharsets.UTF_8)).u8(entries.size());
            for (Entry entry : entries) {
                body.u8(entry.method.code).bytes(entry.keyHash);
            }
            body.s16(enrol).u8(authKeyIds.size());
            authKeyIds.forEach(body::bytes);
            entries.stream().filter(e -> e.method == Method.ZK).forEach(e -> body.s16(e.proof));
            return body.toBytes();
        }
    }

    /** What the server says to one entry of CI. */
    sealed interface Challenge {
        /** To a KEM entry: ciphertext 1088 bytes, confirm 32 bytes. */
        record Kem(byte[] ciphertext, byte[] confirm) implements Challenge {}

        /** To a signature entry. */
        record Sig(boolean accepted) implements Challenge {}

        /** To a zero-knowledge entry: ciphertext 1088 bytes, the server's X25519 key for it 32 bytes. */
        record Zk(byte[] ciphertext, byte[] ephemeral) implements Challenge {}

        /** To an entry that is an auth key. */
        record Shared(boolean accepted) implements Challenge {}
    }

    /** SC: which auth key of CI is mixed in, from 1 on, 0 for none; one challenge for each entry of CI, in order. */
    record ServerChallenge(int authKey, List<Challenge> challenges) implements HandshakeMessage {}

    /** CA: the entry that the client goes by, and its proof. */
    record ClientAnswer(int which, byte[] mac) implements HandshakeMessage {}

    /** SA: the server's last word; first message of the application stage. */
    record ServerAccept(byte[] mac) implements HandshakeMessage {}

    /** SD: no login. The reasons are those of H-19. */
    record ServerDenial(int reason, String text) implements HandshakeMessage {
        /** Authentication failed, for whatever cause. */
        public static final int PERMISSION = 1;
        /** The key is right, but the account may not log in now. */
        public static final int ACCOUNT = 2;
        /** The mode is not allowed here. */
        public static final int MODE = 3;
    }

    /** HK: the host key at first contact, encoded (K-1). */
    record HostKey(byte[] encoded) implements HandshakeMessage {}

    /** CK: the client's first keyed message at first contact. ctS 1088 bytes, ekF of the suite's KEM where the opening's is another one, else empty; the others 32. */
    record ContactHello(byte[] suiteHash, Mode mode, int flags, Cover cover, byte[] random, byte[] ctS, byte[] xC, byte[] ekF) implements HandshakeMessage {}

    /** SK: the server's answer to CK, with ctF for its ekF. No ekE2 in SIMPLEX. */
    record ContactReply(Cover cover, byte[] random, byte[] xS, byte[] ctF, byte[] ekE2) implements HandshakeMessage {}

    /** QO: quantum keys that the client has, or that it has none. */
    record QuantumKeys(QuantumOffer offer) implements HandshakeMessage {}

    /** QA: 0 and the MAC (32 bytes) if the server has the same keys, else why not, and random bytes. */
    record QuantumAnswer(int result, byte[] mac) implements HandshakeMessage {}

    /** QC: the client has the same keys. */
    record QuantumConfirm(byte[] mac) implements HandshakeMessage {}

    /** CC: a commitment (32 bytes) for each entry of CI. */
    record ZkCommitments(List<byte[]> commitments) implements HandshakeMessage {}

    /** How a challenge was made: message and scalar, 32 bytes each. */
    record ZkOpening(byte[] message, byte[] scalar) {}

    /** SO: for each entry of CI how its challenge was made. */
    record ZkOpenings(List<ZkOpening> openings) implements HandshakeMessage {}

    /** CO: what opens each commitment, 32 bytes; random bytes where it is not opened. */
    record ZkProofs(List<byte[]> rhos) implements HandshakeMessage {}

    /** The message as it goes into the stream and the transcript: header and body. */
    default byte[] encode() {
        return switch (this) {
            case ClientHello m -> whole(1, new BodyWriter().bytes(m.suiteHash).u8(m.mode.code()).u16(m.flags).bytes(cover(m.cover)).bytes(m.random).bytes(m.ekE).bytes(m.xC));
            case ServerHello m -> whole(2, new BodyWriter().bytes(cover(m.cover)).bytes(m.random).bytes(m.ctE).bytes(m.xS).bytes(m.ekE2));
            case ServerFinished m -> whole(3, new BodyWriter().bytes(m.mac));
            case ClientFinished m -> whole(4, new BodyWriter().bytes(m.mac));
            case ClientIdentity m -> {
                BodyWriter body = new BodyWriter().bytes(m.head());
                m.entries.stream().filter(e -> e.method == Method.SIG).forEach(e -> body.bytes(e.proof));
                yield whole(5, body);
            }
            case ServerChallenge m -> {
                BodyWriter body = new BodyWriter().u8(m.authKey).u8(m.challenges.size());
                for (Challenge challenge : m.challenges) {
                    switch (challenge) {
                        case Challenge.Zk(byte[] ciphertext, byte[] ephemeral) -> body.bytes(ciphertext).bytes(ephemeral);
                        case Challenge.Shared(boolean accepted) -> body.flag(accepted);
                        case Challenge.Kem(byte[] ciphertext, byte[] confirm) -> body.bytes(ciphertext).bytes(confirm);
                        case Challenge.Sig(boolean accepted) -> body.flag(accepted);
                    }
                }
                yield whole(6, body);
            }
            case ClientAnswer m -> whole(7, new BodyWriter().u8(m.which).bytes(m.mac));
            case ServerAccept m -> whole(8, new BodyWriter().bytes(m.mac));
            case ServerDenial m -> whole(9, new BodyWriter().u8(m.reason).s16(m.text.getBytes(StandardCharsets.UTF_8)));
            case HostKey m -> whole(10, new BodyWriter().s32(m.encoded));
            case ContactHello m -> whole(11, new BodyWriter().bytes(m.suiteHash).u8(m.mode.code()).u16(m.flags).bytes(cover(m.cover)).bytes(m.random).bytes(m.ctS).bytes(m.xC).bytes(m.ekF));
            case ContactReply m -> whole(12, new BodyWriter().bytes(cover(m.cover)).bytes(m.random).bytes(m.xS).bytes(m.ctF).bytes(m.ekE2));
            case QuantumKeys m -> {
                BodyWriter body = new BodyWriter().text8(m.offer.clientSae()).text8(m.offer.serverSae()).u8(m.offer.keys().size());
                m.offer.keys().forEach(key -> body.text8(key.id()).u32(key.bits()));
                yield whole(13, body);
            }
            case QuantumAnswer m -> whole(14, new BodyWriter().u8(m.result).bytes(m.mac));
            case QuantumConfirm m -> whole(15, new BodyWriter().bytes(m.mac));
            case ZkCommitments m -> whole(16, each(m.commitments));
            case ZkOpenings m -> {
                BodyWriter body = new BodyWriter().u8(m.openings.size());
                m.openings.forEach(o -> body.bytes(o.message).bytes(o.scalar));
                yield whole(17, body);
            }
            case ZkProofs m -> whole(18, each(m.rhos));
        };
    }

    private static BodyWriter each(List<byte[]> hashes) {
        BodyWriter body = new BodyWriter().u8(hashes.size());
        hashes.forEach(body::bytes);
        return body;
    }

    private static byte[] whole(int type, BodyWriter body) {
        return new BodyWriter().u8(type).s16(body.toBytes()).toBytes();
    }

    /**
     * Decodes one whole message, header included.
     *
     * @param suite which gives ephemeral keys and signatures their sizes
     * @param entries the methods of the entries of CI, which give SC its form; empty before CI
     * @throws ProtocolException for anything that {@link #encode()} does not produce
     */
    static HandshakeMessage decode(byte[] whole, Suite suite, List<Entry> entries) throws ProtocolException {
        BodyReader header = new BodyReader(whole);
        int type = header.u8();
        BodyReader body = new BodyReader(header.s16());
        header.end();
        HandshakeMessage message = switch (type) {
            case 1 -> new ClientHello(body.bytes(HASH), Mode.of(body.u8()), body.u16(), cover(body), body.bytes(HASH), body.bytes(suite.kem().ekBytes()), body.bytes(HASH));
            case 2 -> new ServerHello(cover(body), body.bytes(HASH), body.bytes(suite.kem().ctBytes()), body.bytes(HASH), rest(body, suite));
            case 3 -> new ServerFinished(body.bytes(HASH));
            case 4 -> new ClientFinished(body.bytes(HASH));
            case 5 -> clientIdentity(body, suite);
            case 6 -> serverChallenge(body, entries);
            case 7 -> new ClientAnswer(body.u8(), body.bytes(HASH));
            case 8 -> new ServerAccept(body.bytes(HASH));
            case 9 -> new ServerDenial(body.u8(), text(body.s16()));
            case 10 -> new HostKey(body.s32());
            case 11 -> new ContactHello(body.bytes(HASH), Mode.of(body.u8()), body.u16(), cover(body), body.bytes(HASH), body.bytes(MlKem768.CT_BYTES), body.bytes(HASH),
                    body.bytes(suite.contactExchange() ? suite.kem().ekBytes() : 0));
            case 12 -> new ContactReply(cover(body), body.bytes(HASH), body.bytes(HASH), body.bytes(suite.contactExchange() ? suite.kem().ctBytes() : 0), rest(body, suite));
            case 13 -> new QuantumKeys(quantumOffer(body));
            case 14 -> new QuantumAnswer(body.u8(), body.bytes(HASH));
            case 15 -> new QuantumConfirm(body.bytes(HASH));
            case 16 -> new ZkCommitments(list(body, () -> body.bytes(HASH)));
            case 17 -> new ZkOpenings(list(body, () -> new ZkOpening(body.bytes(HASH), body.bytes(HASH))));
            case 18 -> new ZkProofs(list(body, () -> body.bytes(HASH)));
            default -> throw new ProtocolException(Reason.TYPE, "handshake message " + type);
        };
        body.end();
        return message;
    }

    /** C-34: mode u8, rate u8. */
    private static byte[] cover(Cover cover) {
        return new byte[] {(byte) cover.mode().code(), (byte) cover.rate().number()};
    }

    private static Cover cover(BodyReader body) throws ProtocolException {
        PaddingMode mode = PaddingMode.of(body.u8()).orElseThrow(() -> new ProtocolException(Reason.TYPE, "padding mode"));
        int rate = body.u8();
        if (!Cover.valid(mode, rate)) {
            throw new ProtocolException(Reason.LIMIT, "rate class");
        }
        return new Cover(mode, new RateClass(rate));
    }

    /** The suite that CK or CH names, by its hash. */
    static byte[] suiteHash(byte[] hello) throws ProtocolException {
        return new BodyReader(hello, HEADER, hello.length - HEADER).bytes(HASH);
    }

    private static byte[] rest(BodyReader body, Suite suite) throws ProtocolException {
        return body.bytes(body.remaining() == 0 ? 0 : suite.kem().ekBytes());
    }

    @FunctionalInterface
    interface Part<T> {
        T read() throws ProtocolException;
    }

    /** One for each entry of CI: count u8 and so many parts. */
    private static <T> List<T> list(BodyReader body, Part<T> part) throws ProtocolException {
        int count = body.u8();
        if (count < 1 || count > Limits.KEY_ENTRIES) {
            throw new ProtocolException(Reason.LIMIT, "entries"); // L-2
        }
        List<T> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(part.read());
        }
        return List.copyOf(parts);
    }

    private static QuantumOffer quantumOffer(BodyReader body) throws ProtocolException {
        String clientSae = body.text8();
        String serverSae = body.text8();
        int count = body.u8();
        if (count > Limits.QUANTUM_KEYS) {
            throw new ProtocolException(Reason.LIMIT, "quantum keys"); // L-25
        }
        List<QuantumOffer.KeyName> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String id = body.text8();
            long bits = body.u32();
            if (id.isEmpty() || bits < 1 || bits > Limits.QUANTUM_KEY_BITS) {
                throw new ProtocolException(Reason.LIMIT, "quantum key"); // L-26
            }
            keys.add(new QuantumOffer.KeyName(id, (int) bits));
        }
        return new QuantumOffer(clientSae, serverSae, keys);
    }

    private static String text(byte[] utf8) throws ProtocolException {
        if (utf8.length > Limits.TEXT_BYTES) {
            throw new ProtocolException(Reason.LIMIT, "text");
        }
        return utf8(utf8);
    }

    private static ClientIdentity clientIdentity(BodyReader body, Suite suite) throws ProtocolException {
        byte[] ctE2 = body.bytes(suite.kem().ctBytes());
        byte[] user = body.s8();
        int count = body.u8();
        if (user.length == 0 || count < 1 || count > Limits.KEY_ENTRIES) {
            throw new ProtocolException(Reason.LIMIT, "identity"); // L-2, L-6
        }
        List<Method> methods = new ArrayList<>();
        List<byte[]> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            methods.add(switch (body.u8()) {
                case 1 -> Method.KEM;
                case 2 -> Method.SIG;
                case 3 -> Method.ZK;
                case 4 -> Method.AUTH_KEY;
                default -> throw new ProtocolException(Reason.TYPE, "authentication method");
            });
            hashes.add(body.bytes(HASH));
        }
        boolean zk = methods.contains(Method.ZK);
        if (zk && !methods.stream().allMatch(m -> m == Method.ZK) || methods.contains(Method.AUTH_KEY) && count > 1) {
            throw new ProtocolException(Reason.MALFORMED, "methods that do not go together"); // H-12
        }
        byte[] enrol = body.s16();
        int named = body.u8();
        if (named > Limits.AUTH_KEYS) {
            throw new ProtocolException(Reason.LIMIT, "auth keys"); // L-27
        }
        List<byte[]> authKeyIds = new ArrayList<>();
        for (int i = 0; i < named; i++) {
            authKeyIds.add(body.bytes(AuthKey.ID_BYTES));
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(new Entry(methods.get(i), hashes.get(i), zk ? body.s16() : methods.get(i) == Method.SIG ? body.bytes(suite.signatures().signatureBytes()) : null));
        }
        return new ClientIdentity(ctE2, utf8(user), List.copyOf(entries), enrol, List.copyOf(authKeyIds));
    }

    private static ServerChallenge serverChallenge(BodyReader body, List<Entry> entries) throws ProtocolException {
        int authKey = body.u8();
        if (body.u8() != entries.size()) {
            throw new ProtocolException(Reason.MALFORMED, "challenges");
        }
        List<Challenge> challenges = new ArrayList<>();
        for (Entry entry : entries) {
            challenges.add(switch (entry.method) {
                case KEM -> new Challenge.Kem(body.bytes(MlKem768.CT_BYTES), body.bytes(HASH));
                case SIG -> new Challenge.Sig(body.flag());
                case ZK -> new Challenge.Zk(body.bytes(MlKem768.CT_BYTES), body.bytes(HASH));
                case AUTH_KEY -> new Challenge.Shared(body.flag());
            });
        }
        return new ServerChallenge(authKey, List.copyOf(challenges));
    }

    /** Text that is not well-formed UTF-8 is refused: what it decodes to would have another encoding. */
    private static String utf8(byte[] bytes) throws ProtocolException {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (!java.util.Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
            throw new ProtocolException(Reason.MALFORMED, "text is not UTF-8");
        }
        return text;
    }
}
