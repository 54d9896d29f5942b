package org.qnsp.qscp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Consumer;
import org.qnsp.core.copy.CopyCodec;
import org.qnsp.core.copy.CopyLimits;
import org.qnsp.core.copy.CopyMessage.Get;
import org.qnsp.core.copy.CopyMessage.Opening;
import org.qnsp.core.copy.CopyMessage.Put;
import org.qnsp.core.copy.CopyReceiver;
import org.qnsp.core.copy.DisplayText;
import org.qnsp.qscp.CopyPlan.Leg;
import org.qnsp.qscp.CopyPlan.Place;

/** Does a {@link CopyRequest}, leg by leg, one connection for each end of a leg that is remote. */
final class CopyClient {
    private final CopyRequest request;
    private final Dialer dialer;
    private final Path directory;
    private final Progress progress;
    private final Consumer<String> tell;
    private final Consumer<String> serverLines;

    /**
     * @param directory where local paths begin
     * @param tell takes a line for each entry that was not copied
     * @param serverLines takes what services write to their standard error
     */
    CopyClient(CopyRequest request, Dialer dialer, Path directory, Progress progress, Consumer<String> tell,
            Consumer<String> serverLines) {
        this.request = request;
        this.dialer = dialer;
        this.directory = directory;
        this.progress = progress;
        this.tell = tell;
        this.serverLines = serverLines;
    }

    /**
     * Copies everything.
     *
     * @return entries that were not copied
     * @throws CopyFailedException if a copy ended before its end
     * @throws DialException if a destination could not be reached
     */
    long run() throws CopyFailedException, DialException {
        long failed = 0;
        for (Leg leg : request.plan().legs()) {
            boolean up = request.plan().target().remote().isPresent();
            Outcome outcome = leg.remote().isPresent() ? up ? relay(leg) : download(leg) : up ? upload(leg) : copyHere(leg);
            failed += outcome.failed();
        }
        return failed;
    }

    /** A destination could not be reached; the message is complete. */
    static final class DialException extends Exception {
        private static final long serialVersionUID = 1L;

        DialException(Destination destination, IOException cause) {
            super(destination.host() + ": " + cause.getMessage(), cause);
        }
    }

    private Outcome upload(Leg leg) throws CopyFailedException, DialException {
        Place target = request.plan().target();
        try (Session session = dial(target.remote().orElseThrow())) {
            session.send(put(target));
            MessageReader reports = new MessageReader(session.copy.fromServer(), false);
            return new TreeSender(reports, limited(session.copy.toServer()), request.manner(), progress, tell, prefixed(target.prefix())).run(sources(leg), true);
        }
    }

    private Outcome download(Leg leg) throws CopyFailedException, DialException {
        String prefix = leg.remote().orElseThrow().host() + ":";
        try (Session session = dial(leg.remote().get())) {
            session.send(get(leg));
            MessageReader in = new MessageReader(limited(session.copy.fromServer()), false);
            return receive(in, session.copy.toServer(), leg, prefixed(prefix), true);
        }
    }

    private Outcome receive(MessageReader in, OutputStream out, Leg leg, Consumer<String> tellPeers, boolean openingPending)
            throws CopyFailedException {
        Place place = request.plan().target();
        Path path = RawPath.resolve(directory, place.path());
        String display = place.path().length == 0 ? "." : DisplayText.of(place.path());
        LocalTarget target = new LocalTarget(new LocalTarget.Wish(place.path(), path, display, request.manner().preserve(),
                request.plan().intoDirectory(), leg.remote().map(Destination::place).orElse("")), Modes.umask(), new SecureRandom());
        try (Unfinished _ = Unfinished.removedAtExit(target)) {
            return new TreeReceiver(in, out, order(leg), target, progress, tell, tellPeers).run(openingPending);
        }
    }

    private Outcome relay(Leg leg) throws CopyFailedException, DialException {
        Place target = request.plan().target();
        String prefix = leg.remote().orElseThrow().host() + ":";
        try (Session from = dial(leg.remote().get()); Session to = dial(target.remote().orElseThrow())) {
            from.send(get(leg));
            to.send(put(target));
            return new Relay(progress, prefixed(prefix), prefixed(target.prefix())).run(from.copy, to.copy, limited(from.copy.fromServer()), order(leg));
        }
    }

