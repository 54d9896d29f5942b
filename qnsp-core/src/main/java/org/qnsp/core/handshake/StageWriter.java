package org.qnsp.core.handshake;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameSealer;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordWriter;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;

/**
 * Builds the frames of one direction, from the raw opening to the application stage, one at a time as the slots ask for them (H-6 to H-8). A frame with
 * nothing to say is Noise; before there are keys it is random bytes. Owned by one thread.
 */
public final class StageWriter implements AutoCloseable {
    /** Where the records of the application stage come from. */
    public interface Records {
        /** Writes records of at most room bytes at offset; returns how many bytes, 0 for Noise. */
        int fill(byte[] frame, int offset, int room);

        /** The frame type that goes with what the last call wrote. */
        FrameType type();
    }

    private sealed interface Item {
        record Raw(byte[] bytes) implements Item {}

        record Start(Secret chainKey) implements Item {}

        record Message(byte[] bytes) implements Item {}

        record Next(Secret chainKey) implements Item {}
    }

    private final int direction;
    private final RandomSource random;
    private final FrameCipher cipher;
    private final Deque<Item> queue = new ArrayDeque<>();
    private final RecordWriter records = new RecordWriter();
    private int taken;
    private int said;
    private int epoch = -1;
    private FrameSealer sealer;

    /** @param direction 0 client to server, 1 server to client */
    public StageWriter(int direction, RandomSource random) {
        this(direction, random, new FrameCipher());
    }

    /** @param cipher of this thread, which may serve others too; the rest as above */
    public StageWriter(int direction, RandomSource random, FrameCipher cipher) {
        this.direction = direction;
        this.random = random;
        this.cipher = cipher;
    }

    /** Queues what an action says, if it is one for this side; else does nothing. */
    public void on(Action action) {
        switch (action) {
            case Action.SendRaw(byte[] bytes) -> queue.add(new Item.Raw(bytes));
            case Action.StartSending(Secret chainKey) -> queue.add(new Item.Start(chainKey));
            case Action.Send(byte[] message) -> queue.add(new Item.Message(message));
            case Action.NextSendingStage(Secret chainKey) -> queue.add(new Item.Next(chainKey));
            case Action.StartReading a -> {}
            case Action.NextReadingStage a -> {}
            case Action.Agreed a -> {}
            case Action.Question a -> {}
            case Action.Roots a -> {}
            case Action.Established a -> {}
            case Action.Denied a -> {}
        }
    }

    /** Bytes that the frame built last says: all of a raw one, 0 for Noise. */
    public int said() {
        return said;
    }

    /** Whether parts of the handshake wait to be sent. */
    public boolean pending() {
        return !queue.isEmpty();
    }

    /** Bytes of the handshake that wait to be sent; 1 for the end of a stage alone. */
    public long pendingBytes() {
        long bytes = -taken;
        for (Item item : queue) {
            bytes += switch (item) {
                case Item.Raw(byte[] raw) -> raw.length;
                case Item.Message(byte[] message) -> message.length;
                case Item.Start start -> 1;
                case Item.Next next -> 1;
            };
        }
        return bytes;
    }

    /** Whether keyed frames of the application stage are being sent. */
    public boolean application() {
        return epoch >= 2 && queue.isEmpty();
    }

    /** Frames sealed so far in this stage. */
    public long sealed() {
        return sealer.sealed();
    }

    /** From this frame of the stage on another chain is used. @param chainKey taken over */
    public void switchAt(long frame, Secret chainKey) {
        sealer.switchAt(frame, chainKey);
    }

    /** Completes the frames that were built. */
    public void finish() {
        cipher.finish();
    }

    /** As {@link #buildLater}, and {@link #finish}. */
    public void build(byte[] out, int offset, long micros, Records application) {
        buildLater(out, offset, micros, application);
        finish();
    }

    /**
     * Builds the next frame, 768 bytes at offset; it has its tag after {@link #finish}.
     *
     * @param micros the clock, microseconds since 1970
     * @param application asked in the application stage once the handshake is sent
     */
    public void buildLater(byte[] out, int offset, long micros, Records application) {
        build(out, offset, micros, application, true);
    }

    /**
     * As {@link #buildLater}, where the next frame has something to say.
     *
     * @return whether it had; if not, nothing was done
     */
    public boolean buildSaying(byte[] out, int offset, long micros, Records application) {
        return build(out, offset, micros, application, false);
    }

