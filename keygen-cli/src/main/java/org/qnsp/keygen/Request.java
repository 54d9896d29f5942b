package org.qnsp.keygen;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.qnsp.core.client.EntropyOptions;
import org.qnsp.core.client.Getopt;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyType;

/** What the command line asks for. Mutable only while it is parsed. */
final class Request {
    static final String USAGE = """
        usage: qssh-keygen [-q] [-a rounds] [-C comment] [-f output_keyfile] [-N new_passphrase]
                           [-t kyber768 | dilithium3 | dilithium5 | authkey]
               qssh-keygen -p [-a rounds] [-f keyfile] [-N new_passphrase] [-P old_passphrase]
               qssh-keygen -y [-f input_keyfile] [-P passphrase]
               qssh-keygen -c [-a rounds] [-C comment] [-f keyfile] [-P passphrase]
               qssh-keygen -l [-v] [-E fingerprint_hash] [-f input_keyfile]
               qssh-keygen -F hostname [-lv] [-f known_hosts_file]
               qssh-keygen -H [-f known_hosts_file]
               qssh-keygen -R hostname [-f known_hosts_file]
               qssh-keygen -A [-f prefix_path]
                   with each: [--qrng | --qrng-only] [--entropy-source=device|url]
                           [--entropy-allow-file] [--entropy-key-file=file]
        """;

    /** What to do. */
    enum Action { GENERATE, CHANGE_PASSPHRASE, CHANGE_COMMENT, SHOW_PUBLIC, SHOW_FINGERPRINT, FIND_HOST, REMOVE_HOST, HASH_HOSTS, HOST_KEYS, AUTH_KEY }

    private static final String OPTIONS = "qvpylcHAt:f:C:N:P:a:b:m:oE:F:R:-:";

    private Action action = Action.GENERATE;
    private KeyType type = KeyType.KEM;
    private String file;
    private String comment;
    private String newPassphrase;
    private String oldPassphrase;
    private String host;
    private int rounds;
    private boolean isQuiet;
    private boolean isVerbose;
    private boolean hashes;
    private boolean usesSha2;
    private boolean prints;
    private final List<String> entropy = new ArrayList<>();

    private Request() {
    }

    /**
     * Reads a command line.
     *
     * @throws Getopt.UsageException for an option that does not exist, lacks its value, or for an operand
     * @throws KeygenException       for a value that is wrong
     */
    static Request parse(List<String> arguments) throws Getopt.UsageException, KeygenException {
        Request request = new Request();
        Getopt options = new Getopt(OPTIONS, arguments);
        for (int option = options.next(); option != Getopt.END; option = options.next()) {
            if (option == Getopt.OPERAND) {
                throw KeygenException.declined("Too many arguments.");
            }
            if (option == '-') {
                request.entropy.add(EntropyOptions.line(EntropyOptions.whole(options.value(), options)).orElseThrow(() -> new Getopt.UsageException("unknown option -- -")));
            } else {
                request.set((char) option, options.value());
            }
        }
        request.settle();
        return request;
    }

    private void set(char option, String value) throws KeygenException {
        switch (option) {
            case 'q' -> isQuiet = true;
            case 'v' -> isVerbose = true;
            case 'l' -> prints = true;
            case 'H' -> hashes = true;
            case 'p' -> action = Action.CHANGE_PASSPHRASE;
            case 'c' -> action = Action.CHANGE_COMMENT;
            case 'y' -> action = Action.SHOW_PUBLIC;
            case 'A' -> action = Action.HOST_KEYS;
            case 'F', 'R' -> {
                action = option == 'F' ? Action.FIND_HOST : Action.REMOVE_HOST;
                host = value;
            }
            case 't' -> type(value);
            case 'f' -> file = value;
            case 'C' -> comment = comment(value);
            case 'N' -> newPassphrase = value;
            case 'P' -> oldPassphrase = value;
            case 'a' -> rounds = rounds(value);
            case 'E' -> {
                usesSha2 = value.equalsIgnoreCase("sha256");
                if (!usesSha2 && !value.equalsIgnoreCase("sha3-256")) {
                    throw KeygenException.failed("Invalid hash algorithm \"" + value + "\"", "fingerprints are SHA3-256, or SHA256 where asked for");
                }
            }
            default -> { } // -b -m -o: of other key types and formats
        }
    }

    private void type(String name) throws KeygenException {
        if (name.equalsIgnoreCase("authkey")) {
            action = Action.AUTH_KEY;
            return;
        }
        type = KeyType.named(name.toLowerCase(Locale.ROOT)).orElseThrow(() -> KeygenException.failed("unknown key type " + name,
                "the types are kyber768 (to log in), dilithium3 (to sign), dilithium5 (to sign under suite mlkem1024), and authkey (a secret that both ends share)"));
    }

    private static String comment(String text) throws KeygenException {
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw KeygenException.failed("the comment has a control character");
        }
        if (text.getBytes(StandardCharsets.UTF_8).length > KeyFile.LONGEST_COMMENT_BYTES) {
            throw KeygenException.failed("the comment is too long");
        }
        return text;
    }

    private static int rounds(String text) throws KeygenException {
        try {
            int rounds = Integer.parseInt(text);
            if (rounds >= 1) {
                return rounds;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw KeygenException.failed("Invalid number: " + text);
    }

    /** -l and -H are actions of their own, or say how -F prints. */
    private void settle() {
        if (action == Action.GENERATE && hashes) {
            action = Action.HASH_HOSTS;
        } else if (action == Action.GENERATE && prints) {
            action = Action.SHOW_FINGERPRINT;
        }
    }

    Action action() {
        return action;
    }

    KeyType type() {
        return type;
    }

    /** The long options, as lines of a client's configuration. */
    List<String> entropy() {
        return entropy;
    }

    /** -f, null where it is not given. */
    String file() {
        return file;
    }

    /** -C, null where it is not given. */
    String comment() {
        return comment;
    }

    /** -N, null where it is not given. */
    String newPassphrase() {
        return newPassphrase;
    }

    /** -P, null where it is not given. */
    String oldPassphrase() {
        return oldPassphrase;
    }

    /** The host of -F or -R. */
    String host() {
        return host;
    }

    /** -a, 0 where it is not given. */
    int rounds() {
        return rounds;
    }

    boolean isQuiet() {
        return isQuiet;
    }

    boolean isVerbose() {
        return isVerbose;
    }

    /** Whether -F prints hashed names. */
    boolean hashes() {
        return hashes;
    }

    /** Whether fingerprints are shown as SHA-256, for who compares them with other tools. */
    boolean usesSha2() {
        return usesSha2;
    }

    /** Whether -F prints fingerprints. */
    boolean prints() {
        return prints;
    }
}
