package org.qnsp.qsshd.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.handshake.Action.FindKeys;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.handshake.HandshakeMessage.Entry;
import org.qnsp.core.handshake.HandshakeMessage.Method;
import org.qnsp.core.handshake.ServerHandshake;
import org.qnsp.core.message.Limits;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.qsshd.config.AuthPolicy;
import org.qnsp.qsshd.config.AuthorizedKeys;
import org.qnsp.qsshd.config.ConnectionFacts;
import org.qnsp.qsshd.config.KeyOptions;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.config.KeysProgram;
import org.qnsp.qsshd.session.Account;
import org.qnsp.qsshd.session.KeysCommand;
import org.qnsp.qsshd.session.LoginCheck;
import org.qnsp.qsshd.session.UserFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds which of the keys that a client offers may log in as the user that it names (H-14). What is done for a user or key that is unknown is what is done for
 * one that is known, down to the child process that reads the keys. Blocks; for platform threads.
 */
public final class Gatekeeper {
    private static final Logger LOG = LoggerFactory.getLogger(Gatekeeper.class);
    /** The line number of a key that is in no file yet. */
    private static final int BROUGHT = 0;

    /**
     * What was found.
     *
     * @param keys for each entry the key, or null where it may not log in
     * @param options for each entry what its line of authorized_keys allows, or null
     * @param account whose login it would be, null where there is none
     * @param config the configuration with the blocks that match this connection
     * @param accountDenial why the account may not be used now though a key is right, or null
     * @param brought the key that an invite lets in and that is yet to be written down, or null
     * @param shared the auth key that the client named and that is kept here, null for none
     * @param which which of the named ones it is, from 1 on, 0 for none
     * @param useTaken whether one use of an invite was taken, which is owed back if no login comes of it
     */
    public record Findings(List<PublicKey> keys, List<KeyOptions> options, Account account, ServerConfig config, String accountDenial, PublicKey brought,
            AuthKey shared, int which, boolean useTaken) {
        /** Nothing: no key may log in. */
        public static Findings none(FindKeys ask, ServerConfig config) {
            int n = ask.entries().size();
            return new Findings(new ArrayList<>(Collections.nCopies(n, null)), new ArrayList<>(Collections.nCopies(n, null)), null, config,
                    "This account is not available now.", null, null, 0, false);
        }

        /** The same, with a use of an invite taken or not. */
        public Findings withUse(boolean taken) {
            return new Findings(keys, options, account, config, accountDenial, brought, shared, which, taken);
        }

        /** Whether an auth key is enough to log in. */
        public boolean authKeySuffices() {
            return config.auth().authKey() == AuthPolicy.Continuity.SUFFICIENT && account != null && (account.uid() != 0 || mayRoot(config, KeyOptions.NONE));
        }

        /** The options of the entry that the login was proved with. */
        public KeyOptions optionsOf(PublicKey key) {
            int index = key == null ? -1 : keys.indexOf(key);
            return index < 0 ? KeyOptions.NONE : options.get(index);
        }
    }

    /** Where a connection comes from. */
    public record Origin(String address, String localAddress, int localPort) {}

    private final UserFiles files;
    private final KeysCommand command;
    private final LoginCheck check = new LoginCheck();

    public Gatekeeper(UserFiles files, KeysCommand command) {
        this.files = files;
        this.command = command;
    }

