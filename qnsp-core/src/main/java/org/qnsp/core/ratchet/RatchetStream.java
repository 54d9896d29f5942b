package org.qnsp.core.ratchet;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordWriter;

/** The messages of both directions in pieces: what waits to be sent, and what has come of one that is not whole. */
final class RatchetStream implements AutoCloseable {
    /** Who is told what the pieces make. */
    interface Received {
        void on(byte[] whole) throws ProtocolException;
    }

    private final Deque<byte[]> queue = new ArrayDeque<>();
    private final RecordWriter records = new RecordWriter();
    private byte[] assembly = new byte[0];
    private int assembled;
    private int taken;
    private boolean switchWaits;

    void add(byte[] message) {
        queue.add(message);
    }

    /** Queues the message that names a frame, which is known only when it is written. */
    void addSwitch() {
        switchWaits = true;
    }

    boolean pending() {
        return !queue.isEmpty() || switchWaits;
    }

    /** Whether this very message is yet to be sent, or a part of it. */
    boolean waits(byte[] message) {
        return queue.stream().anyMatch(waiting -> waiting == message);
    }

    /**
     * Writes one record with as much as there is room for.
     *
     * @param sequence number of the frame that it is for
     * @return bytes written, 0 if there is nothing to say or no room for it
     */
    int write(byte[] frame, int offset, int room, long sequence) {
        records.start(frame, offset, room);
        int most = records.room();
        int queued = queue.stream().mapToInt(message -> message.length).sum() - taken;
        boolean switches = switchWaits && queued + RatchetMessage.Switch.WHOLE_BYTES <= most;
        int length = switches ? queued + RatchetMessage.Switch.WHOLE_BYTES : Math.min(queued, most);
        if (length <= 0) {
            return 0;
        }
        int at = records.begin(0, RecordKind.RATCHET, length);
        for (int left = Math.min(queued, length); left > 0; ) {
            byte[] head = queue.peek();
            int n = Math.min(head.length - taken, left);
            System.arraycopy(head, taken, frame, at, n);
            at += n;
            left -= n;
            taken += n;
            if (taken == head.length) {
                queue.remove();
                taken = 0;
            }
        }
        if (switches) {
            switchWaits = false;
            System.arraycopy(new RatchetMessage.Switch(sequence + 1).encode(), 0, frame, at, RatchetMessage.Switch.WHOLE_BYTES);
        }
        return records.length();
    }

    boolean switchWaits() {
        return switchWaits;
    }

    /** Takes the body of a record. */
    void receive(byte[] payload, int offset, int length, Received received) throws ProtocolException {
        if (assembled + length > assembly.length) {
            byte[] larger = Arrays.copyOf(assembly, assembled + length);
            Arrays.fill(assembly, (byte) 0);
            assembly = larger;
        }
        System.arraycopy(payload, offset, assembly, assembled, length);
        assembled += length;
        int at = 0;
        try {
            for (int total = wholeBytes(at); total > 0 && assembled - at >= total; total = wholeBytes(at)) {
                byte[] whole = Arrays.copyOfRange(assembly, at, at + total);
                at += total;
                received.on(whole);
            }
        } finally {
            System.arraycopy(assembly, at, assembly, 0, assembled - at);
            Arrays.fill(assembly, assembled - at, assembled, (byte) 0); // tokens lay there
            assembled -= at;
        }
    }

    /** What the header says; 0 where it is not there. */
    private int wholeBytes(int at) throws ProtocolException {
        if (assembled - at < RatchetMessage.HEADER_BYTES) {
            return 0;
        }
        int total = RatchetMessage.HEADER_BYTES + ((assembly[at + 1] & 0xff) << 8 | assembly[at + 2] & 0xff);
        if (total > Limits.RATCHET_MESSAGE_BYTES) {
            throw new ProtocolException(Reason.LIMIT, "ratchet message"); // L-29
        }
        return total;
    }

    @Override
    public void close() {
        queue.forEach(message -> Arrays.fill(message, (byte) 0));
        queue.clear();
        switchWaits = false;
        Arrays.fill(assembly, (byte) 0);
    }
}
