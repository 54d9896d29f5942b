package org.qnsp.core.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.qnsp.core.agent.AgentMessage;
import org.qnsp.core.agent.KeyTerms;
import org.qnsp.core.config.KeyTypes;
import org.qnsp.core.handshake.Identity;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/**
 * The keys that a login offers, those that answer challenges before those that sign: what an agent holds for us, then files that open without asking; a login takes
 * four of them (L-2). Only when the host has refused those are passphrases asked for that an earlier key might have spared. Closing wipes keys and lets the agent go.
 */
public final class Identities implements AutoCloseable {
    private static final int GROUP_OR_OTHERS = 0077;
    /** The most logins that are tried with ever other keys. */
    private static final int MOST_ROUNDS = 4;
    private static final String EDGE = "@".repeat(59) + "\n";

    /** A key to offer. @param file what it was read from, null for an agent's @param opened the same, null for an agent's */
    private record Offer(Identity identity, Path file, KeyFile.Opened opened) {
        PublicKey key() {
            return identity.publicKey();
        }
    }

    /** A file that wants a passphrase. */
    private record Sealed(Path file, KeyFile content) {}

    private final ClientConfig config;
    private final LocalUser local;
    private final Prompt prompt;
    private final Messages messages;
    private final List<Offer> offers = new ArrayList<>();
    private final List<Sealed> sealed = new ArrayList<>();
    private AgentClient agent;
    private String agentTrouble;
    private int from;
    private int rounds;

    private Identities(ClientConfig config, LocalUser local, Prompt prompt, Messages messages) {
        this.config = config;
        this.local = local;
        this.prompt = prompt;
        this.messages = messages;
    }

    /**
     * Asks the agent and reads the identity files of the configuration; asks for passphrases, unless it says BatchMode. What cannot be used is passed over and said.
     *
     * @param prompt whom to ask for a passphrase
     */
    public static Identities load(ClientConfig config, LocalUser local, Prompt prompt, Messages messages) {
        Identities identities = new Identities(config, local, prompt, messages);
        if (config.pubkeyAuthentication()) {
            identities.gather();
        }
        return identities;
    }

    private void gather() {
        List<AgentMessage.Listed> held = heldByAgent();
        List<Offer> fromFiles = new ArrayList<>();
        for (Path file : config.identityFiles()) {
            add(file, held, fromFiles);
        }
        if (!config.identitiesOnly()) {
            held.forEach(this::addHeld);
        }
        offers.addAll(fromFiles);
        offers.removeIf(offer -> !config.auth().method().takes(offer.key().type()));
        offers.sort((a, b) -> Boolean.compare(a.key().type() != KeyType.KEM, b.key().type() != KeyType.KEM)); // a stable sort
        // A usual file with a passphrase is opened only if no key is at hand yet; one that the configuration names always.
        while (!sealed.isEmpty() && (offers.isEmpty() || config.hasIdentityFiles())) {
            unseal(sealed.removeFirst());
        }
        offers.forEach(offer -> messages.debug("Will offer key: " + name(offer) + " " + HostKeyTexts.typeTitle(offer.key().type()) + " " + Fingerprint.text(offer.key())
                + (offer.file == null ? " agent" : "")));
    }

    private String name(Offer offer) {
        return offer.file == null ? "(" + agent.socket() + ")" : offer.file.toString();
    }

    /** What the agent lets us use; nothing where there is none, or it is one of another kind. */
    private List<AgentMessage.Listed> heldByAgent() {
        String socket = config.hasIdentityAgent() ? config.identityAgent() : AgentClient.socket(local.environment());
        if (socket == null || socket.isEmpty()) {
            return List.of();
        }
        try {
            agent = AgentClient.connect(Path.of(socket));
            return agent.keys();
        } catch (AgentClient.OtherAgentException e) {
            messages.debug(e.getMessage()); // ssh's own agent is no news
        } catch (IOException | InvalidPathException e) {
            agentTrouble = "the agent at " + socket + " does not answer: " + e.getMessage();
            messages.debug(agentTrouble);
        }
        return List.of();
    }

    /** For the handshake, in order. */
    public List<Identity> forLogin() {
        return offers.stream().skip(from).limit(Limits.KEY_ENTRIES).map(Offer::identity).toList();
    }

    /** The host has refused those: whether there are others, which {@link #forLogin} then gives. May ask for a passphrase. */
    public boolean more() {
        from += forLogin().size();
        rounds++;
        while (rounds < MOST_ROUNDS && from == offers.size() && !sealed.isEmpty()) {
            unseal(sealed.removeFirst());
        }
        return rounds < MOST_ROUNDS && from < offers.size();
    }

    /** Back to the first keys, for another way in. */
    public void restart() {
        from = 0;
        rounds = 0;
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return offers.isEmpty();
    }

    /** Why the agent could not be asked, null where it could or there is none. */
    public String agentTrouble() {
        return agentTrouble;
    }

    private boolean isOffered(PublicKey key) {
        return offers.stream().anyMatch(offer -> offer.key().equals(key));
    }

    /** Signatures of another suite are of no use (S-1). */
    private boolean isWanted(PublicKey key) {
        boolean suits = config.suite().takes(key.type());
        if (!suits) {
            messages.debug("key not offered: " + HostKeyTexts.typeTitle(key.type()) + " " + Fingerprint.text(key) + " does not belong to suite " + config.suite());
        }
        return suits && KeyTypes.accepts(config.acceptedKeys(), key.type());
    }

