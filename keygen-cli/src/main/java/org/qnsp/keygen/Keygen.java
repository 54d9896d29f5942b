package org.qnsp.keygen;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.LocalUser;
import org.qnsp.crypto.RandomSource;

/** From a command line to an exit status. */
final class Keygen {
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

    private int act(Request request) throws KeygenException, IOException {
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