    /** From here to here: the same two sides, with a pipe between. */
    private Outcome copyHere(Leg leg) throws CopyFailedException {
        refuseIntoItself(leg);
        BytePipe there = new BytePipe();
        BytePipe back = new BytePipe();
        Thread sender = Thread.ofPlatform().daemon().name("qscp-sender").start(() -> {
            try (OutputStream out = there.writer(); InputStream reports = back.reader()) {
                out.write(CopyCodec.encode(new Opening(CopyLimits.VERSION)));
                new TreeSender(new MessageReader(reports, false), limited(out), request.manner(), Progress.NONE, text -> { }, text -> { }).run(sources(leg), true);
            } catch (IOException e) {
                // The receiver sees the end of the stream and says why.
            }
        });
        try (OutputStream out = back.writer(); InputStream in = there.reader()) {
            out.write(CopyCodec.encode(new Opening(CopyLimits.VERSION)));
            return receive(new MessageReader(in, false), out, leg, tell, true);
        } catch (CopyFailedException e) {
            throw e;
        } catch (IOException e) {
            throw CopyFailedException.internal(e);
        } finally {
            sender.interrupt();
        }
    }

    /** A directory copied into itself would never end. */
    private void refuseIntoItself(Leg leg) throws CopyFailedException {
        Path target = RawPath.resolve(directory, request.plan().target().path()).normalize();
        for (Source source : sources(leg)) {
            try {
                Path existing = target;
                while (!Files.exists(existing)) {
                    existing = existing.getParent();
                }
                if (Files.isDirectory(source.path()) && existing.toRealPath().startsWith(source.path().toRealPath())) {
                    throw new CopyFailedException(CopyFailedException.Kind.REFUSED,
                            source.display() + ": cannot be copied into itself");
                }
            } catch (CopyFailedException e) {
                throw e;
            } catch (IOException e) {
                // Whatever it is, the copy will meet it and say so.
            }
        }
    }

    private Put put(Place target) {
        Manner manner = request.manner();
        return new Put(manner.recursive(), manner.preserve(), request.plan().intoDirectory(), manner.resume(), target.path());
    }

    private Get get(Leg leg) {
        Manner manner = request.manner();
        return new Get(manner.recursive(), manner.preserve(), manner.resume(), leg.paths());
    }

    private CopyReceiver order(Leg leg) {
        return new CopyReceiver(new TopNames(leg.paths()), request.manner().resume());
    }

    private List<Source> sources(Leg leg) {
        return leg.paths().stream().map(path -> Source.of(RawPath.resolve(directory, path), path)).toList();
    }

    private Consumer<String> prefixed(String prefix) {
        return text -> tell.accept(prefix + text);
    }

    private OutputStream limited(OutputStream out) {
        return request.kilobitsPerSecond() == 0 ? out
                : LimitedStreams.out(out, new RateLimit(request.kilobitsPerSecond(), System.nanoTime()));
    }

    private InputStream limited(InputStream in) {
        return request.kilobitsPerSecond() == 0 ? in
                : LimitedStreams.in(in, new RateLimit(request.kilobitsPerSecond(), System.nanoTime()));
    }

    private Session dial(Destination destination) throws DialException {
        try {
            return new Session(dialer.open(destination, request.dialOptions()), serverLines);
        } catch (IOException e) {
            throw new DialException(destination, e);
        }
    }

    /** A connection with its error stream shown; closing it twice is harmless. */
    private static final class Session implements AutoCloseable {
        private static final long ERRORS_MILLIS = 500;

        final RemoteCopy copy;
        private final Thread errors;

        Session(RemoteCopy copy, Consumer<String> lines) {
            this.copy = copy;
            this.errors = ErrorRelay.start(copy.serverErrors(), lines);
        }

        void send(org.qnsp.core.copy.CopyMessage message) throws CopyFailedException {
            try {
                copy.toServer().write(CopyCodec.encode(new Opening(CopyLimits.VERSION)));
                copy.toServer().write(CopyCodec.encode(message));
                copy.toServer().flush();
            } catch (IOException e) {
                throw CopyFailedException.lost();
            }
        }

        @Override
        public void close() {
            try {
                copy.toServer().close();
                errors.join(ERRORS_MILLIS);
                copy.close();
            } catch (IOException e) {
                // It ends either way.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
