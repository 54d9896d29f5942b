package org.qnsp.keygen;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import org.qnsp.core.client.ClientConfigLoader;
import org.qnsp.core.client.ClientEntropy;
import org.qnsp.core.client.ClientRequest;
import org.qnsp.core.client.ConnectFailure;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.Messages;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.entropy.EntropySettings;

/** From a command line to an exit status. */
final class Keygen {
    /** For a source; a key is made once, and lasts. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Console console;
    private final LocalUser user;
    private final RandomSource random;

    Keygen(Console console, LocalUser user, RandomSource random) {
        this.console = console;
        this.user = user;
        this.random = random;
    }

    /** Does what the arguments say; gives the exit status. */
    int run(List<String> arguments) {
        try {
            return act(Request.parse(arguments));
        } catch (Getopt.UsageException e) {
            console.err().println("qssh-keygen: error: " + e.getMessage());
            console.err().print(Request.USAGE);
            return KeygenException.DECLINED;
        } catch (KeygenException e) {
            if (!e.getMessage().isEmpty()) {
                console.err().println("qssh-keygen: error: " + e.getMessage());
            }
            if (e.hint() != null) {
                console.err().println("qssh-keygen: hint: " + e.hint());
            }
            return e.status();
        } catch (NoSuchFileException e) {
            console.err().println("qssh-keygen: error: " + e.getFile() + ": No such file or directory");
            return KeygenException.FAILED;
        } catch (IOException e) {
            console.err().println("qssh-keygen: error: " + Reasons.of(e));
            return KeygenException.FAILED;
        }
    }

    /** Has the pool fed as the options say, before anything is drawn from it. */
    private void feed(Request request) throws KeygenException {
        if (request.entropy().isEmpty()) {
            return;
        }
        try (ClientEntropy entropy = new ClientEntropy(PATIENCE)) {
            ClientConfigLoader loader = new ClientConfigLoader(new ConfigFiles(user.uid()), user, command -> false);
            EntropySettings settings = loader.load(new ClientRequest("localhost", request.entropy(), "none")).entropy();
            entropy.require(settings, console.err()::println, text -> {
                if (!request.isQuiet()) {
                    console.err().println(text);
                }
            });
        } catch (ConfigException e) {
            throw KeygenException.failed(String.join("\n", e.lines()));
        } catch (ConnectFailure e) {
            e.tell(new Messages("qssh-keygen", console.err()));
            throw KeygenException.failed("");
        }
    }

    private int act(Request request) throws KeygenException, IOException {
        feed(request);
        return switch (request.action()) {
            case GENERATE -> new KeyMaking(console, user, random).make(request);
            case AUTH_KEY -> new KeyMaking(console, user, random).makeAuthKey(request);
            case HOST_KEYS -> new KeyMaking(console, user, random).makeHostKeys(request);
            case CHANGE_PASSPHRASE -> new KeyChanges(console, user, random).passphrase(request);
            case CHANGE_COMMENT -> new KeyChanges(console, user, random).comment(request);
            case SHOW_PUBLIC -> new KeyChanges(console, user, random).showPublic(request);
            case SHOW_FINGERPRINT -> new Fingerprints(console, user).show(request);
            case FIND_HOST -> new HostLines(console, user, random).find(request);
            case REMOVE_HOST -> new HostLines(console, user, random).remove(request);
            case HASH_HOSTS -> new HostLines(console, user, random).hash(request);
        };
    }
}
