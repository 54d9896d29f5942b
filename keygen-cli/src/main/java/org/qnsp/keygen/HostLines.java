package org.qnsp.keygen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.qnsp.core.client.HostKeyTexts;
import org.qnsp.core.client.KnownHostLine;
import org.qnsp.core.client.KnownHosts;
import org.qnsp.core.client.KnownHostsFile;
import org.qnsp.core.client.LocalUser;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.PublicKey;

/** Finds, removes and hashes lines of known hosts, with ssh-keygen's output. */
final class HostLines {
    private final Console console;
    private final LocalUser user;
    private final RandomSource random;

    HostLines(Console console, LocalUser user, RandomSource random) {
        this.console = console;
        this.user = user;
        this.random = random;
    }

    private Path file(Request request) throws KeygenException {
        Path file = request.file() == null ? KeyNames.knownHosts(user) : KeyNames.path(request.file());
        if (!Files.exists(file)) {
            throw KeygenException.failed("Cannot stat " + file + ": No such file or directory");
        }
        return file;
    }

    private static String name(Request request) {
        return request.host().toLowerCase(Locale.ROOT);
    }

    int find(Request request) throws KeygenException, IOException {
        List<KnownHostLine> found = KnownHosts.read(List.of(file(request))).allLinesOf(name(request));
        for (KnownHostLine line : found) {
            if (!request.isQuiet()) {
                console.out().println("# Host " + request.host() + " found: line " + line.number() + " " + (line.revoked() ? "REVOKED" : line.certAuthority() ? "CA" : ""));
            }
            if (request.prints()) {
                line.key().ifPresent(key -> fingerprint(request, line, key));
            } else if (request.hashes()) {
                line.hashed(random).forEach(console.out()::println);
            } else {
                console.out().println(line.text());
            }
        }
        return found.isEmpty() ? KeygenException.DECLINED : 0;
    }

    private void fingerprint(Request request, KnownHostLine line, PublicKey key) {
        console.out().println(request.host() + " " + HostKeyTexts.typeTitle(key.type()) + " " + Fingerprint.text(key)
            + (line.comment().isEmpty() ? "" : " " + line.comment()));
        if (request.isVerbose()) {
            console.out().println(Fingerprint.randomart(key));
        }
    }

    int remove(Request request) throws KeygenException, IOException {
        Path file = file(request);
        KnownHostsFile hosts = new KnownHostsFile(file);
        KnownHostsFile.Edit edit = hosts.remove(name(request));
        if (!request.isQuiet()) {
            edit.lineNumbers().forEach(number -> console.out().println("# Host " + request.host() + " found: line " + number));
        }
        requireValid(file, edit);
        if (!edit.changed()) {
            console.err().println("Host " + request.host() + " not found in " + file);
            return 0;
        }
        console.out().println(file + " updated.");
        console.out().println("Original contents retained as " + hosts.backup());
        return 0;
    }

    int hash(Request request) throws KeygenException, IOException {
        Path file = file(request);
        KnownHostsFile hosts = new KnownHostsFile(file);
        KnownHostsFile.Edit edit = hosts.hash(random);
        for (KnownHostLine line : edit.skipped()) {
            console.err().println(file + ":" + line.number() + ": ignoring host name with wildcard: " + line.names());
        }
        requireValid(file, edit);
        console.out().println(file + " updated.");
        console.out().println("Original contents retained as " + hosts.backup());
        if (!edit.lineNumbers().isEmpty()) {
            console.err().println("WARNING: " + hosts.backup() + " contains unhashed entries");
            console.err().println("Delete this file to ensure privacy of hostnames");
        }
        return 0;
    }

    private void requireValid(Path file, KnownHostsFile.Edit edit) throws KeygenException {
        edit.invalid().forEach(number -> console.err().println(file + ":" + number + ": invalid line"));
        if (!edit.invalid().isEmpty()) {
            throw KeygenException.declined(file + " is not a valid known_hosts file; it stays as it is");
        }
    }
}
