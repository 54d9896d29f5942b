package org.qnsp.core.bench;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.handshake.Action;
import org.qnsp.core.handshake.ClientHandshake;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.handshake.Mode;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.handshake.StageReader;
import org.qnsp.core.handshake.StageWriter;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.stealth.Cover;
import org.qnsp.stealth.CoverPolicy;

/** A whole login, both ends in one thread, with frames sealed and opened but without sockets, slots or the challenge delay. */
@State(Scope.Thread)
public class HandshakeBench {
    private static final long MICROS = 1_800_000_000_000_000L;
    private static final int MOST_ROUNDS = 1_000;
    private static final StageWriter.Records NOTHING = new StageWriter.Records() {
        @Override
        public int fill(byte[] frame, int offset, int room) {
            return 0;
        }

        @Override
        public FrameType type() {
            return FrameType.NOISE;
        }
    };

    private final RandomSource random = RandomSource.system();
    private final KemKeyPair user = KemKeyPair.generate(random);
    private final KemKeyPair host = KemKeyPair.generate(random);
    private final KemKeyPair decoy = KemKeyPair.generate(random);
    @Param
    private Mode mode;

    @Benchmark
    public void login() throws Exception {
        var wanted = new ClientHandshake.Settings(mode, "user", new ClientHandshake.Trust.Pinned(host.publicKey()), List.of(UserAuth.identity(user, random)), false, Cover.NORMAL);
        ClientHandshake client = new ClientHandshake(wanted, random);
        End clientEnd = new End(0, random);
        clientEnd.perform(client.begin(0));
        byte[] opening = new byte[ServerOpening.DECISION_BYTES];
        for (int at = 0; at < opening.length; at += FrameLayout.FRAME_BYTES) {
            clientEnd.writer.build(opening, at, MICROS, NOTHING);
        }
        ServerHandshake server = new ServerHandshake(new ServerHandshake.Settings(ops(), decoy, true, CoverPolicy.DEFAULT),
                new ServerOpening(ops(), false, 3_600_000_000L).examine(opening, List.of(), MICROS).orElseThrow(), random);
        End serverEnd = new End(1, random);
        serverEnd.perform(server.begin());
        serverEnd.read(opening, ServerOpening.OPENING_BYTES, whole -> serverDo(server, serverEnd, server.on(whole)));
        byte[] frame = new byte[FrameLayout.FRAME_BYTES];
        int rounds = 0;
        while (!clientEnd.established || !serverEnd.established) {
            clientEnd.writer.build(frame, 0, MICROS, NOTHING);
            serverEnd.read(frame, 0, whole -> serverDo(server, serverEnd, server.on(whole)));
            serverEnd.writer.build(frame, 0, MICROS, NOTHING);
            clientEnd.read(frame, 0, whole -> clientDo(client, clientEnd, client.on(whole)));
            if (++rounds == MOST_ROUNDS) {
                throw new IllegalStateException("neither end goes on");
            }
        }
        client.close();
        server.close();
        clientEnd.close();
        serverEnd.close();
    }

    private static void clientDo(ClientHandshake client, End end, List<Action> actions) throws ProtocolException {
        end.perform(actions);
        for (Action action : actions) {
            if (action instanceof Action.UseKeys use) {
                use.work().run();
                end.perform(client.onKeysUsed());
            }
        }
    }

    private void serverDo(ServerHandshake server, End end, List<Action> actions) throws ProtocolException {
        end.perform(actions);
        for (Action action : actions) {
            if (action instanceof Action.FindKeys ask) {
                List<PublicKey> found = new ArrayList<>();
                ask.entries().forEach(entry -> found.add(user.publicKey()));
                end.perform(server.onKeysFound(found, null));
            }
        }
    }

    private HostKeyOps ops() {
        return new HostKeyOps() {
            @Override
            public List<PublicKey> publicKeys() {
                return List.of(host.publicKey());
            }

            @Override
            public Secret decapsulate(int key, byte[] ciphertext) {
                return host.decapsulate(ciphertext);
            }

            @Override
            public Secret agree(int key, byte[] ephemeral) throws GeneralSecurityException {
                return host.agree(ephemeral);
            }
        };
    }

    /** One end's frames. */
    private static final class End {
        final StageWriter writer;
        final StageReader reader;
        boolean established;

        End(int direction, RandomSource random) {
            writer = new StageWriter(direction, random);
            reader = new StageReader(1 - direction);
        }

        void perform(List<Action> actions) {
            for (Action action : actions) {
                writer.on(action);
                reader.on(action);
                established |= action instanceof Action.Established;
            }
        }

        void read(byte[] frame, int offset, StageReader.Messages messages) throws ProtocolException, IOException {
            int length = reader.open(frame, offset);
            if (length > 0) {
                reader.handshakeRecords(frame, offset, length, messages);
            }
        }

        void close() {
            writer.close();
            reader.close();
        }
    }
}