    /**
     * Answers a handshake's question.
     *
     * @param global the daemon's configuration
     * @param authKeys those that are kept from one login to the next
     * @param invite the invite that the connection was opened with, one use of it taken; or null
     */
    public Findings examine(FindKeys ask, ServerConfig global, AuthKeyDirectory authKeys, Origin origin, InviteFile.Entry invite) throws InterruptedException {
        String asked = ask.user() == null ? global.anonymousUser() : withoutStyle(ask.user());
        try {
            Account account = Account.named(asked).orElse(null);
            // a directory may find "alice" for "Alice" too; what is said of alice in the configuration holds for her by every name
            String name = account == null ? asked : account.name();
            ServerConfig config = global.forConnection(new ConnectionFacts(name, account != null, () -> groupNames(account), origin.address, origin.address,
                    origin.localAddress, origin.localPort));
            List<AuthorizedKeys> known = read(account, name, config, ask.entries());
            Optional<String> refusal = refusal(account, name, config, origin);
            refusal.ifPresent(why -> LOG.info("login of {} from {} refused: {}", quoted(name), origin.address, why));
            boolean allowed = refusal.isEmpty();
            List<PublicKey> keys = new ArrayList<>();
            List<KeyOptions> options = new ArrayList<>();
            PublicKey brought = null;
            Revoked revoked = Revoked.read(config.revokedKeys());
            int which = 0;
            AuthKey shared = null;
            for (int i = 0; i < ask.authKeyIds().size() && config.auth().authKey() != AuthPolicy.Continuity.OFF; i++) {
                Optional<AuthKey> kept = authKeys.find(account == null ? "" : name, ask.authKeyIds().get(i), System.currentTimeMillis());
                if (kept.isPresent() && which == 0) {
                    which = i + 1;
                    shared = kept.get();
                }
            }
            boolean invited = invite != null && invite.user().filter(name::equals).isPresent();
            if (allowed && which == 0 && !invited && ask.user() != null && config.auth().authKey() == AuthPolicy.Continuity.REQUIRE) {
                LOG.info("login of {} from {} refused: no auth key that is known here, and AuthKey is require", quoted(name), origin.address);
                allowed = false;
            }
            for (Entry entry : ask.entries()) {
                if (!config.auth().takes(entry.method()) || entry.method() == Method.AUTH_KEY) {
                    keys.add(null);
                    options.add(null);
                    continue;
                }
                AuthorizedKeys.Line line = allowed && keys.size() < config.maxAuthTries() ? find(ask, entry, known.get(keys.size()), config, origin, invite, account) : null;
                if (line != null && revoked.contains(line.key())) {
                    LOG.warn("a key of {} from {} is revoked ({})", quoted(name), origin.address, config.revokedKeys());
                    line = null;
                }
                keys.add(line == null ? null : line.key());
                options.add(line == null ? null : line.options());
                brought = line != null && line.number() == BROUGHT ? line.key() : brought;
            }
            String denial = allowed ? denial(account, config) : null;
            if (allowed && denial == null && !ask.quantum() && config.requiresQuantumKeys()) {
                LOG.info("login of {} from {} refused: no quantum keys, and Qkd is require", quoted(name), origin.address);
                denial = "This host takes no login without keys of quantum key distribution (qssh --qkd).";
            }
            return new Findings(keys, options, account, config, allowed ? denial : ask.user() == null ? "This account is not available now." : null, brought,
                    allowed ? shared : null, allowed ? which : 0, false);
        } catch (IOException e) {
            LOG.error("login of {} from {} refused: {}", quoted(asked), origin.address, e.getMessage());
            return Findings.none(ask, global);
        }
    }

    /** As sshd: what follows a colon names a style of logging in, of which there are none here. */
    private static String withoutStyle(String user) {
        return user.contains(":") ? user.substring(0, user.indexOf(':')) : user;
    }

    private AuthorizedKeys.Line find(FindKeys ask, Entry entry, AuthorizedKeys known, ServerConfig config, Origin origin, InviteFile.Entry invite, Account account) {
        Optional<AuthorizedKeys.Line> line = known.find(entry.keyHash(), origin.address, origin.address, System.currentTimeMillis() / 1000);
        if (line.isEmpty() && invite != null && invite.user().isPresent() && invite.user().get().equals(account.name())) {
            PublicKey brought = ServerHandshake.broughtKey(ask, entry);
            line = Optional.ofNullable(brought).map(key -> new AuthorizedKeys.Line(BROUGHT, KeyOptions.NONE, key, ""));
        }
        return line.filter(l -> config.acceptsKeyType(l.key().type()))
                .filter(l -> account.uid() != 0 || mayRoot(config, l.options()))
                .orElse(null);
    }

    private static boolean mayRoot(ServerConfig config, KeyOptions options) {
        return switch (config.permitRootLogin()) {
            case NO -> false;
            case FORCED_COMMANDS_ONLY -> options.command() != null || config.forceCommand() != null;
            case YES, PROHIBIT_PASSWORD -> true;
        };
    }

    /** What files and AuthorizedKeysCommand say of each entry that is looked at. The same number of children whoever is asked for. */
    private List<AuthorizedKeys> read(Account account, String name, ServerConfig config, List<Entry> entries) throws IOException, InterruptedException {
        StringBuilder text = new StringBuilder();
        Account reader = account != null && mayActFor(account) ? account : null;
        for (Path path : paths(reader, name, config)) {
            switch (reader == null ? files.readForUnknown() : files.read(reader, path.toString(), config.strictModes())) {
                case UserFiles.Result.Contents(byte[] bytes) -> text.append(new String(bytes, StandardCharsets.UTF_8)).append('\n');
                case UserFiles.Result.Absent absent -> LOG.debug("no file {}", path);
                case UserFiles.Result.Refused(String reason) -> LOG.warn("authorized keys {} of {} not used: {}", path, quoted(name), reason);
            }
        }
        AuthorizedKeys keys = parsed(text.toString(), "authorized keys of " + quoted(name));
        Map<List<String>, AuthorizedKeys> commanded = new HashMap<>();
        List<AuthorizedKeys> all = new ArrayList<>();
        for (Entry entry : entries.subList(0, Math.min(entries.size(), config.maxAuthTries()))) {
            all.add(keys.and(commanded(reader, name, config, entry, commanded)));
        }
        return all;
    }

