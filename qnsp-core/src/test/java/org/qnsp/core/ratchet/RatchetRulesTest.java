package org.qnsp.core.ratchet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;
import org.qnsp.core.message.RecordWriter;
import org.qnsp.core.mux.Mux;
import org.qnsp.core.ratchet.RatchetSecrets.KeyId;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.X25519;

/** What forbid is a fault, one by one; what they allow is none. */
final class RatchetRulesTest {
    private static final RatchetLimit NEVER = new RatchetLimit(Long.MAX_VALUE, Long.MAX_VALUE);
    private static final RandomSource RANDOM = RandomSource.system();

    private RatchetEnd client;
    private RatchetEnd server;
    private long now;

    @BeforeEach
    void connect() {
        RatchetEnd[] ends = RatchetEnd.pair(RANDOM, RANDOM);
        client = ends[0];
        server = ends[1];
        client.ratchet.terms(NEVER, RatchetSecrets.NONE);
        server.ratchet.terms(NEVER, RatchetSecrets.NONE);
    }

    private static byte[] offer() {
        return offer(MlKem768.generate(RANDOM).encapsulationKey(), X25519.generate(RANDOM).publicKey());
    }

    private static byte[] offer(byte[] ek, byte[] x) {
        return new RatchetMessage.Offer(ek, x, RANDOM.bytes(32), List.of()).encode();
    }

    private static byte[] reply(byte[] x, boolean taken) {
        return new RatchetMessage.Reply(RANDOM.bytes(1088), x, RANDOM.bytes(32), taken).encode();
    }

    private static byte[] point() {
        return X25519.generate(RANDOM).publicKey();
    }

    /** The end hears this message in a frame of this number. */
    private static void hear(RatchetEnd end, byte[] message, long frame) throws ProtocolException {
        byte[] payload = new byte[8_192];
        RecordWriter records = new RecordWriter();
        for (int at = 0; at < message.length; at += 700) {
            records.start(payload, 0, FrameLayout.PAYLOAD_BYTES);
            records.put(0, RecordKind.RATCHET, message, at, Math.min(700, message.length - at));
            end.ratchet.receive(payload, 0, records.length(), frame);
        }
    }

    private static void assertFault(Reason reason, Executable what) {
        assertEquals(reason, assertThrows(ProtocolException.class, what).reason());
    }

    private void frames(int count) throws ProtocolException {
        for (int i = 0; i < count; i++) {
            now += 1_000_000_000L;
            server.open(client.seal(now));
            server.compute();
            client.open(server.seal(now));
            client.compute();
        }
    }

    /** The client begins; so many frames go each way before anything is computed. */
    private void clientOffers() throws ProtocolException {
        client.ratchet.terms(new RatchetLimit(0, Long.MAX_VALUE), RatchetSecrets.NONE);
        now += 1_000_000_000L;
        client.ratchet.tick(now, client.sealer.sealed());
        client.ratchet.terms(NEVER, RatchetSecrets.NONE);
        client.compute();
    }

    // ---- allowed

    /** keys after a step are others, and what they came from is wiped at both ends. */
    @Test
    void aStepLeavesNothingOfTheOldKeys() throws ProtocolException {
        List<Secret> given = new ArrayList<>();
        Secret[] roots = {Secret.owning(RANDOM.bytes(32)), Secret.owning(RANDOM.bytes(32)), Secret.zeros(32), Secret.zeros(32)};
        byte[] rootBytes = roots[0].bytes();
        System.arraycopy(rootBytes, 0, roots[2].bytes(), 0, 32);
        byte[] otherBytes = roots[2].bytes();
        RatchetHost[] hosts = new RatchetHost[2];
        Ratchet[] ends = new Ratchet[2];
        for (int i = 0; i < 2; i++) {
            hosts[i] = new RatchetHost() {
                @Override
                public void work(Runnable elsewhere, Then then) {
                    elsewhere.run();
                    try {
                        then.run();
                    } catch (ProtocolException e) {
                        throw new AssertionError(e);
                    }
                }

                @Override
                public void sends(long fromFrame, int epoch, Secret chainKey) {
                    given.add(chainKey);
                }

                @Override
                public void reads(long fromFrame, int epoch, Secret chainKey) {
                    given.add(chainKey);
                }

                @Override
                public void without(String why) {
                    throw new AssertionError(why);
                }
            };
        }
        ends[0] = new Ratchet(true, Kem.MLKEM768, roots[0], roots[1], RANDOM, hosts[0], 0);
        ends[1] = new Ratchet(false, Kem.MLKEM768, roots[2], roots[3], RANDOM, hosts[1], 0);
        ends[1].terms(NEVER, RatchetSecrets.NONE);
        long frame = 0;
        for (int step = 1; step <= 3; step++) {
            ends[0].tick(step * 200_000_000_000L, frame);
            for (int turn = 0; turn < 3; turn++) {
                for (int i = 0; i < 2; i++) {
                    byte[] payload = new byte[4_096];
                    int used = ends[i].write(payload, 0, payload.length, frame++);
                    if (used > 0) {
                        ends[1 - i].receive(payload, 0, used, frame - 1);
                    }
                    ends[1].tick(step * 200_000_000_000L, frame);
                }
            }
            assertEquals(2 * step, given.size());
            assertTrue(given.getLast().matches(given.get(2 * step - 2).bytes()), "both ends have the same chain key");
            assertEquals("Secret[closed]", roots[0].toString());
            assertEquals("Secret[closed]", roots[2].toString());
        }
        assertTrue(Arrays.equals(new byte[32], rootBytes) && Arrays.equals(new byte[32], otherBytes));
        assertFalse(given.get(0).matches(given.get(2).bytes()) || given.get(2).matches(given.get(4).bytes()));
        assertEquals("Secret[32 bytes]", roots[1].toString(), "the other direction is not touched");
        ends[0].close();
        ends[1].close();
        assertEquals("Secret[closed]", roots[1].toString());
    }

