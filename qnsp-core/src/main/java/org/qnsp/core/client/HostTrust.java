package org.qnsp.core.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.qnsp.core.client.ClientConfig.HostKeyChecking;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.core.handshake.Suite;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.Invite;
import org.qnsp.crypto.keys.InvalidInviteException;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/**
 * What is believed about a host's key, before, while and after it is met: known hosts, invites, the user's word. A host whose key is known is never met as a
 * stranger, so who silences it cannot take its place.
 */
public final class HostTrust {
    private static final String INVITE_HINT = "the host is not in known_hosts; ask its administrator for an invite (qssh://...) and give that in place of the host name";

    private final ClientConfig config;
    private final Prompt prompt;
    private final Messages messages;
    private final KnownHosts known;
    private final String name;
    private final Set<PublicKey> revoked;
    private Invite invite;
    private String address;
    private boolean anyKeyWillDo;
    private boolean vouchedFor;
    private PublicKey toBeAdded;
    private PublicKey met;

    /**
     * @param invite that the user gave, or null
     * @throws IOException if the known hosts, or the keys that are revoked, cannot be read
     * @throws ConnectFailure if the command that knows hosts fails
     */
    public HostTrust(ClientConfig config, Invite invite, Prompt prompt, Messages messages) throws IOException, ConnectFailure {
        this.config = config;
        this.invite = invite;
        this.prompt = prompt;
        this.messages = messages;
        this.name = config.hostKeyAlias() == null ? KnownHosts.name(config.hostName(), config.port()) : config.hostKeyAlias().toLowerCase(Locale.ROOT);
        List<Path> files = new ArrayList<>(config.userKnownHostsFiles());
        files.addAll(config.globalKnownHostsFiles());
        this.known = KnownHosts.read(files).and(KnownHostsCommand.run(config, name));
        this.revoked = config.revokedHostKeys() == null ? Set.of() : revokedKeys(Path.of(config.revokedHostKeys()));
    }

    /** Every line must be a key: what cannot be read might revoke one. */
    private static Set<PublicKey> revokedKeys(Path file) throws IOException {
        Set<PublicKey> keys = new HashSet<>();
        int number = 0;
        if (!Files.exists(file)) {
            throw new IOException("RevokedHostKeys " + file + ": No such file or directory");
        }
        for (String line : KnownHosts.textLines(file)) {
            number++;
            if (!line.isBlank() && !line.startsWith("#")) {
                try {
                    keys.add(PublicKey.parseLine(line.strip()).key());
                } catch (InvalidKeyEncodingException e) {
                    throw new IOException("RevokedHostKeys " + file + " line " + number + ": " + e.getMessage(), e);
                }
            }
        }
        return keys;
    }

    /** The name that the host is known under. */
    public String name() {
        return name;
    }

    /** The address that was dialled, for the question to the user; none for a proxy. */
    public void dialled(String text) {
        address = text;
    }

    /** Any key will do, and none is kept: the host is this machine, and the configuration says so. */
    void takeAnyKey() {
        messages.debug("Forcing accepting of host key for loopback/localhost.");
        anyKeyWillDo = true;
    }

    /** Keys that are known for the host alone, where none is for it and this port: as ssh, which takes such a key without a question. */
    private List<PublicKey> withoutPort() {
        boolean asks = config.hostKeyAlias() == null && config.port() != ClientConfig.DEFAULT_PORT && invite == null && !anyKeyWillDo;
        if (!asks || !known.linesOf(name).stream().allMatch(KnownHostLine::revoked)) {
            return List.of();
        }
        String host = KnownHosts.name(config.hostName(), ClientConfig.DEFAULT_PORT);
        return known.keysOf(host, KeyType.KEM).stream()
            .filter(key -> !revoked.contains(key) && !(known.check(name, key) instanceof KnownHosts.Answer.Revoked)).toList();
    }

    /** What is left where the host did not answer to a key that is known for it without this port; null where that was not so. @throws ConnectFailure where nothing is */
    List<Trust> afterOthers(Trust tried) throws ConnectFailure {
        return tried instanceof Trust.Pinned(PublicKey key) && withoutPort().contains(key) ? List.of(stranger()) : null;
    }

    /** Whether the host is not known and the user would be asked or told so before anything is tried. */
    boolean stopsAtStrangers() {
        boolean decides = config.strictHostKeyChecking() == HostKeyChecking.YES || config.strictHostKeyChecking() == HostKeyChecking.ASK;
        return invite == null && !anyKeyWillDo && decides && known.keysOf(name, KeyType.KEM).isEmpty() && withoutPort().isEmpty();
    }

    /** Whether the key that the host proved was known, or taken by the user's own decision; then the host may tell of its other keys. */
    boolean vouchedFor() {
        return vouchedFor && !anyKeyWillDo;
    }

    /** Whether an invite is at hand: the login then asks the host to take the first key. */
    public boolean invited() {
        return invite != null;
    }

