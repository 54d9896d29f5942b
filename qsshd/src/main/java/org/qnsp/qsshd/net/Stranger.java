package org.qnsp.qsshd.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.util.Arrays;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.transport.Link;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.Wire;

/**
 * A connection that has proved nothing: three frames are gathered and judged (H-24), and if they do not hold everything is read and discarded until the peer
 * ends (H-28). Whatever it sends, it is never sent a byte, never timed out, never reset. Runs on the loop.
 */
final class Stranger implements Loop.Handler {
    /** Who judges what a stranger sent, and keeps count. */
    interface Judge {
        /** The first {@link ServerOpening#DECISION_BYTES} bytes; what follows is gathered until {@link #drain}, or until the wire is taken over. */
        void judge(Stranger stranger, byte[] frames);

        /** The stranger has gone. */
        void gone(Stranger stranger);
    }

    /** One buffer for all that is read; only the loop's thread uses it. */
    private static final ByteBuffer READ = ByteBuffer.allocateDirect(64 << 10);
    /** What may be gathered until there is a verdict, which takes milliseconds. */
    private static final int GATHERED_MAX = Link.EARLY_BYTES;
    /** Reads before a stranger that must go is closed: it might send faster than that. */
    private static final int LAST_READS = 64;

    private final Wire wire;
    private final Judge judge;
    private byte[] held = new byte[0];
    private int gathered;
    private boolean judged;
    private boolean draining;
    private SelectionKey key;

    Stranger(Wire wire, Judge judge) {
        this.wire = wire;
        this.judge = judge;
    }

    /** Begins to read. */
    void listen(Loop loop) throws IOException {
        key = loop.register(wire.input(), SelectionKey.OP_READ, this);
    }

    Wire wire() {
        return wire;
    }

    @Override
    public void ready(SelectionKey ready) {
        try {
            if (draining) {
                discard();
            } else {
                gather();
            }
        } catch (IOException e) {
            close(); // the peer reset the connection itself
        }
    }

    /**
     * Reading goes on while the judge is at work, and what is there is read before it is called: so the end of the connection is answered in the same time whether
     * or not there was something to judge, and no number of bytes stands out.
     */
    private void gather() throws IOException {
        for (int n = 1; n > 0 && gathered < GATHERED_MAX; ) {
            READ.clear().limit(Math.min(READ.capacity(), GATHERED_MAX - gathered));
            n = wire.read(READ);
            if (n < 0) {
                close();
                return;
            }
            hold(READ.flip());
        }
        if (!judged && gathered >= ServerOpening.DECISION_BYTES) {
            judged = true;
            judge.judge(this, Arrays.copyOf(held, ServerOpening.DECISION_BYTES));
        }
        if (gathered == GATHERED_MAX && !draining) {
            key.interestOps(0);
        }
    }

    private void hold(ByteBuffer bytes) {
        int n = bytes.remaining();
        if (gathered + n > held.length) {
            held = Arrays.copyOf(held, Math.max(gathered + n, Math.min(2 * held.length, GATHERED_MAX)));
        }
        bytes.get(held, gathered, n);
        gathered += n;
    }

    /** What came behind the raw opening. */
    byte[] early() {
        return Arrays.copyOfRange(held, ServerOpening.OPENING_BYTES, gathered);
    }

    private void discard() throws IOException {
        for (int turn = 0; turn < 4; turn++) {
            int n = wire.read(READ.clear());
            if (n < 0) {
                close();
                return;
            }
            if (n < READ.capacity()) {
                return;
            }
        }
    }

    /** The opening did not hold: from now on everything is discarded. */
    void drain(Loop loop) {
        draining = true;
        held = null;
        try {
            listen(loop);
        } catch (IOException e) {
            close();
        }
    }

    /** H-28: room is needed; what has come is emptied, so that the end is a FIN and no reset. */
    void evict() {
        try {
            for (int reads = 0; reads < LAST_READS && wire.read(READ.clear()) > 0; reads++) {}
        } catch (IOException e) {
            // gone already
        }
        close();
    }

    private void close() {
        try {
            wire.close();
        } catch (IOException e) {
            // nothing to tell anyone
        }
        judge.gone(this);
    }
}
