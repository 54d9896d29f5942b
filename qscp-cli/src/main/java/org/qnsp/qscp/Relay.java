package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.qnsp.core.copy.CopyDecoder;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyMessage.Held;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyMessage.Report;
import org.qnsp.core.copy.CopyMessage.Summary;
import org.qnsp.core.copy.CopyProtocolException;
import org.qnsp.core.copy.CopyReceiver;
import org.qnsp.core.copy.CopyReceiver.Step;
import org.qnsp.core.copy.DisplayText;

/**
 * A copy from one server to another: the sender's stream of one is the other's input as it is, once it was seen to keep the
 * protocol, and the reports go back the same way. Only the openings, which each already had from us, stay here.
 */
final class Relay {
    private static final int BUFFER_BYTES = 65_536;
    private static final long LAST_WORDS_MILLIS = 2_000;

    private final Progress progress;
    private final Consumer<String> tellSender;
    private final Consumer<String> tellReceiver;
    private CopyReceiver order;
    private long failedThere;
    private volatile Summary summary;
    private volatile CopyFailedException receiverFailure;

    Relay(Progress progress, Consumer<String> tellSender, Consumer<String> tellReceiver) {
        this.progress = progress;
        this.tellSender = tellSender;
        this.tellReceiver = tellReceiver;
    }

    /** Both were sent their opening and request. */
    Outcome run(RemoteCopy sender, RemoteCopy receiver, InputStream fromSender, CopyReceiver expected) throws CopyFailedException {
        order = expected;
        Thread back = Thread.ofPlatform().daemon().name("qscp-reports").start(() -> reports(receiver, sender.toServer()));
        try {
            forward(fromSender, receiver.toServer());
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CopyFailedException(CopyFailedException.Kind.LOST, "interrupted");
        } catch (CopyProtocolException e) {
            throw CopyFailedException.fault(e);
        } catch (IOException e) {
            awaitLastWords(back);
            CopyFailedException failure = e instanceof CopyFailedException f ? f : CopyFailedException.lost();
            throw receiverFailure != null ? receiverFailure : failure;
        }
        if (receiverFailure != null) {
            throw receiverFailure;
        }
        return new Outcome(failedThere, summary.failed());
    }

    private void forward(InputStream in, OutputStream out) throws IOException, CopyProtocolException {
        CopyDecoder decoder = new CopyDecoder(false);
        byte[] buffer = new byte[BUFFER_BYTES];
        while (!order.ended()) {
            int count = in.read(buffer);
            if (count < 0 || receiverFailure != null) {
                throw CopyFailedException.lost();
            }
            ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
            int from = 0;
            for (CopyMessage message = decoder.next(bytes); message != null; message = decoder.next(bytes)) {
                if (message instanceof Opening) {
                    from = bytes.position();
                } else if (message instanceof Refused(String text)) {
                    throw new CopyFailedException(CopyFailedException.Kind.REFUSED, text);
                } else {
                    follow(order.accept(message));
                }
            }
            out.write(buffer, from, count - from);
            if (order.ended() || in.available() == 0) {
                out.flush();
            }
        }
    }

    private void follow(Step step) {
        switch (step) {
            case Step.Create s -> progress.started(s.file().name(), s.file().size());
            case Step.Offer s -> progress.started(s.file().name(), s.file().size());
            case Step.Continue s -> progress.continued(s.offset());
            case Step.Store s -> progress.moved(s.length());
            case Step.Commit s -> progress.ended();
            case Step.Drop s -> {
                progress.ended();
                tell(tellSender, s.text());
            }
            case Step.Tell s -> tell(tellSender, s.text());
            case Step.Finish s -> failedThere = s.senderFailed();
            case Step.Prepare s -> { }
            case Step.EnterDirectory s -> { }
            case Step.LeaveDirectory s -> { }
            case Step.Ignore s -> { }
        }
    }

    private void reports(RemoteCopy receiver, OutputStream toSender) {
        try {
            MessageReader in = new MessageReader(receiver.fromServer(), false);
            in.opening();
            while (summary == null) {
                CopyMessage message = in.next();
                switch (message) {
                    case Held h -> order.held(h.bytes(), h.digest());
                    case Report r -> tell(tellReceiver, r.text());
                    case Summary s -> { }
                    case Refused(String text) -> throw new CopyFailedException(CopyFailedException.Kind.REFUSED, text);
                    default -> throw new CopyFailedException(CopyFailedException.Kind.FAULT,
                            "protocol fault: message out of place (P-6)");
                }
                toSender.write(org.qnsp.core.copy.CopyCodec.encode(message));
                toSender.flush();
                summary = message instanceof Summary s ? s : null;
            }
        } catch (IOException e) {
            receiverFailure = e instanceof CopyFailedException f ? f : CopyFailedException.lost();
        }
    }

    private static void awaitLastWords(Thread back) {
        try {
            back.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void tell(Consumer<String> to, String text) {
        if (!text.isEmpty()) {
            to.accept(DisplayText.of(text));
        }
    }
}
