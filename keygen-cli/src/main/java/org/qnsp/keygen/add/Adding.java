package org.qnsp.keygen.add;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.qnsp.core.agent.AgentMessage;
import org.qnsp.core.agent.KeyTerms;
import org.qnsp.core.client.AgentClient;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.PrivateKeyTexts;
import org.qnsp.core.client.Prompt;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyFileException;

/** Brings key files to the agent, opened by passphrases that the user types. */
final class Adding implements AutoCloseable {
    private static final int MOST_TRIES = 3;

    private final AgentClient agent;
    private final AddRequest request;
    private final KeyTerms terms;
    private final Prompt prompt;
    private final LocalUser user;
    /** The last passphrase that opened a key may open the next one too. */
    private char[] last = new char[0];

    Adding(AgentClient agent, AddRequest request, KeyTerms terms, Prompt prompt, LocalUser user) {
        this.agent = agent;
        this.request = request;
        this.terms = terms;
        this.prompt = prompt;
        this.user = user;
    }

    /** @param name a path, or - for standard input @return whether the agent has it */
    boolean add(String name, InputStream standardInput) {
        String shown = name.equals("-") ? "(stdin)" : name;
        try (KeyFile file = name.equals("-") ? parse(standardInput) : read(Path.of(name))) {
            return file != null && add(shown, file);
        } catch (NoSuchFileException e) {
            System.err.println(shown + ": No such file or directory");
        } catch (AccessDeniedException e) {
            System.err.println(shown + ": Permission denied");
        } catch (IOException | KeyFileException | java.nio.file.InvalidPathException e) {
            System.err.println("Error loading key \"" + shown + "\": " + e.getMessage());
        }
        return false;
    }

    private static KeyFile parse(InputStream standardInput) throws IOException, KeyFileException {
        byte[] text = standardInput.readNBytes(KeyFile.LARGEST_FILE_BYTES + 1);
        try {
            return KeyFile.parse(text);
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    /** As ssh-add: a key of the user that others can read is not used. */
    private KeyFile read(Path path) throws IOException, KeyFileException {
        Map<String, Object> facts = Files.readAttributes(path, "unix:uid,mode");
        if ((Integer) facts.get("uid") == user.uid() && ((Integer) facts.get("mode") & 0077) != 0) {
            System.err.print(PrivateKeyTexts.unprotected(path));
            return null;
        }
        return KeyFile.read(path);
    }

    private boolean add(String shown, KeyFile file) throws IOException, KeyFileException {
        KeyFile.Opened opened = open(shown, file);
        if (opened == null) {
            return false;
        }
        String comment = opened.comment().isEmpty() ? shown : opened.comment();
        if (!agent.does(new AgentMessage.Add(opened.key(), comment, terms))) {
            System.err.println("Could not add identity \"" + shown + "\": agent refused operation");
            return false;
        }
        if (!request.isQuiet()) {
            System.err.println("Identity added: " + shown + " (" + comment + ")");
            if (terms.lifetimeSeconds() > 0) {
                System.err.println("Lifetime set to " + terms.lifetimeSeconds() + " seconds");
            }
            if (terms.confirm()) {
                System.err.println("The user must confirm each use of the key");
            }
        }
        return true;
    }

    private KeyFile.Opened open(String shown, KeyFile file) throws KeyFileException {
        if (!file.encrypted()) {
            return file.open(null);
        }
        KeyFile.Opened opened = last.length == 0 ? null : tried(file, last);
        String question = "Enter passphrase for " + shown + (terms.confirm() ? " (will confirm each use)" : "") + ": ";
        for (int i = 0; i < MOST_TRIES && opened == null; i++) {
            char[] passphrase = prompt.secret(question);
            if (passphrase == null || passphrase.length == 0) {
                return null;
            }
            opened = tried(file, passphrase);
            forget();
            last = passphrase;
            question = "Bad passphrase, try again for " + shown + (terms.confirm() ? " (will confirm each use)" : "") + ": ";
        }
        return opened;
    }

    private static KeyFile.Opened tried(KeyFile file, char[] passphrase) throws KeyFileException {
        try {
            return file.open(passphrase);
        } catch (KeyFileException e) {
            if (e.reason() == KeyFileException.Reason.WRONG_PASSPHRASE) {
                return null;
            }
            throw e;
        }
    }

    private void forget() {
        Arrays.fill(last, '\0');
        last = new char[0];
    }

    @Override
    public void close() {
        forget();
    }
}