    @Test
    void bothDirectionsAreRefreshedOnRequest() throws ProtocolException {
        client.ratchet.request();
        client.ratchet.request();
        frames(12);
        assertEquals(List.of(3, 3, 3, 3), List.of(client.sentEpoch, client.readEpoch, server.sentEpoch, server.readEpoch));
    }

    /** exchanges of an impatient side, and answers to it, keep their distance. */
    @Test
    void aSideThatAsksAllTheTimeGetsOneAtATime() throws ProtocolException {
        for (int i = 0; i < 1_000; i++) {
            now += 1_000_000L; // a frame every millisecond for a second
            server.ratchet.request();
            client.ratchet.request();
            server.open(client.seal(now));
            client.open(server.seal(now));
            client.compute();
            server.compute();
        }
        assertTrue(client.sentEpoch >= 8 && client.sentEpoch <= 13, client.sentEpoch + "");
    }

    /** what was answered may be left and begun anew. */
    @Test
    void anOfferTakesThePlaceOfOneThatWasAnswered() throws ProtocolException {
        hear(server, offer(), 0);
        server.ratchet.tick(0, 0);
        server.compute();
        for (int i = 0; i < 3; i++) {
            server.seal(0);
        }
        hear(server, offer(), 1);
        server.ratchet.tick(1_000_000_000L, 0);
        server.compute();
        assertTrue(server.ratchet.pending());
    }

    @Test
    void whatIsSentOnTheOldKeysAfterTheSwitchDoesNotVerify() throws ProtocolException {
        byte[][] chains = {RANDOM.bytes(32), RANDOM.bytes(32)};
        byte[][] roots = {RANDOM.bytes(32), RANDOM.bytes(32)};
        client = new RatchetEnd(true, chains, roots, RANDOM, 0);
        server = new RatchetEnd(false, chains, roots, RANDOM, 0);
        server.ratchet.terms(NEVER, RatchetSecrets.NONE);
        FrameOpener deaf = new FrameOpener(Secret.owning(chains[0]), 2, 0);
        clientOffers();
        while (client.sentEpoch == 2) {
            byte[] frame = client.seal(now);
            server.open(frame.clone());
            deaf.open(frame, 0); // the frame with the switch too
            server.compute();
            client.open(server.seal(now));
            client.compute();
        }
        byte[] next = client.seal(now);
        assertFault(Reason.MAC, () -> deaf.open(next.clone(), 0));
        server.open(next);
        assertEquals(client.switches.getFirst() + 1, server.opener.opened());
    }

    @Test
    void anEndedRatchetDropsWhatWasBeingComputed() throws ProtocolException {
        clientOffers();
        server.open(client.seal(now));
        server.open(client.seal(now));
        server.ratchet.tick(now, 0);
        RatchetEnd.Work answering = server.work.poll();
        answering.elsewhere().run();
        server.ratchet.close();
        answering.then().run();
        assertFalse(server.ratchet.pending());
    }

    // ---- faults of order

    @Test
    void aReplyToNothing() {
        assertFault(Reason.STATE, () -> hear(client, reply(point(), false), 0));
    }

    @Test
    void aReplyBeforeTheOfferIsSentWhole() throws ProtocolException {
        clientOffers();
        client.seal(now); // one of two frames
        assertFault(Reason.STATE, () -> hear(client, reply(point(), false), 0));
    }