    /** Whether the frames that come next are keyed ones, which can be built ahead. */
    public boolean keyed() {
        return sealer != null && !(queue.peek() instanceof Item.Raw);
    }

    /**
     * Builds Noise as the frame after all that were built so far, 768 bytes at offset, as {@link #buildLater} does, for a slot that is to come. When it is the next one
     * it is either {@linkplain #pass passed}, or built once more with something to say; then the Noise must never be sent. What is said may bring new keys, which
     * leaves less {@linkplain #ahead ahead}.
     */
    public void buildAhead(byte[] out, int offset, long micros) {
        sealer.sealAhead(out, offset, micros);
    }

    /** How many frames are built ahead, and still good. */
    public int ahead() {
        return sealer == null ? 0 : sealer.ahead();
    }

    /** The next frame stays as it was built ahead. */
    public void pass() {
        sealer.pass();
        said = 0;
    }

    /** Nothing is built any more: wipes what could build once more what is built ahead. */
    public void dropAhead() {
        if (sealer != null) {
            sealer.dropAhead();
        }
    }

    private boolean build(byte[] out, int offset, long micros, Records application, boolean noise) {
        if (queue.peek() instanceof Item.Raw(byte[] bytes)) {
            System.arraycopy(bytes, taken, out, offset, FrameLayout.FRAME_BYTES);
            said = FrameLayout.FRAME_BYTES;
            took(FrameLayout.FRAME_BYTES, bytes.length);
            return true;
        }
        if (queue.peek() instanceof Item.Start(Secret chainKey)) {
            enter(chainKey);
        }
        if (sealer == null) {
            said = 0;
            if (noise) {
                System.arraycopy(random.bytes(FrameLayout.FRAME_BYTES), 0, out, offset, FrameLayout.FRAME_BYTES); // H-20
            }
            return noise;
        }
        int payload = offset + FrameLayout.PAYLOAD;
        if (application()) {
            int used = application.fill(out, payload, FrameLayout.PAYLOAD_BYTES);
            said = used;
            if (used > 0 || noise) {
                sealer.sealLater(out, offset, used == 0 ? FrameType.NOISE : application.type(), used, micros);
            }
            return used > 0 || noise;
        }
        if (queue.isEmpty() && !noise) {
            said = 0;
            return false;
        }
        records.start(out, payload, FrameLayout.PAYLOAD_BYTES);
        handshakeBytes(out);
        boolean end = queue.peek() instanceof Item.Next && records.room() >= 0;
        if (end) {
            records.begin(0, RecordKind.STAGE_END, 0);
        }
        said = records.length();
        sealer.sealLater(out, offset, records.type(), said, micros);
        if (end && queue.peek() instanceof Item.Next(Secret chainKey)) {
            enter(chainKey); // H-7
        }
        return true;
    }

    /** One HANDSHAKE record with as much of the queued messages as fits. */
    private void handshakeBytes(byte[] out) {
        int want = -taken;
        for (Item item : queue) {
            if (!(item instanceof Item.Message(byte[] bytes)) || want >= records.room()) {
                break;
            }
            want += bytes.length;
        }
        int length = Math.min(want, records.room());
        if (length <= 0) {
            return;
        }
        int at = records.begin(0, RecordKind.HANDSHAKE, length);
        for (int end = at + length; at < end; ) {
            byte[] bytes = ((Item.Message) queue.peek()).bytes;
            int n = Math.min(bytes.length - taken, end - at);
            System.arraycopy(bytes, taken, out, at, n);
            at += n;
            took(n, bytes.length);
        }
    }

    private void took(int n, int of) {
        taken += n;
        if (taken == of) {
            queue.remove();
            taken = 0;
        }
    }

    private void enter(Secret chainKey) {
        queue.remove();
        if (sealer != null) {
            sealer.close();
        }
        sealer = new FrameSealer(chainKey, ++epoch, direction, cipher);
    }

    /** Wipes the keys that are left. */
    @Override
    public void close() {
        for (Item item : queue) {
            switch (item) {
                case Item.Start(Secret key) -> key.close();
                case Item.Next(Secret key) -> key.close();
                case Item.Raw raw -> Arrays.fill(raw.bytes, (byte) 0);
                case Item.Message message -> Arrays.fill(message.bytes, (byte) 0);
            }
        }
        queue.clear();
        if (sealer != null) {
            sealer.close();
        }
    }
}
