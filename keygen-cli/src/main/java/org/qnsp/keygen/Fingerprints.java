package org.qnsp.keygen;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.qnsp.core.client.HostKeyTexts;
import org.qnsp.core.client.LocalUser;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/** Shows the fingerprints of whatever holds keys: private and public key files, known hosts, authorized keys. */
final class Fingerprints {
    /** Longer input is not read, bytes. */
    private static final int MAX_BYTES = 64 << 20;

    private final Console console;
    private final LocalUser user;

    Fingerprints(Console console, LocalUser user) {
        this.console = console;
        this.user = user;
    }

    int show(Request request) throws KeygenException, IOException {
        boolean isStandardInput = "-".equals(request.file());
        Path file = isStandardInput ? null : KeyNames.file(request, console, user, "Enter file in which the key is");
        byte[] content = isStandardInput ? console.in().readNBytes(MAX_BYTES) : read(file);
        try {
            boolean found = isPrivate(content) ? showPrivate(request, file, content) : showLines(request, content);
            if (!found) {
                throw KeygenException.failed((isStandardInput ? "(stdin)" : file) + " is not a public key file.");
            }
            return 0;
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MAX_BYTES);
        }
    }

    private static boolean isPrivate(byte[] content) {
        byte[] begin = "-----BEGIN QNSP".getBytes(StandardCharsets.US_ASCII);
        return Arrays.equals(begin, 0, begin.length, content, 0, Math.min(begin.length, content.length));
    }

    private boolean showPrivate(Request request, Path file, byte[] content) throws KeygenException {
        try {
            KeyFile key = KeyFile.parse(content);
            String comment = key.encrypted() ? publicComment(file, key.publicKey()) : comment(key);
            show(request, key.publicKey(), comment);
            return true;
        } catch (KeyFileException e) {
            throw KeygenException.failed(file + ": " + e.getMessage());
        }
    }

    private static String comment(KeyFile key) throws KeyFileException {
        try (KeyFile.Opened opened = key.open(null)) {
            return opened.comment();
        }
    }

    /** The comment of the public key file beside the private one: the one within is sealed. */
    private static String publicComment(Path file, PublicKey key) {
        if (file == null) {
            return "";
        }
        try {
            String line = new String(read(KeyNames.publicKey(file)), StandardCharsets.UTF_8).strip();
            PublicKey.PublicKeyLine parsed = PublicKey.parseLine(line);
            return parsed.key().equals(key) ? parsed.comment() : "";
        } catch (IOException | InvalidKeyEncodingException e) {
            return "";
        }
    }

    private boolean showLines(Request request, byte[] content) {
        boolean found = false;
        for (String raw : new String(content, StandardCharsets.UTF_8).lines().toList()) {
            String line = raw.strip();
            int type = typeAt(line);
            if (line.startsWith("#") || type < 0) {
                continue;
            }
            Optional<PublicKey.PublicKeyLine> key = parse(line.substring(type));
            if (key.isPresent()) {
                String before = line.substring(0, type).strip();
                show(request, key.get().key(), key.get().comment().isEmpty() ? before : key.get().comment());
                found = true;
            }
        }
        return found;
    }

    private static Optional<PublicKey.PublicKeyLine> parse(String text) {
        String[] words = text.split("[ \t]+", 3);
        try {
            return Optional.of(PublicKey.parseLine(String.join(" ", words)));
        } catch (InvalidKeyEncodingException e) {
            return Optional.empty();
        }
    }

    /** Where a key's type stands as a word, outside quotes: after names, a marker or options; -1 for nowhere. */
    private static int typeAt(String line) {
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '"') {
                quoted = !quoted;
            }
            boolean startsWord = i == 0 || line.charAt(i - 1) == ' ' || line.charAt(i - 1) == '\t';
            if (startsWord && !quoted && isType(line, i)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isType(String line, int at) {
        for (KeyType type : KeyType.values()) {
            int end = at + type.typeName().length();
            if (line.startsWith(type.typeName(), at) && end < line.length() && (line.charAt(end) == ' ' || line.charAt(end) == '\t')) {
                return true;
            }
        }
        return false;
    }

    private void show(Request request, PublicKey key, String comment) {
        console.out().println(key.type().strengthBits() + " " + (request.usesSha2() ? Fingerprint.sha2Text(key) : Fingerprint.text(key)) + " " + (comment.isEmpty() ? "no comment" : comment)
            + " (" + HostKeyTexts.typeTitle(key.type()) + ")");
        if (request.isVerbose()) {
            console.out().println(Fingerprint.randomart(key));
        }
    }
}