    /**
     * What to try, in order; may ask the user for an invite. A key after the first is for hosts that change theirs, an invite after known keys for a user whom
     * the host does not know yet.
     *
     * @throws ConnectFailure where the host is not known and nothing may be tried
     */
    public List<Trust> attempts() throws ConnectFailure {
        List<PublicKey> pinned = new ArrayList<>(known.keysOf(name, KeyType.KEM));
        PublicKey gone = pinned.stream().filter(revoked::contains).findFirst().orElse(null);
        pinned.removeAll(revoked);
        if (invite == null && pinned.isEmpty()) {
            if (gone != null) {
                messages.say(Messages.Level.ERROR, HostKeyTexts.revoked(name, gone, config.revokedHostKeys()));
                throw ConnectFailure.plain(HostKeyTexts.failed(), null);
            }
            List<Trust> others = withoutPort().stream().<Trust>map(Trust.Pinned::new).toList();
            if (!others.isEmpty()) {
                messages.debug("no key is known for " + name + ": checking without port identifier");
            }
            return others.isEmpty() ? List.of(stranger()) : others;
        }
        List<Trust> attempts = new ArrayList<>();
        for (PublicKey key : pinned) {
            if (invite == null || Arrays.equals(key.fingerprint(), invite.fingerprint())) {
                attempts.add(new Trust.Pinned(key));
            }
        }
        if (invite != null) {
            attempts.add(invited(invite));
        } else if (anyKeyWillDo) {
            attempts.add(new Trust.Unknown());
        }
        return attempts;
    }

    /** The keys that the host is known by. */
    List<PublicKey> pinned() {
        List<PublicKey> pinned = new ArrayList<>(known.keysOf(name, KeyType.KEM));
        pinned.removeAll(revoked);
        return pinned;
    }

    private static Trust invited(Invite invite) {
        try (Secret key = invite.inviteKey()) {
            return new Trust.Invited(invite.fingerprint(), key.bytes().clone());
        }
    }

    private Trust stranger() throws ConnectFailure {
        if (anyKeyWillDo) {
            return new Trust.Unknown();
        }
        if (known.certAuthorityOf(name) instanceof KnownHostLine line) {
            messages.info(line.file() + ":" + line.number() + ": @cert-authority cannot vouch for " + name + ": QNSP hosts have no certificates");
        }
        HostKeyChecking checking = config.strictHostKeyChecking();
        if (checking == HostKeyChecking.YES) {
            throw ConnectFailure.plain("No " + HostKeyTexts.typeTitle(KeyType.KEM) + " host key is known for " + name
                + " and you have requested strict checking.\n" + HostKeyTexts.failed(), INVITE_HINT);
        }
        if (checking != HostKeyChecking.ASK) {
            return new Trust.Unknown();
        }
        if (!config.batchMode()) {
            String question = "The host '" + name + "' is not known, and QNSP hosts are silent to strangers.\n"
                + "Paste an invite (qssh://...), or press Enter to try without one: ";
            for (String answer = prompt.line(question); answer != null; answer = prompt.line("Paste an invite, or press Enter to try without one: ")) {
                if (answer.isBlank()) {
                    return new Trust.Unknown();
                }
                if (take(answer.strip())) {
                    return invited(invite);
                }
            }
        }
        throw ConnectFailure.plain(HostKeyTexts.failed(), INVITE_HINT);
    }

