package org.qnsp.core.mux;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordWriter;

/** Hostile payloads: nothing but ProtocolException comes out (C-3). {@code -Dqnsp.fuzz=N} sets their number. */
final class MuxByteFuzzTest {
    private static final int PAYLOADS = Integer.getInteger("qnsp.fuzz", 20_000);
    private static final long SEED = Long.getLong("qnsp.seed", 1);

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final byte[] payload = new byte[Limits.PAYLOAD_BYTES];
    private final byte[] frame = new byte[Limits.PAYLOAD_BYTES];
    private final List<MuxEvent> events = new ArrayList<>();

    @Test
    void onlyProtocolExceptionsComeOut() {                                        // C-3
        int faults = 0;
        Mux mux = null;
        for (int i = 0; i < PAYLOADS; i++) {
            if (mux == null) {
                mux = lively();
            }
            int length = random.nextInt(4) == 0 ? noise() : records();
            try {
                mux.receive(payload, 0, length);
                react(mux);
            } catch (ProtocolException e) {
                faults++;
                mux = null;
            }
        }
        assertTrue(faults > 0 && faults < PAYLOADS, faults + " of " + PAYLOADS);
    }

    /** A server with channels of both sides in several states and requests both ways. */
    private Mux lively() {
        events.clear();
        Mux mux = new Mux(random.nextBoolean(), events::add);
        for (int i = 0; i < 3; i++) {
            mux.open("x", new byte[0], 100_000);
            mux.request(0, "r", new byte[0], true);
        }
        while (mux.fill(frame, 0, frame.length) > 0) {
            // until it has said all
        }
        return mux;
    }

    /** What an application might do about it. */
    private void react(Mux mux) {
        for (MuxEvent event : events) {
            switch (event) {
                case MuxEvent.PeerOpened e when random.nextInt(4) > 0 -> mux.accept(e.channel(), 1_000, new byte[0]);
                case MuxEvent.PeerOpened e -> mux.refuse(e.channel(), OpenFailure.PROHIBITED, "no");
                case MuxEvent.DataArrived e -> mux.read(e.channel(), e.stream(), new byte[500], 0, 500);
                case MuxEvent.Requested e when e.wantsReply() && accepted(mux, e.channel()) -> mux.reply(e.channel(), e.id(), true, new byte[3]);
                case MuxEvent.PeerClosed e when accepted(mux, e.channel()) -> mux.close(e.channel());
                case MuxEvent.Opened e -> mux.write(e.channel(), DataStream.MAIN, frame, 0, 100);
                case MuxEvent.Requested _, MuxEvent.PeerClosed _, MuxEvent.OpenFailed _, MuxEvent.EofArrived _, MuxEvent.Gone _,
                        MuxEvent.Replied _, MuxEvent.RoomAvailable _, MuxEvent.Disconnected _ -> { }
            }
        }
        events.clear();
        mux.fill(frame, 0, frame.length);
    }

    private static boolean accepted(Mux mux, int id) {
        Channel channel = mux.books(id);
        return channel != null && channel.state().phase() != ChannelState.Phase.OFFERED;
    }

    private int noise() {
        random.nextBytes(payload);
        return random.nextInt(payload.length + 1);
    }

    /** Records that are nearly right: known kinds, small numbers, bodies of about the right form. */
    private int records() {
        RecordWriter out = new RecordWriter();
        out.start(payload, 0, payload.length);
        for (int n = random.nextInt(1, 6); n > 0 && out.room() > 64; n--) {
            RecordKind kind = RecordKind.values()[random.nextInt(2, RecordKind.values().length)];
            byte[] body = body(kind);
            out.put(random.nextInt(8), kind, body, 0, body.length);
        }
        int length = out.length();
        if (random.nextInt(3) == 0) {
            payload[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
        }
        return random.nextInt(8) == 0 ? random.nextInt(length) : length;
    }

    private byte[] body(RecordKind kind) {
        byte[] body = new byte[random.nextInt(40)];
        return switch (kind) {
            case EOF, CLOSE, STAGE_END -> Arrays.copyOf(body, random.nextInt(10) / 9);
            case CREDIT -> new byte[] {0, 0, (byte) random.nextInt(256), 1};
            case OPEN, REQUEST -> Arrays.copyOf(new byte[] {0, 0, (byte) random.nextInt(2), 1, 2, 'a', 'b'}, 7 + body.length);
            case REPLY -> new byte[] {0, 0, 0, (byte) random.nextInt(4), (byte) random.nextInt(2)};
            case OPENED -> new byte[] {0, 0, 4, 0};
            case OPEN_FAILED, DISCONNECT -> new byte[] {(byte) random.nextInt(5), 0, 1, 'x'};
            case HANDSHAKE, DATA, EXTENDED, PART, RATCHET -> body;
        };
    }
}
