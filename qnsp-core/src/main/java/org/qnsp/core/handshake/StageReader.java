package org.qnsp.core.handshake;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.qnsp.core.frame.FrameLayout;
import org.qnsp.core.frame.FrameOpener;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;
import org.qnsp.crypto.FrameCipher;
import org.qnsp.crypto.Secret;

/**
 * Opens the keyed frames of one direction and puts the handshake's messages together (H-6, H-7); once the handshake is over it only opens. Owned by one thread.
 */
public final class StageReader implements AutoCloseable {
    /** Who is given the handshake's messages; may give back chain keys by {@link #on(Action)} before it returns. */
    public interface Messages {
        /** One whole message, header included. */
        void onMessage(byte[] whole) throws ProtocolException, IOException;
    }

    private static final int HEADER = 3;

    private final int direction;
    private final FrameCipher cipher;
    private final Deque<Secret> nextStages = new ArrayDeque<>();
    private final RecordReader records = new RecordReader();
    private byte[] assembly = new byte[4096];
    private int assembled;
    private int epoch = -1;
    private FrameOpener opener;
    private int skips;
    private boolean denied;

    /** @param direction 0 client to server, 1 server to client */
    public StageReader(int direction) {
        this(direction, new FrameCipher());
    }

    /** @param cipher of this thread, which may serve others too; the rest as above */
    public StageReader(int direction, FrameCipher cipher) {
        this.direction = direction;
        this.cipher = cipher;
    }

    /** Takes what an action says, if it is one for this side; else does nothing. */
    public void on(Action action) {
        switch (action) {
            case Action.StartReading(Secret chainKey, boolean skip) -> {
                opener = new FrameOpener(chainKey, ++epoch, direction, cipher);
                skips = skip ? Limits.SKIPPED_FRAMES + 1 : 0; // L-5: the one behind the last that is skipped must verify
            }
            case Action.NextReadingStage(Secret chainKey) -> nextStages.add(chainKey);
            case Action.SendRaw a -> {}
            case Action.StartSending a -> {}
            case Action.Send a -> {}
            case Action.NextSendingStage a -> {}
            case Action.Agreed a -> {}
            case Action.Question a -> {}
            case Action.Roots a -> {}
            case Action.Established a -> {}
            case Action.Denied a -> denied = true;
        }
    }

    /** Whether there are keys to open a frame with. */
    public boolean started() {
        return opener != null;
    }

    /** Whether the peer has ended its handshake stage, so that frames hold records of the application (H-17). */
    public boolean application() {
        return epoch >= 2;
    }

    /** Whether a keyed frame has verified. */
    public boolean verified() {
        return epoch > 0 || opener != null && opener.opened() > 0;
    }

    /**
     * Opens the frame of 768 bytes at offset, in place.
     *
     * @return record bytes of the payload, 0 to 717; -1 if the frame was skipped (H-21)
     */
    public int open(byte[] frame, int offset) throws ProtocolException {
        if (skips > 0) {
            if (!opener.tryFirst(frame, offset)) {
                if (--skips == 0) {
                    throw new ProtocolException(Reason.LIMIT, "no keyed frame"); // L-5
                }
                return -1;
            }
            skips = 0;
        } else {
            opener.open(frame, offset);
        }
        RecordReader.requireType(opener.type(), frame, offset + FrameLayout.PAYLOAD, opener.recordBytes());
        return opener.recordBytes();
    }

    /**
     * As {@link #open(byte[], int)} for a frame of the application, and may look at those that lie behind, which are the next; {@link #finish} is owed.
     *
     * @param count frames that lie at the offset
     */
    public int open(byte[] frames, int offset, int count) throws ProtocolException {
        opener.open(frames, offset, count);
        RecordReader.requireType(opener.type(), frames, offset + FrameLayout.PAYLOAD, opener.recordBytes());
        return opener.recordBytes();
    }

    /** Has the next frames of the application verified ahead by the next {@link #finish}; then they are to be opened, there. */
    public void lookAhead(byte[] frames, int offset, int count) {
        opener.lookAhead(frames, offset, count);
    }

    /** Forgets the keys of the frames that were opened. */
    public void finish() {
        cipher.finish();
    }

    /** Whether the frame opened last begins with a record of ratchets. */
    public boolean quantum() {
        return opener.type() == FrameType.QUANTUM;
    }

    /** Frames opened so far in this stage. */
    public long opened() {
        return opener.opened();
    }

    /** From this frame of the stage on the peer uses another chain. @param chainKey taken over */
    public void switchAt(long frame, Secret chainKey) {
        opener.switchAt(frame, chainKey);
    }

    /** Takes the records of a frame of the handshake that {@link #open} opened. */
    public void handshakeRecords(byte[] frame, int offset, int length, Messages messages) throws ProtocolException, IOException {
        records.start(frame, offset + FrameLayout.PAYLOAD, length);
        boolean ended = false;
        while (!denied && records.next()) { // H-19: after a denial nothing is read
            if (ended || records.channel() != 0) {
                throw new ProtocolException(Reason.STATE, "record after the end of a stage");
            }
            switch (records.kind()) {
                case HANDSHAKE -> assemble(frame, records.bodyOffset(), records.bodyLength(), messages);
                case STAGE_END -> {
                    endStage(records.bodyLength());
                    ended = true;
                }
                default -> throw new ProtocolException(Reason.STATE, RecordKind.class.getSimpleName() + " in the handshake"); // C-4
            }
        }
    }

    private void assemble(byte[] frame, int from, int length, Messages messages) throws ProtocolException, IOException {
        if (assembled + length > assembly.length) {
            if (assembled + length > Limits.HANDSHAKE_MESSAGE_BYTES) {
                throw new ProtocolException(Reason.LIMIT, "handshake message"); // L-1
            }
            assembly = Arrays.copyOf(assembly, Limits.HANDSHAKE_MESSAGE_BYTES);
        }
        System.arraycopy(frame, from, assembly, assembled, length);
        assembled += length;
        for (int total = messageBytes(); total > 0 && assembled >= total; total = messageBytes()) {
            byte[] whole = Arrays.copyOf(assembly, total);
            System.arraycopy(assembly, total, assembly, 0, assembled - total);
            assembled -= total;
            messages.onMessage(whole);
        }
    }

    private int messageBytes() throws ProtocolException {
        if (assembled < HEADER) {
            return 0;
        }
        int total = HEADER + ((assembly[1] & 0xff) << 8 | assembly[2] & 0xff);
        if (total > Limits.HANDSHAKE_MESSAGE_BYTES) {
            throw new ProtocolException(Reason.LIMIT, "handshake message");
        }
        return total;
    }

    private void endStage(int length) throws ProtocolException {
        if (length != 0 || assembled != 0 || nextStages.isEmpty()) {
            throw new ProtocolException(Reason.STATE, "end of stage"); // H-7
        }
        opener.close();
        opener = new FrameOpener(nextStages.remove(), ++epoch, direction, cipher);
        if (application()) {
            assembly = new byte[0]; // no more messages, and a connection may last for days
        }
    }

    /** Wipes the keys that are left. */
    @Override
    public void close() {
        nextStages.forEach(Secret::close);
        nextStages.clear();
        if (opener != null) {
            opener.close();
        }
    }
}
