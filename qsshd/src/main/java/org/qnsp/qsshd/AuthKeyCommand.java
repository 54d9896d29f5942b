package org.qnsp.qsshd;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.qsshd.auth.AuthKeyDirectory;
import org.qnsp.qsshd.session.Account;

/** `qsshd authkey`: lists the auth keys that are kept for a user, forgets one, and takes one that was made by qssh-keygen -t authkey. */
final class AuthKeyCommand {
    private AuthKeyCommand() {}

    static int run(List<String> args, PrintStream out) throws UsageException, IOException, ConfigException {
        Path configFile = null;
        Path add = null;
        String remove = null;
        List<String> options = new ArrayList<>();
        List<String> users = new ArrayList<>();
        Getopt getopt = new Getopt("a:f:h:o:r:", args);
        for (int option = getopt.next(); option != Getopt.END; option = getopt.next()) {
            switch (option) {
                case 'a' -> add = Path.of(getopt.value());
                case 'f' -> configFile = Path.of(getopt.value());
                case 'h' -> options.add("HostKey=" + Path.of(getopt.value()).toAbsolutePath());
                case 'o' -> options.add(getopt.value());
                case 'r' -> remove = getopt.value();
                default -> users.add(getopt.value());
            }
        }
        if (users.size() > 1 || add != null && remove != null) {
            throw new UsageException(users.size() > 1 ? "more than one user" : "-a or -r, not both");
        }
        Setup setup = Setup.of(configFile, options);
        String asked = users.isEmpty() ? setup.self().name() : users.getFirst();
        String user = Account.named(asked).orElseThrow(() -> new IOException("no user " + asked)).name();
        AuthKeyDirectory keys = setup.authKeys(setup.config());
        if (add != null) {
            add(keys, user, add);
        } else if (remove != null) {
            remove(keys, user, remove);
        } else {
            keys.ids(user).forEach(out::println);
        }
        return 0;
    }

    private static void add(AuthKeyDirectory keys, String user, Path file) throws IOException {
        if (KeyFile.exposed(file)) {
            throw new IOException(file + ": others may read it, so it is no secret");
        }
        try (AuthKey key = AuthKey.read(Files.readString(file)).orElseThrow(() -> new IOException(file + ": there is no auth key in it"))) {
            keys.store(user, key, null, System.currentTimeMillis());
        }
    }

    private static void remove(AuthKeyDirectory keys, String user, String id) throws IOException {
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(id);
        } catch (IllegalArgumentException e) {
            throw new IOException("no auth key " + id, e);
        }
        if (!keys.remove(user, bytes)) {
            throw new IOException("no auth key " + id);
        }
    }
}
