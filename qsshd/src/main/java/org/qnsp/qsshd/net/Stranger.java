package org.qnsp.qsshd.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import org.qnsp.core.handshake.ServerOpening;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.Wire;

/**
 * A connection that has proved nothing: three frames are gathered and judged (H-24), and if they do not hold everything is read and discarded until the peer
 * ends (H-28). Whatever it sends, it is never sent a byte, never timed out, never reset. Runs on the loop.
 */
final class Stranger implements Loop.Handler {
    /** Who judges what a stranger sent, and keeps count. */
    interface Judge {
        /** The first {@link ServerOpening#DECISION_BYTES} bytes; reading pauses until {@link #admitted} or {@link #drain}. */
        void judge(Stranger stranger, byte[] frames);

        /** The stranger has gone. */
        void gone(Stranger stranger);
    }

    /** One buffer for all that is discarded; only the loop's thread writes to it, and no one reads it. */
    private static final ByteBuffer DISCARD = ByteBuffer.allocateDirect(64 << 10);

    private final Wire wire;
    private final Judge judge;
    private byte[] frames = new byte[0];
    private int gathered;
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

    private void gather() throws IOException {
        if (frames.length == 0) {
            frames = new byte[ServerOpening.DECISION_BYTES];
        }
        int n = wire.read(ByteBuffer.wrap(frames, gathered, frames.length - gathered));
        if (n < 0) {
            close();
            return;
        }
        gathered += n;
        if (gathered == frames.length) {
            key.interestOps(0);
            judge.judge(this, frames);
        }
    }

    private void discard() throws IOException {
        for (int turn = 0; turn < 4; turn++) {
            DISCARD.clear();
            int n = wire.read(DISCARD);
            if (n < 0) {
                close();
                return;
            }
            if (n < DISCARD.capacity()) {
                return;
            }
        }
    }

    /** The opening did not hold: from now on everything is discarded. */
    void drain(Loop loop) {
        draining = true;
        frames = null;
        try {
            listen(loop);
        } catch (IOException e) {
            close();
        }
    }

    /** H-28: room is needed; what has come is emptied, so that the end is a FIN and no reset. */
    void evict() {
        try {
            for (int n = 1; n > 0; n = wire.read(DISCARD)) {
                DISCARD.clear();
            }
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
