package org.qnsp.keygen;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.qnsp.core.client.LocalUser;
import org.qnsp.crypto.keys.KeyType;

/** Where keys are by default. */
final class KeyNames {
    private KeyNames() {
    }

    /** The name of a type's files: kyber768, dilithium3, dilithium5. */
    static String shortName(KeyType type) {
        return switch (type) {
            case KEM -> "kyber768";
            case SIG -> "dilithium3";
            case SIG87 -> "dilithium5";
        };
    }

    /** ~/.qssh/id_kyber768 and its like. */
    static Path identity(LocalUser user, KeyType type) {
        return Path.of(user.home(), ".qssh", "id_" + shortName(type));
    }

    /** The user's known hosts. */
    static Path knownHosts(LocalUser user) {
        return Path.of(user.home(), ".qssh", "known_hosts");
    }

    /** The public key file of a private one. */
    static Path publicKey(Path file) {
        return file.resolveSibling(file.getFileName() + ".pub");
    }

    /**
     * The file that -f names, or that the user names when asked.
     *
     * @throws KeygenException where the user says nothing
     */
    static Path file(Request request, Console console, LocalUser user, String question) throws KeygenException {
        if (request.file() != null) {
            return path(request.file());
        }
        Path usual = identity(user, request.type());
        String answer = console.ask(question + " (" + usual + "): ");
        if (answer == null) {
            throw KeygenException.declined("");
        }
        return answer.isEmpty() ? usual : path(answer);
    }

    /** The path of a text. */
    static Path path(String text) throws KeygenException {
        try {
            Path path = Path.of(text);
            if (path.getFileName() != null) {
                return path;
            }
        } catch (InvalidPathException e) {
            // said below
        }
        throw KeygenException.failed("\"" + text + "\" cannot name a file");
    }
}
