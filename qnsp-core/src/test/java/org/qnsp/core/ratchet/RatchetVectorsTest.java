package org.qnsp.core.ratchet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.VectorFile;
import org.qnsp.core.VectorRandom;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.RecordReader;
import org.qnsp.crypto.Kdf;
import org.qnsp.crypto.Kem;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/** against vectors that an independent implementation made from the specification: messages, keys and frames, byte for byte. */
final class RatchetVectorsTest {
    private static final long TIME = 1767225600000000L;

    /** One end; what it computes it computes at once, and what keys it comes to it keeps for the test. */
    private static final class End implements RatchetHost {
        private final Ratchet ratchet;
        private byte[] chain;
        private int epoch;

        End(boolean client, VectorFile v, byte[] seed, RatchetSecrets secrets) {
            Secret ck = Secret.owning(v.bytes("ck"));
            VectorRandom random = new VectorRandom(seed);
            RandomSource keys = out -> {
                if (out.length != Long.BYTES) { // what is drawn for times is not in the vectors
                    random.fill(out);
                }
            };
            ratchet = new Ratchet(client, Kem.MLKEM768, Kdf.expand(ck, "qnsp1 ratchet c2s", v.bytes("th")), Kdf.expand(ck, "qnsp1 ratchet s2c", v.bytes("th")), keys, this, 0);
            ratchet.terms(RatchetLimit.DEFAULT, secrets);
        }

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
        public void sends(long fromFrame, int newEpoch, Secret chainKey) {
            chain = chainKey.bytes();
            epoch = newEpoch;
        }

        @Override
        public void reads(long fromFrame, int newEpoch, Secret chainKey) {
            sends(fromFrame, newEpoch, chainKey);
        }

        @Override
        public void without(String why) {}

        /** Says what waits, and the other end hears it. */
        byte[] say(End to, long now, long frame) throws ProtocolException {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            byte[] payload = new byte[FrameLayout.PAYLOAD_BYTES];
            ratchet.tick(now, 0);
            while (ratchet.pending()) {
                int used = ratchet.write(payload, 0, payload.length, frame);
                said.write(payload, RecordReader.HEADER_BYTES, used - RecordReader.HEADER_BYTES);
                assertEquals(used, to.ratchet.receive(payload, 0, used, frame));
            }
            to.ratchet.tick(now, 0);
            return said.toByteArray();
        }
    }

    /** What the file has offered in this exchange, with what the other end finds of it. */
    private static RatchetSecrets secrets(VectorFile v, int[] exchange) {
        return new RatchetSecrets() {
            @Override
            public Optional<Shared> fresh() {
                String name = "exchange." + exchange[0] + ".";
                List<KeyId> ids = new ArrayList<>();
                for (int i = 0; i < v.number(name + "offered"); i++) {
                    ids.add(new KeyId(v.bytes(name + "id." + i), v.number(name + "bits." + i)));
                }
                return ids.isEmpty() ? Optional.empty() : Optional.of(new Shared(ids, Secret.owning(v.bytes(name + "secret")), v.bytes(name + "context")));
            }

            @Override
            public Optional<Shared> find(List<KeyId> ids) {
                Shared shared = fresh().orElseThrow();
                for (int i = 0; i < ids.size(); i++) {
                    assertArrayEquals(shared.ids().get(i).id(), ids.get(i).id());
                    assertEquals(shared.ids().get(i).bits(), ids.get(i).bits());
                }
                return v.number("exchange." + exchange[0] + ".taken") == 1 ? Optional.of(shared) : Optional.empty();
            }

            @Override
            public boolean required() {
                return false;
            }
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"ratchet-c2s.txt", "ratchet-s2c.txt"})
    void exchangesKeysAndFramesAreAsSpecified(String file) throws ProtocolException {
        VectorFile v = VectorFile.read(file);
        int direction = v.number("direction");
        int[] exchange = {0};
        End starter = new End(direction == 0, v, v.bytes("stream-seed.starter"), secrets(v, exchange));
        End answerer = new End(direction == 1, v, v.bytes("stream-seed.answerer"), secrets(v, exchange));
        FrameSealer sealer = new FrameSealer(Secret.owning(v.bytes("chain")), 2, direction);
        FrameOpener opener = new FrameOpener(Secret.owning(v.bytes("chain")), 2, direction);
        answerer.ratchet.terms(new RatchetLimit(Long.MAX_VALUE, Long.MAX_VALUE), secrets(v, exchange)); // its own direction stays as it is
        long now = 0;
        for (; exchange[0] < v.number("exchanges"); exchange[0]++) {
            String name = "exchange." + exchange[0] + ".";
            now += 200_000_000_000L;
            assertArrayEquals(v.bytes(name + "offer"), starter.say(answerer, now, sealer.sealed()));
            assertArrayEquals(v.bytes(name + "reply"), answerer.say(starter, now, sealer.sealed()));
            for (int i = 0; i < v.number(name + "frames"); i++) {
                frame(v, sealer, opener, new byte[0]);
            }
            byte[] record = new byte[FrameLayout.PAYLOAD_BYTES];
            int used = starter.ratchet.write(record, 0, record.length, sealer.sealed());
            assertEquals(used, answerer.ratchet.receive(record, 0, used, sealer.sealed()));
            frame(v, sealer, opener, java.util.Arrays.copyOf(record, used));
            assertArrayEquals(v.bytes(name + "chain"), starter.chain);
            assertArrayEquals(v.bytes(name + "chain"), answerer.chain);
            assertEquals(3 + exchange[0], starter.epoch);
            assertEquals(3 + exchange[0], answerer.epoch);
            sealer.switchAt(sealer.sealed(), Secret.copyOf(starter.chain));
            opener.switchAt(opener.opened(), Secret.copyOf(answerer.chain));
        }
        while (sealer.sealed() < v.number("frames")) {
            frame(v, sealer, opener, new byte[0]);
        }
    }

    private static void frame(VectorFile v, FrameSealer sealer, FrameOpener opener, byte[] records) throws ProtocolException {
        long number = sealer.sealed();
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        System.arraycopy(records, 0, frame, FrameLayout.PAYLOAD, records.length);
        sealer.seal(frame, 0, records.length == 0 ? FrameType.NOISE : FrameType.QUANTUM, records.length, TIME + number);
        assertArrayEquals(v.bytes("frame." + number), frame, "frame " + number);
        opener.open(frame, 0);
    }
}
