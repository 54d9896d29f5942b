package org.qnsp.core.client;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/** What is said to a user about a host's key: in ssh's words, because people and programs know them. Each text ends with its line end or question. */
public final class HostKeyTexts {
    /** How many other names of a key are listed. */
    static final int MAX_OTHER_NAMES = 8;

    private static final String EDGE = "@".repeat(59) + "\n";

    private HostKeyTexts() {
    }

    /** The type as these texts write it. */
    public static String typeTitle(KeyType type) {
        return type.typeName().toUpperCase(Locale.ROOT);
    }

    /**
     * The question at first contact, up to the answer.
     *
     * @param name       the host's name, as {@link KnownHosts#name} gives it
     * @param address    the same of its address; null where it is not known (a proxy)
     * @param otherNames lines that hold the key under other names
     * @param visual     whether the key's picture is shown
     */
    public static String unknownHost(String name, String address, PublicKey key, List<KnownHostLine> otherNames, boolean visual) {
        StringBuilder text = new StringBuilder(1024);
        text.append(cannotBeEstablished(name, address));
        text.append(typeTitle(key.type())).append(" key fingerprint is ").append(Fingerprint.text(key)).append(".\n");
        if (visual) {
            text.append(Fingerprint.randomart(key)).append('\n');
        }
        if (otherNames.isEmpty()) {
            text.append("This key is not known by any other names.\n");
        } else {
            text.append("This host key is known by the following other names/addresses:\n");
            otherNames.stream().limit(MAX_OTHER_NAMES).forEach(line -> text.append("    ").append(line.file()).append(':')
                .append(line.number()).append(": ").append(line.isHashed() ? "[hashed name]" : line.names()).append('\n'));
            if (otherNames.size() > MAX_OTHER_NAMES) {
                text.append("    (").append(otherNames.size() - MAX_OTHER_NAMES).append(" additional names omitted)\n");
            }
        }
        return text.append("Are you sure you want to continue connecting (yes/no/[fingerprint])? ").toString();
    }

    private static String cannotBeEstablished(String name, String address) {
        String shown = address == null ? "<no hostip for proxy command>" : address;
        return "The authenticity of host '" + name + " (" + shown + ")' can't be established.\n";
    }

    /** What the user is asked after an answer that is none. */
    public static String askAgain() {
        return "Please type 'yes', 'no' or the fingerprint: ";
    }

    /** What an answer to {@link #unknownHost} means: TRUE to go on, FALSE not to, null to ask again. */
    public static Boolean decision(String answer, PublicKey key) {
        String word = answer.strip();
        if (word.equalsIgnoreCase("yes") || word.equals(Fingerprint.text(key))) {
            return Boolean.TRUE;
        }
        return word.isEmpty() || word.equalsIgnoreCase("no") ? Boolean.FALSE : null;
    }

    /** After a key was written to the user's file. */
    public static String added(String name, PublicKey key) {
        return "Warning: Permanently added '" + name + "' (" + typeTitle(key.type()) + ") to the list of known hosts.\n";
    }

    /** Where the host is not known and strict checking forbids to ask. */
    public static String unknownAndStrict(String name, PublicKey key) {
        return "No " + typeTitle(key.type()) + " host key is known for " + name + " and you have requested strict checking.\n" + failed();
    }

    /**
     * Where the host shows another key than before.
     *
     * @param offending the line with the old key
     * @param userFile  the file to which a new key would go, null for none
     * @param name      the host's name, as {@link KnownHosts#name} gives it
     */
    public static String changed(String name, PublicKey key, KnownHostLine offending, Path userFile) {
        String title = typeTitle(key.type());
        return EDGE
            + "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"
            + EDGE
            + "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\n"
            + "Someone could be eavesdropping on you right now (man-in-the-middle attack)!\n"
            + "It is also possible that a host key has just been changed.\n"
            + "The fingerprint for the " + title + " key sent by the remote host is\n" + Fingerprint.text(key) + ".\n"
            + "Please contact your system administrator.\n"
            + "Add correct host key in " + (userFile == null ? offending.file() : userFile) + " to get rid of this message.\n"
            + "Offending " + title + " key in " + offending.file() + ":" + offending.number() + "\n"
            + "  remove with:\n"
            + "  qssh-keygen -f \"" + offending.file() + "\" -R \"" + name + "\"\n";
    }

    /** After {@link #changed}, where the connection ends. */
    public static String changedAndStrict(String name, PublicKey key) {
        return "Host key for " + name + " has changed and you have requested strict checking.\n" + failed();
    }

    /** Where the host shows a key that is revoked. @param where the file, with a line number if it has one */
    public static String revoked(String name, PublicKey key, String where) {
        String title = typeTitle(key.type());
        return EDGE
            + "@       WARNING: REVOKED HOST KEY DETECTED!               @\n"
            + EDGE
            + "The " + title + " host key for " + name + " is marked as revoked in " + where + ".\n"
            + "This could mean that a stolen key is being used to impersonate this host.\n";
    }

    /** The last line of every refusal. */
    public static String failed() {
        return "Host key verification failed.\n";
    }
}
