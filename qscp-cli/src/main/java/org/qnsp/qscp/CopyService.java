package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Consumer;
import org.qnsp.core.copy.CopyCodec;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage;
import org.qnsp.core.copy.CopyMessage.Get;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyMessage.Put;
import org.qnsp.core.copy.CopyMessage.Refused;
import org.qnsp.core.copy.CopyReceiver;
import org.qnsp.core.copy.DisplayText;

/** The copy service (C-17): one request, answered on the same two streams, as whoever runs this process. */
final class CopyService {
    private static final Consumer<String> SILENT = text -> { };

    private final MessageReader in;
    private final OutputStream out;
    private final Path home;

    /** @param home where relative paths and {@code ~} begin; absolute */
    CopyService(InputStream in, OutputStream out, Path home) {
        this.in = new MessageReader(in, true);
        this.out = out;
        this.home = home;
    }

    /**
     * Serves the request.
     *
     * @return exit status: 0 if everything was copied, 1 if not, 255 for a lost connection or a fault
     */
    int run() {
        try {
            send(new Opening(CopyLimits.VERSION));
            in.opening();
            CopyMessage request = in.next();
            in.requestsDone();
            Outcome outcome = switch (request) {
                case Put put -> receive(put);
                case Get get -> transmit(get);
                default -> throw new CopyFailedException(CopyFailedException.Kind.FAULT, "no request (P-4)");
            };
            return outcome.failed() == 0 ? 0 : 1;
        } catch (CopyFailedException e) {
            return refuse(e);
        } catch (IOException e) {
            return 255;
        }
    }

    private Outcome receive(Put put) throws CopyFailedException {
        Path path = RawPath.resolveFromHome(home, put.target());
        LocalTarget target = new LocalTarget(new LocalTarget.Wish(put.target(), path, DisplayText.of(put.target()),
                put.preserve(), put.intoDirectory(), ""), Modes.umask(), new SecureRandom());
        try (Unfinished _ = Unfinished.removedAtExit(target)) {
            return new TreeReceiver(in, out, new CopyReceiver(name -> true, put.resume()), target, Progress.NONE, SILENT, SILENT).run(false);
        }
    }

    private Outcome transmit(Get get) throws CopyFailedException {
        List<Source> sources = SourceList.expand(home, get.paths());
        return new TreeSender(in, out, new Manner(get.recursive(), get.preserve(), get.resume()), Progress.NONE, SILENT, SILENT).run(sources, false);
    }

    /** Says why, if the peer can still hear it. */
    private int refuse(CopyFailedException failure) {
        if (failure.kind() == CopyFailedException.Kind.LOST) {
            return 255;
        }
        try {
            send(new Refused(failure.getMessage()));
        } catch (IOException e) {
            return 255;
        }
        return failure.kind() == CopyFailedException.Kind.REFUSED ? 1 : 255;
    }

    private void send(CopyMessage message) throws IOException {
        out.write(CopyCodec.encode(message));
        out.flush();
    }
}
