package org.qnsp.keygen.add;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.qnsp.core.agent.AgentMessage;
import org.qnsp.core.agent.AgentMessage.Listed;
import org.qnsp.core.agent.KeyTerms;
import org.qnsp.core.client.AgentClient;
import org.qnsp.core.client.AtExit;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.HostKeyTexts;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.Prompt;
import org.qnsp.core.client.TerminalPrompt;
import org.qnsp.core.handshake.UserAuth;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.PublicKey;

/** The program, with ssh-add's texts and statuses: 0 done, 1 not done or nothing there, 2 no agent. */
public final class Main {
    private static final int FAILED = 1;
    private static final int NO_AGENT = 2;
    private static final List<String> USUAL = List.of("id_kyber768", "id_dilithium3", "id_dilithium5");

    private final AddRequest request;
    private final AgentClient agent;
    private final LocalUser user;
    private final Prompt prompt;

    private Main(AddRequest request, AgentClient agent, LocalUser user, Prompt prompt) {
        this.request = request;
        this.agent = agent;
        this.user = user;
        this.prompt = prompt;
    }

    /** Runs and exits. */
    public static void main(String[] arguments) {
        AtExit.exit(run(List.of(arguments)));
    }

    private static int run(List<String> arguments) {
        AddRequest request;
        try {
            request = AddRequest.parse(arguments);
        } catch (Getopt.UsageException e) {
            System.err.println(e.getMessage());
            System.err.print(AddRequest.USAGE);
            return FAILED;
        }
        String socket = AgentClient.socket(System::getenv);
        if (socket == null) {
            System.err.println("Could not open a connection to your authentication agent.");
            return NO_AGENT;
        }
        AgentClient agent;
        try {
            agent = AgentClient.connect(Path.of(socket));
        } catch (AgentClient.OtherAgentException e) {
            System.err.println("Could not open a connection to your authentication agent.");
            System.err.println("qssh-add: hint: " + e.getMessage() + "; qssh-agent starts one that holds keys of qssh");
            return NO_AGENT;
        } catch (IOException | InvalidPathException e) {
            System.err.println("Error connecting to agent: " + (Files.exists(Path.of(socket)) ? e.getMessage() : "No such file or directory"));
            return NO_AGENT;
        }
        try (agent) {
            return new Main(request, agent, LocalUser.current(), new TerminalPrompt(System::getenv, true)).act() ? 0 : FAILED;
        } catch (IOException e) {
            System.err.println("qssh-add: error: " + e.getMessage());
            return FAILED;
        }
    }

    private boolean act() throws IOException {
        return switch (request.action()) {
            case ADD -> add();
            case DELETE -> delete();
            case DELETE_ALL -> deleteAll();
            case LIST, LIST_KEYS -> list();
            case LOCK -> lock();
            case UNLOCK -> unlock();
            case TEST -> test();
        };
    }

    private boolean add() throws IOException {
        KeyTerms terms = new KeyTerms(request.lifetimeSeconds(), request.confirms(), Destinations.parse(request.destinations(), request.hostKeyFiles(), user.home()));
        boolean all = true;
        boolean any = false;
        try (Adding adding = new Adding(agent, request, terms, prompt, user)) {
            for (String file : files()) {
                boolean added = adding.add(file, System.in);
                any |= added;
                all &= added;
            }
        }
        return any && all;
    }

    /** The files that are named, or the usual ones that there are. */
    private List<String> files() {
        return request.files().isEmpty()
                ? USUAL.stream().map(name -> user.home() + "/.qssh/" + name).filter(file -> Files.exists(Path.of(file))).toList() : request.files();
    }

    private boolean delete() throws IOException {
        boolean all = !files().isEmpty();
        for (String file : files()) {
            try {
                for (PublicKey.PublicKeyLine line : publicKeys(file)) {
                    boolean gone = agent.does(new AgentMessage.Remove(line.key().fingerprint()));
                    String comment = line.comment().isEmpty() ? file : line.comment();
                    if (gone && !request.isQuiet()) {
                        System.err.println("Identity removed: " + file + " (" + comment + ")");
                    } else if (!gone) {
                        System.err.println("Could not remove identity \"" + file + "\": agent refused operation");
                    }
                    all &= gone;
                }
            } catch (IOException | InvalidKeyEncodingException | InvalidPathException e) {
                System.err.println("Bad key file " + file + ": " + reason(e));
                all = false;
            }
        }
        return all;
    }

