package org.qnsp.keygen;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.PrivateKeyTexts;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;

/** Opens a private key: to change its passphrase or comment, or to show its public half. */
final class KeyChanges {
    private static final String WHICH = "Enter file in which the key is";
    private static final String WRONG = "incorrect passphrase supplied to decrypt private key";

    private final Console console;
    private final LocalUser user;
    private final RandomSource random;

    KeyChanges(Console console, LocalUser user, RandomSource random) {
        this.console = console;
        this.user = user;
        this.random = random;
    }

    /** A key that was opened, and what opened it. */
    private record Unlocked(KeyFile.Opened opened, char[] passphrase) implements AutoCloseable {
        @Override
        public void close() {
            opened.close();
            Arrays.fill(passphrase, '\0');
        }
    }

    int passphrase(Request request) throws KeygenException, IOException {
        Path file = KeyNames.file(request, console, user, WHICH);
        try (Unlocked key = unlock(request, file, "Enter old passphrase: ")) {
            if (!key.opened().comment().isEmpty() && !request.isQuiet()) {
                console.out().println("Key has comment '" + key.opened().comment() + "'");
            }
            char[] fresh = Passphrases.fresh(request, console, "Enter new passphrase");
            try {
                write(request, file, key, key.opened().comment(), fresh);
            } finally {
                Arrays.fill(fresh, '\0');
            }
        }
        if (!request.isQuiet()) {
            console.out().println("Your identification has been saved with the new passphrase.");
        }
        return 0;
    }

    int comment(Request request) throws KeygenException, IOException {
        Path file = KeyNames.file(request, console, user, WHICH);
        try (Unlocked key = unlock(request, file, "Enter passphrase: ")) {
            String old = key.opened().comment();
            console.out().println(old.isEmpty() ? "No existing comment" : "Old comment: " + old);
            String comment = request.comment() == null ? console.ask("New comment: ") : request.comment();
            if (comment == null) {
                throw KeygenException.declined("");
            }
            write(request, file, key, comment, key.passphrase());
            KeyMaking.writePublic(KeyNames.publicKey(file), key.opened().key().publicKey(), comment);
            if (!request.isQuiet()) {
                console.out().println(comment.isEmpty() ? "Comment removed" : "Comment '" + comment + "' applied");
            }
        }
        return 0;
    }

    int showPublic(Request request) throws KeygenException, IOException {
        Path file = KeyNames.file(request, console, user, WHICH);
        try (Unlocked key = unlock(request, file, "Enter passphrase: ")) {
            console.out().println(key.opened().key().publicKey().line(key.opened().comment()));
        }
        return 0;
    }

    private void write(Request request, Path file, Unlocked key, String comment, char[] passphrase) throws IOException {
        byte[] content = KeyFile.encode(key.opened().key(), comment, passphrase, Passphrases.cost(request), random);
        try {
            KeyFile.write(file, content, true);
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    /** Opens with -P, or without passphrase where none is needed, or with what the user types. */
    private Unlocked unlock(Request request, Path file, String question) throws KeygenException, IOException {
        KeyFile sealed = read(file);
        char[] passphrase = new char[0];
        if (sealed.encrypted()) {
            passphrase = request.oldPassphrase() == null ? Passphrases.ask(console, question) : request.oldPassphrase().toCharArray();
        }
        try {
            return new Unlocked(sealed.open(passphrase), passphrase);
        } catch (KeyFileException e) {
            Arrays.fill(passphrase, '\0');
            throw KeygenException.failed("Load key \"" + file + "\": "
                + (e.reason() == KeyFileException.Reason.WRONG_PASSPHRASE ? WRONG : e.getMessage()));
        }
    }

    private KeyFile read(Path file) throws KeygenException, IOException {
        if (KeyFile.exposed(file)) {
            console.err().print(PrivateKeyTexts.unprotected(file));
            throw KeygenException.failed("Load key \"" + file + "\": bad permissions", "chmod 600 " + file);
        }
        if (Files.isDirectory(file)) {
            throw KeygenException.failed("Load key \"" + file + "\": Is a directory");
        }
        try {
            return KeyFile.read(file);
        } catch (KeyFileException e) {
            throw KeygenException.failed("Load key \"" + file + "\": " + e.getMessage());
        }
    }
}