    private static AuthorizedKeys parsed(String text, String what) {
        AuthorizedKeys keys = AuthorizedKeys.parse(text, ZoneId.systemDefault());
        keys.ignored().forEach(i -> LOG.warn("{}: line {} ignored: {}", what, i.number(), i.why()));
        return keys;
    }

    /** The program is asked about nobody where there is no such user, and its answer not used. @param done what it said when it was asked the same */
    private AuthorizedKeys commanded(Account account, String name, ServerConfig config, Entry entry, Map<List<String>, AuthorizedKeys> done)
            throws InterruptedException {
        try {
            KeysProgram program = config.keysProgram().orElse(null);
            if (program == null) {
                return AuthorizedKeys.NONE;
            }
            String type = ServerHandshake.typeOf(entry).typeName();
            String fingerprint = Fingerprint.text(entry.keyHash());
            KeysProgram.Question about = account == null ? new KeysProgram.Question("nobody", 65_534, "/", type, fingerprint)
                    : new KeysProgram.Question(account.name(), account.uid(), account.home(), type, fingerprint);
            List<String> words = program.words(about);
            if (!done.containsKey(words)) {
                done.put(words, commanded(account, name, program.runsAs(about), words));
            }
            return done.get(words);
        } catch (ConfigException | IOException e) {
            LOG.error("AuthorizedKeysCommand for {} not used: {}", quoted(name), e.getMessage());
            return AuthorizedKeys.NONE;
        }
    }

    private AuthorizedKeys commanded(Account account, String name, String runsAs, List<String> words) throws IOException, InterruptedException {
        Account runner = Account.named(runsAs).orElseThrow(() -> new IOException("AuthorizedKeysCommandUser \"" + runsAs + "\" not found"));
        UserFiles.Result result = command.run(runner, words);
        if (result instanceof UserFiles.Result.Refused(String reason)) {
            LOG.warn("AuthorizedKeysCommand {} for {} not used: {}", words.getFirst(), quoted(name), reason);
        }
        return account != null && result instanceof UserFiles.Result.Contents(byte[] bytes)
                ? parsed(new String(bytes, StandardCharsets.UTF_8), "AuthorizedKeysCommand for " + quoted(name)) : AuthorizedKeys.NONE;
    }

    private static List<Path> paths(Account account, String name, ServerConfig config) throws IOException {
        try {
            return account == null
                    ? config.authorizedKeysFiles("nobody", 65_534, Path.of("/"))
                    : config.authorizedKeysFiles(account.name(), (int) account.uid(), Path.of(account.home()));
        } catch (ConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static boolean mayActFor(Account account) throws IOException {
        long self = Account.ofDaemon().map(Account::uid).orElse(-1L);
        return self == 0 || self == account.uid();
    }

    private static Optional<String> refusal(Account account, String name, ServerConfig config, Origin origin) throws IOException {
        if (account == null) {
            return Optional.of("no such user");
        }
        if (!mayActFor(account)) {
            return Optional.of("this daemon serves another user only");
        }
        if (!config.pubkeyAuthentication() && !name.equals(config.anonymousUser())) {
            return Optional.of("PubkeyAuthentication no");
        }
        if (account.uid() == 0 && config.permitRootLogin() == ServerConfig.RootLogin.NO) {
            return Optional.of("PermitRootLogin no");
        }
        return config.refusal(name, origin.address, origin.address, () -> groupNames(account));
    }

    /** What the user is told, or null. */
    private String denial(Account account, ServerConfig config) throws IOException {
        boolean confined = rootOf(account, config) != null;
        return switch (check.check(account, LocalDate.now(), !confined)) {
            case LoginCheck.Verdict.Allowed allowed -> null;
            case LoginCheck.Verdict.Denied(String reason, String notice) -> {
                LOG.info("{}", reason);
                yield notice.isBlank() ? "This account is not available now." : cut(notice);
            }
        };
    }

    /** As much of a notice as a denial may carry (L-17), in whole characters. */
    static String cut(String notice) {
        String text = notice.strip();
        int end = 0;
        int bytes = 0;
        while (end < text.length()) {
            int character = text.codePointAt(end);
            bytes += new String(Character.toChars(character)).getBytes(StandardCharsets.UTF_8).length;
            if (bytes > Limits.TEXT_BYTES) {
                break;
            }
            end += Character.charCount(character);
        }
        return text.substring(0, end);
    }

    private static Path rootOf(Account account, ServerConfig config) throws IOException {
        try {
            return config.chrootDirectory(account.name(), (int) account.uid(), Path.of(account.home()));
        } catch (ConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static List<String> groupNames(Account account) {
        return account == null ? List.of() : account.groupNames();
    }

    private static String quoted(String name) {
        StringBuilder safe = new StringBuilder();
        name.chars().limit(64).forEach(c -> safe.append(c < 0x20 || c == 0x7f ? '?' : (char) c));
        return safe.toString();
    }
}