    private static String reason(Exception e) {
        return e instanceof java.nio.file.NoSuchFileException ? "No such file or directory" : e.getMessage();
    }

    /** The public key that belongs to a file: of FILE.pub, or of FILE itself where that is one; of - all lines of standard input. */
    private static List<PublicKey.PublicKeyLine> publicKeys(String file) throws IOException, InvalidKeyEncodingException {
        List<PublicKey.PublicKeyLine> keys = new ArrayList<>();
        if (file.equals("-")) {
            byte[] text = System.in.readNBytes(1 << 20);
            for (String line : new String(text, StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank() && !line.startsWith("#")).toList()) {
                keys.add(PublicKey.parseLine(line.strip()));
            }
            return keys;
        }
        Path path = Path.of(file);
        Path beside = path.resolveSibling(path.getFileName() + ".pub");
        try (var in = Files.newInputStream(!file.endsWith(".pub") && Files.exists(beside) ? beside : path)) {
            keys.add(PublicKey.parseLine(new String(in.readNBytes(1 << 16), StandardCharsets.UTF_8).strip()));
        }
        return keys;
    }

    private boolean deleteAll() throws IOException {
        boolean gone = agent.does(new AgentMessage.RemoveAll());
        if (!gone) {
            System.err.println("Failed to remove all identities.");
        } else if (!request.isQuiet()) {
            System.err.println("All identities removed.");
        }
        return gone;
    }

    private boolean list() throws IOException {
        List<Listed> keys = agent.keys();
        if (keys.isEmpty()) {
            System.out.println("The agent has no identities.");
        }
        for (Listed key : keys) {
            System.out.println(request.action() == AddRequest.Action.LIST_KEYS ? key.key().line(key.comment())
                    : key.key().type().strengthBits() + " " + fingerprint(key.key()) + " " + key.comment() + " (" + HostKeyTexts.typeTitle(key.key().type()) + ")");
            if (request.isVerbose() && (key.confirm() || key.constrained())) {
                System.out.println("  " + (key.confirm() ? "confirmed at each use" : "") + (key.confirm() && key.constrained() ? ", " : "")
                        + (key.constrained() ? "held to destinations" : ""));
            }
        }
        return !keys.isEmpty();
    }

    private String fingerprint(PublicKey key) {
        return request.usesSha2() ? Fingerprint.sha2Text(key) : Fingerprint.text(key);
    }

    private boolean lock() throws IOException {
        try (Secret first = passphrase("Enter lock password: "); Secret second = passphrase("Again: ")) {
            if (!first.matches(second.bytes())) {
                System.err.println("Passwords do not match.");
                return false;
            }
            return said(agent.does(new AgentMessage.Lock(Secret.copyOf(first.bytes()))), "");
        }
    }

    private boolean unlock() throws IOException {
        return said(agent.does(new AgentMessage.Unlock(passphrase("Enter lock password: "))), "un");
    }

    private static boolean said(boolean done, String un) {
        System.err.println(done ? "Agent " + un + "locked." : "Failed to " + un + "lock agent: agent refused operation");
        return done;
    }

    private Secret passphrase(String question) throws IOException {
        char[] typed = prompt.secret(question);
        if (typed == null) {
            throw new IOException("no passphrase was given");
        }
        ByteBuffer utf8 = StandardCharsets.UTF_8.encode(CharBuffer.wrap(typed));
        Secret passphrase = Secret.copyOf(Arrays.copyOf(utf8.array(), utf8.limit()));
        Arrays.fill(utf8.array(), (byte) 0);
        Arrays.fill(typed, '\0');
        return passphrase;
    }

    /** -T: whether the agent holds the private halves. It is asked as by this machine's own daemon, of which there may be none: keys held to destinations say no. */
    private boolean test() throws IOException {
        if (request.files().isEmpty()) {
            System.err.print(AddRequest.USAGE);
            return false;
        }
        boolean all = true;
        for (String file : request.files()) {
            try {
                for (PublicKey.PublicKeyLine line : publicKeys(file)) {
                    boolean held = UserAuth.isHeld(agent.identity(line.key(), trouble -> {}), new byte[AgentMessage.HASH], user.name(), RandomSource.system());
                    all &= held;
                    if (!held) {
                        System.err.println("Agent signature failed for " + file);
                    }
                }
            } catch (IOException | InvalidKeyEncodingException | InvalidPathException e) {
                System.err.println("Agent signature failed for " + file + ": " + reason(e));
                all = false;
            }
        }
        return all;
    }
}
