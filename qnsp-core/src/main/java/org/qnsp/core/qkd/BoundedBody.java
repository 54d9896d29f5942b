package org.qnsp.core.qkd;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** The body of an answer, up to a length; what was gathered can be wiped when nobody waits for it any more. */
final class BoundedBody implements HttpResponse.BodySubscriber<byte[]> {
    static final int MOST_BYTES = 1 << 20;

    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private Flow.Subscription subscription;
    private byte[] bytes = new byte[4096];
    private int length;
    private boolean wiped;

    /** A body beyond the limit. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1;

        TooLongException() {
            super("an answer of more than " + MOST_BYTES + " bytes");
        }
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return body;
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription from) {
        subscription = from;
        from.request(Long.MAX_VALUE);
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> parts) {
        for (ByteBuffer part : parts) {
            int more = part.remaining();
            if (wiped || body.isDone()) {
                return;
            }
            if (more > MOST_BYTES - length) {
                subscription.cancel();
                wipe();
                body.completeExceptionally(new TooLongException());
                return;
            }
            if (more > bytes.length - length) {
                byte[] larger = Arrays.copyOf(bytes, Math.min(MOST_BYTES, Math.max(length + more, 2 * bytes.length)));
                Arrays.fill(bytes, (byte) 0);
                bytes = larger;
            }
            part.get(bytes, length, more);
            length += more;
        }
    }

    @Override
    public synchronized void onError(Throwable cause) {
        wipe();
        body.completeExceptionally(cause);
    }

    @Override
    public synchronized void onComplete() {
        byte[] whole = Arrays.copyOf(bytes, length);
        wipe();
        body.complete(whole);
    }

    synchronized void wipe() {
        Arrays.fill(bytes, (byte) 0);
        wiped = true;
    }
}
