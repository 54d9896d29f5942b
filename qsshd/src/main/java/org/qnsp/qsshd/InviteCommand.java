package org.qnsp.qsshd;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.Seconds;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.InvalidInviteException;
import org.qnsp.crypto.keys.Invite;
import org.qnsp.qsshd.auth.HostKeys;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.net.Policy;
import org.qnsp.qsshd.session.Account;

/** `qsshd invite`: makes, lists and revokes invites. The one thing on standard output is the invite, ready to be pasted. */
final class InviteCommand {
    private static final String DEFAULT_LIFETIME = "24h";

    private record Wish(Path configFile, List<String> options, String host, int uses, String lifetime, boolean list, String revoke, String user) {}

    private InviteCommand() {}

    static int run(List<String> args, PrintStream out) throws UsageException, IOException, ConfigException {
        Wish wish = parse(args);
        Setup setup = Setup.of(wish.configFile, wish.options);
        ServerConfig config = setup.config();
        InviteFile file = setup.invites(config);
        long now = System.currentTimeMillis() / 1000;
        if (wish.list) {
            file.active(now).forEach(e -> out.println(e.id() + " " + e.user().orElse("-") + " uses " + e.uses() + " until " + Instant.ofEpochSecond(e.expirySeconds())));
            return 0;
        }
        if (wish.revoke != null) {
            if (!file.revoke(wish.revoke)) {
                throw new IOException("no invite " + wish.revoke);
            }
            return 0;
        }
        out.println(make(wish, setup, config, file, now));
        return 0;
    }

    private static String make(Wish wish, Setup setup, ServerConfig config, InviteFile file, long now) throws IOException, UsageException {
        Optional<String> user = wish.user != null ? Optional.of(wish.user) : setup.root() ? Optional.empty() : Optional.of(setup.self().name());
        if (user.isPresent() && Account.named(user.get()).isEmpty()) {
            throw new IOException("no user " + user.get());
        }
        int seconds = Seconds.parse(wish.lifetime);
        if (seconds <= 0) {
            throw new UsageException("bad lifetime: " + wish.lifetime);
        }
        Policy policy = policy(setup);
        Setup.requireEntropy(policy.entropy());
        try (HostKeys host = policy.host();
                Invite invite = Invite.create(user, host(wish, config), port(config), host.publicKeys().getFirst().fingerprint(), RandomSource.system());
                Secret key = invite.inviteKey()) {
            String id = HexFormat.of().formatHex(RandomSource.system().bytes(4));
            file.add(new InviteFile.Entry(id, key.bytes().clone(), user, now + seconds, wish.uses), now);
            return invite.uri();
        } catch (InvalidInviteException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Policy policy(Setup setup) throws IOException {
        try {
            return setup.policy(fault -> { });
        } catch (ConfigException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static String host(Wish wish, ServerConfig config) throws IOException {
        String listen = config.listenAddresses().getFirst().address();
        return wish.host != null ? wish.host : listen.equals("*") || listen.equals("0.0.0.0") || listen.equals("::") ? InetAddress.getLocalHost().getHostName() : listen;
    }

    private static int port(ServerConfig config) {
        return config.listenAddresses().getFirst().port();
    }

    private static Wish parse(List<String> args) throws UsageException {
        Path configFile = null;
        List<String> options = new ArrayList<>();
        String host = null;
        int uses = 1;
        String lifetime = DEFAULT_LIFETIME;
        boolean list = false;
        String revoke = null;
        String user = null;
        Getopt getopt = new Getopt("f:H:h:ln:o:p:r:t:", args);
        for (int option = getopt.next(); option != Getopt.END; option = getopt.next()) {
            switch (option) {
                case 'f' -> configFile = Path.of(getopt.value());
                case 'H' -> host = getopt.value();
                case 'h' -> options.add("HostKey=" + Path.of(getopt.value()).toAbsolutePath());
                case 'l' -> list = true;
                case 'n' -> uses = uses(getopt.value());
                case 'o' -> options.add(getopt.value());
                case 'p' -> options.add("Port=" + getopt.value());
                case 'r' -> revoke = getopt.value();
                case 't' -> lifetime = getopt.value();
                default -> {
                    if (user != null) {
                        throw new UsageException("more than one user");
                    }
                    user = getopt.value();
                }
            }
        }
        return new Wish(configFile, options, host, uses, lifetime, list, revoke, user);
    }

    private static int uses(String text) throws UsageException {
        try {
            int uses = Integer.parseInt(text);
            if (uses >= 1 && uses <= 1000) {
                return uses;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new UsageException("bad number of uses: " + text);
    }
}
