package org.qnsp.keygen;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.qnsp.core.client.HostKeyTexts;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;

/** Makes key pairs: a user's, and a host's. */
final class KeyMaking {
    /** Types of host keys: those that a server can be reached under. */
    private static final List<KeyType> HOST_KEY_TYPES = List.of(KeyType.KEM);

    private final Console console;
    private final LocalUser user;
    private final RandomSource random;

    KeyMaking(Console console, LocalUser user, RandomSource random) {
        this.console = console;
        this.user = user;
        this.random = random;
    }

    int make(Request request) throws KeygenException {
        say(request, "Generating public/private " + request.type().typeName() + " key pair.");
        Path file = KeyNames.file(request, console, user, "Enter file in which to save the key");
        makeUserDirectory(request, file);
        boolean replaces = mayReplace(file);
        String comment = request.comment() == null ? user.name() + "@" + user.hostname().get() : request.comment();
        char[] passphrase = Passphrases.fresh(request, console, "Enter passphrase");
        try (PrivateKey key = PrivateKey.generate(request.type(), random)) {
            save(key, file, comment, passphrase, Passphrases.cost(request), replaces);
            say(request, "Your identification has been saved in " + file);
            say(request, "Your public key has been saved in " + KeyNames.publicKey(file));
            say(request, "The key fingerprint is:");
            say(request, Fingerprint.text(key.publicKey()) + " " + comment);
            say(request, "The key's randomart image is:");
            say(request, Fingerprint.randomart(key.publicKey()));
        } finally {
            Arrays.fill(passphrase, '\0');
        }
        return 0;
    }

    /** A secret for both ends: the client's AuthKeyFile, and `qsshd authkey -a` at the host. */
    int makeAuthKey(Request request) throws KeygenException, IOException {
        Path file = request.file() != null ? Path.of(request.file()) : Path.of(user.home(), ".qssh", "authkey");
        makeUserDirectory(request, file);
        boolean replaces = mayReplace(file);
        String comment = request.comment() == null ? "" : "# " + request.comment() + "\n";
        try (AuthKey key = AuthKey.generate(random)) {
            KeyFile.write(file, (comment + key.line() + "\n").getBytes(StandardCharsets.UTF_8), replaces);
            say(request, "An auth key has been saved in " + file);
            say(request, "Its id is " + HexFormat.of().formatHex(key.id()));
        }
        return 0;
    }

    private void say(Request request, String line) {
        if (!request.isQuiet()) {
            console.out().println(line);
        }
    }

    /** Makes ~/.qssh where the key is to go there. */
    private void makeUserDirectory(Request request, Path file) throws KeygenException {
        Path directory = Path.of(user.home(), ".qssh");
        if (!file.toAbsolutePath().startsWith(directory) || Files.exists(directory)) {
            return;
        }
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw KeygenException.failed("Could not create directory '" + directory + "': " + Reasons.reason(e));
        }
        say(request, "Created directory '" + directory + "'.");
    }

    /** Whether there is a file that the user lets us replace; false where there is none. */
    private boolean mayReplace(Path file) throws KeygenException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (Files.isDirectory(file)) {
            throw KeygenException.declined("Saving key \"" + file + "\" failed: Is a directory");
        }
        console.out().println(file + " already exists.");
        String answer = console.ask("Overwrite (y/n)? ");
        if (answer == null || !answer.startsWith("y") && !answer.startsWith("Y")) {
            throw KeygenException.declined("");
        }
        return true;
    }

    private void save(PrivateKey key, Path file, String comment, char[] passphrase, PassphraseCost cost, boolean replaces) throws KeygenException {
        byte[] content = KeyFile.encode(key, comment, passphrase, cost, random);
        try {
            KeyFile.write(file, content, replaces);
            writePublic(KeyNames.publicKey(file), key.publicKey(), comment);
        } catch (FileAlreadyExistsException e) {
            throw KeygenException.declined("Saving key \"" + file + "\" failed: File exists");
        } catch (IOException e) {
            throw KeygenException.declined("Saving key \"" + file + "\" failed: " + Reasons.reason(e));
        } finally {
            Arrays.fill(content, (byte) 0);
        }
    }

    /** Writes a public key file, mode 0644, in one step. */
    static void writePublic(Path file, PublicKey key, String comment) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path fresh = Files.createTempFile(directory, file.getFileName() + ".", "");
        try {
            Files.writeString(fresh, key.line(comment) + "\n", StandardCharsets.UTF_8);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** Makes the host keys that are missing, without passphrase, under the prefix of -f. */
    int makeHostKeys(Request request) throws KeygenException {
        Path directory = KeyNames.path((request.file() == null ? "" : request.file()) + "/etc/qssh");
        List<KeyType> missing = new ArrayList<>();
        for (KeyType type : HOST_KEY_TYPES) {
            if (!Files.exists(hostKey(directory, type), LinkOption.NOFOLLOW_LINKS)) {
                missing.add(type);
            }
        }
        if (missing.isEmpty()) {
            return 0;
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw KeygenException.failed("Could not create directory '" + directory + "': " + Reasons.reason(e));
        }
        StringBuilder names = new StringBuilder("qssh-keygen: generating new host keys:");
        for (KeyType type : missing) {
            try (PrivateKey key = PrivateKey.generate(type, random)) {
                String comment = request.comment() == null ? user.name() + "@" + user.hostname().get() : request.comment();
                save(key, hostKey(directory, type), comment, new char[0], PassphraseCost.STANDARD, false);
            }
            names.append(' ').append(HostKeyTexts.typeTitle(type));
        }
        say(request, names.toString());
        return 0;
    }

    private static Path hostKey(Path directory, KeyType type) {
        return directory.resolve("qssh_host_" + KeyNames.shortName(type) + "_key");
    }
}