    @Test
    void aReplyTwice() throws ProtocolException {
        clientOffers();
        client.seal(now);
        client.seal(now);
        hear(client, reply(point(), false), 0);
        assertFault(Reason.STATE, () -> hear(client, reply(point(), false), 0));
        client.compute();
        assertFault(Reason.STATE, () -> hear(client, reply(point(), false), 0));
        client.seal(now); // the switch
        assertEquals(3, client.sentEpoch);
        assertFault(Reason.STATE, () -> hear(client, reply(point(), false), 0));
    }

    @Test
    void anOfferWhileOneIsOpen() throws ProtocolException {
        hear(server, offer(), 0);
        assertFault(Reason.STATE, () -> hear(server, offer(), 0));
        server.ratchet.tick(0, 0);
        assertFault(Reason.STATE, () -> hear(server, offer(), 0));
        server.compute();
        assertFault(Reason.STATE, () -> hear(server, offer(), 0));
    }

    @Test
    void anOfferBeforeTheFrameOfTheSwitch() throws ProtocolException {
        answered();
        hear(server, new RatchetMessage.Switch(7).encode(), 5);
        assertFault(Reason.STATE, () -> hear(server, offer(), 6));
        hear(server, offer(), 7);
    }

    @Test
    void aSwitchWithoutAnAnswer() throws ProtocolException {
        assertFault(Reason.STATE, () -> hear(server, new RatchetMessage.Switch(1).encode(), 0));
        hear(server, offer(), 0);
        assertFault(Reason.STATE, () -> hear(server, new RatchetMessage.Switch(1).encode(), 0));
        server.ratchet.tick(0, 0);
        server.compute();
        assertFault(Reason.STATE, () -> hear(server, new RatchetMessage.Switch(1).encode(), 0)); // not all of it is sent
    }

    @Test
    void aSwitchTwice() throws ProtocolException {
        answered();
        hear(server, new RatchetMessage.Switch(6).encode(), 5);
        assertFault(Reason.STATE, () -> hear(server, new RatchetMessage.Switch(7).encode(), 5));
    }

