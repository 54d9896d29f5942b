package org.qnsp.keygen;

import java.util.Arrays;
import org.qnsp.crypto.keys.PassphraseCost;

/** Where passphrases come from. */
final class Passphrases {
    private static final int MOST_PASSES = 64;

    private Passphrases() {
    }

    /**
     * A new passphrase: that of -N, or what the user types twice.
     *
     * @param question {@code Enter passphrase} or {@code Enter new passphrase}
     * @return empty for none; the caller wipes it
     */
    static char[] fresh(Request request, Console console, String question) throws KeygenException {
        if (request.newPassphrase() != null) {
            return request.newPassphrase().toCharArray();
        }
        while (true) {
            char[] first = ask(console, question + " (empty for no passphrase): ");
            char[] second = ask(console, "Enter same passphrase again: ");
            boolean same = Arrays.equals(first, second);
            Arrays.fill(second, '\0');
            if (same) {
                return first;
            }
            Arrays.fill(first, '\0');
            console.out().println("Passphrases do not match.  Try again.");
        }
    }

    /** What the user types; the caller wipes it. */
    static char[] ask(Console console, String question) throws KeygenException {
        char[] answer = console.prompt().secret(question);
        if (answer == null) {
            throw KeygenException.failed("no passphrase was given",
                "without a terminal, SSH_ASKPASS names a program that asks; -N '' makes a key without one");
        }
        return answer;
    }

    /** What a guess is to cost: -a raises the passes above the usual. */
    static PassphraseCost cost(Request request) {
        PassphraseCost usual = PassphraseCost.STANDARD;
        return new PassphraseCost(usual.memoryKiB(), Math.clamp(request.rounds(), usual.passes(), MOST_PASSES), usual.lanes());
    }
}