    private boolean take(String text) {
        try {
            Invite pasted = Invite.parse(text);
            if (bare(pasted.host()).equalsIgnoreCase(bare(config.hostName())) || bare(pasted.host()).equalsIgnoreCase(bare(config.originalHost()))) {
                invite = pasted;
                return true;
            }
            messages.info("That invite is for " + pasted.host() + ", not for " + config.hostName() + ".");
        } catch (InvalidInviteException e) {
            messages.info(e.getMessage());
        }
        return false;
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** Decides about a key that answered at first contact; says what there is to say. */
    public boolean judge(PublicKey key) {
        messages.debug("Server host key: " + HostKeyTexts.typeTitle(key.type()) + " " + Fingerprint.text(key));
        if (revoked.contains(key)) {
            messages.say(Messages.Level.ERROR, HostKeyTexts.revoked(name, key, config.revokedHostKeys()));
            return false;
        }
        return switch (known.check(name, key)) {
            case KnownHosts.Answer.Known k -> {
                vouchedFor = true;
                yield true;
            }
            case KnownHosts.Answer.Revoked r -> {
                messages.say(Messages.Level.ERROR, HostKeyTexts.revoked(name, key, r.line().file() + ":" + r.line().number()));
                yield false;
            }
            case KnownHosts.Answer.Changed c -> anyKeyWillDo || changed(key, c.lines().getFirst());
            case KnownHosts.Answer.Unknown u -> {
                boolean byUser = invite != null || config.strictHostKeyChecking() == HostKeyChecking.ASK;
                boolean trusted = anyKeyWillDo || invite != null || config.strictHostKeyChecking() != HostKeyChecking.ASK || confirmed(key, u.otherNames());
                vouchedFor = trusted && byUser;
                toBeAdded = trusted && !anyKeyWillDo ? key : null;
                met = trusted ? key : null;
                yield trusted;
            }
        };
    }

    /** A pinned key was proved: CheckHostIP has its say. */
    void known(PublicKey key) throws ConnectFailure {
        vouchedFor = true;
        if (!checksAddress()) {
            return;
        }
        if (known.check(address, key) instanceof KnownHosts.Answer.Changed(List<KnownHostLine> lines)) {
            String title = HostKeyTexts.typeTitle(key.type());
            messages.say(Messages.Level.ERROR, "Warning: the " + title + " host key for '" + name + "' differs from the key for the IP address '" + address + "'\n"
                + "Offending key for IP in " + lines.getFirst().file() + ":" + lines.getFirst().number());
            if (config.strictHostKeyChecking() == HostKeyChecking.YES) {
                throw ConnectFailure.plain("Exiting, you have requested strict checking.\n" + HostKeyTexts.failed(), null);
            }
            String answer = config.strictHostKeyChecking() == HostKeyChecking.ASK && !config.batchMode() ? prompt.line("Are you sure you want to continue connecting (yes/no)? ") : "yes";
            if (!"yes".equalsIgnoreCase(answer == null ? "" : answer.strip())) {
                throw ConnectFailure.plain(HostKeyTexts.failed(), null);
            }
        }
    }

    private boolean checksAddress() {
        return config.checkHostIp() && config.hostKeyAlias() == null && address != null && !address.equals(name);
    }

    /** The one place for the loud box: a different key has really answered. */
    private boolean changed(PublicKey key, KnownHostLine offending) {
        Path file = config.userKnownHostsFiles().isEmpty() ? null : config.userKnownHostsFiles().getFirst();
        messages.say(Messages.Level.ERROR, HostKeyTexts.changed(name, key, offending, file));
        if (config.strictHostKeyChecking() == HostKeyChecking.NO) {
            return true;
        }
        messages.say(Messages.Level.ERROR, HostKeyTexts.changedAndStrict(name, key).replace(HostKeyTexts.failed(), ""));
        return false;
    }

    private boolean confirmed(PublicKey key, List<KnownHostLine> otherNames) {
        String answer = prompt.line(HostKeyTexts.unknownHost(name, address, key, otherNames, config.visualHostKey()));
        while (answer != null) {
            Boolean decision = HostKeyTexts.decision(answer, key);
            if (decision != null) {
                return decision;
            }
            answer = prompt.line(HostKeyTexts.askAgain());
        }
        return false;
    }

    /** How to go to the same host once more: who met it as a stranger knows it now. */
    public Trust again(Trust tried) {
        return tried instanceof Trust.Unknown && met != null ? new Trust.Pinned(met) : tried;
    }

    /** The host proved its key: one that is new is kept. */
    public void proved() {
        if (toBeAdded == null || config.userKnownHostsFiles().isEmpty()) {
            return;
        }
        Path file = config.userKnownHostsFiles().getFirst();
        try {
            KnownHosts.add(file, name, toBeAdded, config.hashKnownHosts(), RandomSource.system());
            messages.say(Messages.Level.INFO, HostKeyTexts.added(name, toBeAdded));
            if (checksAddress() && known.check(address, toBeAdded) instanceof KnownHosts.Answer.Unknown) {
                KnownHosts.add(file, address, toBeAdded, config.hashKnownHosts(), RandomSource.system());
            }
        } catch (IOException e) {
            messages.info("Failed to add the host to the list of known hosts (" + file + ").");
        }
        toBeAdded = null;
    }

    /** Why nobody answered, as far as can be told. */
    public ConnectFailure silence(Trust tried) {
        String where = config.hostName() + " port " + config.port();
        String suite = config.suite() == Suite.DEFAULT ? "" : ", or it does not allow suite " + config.suite();
        return switch (tried) {
            case Trust.Pinned p -> ConnectFailure.error("no answer from " + where
                + ": its key is another now, or one of the clocks is off by more than an hour, or it takes no logins now, or there is no QNSP server" + suite,
                "the known key is " + Fingerprint.text(p.hostKey()) + "; compare it with the host's (qssh-keygen -lf there), and `date` on both sides");
            case Trust.Invited i -> ConnectFailure.error("no answer from " + where
                + ": the invite is used up or expired, or one of the clocks is off by more than an hour, or there is no QNSP server",
                "ask the host's administrator for a new invite");
            case Trust.Unknown u -> ConnectFailure.error("no answer from " + where + ": it does not talk to strangers, or there is no QNSP server", INVITE_HINT);
        };
    }
}