    private void addHeld(AgentMessage.Listed held) {
        if (!isOffered(held.key()) && isWanted(held.key())) {
            offers.add(new Offer(agent.identity(held.key(), trouble -> refused(held, trouble)), null, null));
        }
    }

    private void refused(AgentMessage.Listed held, IOException trouble) {
        messages.say(Messages.Level.ERROR, "sign_and_send_pubkey: signing failed for " + HostKeyTexts.typeTitle(held.key().type()) + " \"" + held.comment()
                + "\" from agent: " + trouble.getMessage());
    }

    private void add(Path file, List<AgentMessage.Listed> held, List<Offer> fromFiles) {
        PublicKey alone = publicKey(file);
        KeyFile content = alone == null ? read(file) : null;
        PublicKey key = content == null ? alone : content.publicKey();
        if (key == null || !isWanted(key) || isOffered(key) || fromFiles.stream().anyMatch(offer -> offer.key().equals(key))) {
            return;
        }
        var inAgent = held.stream().filter(each -> each.key().equals(key)).findFirst();
        if (inAgent.isPresent()) {
            addHeld(inAgent.get());
        } else if (content != null && content.encrypted()) {
            sealed.add(new Sealed(file, content));
        } else if (content != null) {
            KeyFile.Opened opened = open(file, content, null);
            if (opened != null) {
                fromFiles.add(offer(file, opened));
            }
        }
    }

    private static Offer offer(Path file, KeyFile.Opened opened) {
        return new Offer(UserAuth.identity(opened.key(), RandomSource.system()), file, opened);
    }

    /** The public key of a file that holds nothing else, or of FILE.pub where FILE is not there: its private half may be the agent's. */
    private static PublicKey publicKey(Path file) {
        Path readable = Files.exists(file) ? file : file.resolveSibling(file.getFileName() + ".pub");
        try (InputStream in = Files.newInputStream(readable)) {
            byte[] text = in.readNBytes(KeyFile.LARGEST_FILE_BYTES);
            boolean isLine = text.length > 0 && text[0] == 'm'; // all types begin so, and private keys with dashes
            return isLine ? PublicKey.parseLine(new String(text, StandardCharsets.UTF_8).strip()).key() : null;
        } catch (IOException | InvalidKeyEncodingException e) {
            return null;
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

    private void unseal(Sealed wanted) {
        Path file = wanted.file;
        if (config.batchMode()) {
            messages.debug("identity file " + file + " has a passphrase: not used");
            return;
        }
        for (int attempt = 0; attempt < config.numberOfPasswordPrompts(); attempt++) {
            char[] passphrase = prompt.secret(PrivateKeyTexts.passphraseFor(file));
            if (passphrase == null || passphrase.length == 0) {
                return;
            }
            KeyFile.Opened opened = open(file, wanted.content, passphrase);
            Arrays.fill(passphrase, '\0');
            if (opened != null) {
                offers.add(offer(file, opened));
                return;
            }
        }
    }

    private KeyFile.Opened open(Path file, KeyFile content, char[] passphrase) {
        try {
            return content.open(passphrase);
        } catch (KeyFileException e) {
            if (e.reason() == KeyFileException.Reason.WRONG_PASSPHRASE) {
                messages.debug("bad passphrase given, try again...");
            } else {
                messages.info("Load key \"" + file + "\": " + e.getMessage());
            }
            return null;
        }
    }

    /** AddKeysToAgent: the login was proved with this key; one from a file is given to the agent, if the configuration says so. */
    public void proved(PublicKey key) {
        String wish = config.addKeysToAgent();
        Offer used = offers.stream().filter(offer -> offer.file != null && offer.key().equals(key)).findFirst().orElse(null);
        if (used == null || agent == null || wish.equals("no")) {
            return;
        }
        String comment = used.opened.comment().isEmpty() ? used.file.toString() : used.opened.comment();
        if (wish.equals("ask") && !prompt.confirms("Add key " + used.file + " (" + comment + ") to agent?")) {
            messages.debug("key not added to the agent");
            return;
        }
        String seconds = wish.replaceFirst("^confirm *", "");
        long lifetime = seconds.matches("\\d+") ? Long.parseLong(seconds) : 0;
        KeyTerms terms = new KeyTerms(lifetime, wish.startsWith("confirm"), List.of());
        // the request wipes its key, and this one is still in use
        try (Secret secrets = KeyFile.secrets(used.opened.key(), comment)) {
            KeyFile.Opened copy = KeyFile.ofSecrets(secrets.bytes());
            boolean added = agent.does(new AgentMessage.Add(copy.key(), comment, terms));
            messages.debug(added ? "identity added to agent: " + used.file : "could not add identity to authentication agent: " + used.file);
        } catch (IOException | KeyFileException e) {
            messages.debug("could not add identity to authentication agent: " + e.getMessage());
        }
    }

    /** The agent that the keys come from, null where there is none. */
    public Path agentSocket() {
        return agent == null ? null : agent.socket();
    }

    @Override
    public void close() {
        offers.forEach(offer -> {
            if (offer.opened != null) {
                offer.opened.close();
            }
        });
        if (agent != null) {
            agent.close();
        }
    }
}
