package org.qnsp.core.share;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfig.ControlMaster;
import org.qnsp.core.client.Messages;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.transport.Connection;

/** Where a program that logs in looks for a master first: the socket at ControlPath. What stands in the way is said, and the program goes on by itself. */
public final class MasterSocket {
    private MasterSocket() {
    }

    /**
     * A share in the connection of a master that there may be; null where the configuration wants none, or there is none.
     *
     * @throws ConfigException where no socket can have that path
     */
    public static SharedClient find(ClientConfig config, Messages messages, Connection connection) throws ConfigException {
        boolean looks = switch (config.controlMaster()) {
            case NO, AUTO, AUTO_ASK -> config.controlPath() != null;
            case YES, ASK -> false;
        };
        return looks ? connect(config, messages, connection) : null;
    }

    /** As {@link #find}, though this process started the master itself. */
    public static SharedClient connect(ClientConfig config, Messages messages, Connection connection) throws ConfigException {
        String path = path(config);
        boolean auto = config.controlMaster() == ControlMaster.AUTO || config.controlMaster() == ControlMaster.AUTO_ASK;
        if (auto) {
            messages.debug("auto-mux: Trying existing master at '" + path + "'");
        }
        try {
            return SharedClient.connect(Path.of(path), connection, bug -> messages.error("internal fault: " + bug));
        } catch (ControlSocket.StaleException e) {
            if (auto) {
                messages.debug("Stale control socket " + path + ", unlinking");
                remove(path, messages);
            } else {
                unreachable(path, e, messages);
            }
        } catch (ControlSocket.UnsafeException e) {
            messages.say(Messages.Level.ERROR, e.getMessage() + ": not used");
        } catch (IOException e) {
            if (Files.exists(Path.of(path))) {
                unreachable(path, e, messages);
            } else {
                messages.debug("Control socket \"" + path + "\" does not exist");
            }
        }
        return null;
    }

    /** ControlPath, which must be one. @throws ConfigException where no socket can have it */
    public static String path(ClientConfig config) throws ConfigException {
        String path = config.controlPath();
        if (ControlSocket.tooLong(path)) {
            throw new ConfigException("ControlPath too long ('" + path + "' >= 108 bytes)");
        }
        return path;
    }

    private static void unreachable(String path, IOException why, Messages messages) {
        messages.say(Messages.Level.ERROR, "Control socket connect(" + path + "): " + why.getMessage());
    }

    private static void remove(String path, Messages messages) {
        try {
            Files.deleteIfExists(Path.of(path));
        } catch (IOException e) {
            messages.debug("it cannot be removed: " + e.getMessage());
        }
    }
}
