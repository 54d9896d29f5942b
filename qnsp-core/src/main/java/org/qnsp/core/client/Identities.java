package org.qnsp.core.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.qnsp.core.handshake.Identity;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PrivateKey;
import org.qnsp.crypto.keys.PublicKey;

/** The private keys that a login offers, opened: at most four (L-2), those that answer challenges before those that sign. Closing wipes them. */
public final class Identities implements AutoCloseable {
    private static final int GROUP_OR_OTHERS = 0077;
    private static final String EDGE = "@".repeat(59) + "\n";

    private final ClientConfig config;
    private final LocalUser local;
    private final Prompt prompt;
    private final Messages messages;
    private final List<PrivateKey> keys = new ArrayList<>();

    private Identities(ClientConfig config, LocalUser local, Prompt prompt, Messages messages) {
        this.config = config;
        this.local = local;
        this.prompt = prompt;
        this.messages = messages;
    }

    /**
     * Reads the identity files of the configuration; asks for passphrases, unless it says BatchMode. What cannot be used is passed over and said.
     *
     * @param prompt whom to ask for a passphrase
     */
    public static Identities load(ClientConfig config, LocalUser local, Prompt prompt, Messages messages) {
        Identities identities = new Identities(config, local, prompt, messages);
        if (config.pubkeyAuthentication()) {
            for (Path file : config.identityFiles()) {
                identities.add(file);
            }
            identities.keys.sort(Comparator.comparing(key -> key.type() != KeyType.KEM)); // a stable sort
        }
        return identities;
    }

    /** For the handshake, in order. */
    public List<Identity> forLogin() {
        return keys.stream().limit(Limits.KEY_ENTRIES).map(key -> UserAuth.identity(key, RandomSource.system())).toList();
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return keys.isEmpty();
    }

    private void add(Path file) {
        KeyFile content = read(file);
        if (content == null || keys.stream().anyMatch(key -> key.publicKey().equals(content.publicKey()))) {
            return;
        }
        PrivateKey key = content.encrypted() ? openWithPassphrase(file, content) : open(file, content, null);
        if (key != null) {
            messages.debug("Will offer key: " + file + " " + HostKeyTexts.typeTitle(key.type()) + " " + Fingerprint.text(key.publicKey()));
            keys.add(key);
        }
    }

    private KeyFile read(Path file) {
        try {
            if (isExposed(file)) {
                return null;
            }
            return KeyFile.read(file);
        } catch (NoSuchFileException e) {
            messages.debug("identity file " + file + " does not exist");
            if (config.hasIdentityFiles()) {
                messages.info("no such identity: " + file + ": No such file or directory");
            }
        } catch (IOException e) {
            messages.info("Load key \"" + file + "\": " + reason(e));
        } catch (KeyFileException e) {
            messages.info("Load key \"" + file + "\": " + e.getMessage());
        }
        return null;
    }

    private static String reason(IOException e) {
        return e instanceof java.nio.file.AccessDeniedException ? "Permission denied" : String.valueOf(e.getMessage());
    }

    /** As ssh: a key of the user that others can read is not used. */
    private boolean isExposed(Path file) throws IOException {
        Map<String, Object> facts = Files.readAttributes(file, "unix:uid,mode");
        int mode = (Integer) facts.get("mode") & 0777;
        if ((Integer) facts.get("uid") != local.uid() || (mode & GROUP_OR_OTHERS) == 0) {
            return false;
        }
        messages.say(Messages.Level.ERROR, EDGE
                + "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n"
                + EDGE
                + "Permissions 0" + Integer.toOctalString(mode) + " for '" + file + "' are too open.\n"
                + "It is required that your private key files are NOT accessible by others.\n"
                + "This private key will be ignored.\n"
                + "Load key \"" + file + "\": bad permissions\n");
        return true;
    }

    /** A usual file with a passphrase is opened only if no key is open yet; one that the configuration names always. */
    private PrivateKey openWithPassphrase(Path file, KeyFile content) {
        if (config.batchMode() || !keys.isEmpty() && !config.hasIdentityFiles()) {
            messages.debug("identity file " + file + " has a passphrase: not used");
            return null;
        }
        for (int attempt = 0; attempt < config.numberOfPasswordPrompts(); attempt++) {
            char[] passphrase = prompt.secret("Enter passphrase for key '" + file + "': ");
            if (passphrase == null || passphrase.length == 0) {
                return null;
            }
            PrivateKey key = open(file, content, passphrase);
            Arrays.fill(passphrase, '\0');
            if (key != null) {
                return key;
            }
        }
        return null;
    }

    private PrivateKey open(Path file, KeyFile content, char[] passphrase) {
        try {
            return content.open(passphrase).key();
        } catch (KeyFileException e) {
            if (e.reason() == KeyFileException.Reason.WRONG_PASSPHRASE) {
                messages.debug("bad passphrase given, try again...");
            } else {
                messages.info("Load key \"" + file + "\": " + e.getMessage());
            }
            return null;
        }
    }

    /** The public halves, for messages. */
    public List<PublicKey> publicKeys() {
        return keys.stream().map(PrivateKey::publicKey).toList();
    }

    @Override
    public void close() {
        keys.forEach(PrivateKey::close);
    }
}