    @Test
    void aSwitchAtAFrameThatCameOrIsFarAway() throws ProtocolException { // L-30
        answered();
        for (long frame : new long[] {0, 4, 5, 5 + Limits.SWITCH_AHEAD_FRAMES + 1, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            assertFault(Reason.SEQUENCE, () -> hear(server, new RatchetMessage.Switch(frame).encode(), 5));
        }
        hear(server, new RatchetMessage.Switch(5 + Limits.SWITCH_AHEAD_FRAMES).encode(), 5);
    }

    private void answered() throws ProtocolException {
        hear(server, offer(), 0);
        server.ratchet.tick(0, 0);
        server.compute();
        server.seal(0);
        server.seal(0);
        assertFalse(server.ratchet.pending());
    }

    // ---- faults of form

    @Test
    void keysThatAreNone() throws ProtocolException {
        byte[] bad = new byte[1184];
        Arrays.fill(bad, (byte) 0xff); // no coefficient is below q
        for (byte[] offer : List.of(offer(bad, point()), offer(MlKem768.generate(RANDOM).encapsulationKey(), new byte[32]))) {
            connect();
            hear(server, offer, 0);
            server.ratchet.tick(0, 0);
            assertFault(Reason.MALFORMED, server::compute);
        }
        clientOffers();
        client.seal(now);
        client.seal(now);
        hear(client, reply(new byte[32], false), 0);
        assertFault(Reason.MALFORMED, client::compute);
    }

    @Test
    void aKeyTakenThatWasNotOffered() throws ProtocolException {
        clientOffers();
        client.seal(now);
        client.seal(now);
        assertFault(Reason.MALFORMED, () -> hear(client, reply(point(), true), 0));
    }

    @Test
    void messagesThatDoNotParse() {
        assertFault(Reason.KIND, () -> hear(server, new byte[] {9, 0, 0}, 0));
        connect();
        assertFault(Reason.MALFORMED, () -> hear(server, new byte[] {4, 0, 1, 0}, 0)); // bytes left over
        connect();
        assertFault(Reason.MALFORMED, () -> hear(server, new byte[] {3, 0, 0}, 0));
        connect();
        assertFault(Reason.LIMIT, () -> hear(server, new byte[] {1, 0x30, 0x00}, 0)); // L-29
        connect();
        KeyId key = new KeyId(new byte[1], 256);
        RatchetMessage.Offer nine = new RatchetMessage.Offer(new byte[1184], point(), new byte[32], List.of(key, key, key, key, key, key, key, key, key));
        assertFault(Reason.LIMIT, () -> hear(server, nine.encode(), 0)); // L-25
    }

    @Test
    void aRecordOfAChannelOrBehindOthers() {
        byte[] payload = new byte[FrameLayout.PAYLOAD_BYTES];
        RecordWriter records = new RecordWriter();
        records.start(payload, 0, payload.length);
        records.put(1, RecordKind.RATCHET, new byte[] {4, 0, 0}, 0, 3);
        assertFault(Reason.CHANNEL, () -> server.ratchet.receive(payload, 0, 10, 0));
        assertFault(Reason.STATE, () -> new Mux(false, event -> {}).receive(payload, 0, 10));
        for (int kind = RecordKind.RATCHET.code() + 1; kind < 64; kind++) {
            byte[] unknown = new BodyWriter().u32(0).u8(kind).u16(0).toBytes();
            assertFault(Reason.KIND, () -> new Mux(false, event -> {}).receive(unknown, 0, RecordReader.HEADER_BYTES));
        }
    }

    // ---- secrets from elsewhere

    private static final class Elsewhere implements RatchetSecrets {
        private final byte[] key;
        private final boolean required;
        private boolean broken;

        Elsewhere(byte[] key, boolean required) {
            this.key = key;
            this.required = required;
        }

        @Override
        public Optional<Shared> fresh() throws IOException {
            if (broken) {
                throw new IOException("the key store is away");
            }
            return key == null ? Optional.empty() : Optional.of(new Shared(List.of(new KeyId(new byte[] {1}, 256)), Secret.copyOf(key), new byte[] {2}));
        }

        @Override
        public Optional<Shared> find(List<KeyId> ids) throws IOException {
            return fresh();
        }

        @Override
        public boolean required() {
            return required;
        }
    }

    private void exchangeWith(RatchetSecrets ofClient, RatchetSecrets ofServer) throws ProtocolException {
        server.ratchet.terms(NEVER, ofServer);
        client.ratchet.terms(new RatchetLimit(0, Long.MAX_VALUE), ofClient);
        now += 1_000_000_000L;
        client.ratchet.tick(now, client.sealer.sealed());
        client.ratchet.terms(NEVER, ofClient);
        client.compute();
        frames(5);
    }

    @Test
    void aSharedKeyGoesIntoTheKeysOfBothEnds() throws ProtocolException {
        exchangeWith(new Elsewhere(new byte[40], false), new Elsewhere(new byte[40], false));
        assertEquals(List.of(3, 3), List.of(client.sentEpoch, server.readEpoch));
        assertEquals(List.of(), client.without);
        assertFault(Reason.MAC, () -> {
            exchangeWith(new Elsewhere(new byte[40], false), new Elsewhere(new byte[39], false)); // it is in the keys
            frames(5);
        });
    }

    @Test
    void withoutTheKeyARatchetGoesOnAndSaysSo() throws ProtocolException {
        exchangeWith(new Elsewhere(new byte[32], false), RatchetSecrets.NONE);
        assertEquals(List.of(3, 3), List.of(client.sentEpoch, server.readEpoch));
        assertEquals(List.of("the other side did not find the key that was offered"), client.without);
        Elsewhere broken = new Elsewhere(new byte[32], false);
        broken.broken = true;
        exchangeWith(broken, RatchetSecrets.NONE);
        assertEquals(4, server.readEpoch);
        assertEquals("the key store is away", client.without.getLast());
        exchangeWith(new Elsewhere(new byte[32], false), broken);
        assertEquals(5, server.readEpoch);
        assertEquals("the key store is away", server.without.getLast());
    }

    @Test
    void whereTheKeyIsRequiredTheRatchetWaitsForIt() throws ProtocolException {
        Elsewhere mine = new Elsewhere(new byte[32], true);
        mine.broken = true;
        exchangeWith(mine, RatchetSecrets.NONE);
        assertEquals(2, client.sentEpoch);
        assertEquals(List.of("the key store is away"), client.without);
        mine.broken = false;
        frames(15); // it is tried again after ten seconds
        assertEquals(2, client.sentEpoch, "the other end has not got it");
        server.ratchet.terms(NEVER, new Elsewhere(new byte[32], true));
        frames(15);
        assertEquals(List.of(3, 3), List.of(client.sentEpoch, server.readEpoch));
    }

    @Test
    void whoRequiresAKeySaysWhenNoneIsOffered() throws ProtocolException {
        exchangeWith(RatchetSecrets.NONE, new Elsewhere(new byte[32], true));
        assertEquals(List.of("the other side offered no key that is here"), server.without);
    }
}
