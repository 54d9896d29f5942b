package org.qnsp.qsshd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.core.qkd.QkdException;
import org.qnsp.core.qkd.QkdSettings;
import org.qnsp.core.qkd.SlaveSae;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.entropy.EntropyFeed;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.PassphraseCost;
import org.qnsp.qsshd.auth.AuthKeyDirectory;
import org.qnsp.qsshd.auth.HostKeys;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.auth.ReplayFile;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.net.Policy;
import org.qnsp.qsshd.session.Account;

/**
 * Where a daemon finds what it needs. Root's is under /etc/qssh; any other user's, who serves only himself, under ~/.qssh. The files of openings and of invites
 * lie beside the first host key, so that all processes of a host key find the same ones.
 *
 * @param file the configuration file, or null
 * @param options `-o` lines
 * @param self the account that the daemon runs as
 */
record Setup(Path file, List<String> options, Account self) {
    /** Names the directory that relative paths count from to a daemon that was sent to the background, and so to the root directory. */
    static final String DIRECTORY = "QSSHD_DIRECTORY";
    /** For an entropy source at the start. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final String HOST_KEY_NAME = "qssh_host_kyber768_key";

    /** @param file the file that was asked for, or null for the default */
    static Setup of(Path file, List<String> options) throws IOException {
        Account self = Account.ofDaemon().orElseThrow(() -> new IOException("this user has no account on this system"));
        Setup setup = new Setup(file, List.copyOf(options), self);
        Path fallback = setup.root() ? ServerConfig.DEFAULT_FILE : setup.own("qsshd_config");
        return file == null && Files.exists(fallback) ? new Setup(fallback, setup.options, self) : setup;
    }

    boolean root() {
        return self.uid() == 0;
    }

    private Path own(String name) {
        return Path.of(self.home(), ".qssh", name);
    }

    ServerConfig config() throws IOException, ConfigException {
        return ServerConfig.load(file, options, new ConfigFiles((int) self.uid()), Path.of(System.getenv().getOrDefault(DIRECTORY, "")).toAbsolutePath());
    }

    List<Path> hostKeyFiles(ServerConfig config) {
        return config.usesDefaultHostKey() ? List.of(root() ? Path.of("/etc/qssh", HOST_KEY_NAME) : own(HOST_KEY_NAME)) : config.hostKeys();
    }

    /** @param told of host keys that are unusable, see {@link HostKeys#read}, and of an entropy source's faults as long as the policy is in force */
    Policy policy(Consumer<String> told) throws IOException, ConfigException {
        ServerConfig config = config();
        EntropyFeed entropy = EntropyFeed.begin(config.entropy(), text -> told.accept("entropy: " + text));
        try {
            entropy.await(PATIENCE);
            List<Path> files = hostKeyFiles(config);
            if (config.usesDefaultHostKey() && Files.notExists(files.getFirst())) {
                requireEntropy(entropy);
                makeHostKey(files.getFirst());
            }
            HostKeys host = HostKeys.read(files, told);
            return Policy.of(config, host, new ReplayFile(beside(files.getFirst(), ".openings"), config.clockWindowSeconds()), invites(config),
                    authKeys(config), entropy, config.qkd().mode() == QkdSettings.Mode.OFF ? null : new SlaveSae(config.qkd()));
        } catch (QkdException e) {
            entropy.close();
            throw new ConfigException("Qkd: " + e.getMessage());
        } catch (IOException | RuntimeException e) {
            entropy.close();
            throw e;
        } catch (InterruptedException e) {
            entropy.close();
            throw new IOException("interrupted", e);
        }
    }

    /** E-9: before a key is made that lasts. */
    static void requireEntropy(EntropyFeed entropy) throws IOException {
        if (entropy.missing() != null) {
            throw new IOException(entropy.missing());
        }
    }

    InviteFile invites(ServerConfig config) throws IOException {
        return new InviteFile(beside(hostKeyFiles(config).getFirst(), ".invites"));
    }

    AuthKeyDirectory authKeys(ServerConfig config) {
        return new AuthKeyDirectory(beside(hostKeyFiles(config).getFirst(), ".authkeys"));
    }

    private static Path beside(Path hostKey, String suffix) {
        return hostKey.resolveSibling(hostKey.getFileName() + suffix);
    }

    private static void makeHostKey(Path file) throws IOException {
        Files.createDirectories(file.getParent(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try (KemKeyPair key = KemKeyPair.generate(RandomSource.system())) {
            KeyFile.write(file, KeyFile.encode(key, "host", null, PassphraseCost.STANDARD, RandomSource.system()), false);
            Files.writeString(file.resolveSibling(file.getFileName() + ".pub"), key.publicKey().line("host") + "\n");
        }
    }
}
