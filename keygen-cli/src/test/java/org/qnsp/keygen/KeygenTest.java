package org.qnsp.keygen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.qnsp.core.client.LocalUser;
import org.qnsp.core.client.Prompt;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.Fingerprint;
import org.qnsp.crypto.keys.KeyFile;
import org.qnsp.crypto.keys.KeyType;
import org.qnsp.crypto.keys.PublicKey;

/** qssh-keygen from command line to files and output. */
class KeygenTest {
    @TempDir
    Path home;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Deque<String> secrets = new ArrayDeque<>();
    private final List<String> questions = new ArrayList<>();

    /** Runs with standard input; passphrases come from {@link #secrets}. */
    private int runWith(String input, String... arguments) {
        out.reset();
        err.reset();
        questions.clear();
        Prompt prompt = new Prompt() {
            @Override
            public char[] secret(String question) {
                questions.add(question);
                return secrets.isEmpty() ? null : secrets.remove().toCharArray();
            }

            @Override
            public String line(String question) {
                throw new AssertionError("asked for a line");
            }
        };
        Console console = new Console(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), new PrintStream(out, true),
            new PrintStream(err, true), prompt);
        LocalUser user = new LocalUser("me", 1000, home.toString(), name -> null, () -> "box");
        return new Keygen(console, user, RandomSource.system()).run(List.of(arguments));
    }

    private int run(String... arguments) {
        return runWith("", arguments);
    }

    private String file(String name) {
        return home.resolve(name).toString();
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private PublicKey.PublicKeyLine publicKey(String name) throws Exception {
        return PublicKey.parseLine(Files.readString(Path.of(file(name + ".pub"))).strip());
    }

    @Test
    void theDialogue() throws Exception {
        secrets.addAll(List.of("hello", "hallo", "secret", "secret"));
        assertEquals(0, runWith("\n"));
        PublicKey key = publicKey(".qssh/id_kyber768").key();
        String usual = file(".qssh/id_kyber768");
        assertEquals("Generating public/private mlkem768-x25519 key pair.\n"
            + "Enter file in which to save the key (" + usual + "): Created directory '" + file(".qssh") + "'.\n"
            + "Passphrases do not match.  Try again.\n"
            + "Your identification has been saved in " + usual + "\n"
            + "Your public key has been saved in " + usual + ".pub\n"
            + "The key fingerprint is:\n" + Fingerprint.text(key) + " me@box\n"
            + "The key's randomart image is:\n" + Fingerprint.randomart(key) + "\n", out.toString());
        assertEquals("", err.toString());
        assertEquals(List.of("Enter passphrase (empty for no passphrase): ", "Enter same passphrase again: ",
            "Enter passphrase (empty for no passphrase): ", "Enter same passphrase again: "), questions);
        assertEquals("rwx------", mode(home.resolve(".qssh")));
        assertEquals("rw-------", mode(Path.of(usual)));
        assertEquals("rw-r--r--", mode(Path.of(usual + ".pub")));
        assertTrue(KeyFile.read(Path.of(usual)).encrypted());
        try (KeyFile.Opened opened = KeyFile.read(Path.of(usual)).open("secret".toCharArray())) {
            assertEquals("me@box", opened.comment());
            assertEquals(key, opened.key().publicKey());
        }
        try (var files = Files.list(home.resolve(".qssh"))) {
            assertEquals(2, files.count(), "nothing else is left");
        }
    }

    @ParameterizedTest
    @CsvSource({"kyber768,KEM", "mlkem768,KEM", "mlkem768-x25519,KEM", "KYBER768,KEM", "dilithium3,SIG", "mldsa65,SIG", "mldsa65-ed25519,SIG", "dilithium5,SIG87", "mldsa87,SIG87"})
    void types(String name, KeyType type) throws Exception {
        assertEquals(0, run("-q", "-N", "", "-t", name, "-f", file("k"), "-C", "c d"));
        assertEquals("", out.toString() + err);
        assertEquals(type, publicKey("k").key().type());
        assertEquals("c d", publicKey("k").comment());
    }

    @Test
    void theTypeGivesTheUsualName() {
        assertEquals(0, runWith("\n", "-N", "", "-tdilithium3"));
        assertTrue(Files.exists(home.resolve(".qssh/id_dilithium3")));
    }

    @Test
    void optionsMayBeClustered() throws Exception {
        assertEquals(0, run("-qN", "", "-f" + file("k"), "-tmldsa65", "-b", "4096", "-a16"));
        assertEquals(KeyType.SIG, publicKey("k").key().type());
    }

    @Test
    void anExistingKeyIsReplacedOnlyAfterAYes() throws Exception {
        run("-q", "-N", "", "-f", file("k"));
        PublicKey first = publicKey("k").key();
        for (String answer : List.of("", "n\n", "\n", "no\n")) {
            assertEquals(1, runWith(answer, "-N", "", "-f", file("k")));
            assertTrue(out.toString().endsWith(file("k") + " already exists.\nOverwrite (y/n)? "), out.toString());
            assertEquals(first, publicKey("k").key());
        }
        assertEquals(0, runWith("y\n", "-N", "", "-f", file("k")));
        assertFalse(first.equals(publicKey("k").key()));
        assertEquals("rw-------", mode(home.resolve("k")));
    }

    @Test
    void noFileNameNoKey() {
        assertEquals(1, run("-N", ""));
        assertEquals("", err.toString());
    }

    @Test
    void noPassphraseNoKey() {
        assertEquals(255, run("-f", file("k")));
        assertTrue(err.toString().startsWith("qssh-keygen: error: no passphrase was given\nqssh-keygen: hint: "), err.toString());
        assertFalse(Files.exists(home.resolve("k")));
    }

    @Test
    void placesThatCannotBeWritten() {
        assertEquals(1, run("-q", "-N", "", "-f", file("none/k")));
        assertEquals("qssh-keygen: error: Saving key \"" + file("none/k") + "\" failed: No such file or directory\n", err.toString());
        assertEquals(1, run("-q", "-N", "", "-f", home.toString()));
        assertEquals("qssh-keygen: error: Saving key \"" + home + "\" failed: Is a directory\n", err.toString());
    }

    @Test
    void changesThePassphrase() throws Exception {
        run("-q", "-N", "", "-f", file("k"), "-C", "cmt");
        assertEquals(0, run("-p", "-f", file("k"), "-N", "hello1"));
        assertEquals("Key has comment 'cmt'\nYour identification has been saved with the new passphrase.\n", out.toString());
        assertEquals("rw-------", mode(home.resolve("k")));
        assertEquals(255, run("-p", "-f", file("k"), "-P", "wrong", "-N", ""));
        assertEquals("qssh-keygen: error: Load key \"" + file("k") + "\": incorrect passphrase supplied to decrypt private key\n", err.toString());
        secrets.addAll(List.of("hello1", "next", "next"));
        assertEquals(0, run("-p", "-f", file("k")));
        assertEquals(List.of("Enter old passphrase: ", "Enter new passphrase (empty for no passphrase): ", "Enter same passphrase again: "), questions);
        assertEquals(0, run("-p", "-f", file("k"), "-P", "next", "-N", ""));
        assertFalse(KeyFile.read(home.resolve("k")).encrypted());
        assertEquals(255, run("-p", "-f", file("nofile"), "-N", ""));
        assertEquals("qssh-keygen: error: " + file("nofile") + ": No such file or directory\n", err.toString());
    }

    @Test
    void changesTheComment() throws Exception {
        run("-q", "-N", "pass", "-f", file("k"), "-C", "old");
        assertEquals(0, run("-c", "-C", "new", "-P", "pass", "-f", file("k")));
        assertEquals("Old comment: old\nComment 'new' applied\n", out.toString());
        assertEquals("new", publicKey("k").comment());
        secrets.add("pass");
        assertEquals(0, run("-y", "-f", file("k")));
        assertTrue(out.toString().endsWith(" new\n"));
    }

    @Test
    void showsThePublicKey() throws Exception {
        run("-q", "-N", "", "-f", file("k"), "-C", "c");
        assertEquals(0, run("-y", "-f", file("k")));
        assertEquals(Files.readString(home.resolve("k.pub")), out.toString());
        run("-pq", "-N", "x", "-f", file("k"));
        secrets.add("x");
        assertEquals(0, run("-y", "-f", file("k")));
        assertEquals(List.of("Enter passphrase: "), questions);
        assertEquals(Files.readString(home.resolve("k.pub")), out.toString());
        secrets.add("y");
        assertEquals(255, run("-y", "-f", file("k")));
        assertEquals("", out.toString());
    }

    @Test
    void aPrivateKeyThatOthersCanReadIsNotOpened() throws Exception {
        run("-q", "-N", "", "-f", file("k"));
        Files.setPosixFilePermissions(home.resolve("k"), PosixFilePermissions.fromString("rw-r--r--"));
        assertEquals(255, run("-y", "-f", file("k")));
        assertTrue(err.toString().contains("Permissions 0644 for '" + file("k") + "' are too open."), err.toString());
        assertTrue(err.toString().contains("Load key \"" + file("k") + "\": bad permissions"));
    }

    @Test
    void fingerprintsOfKeys() throws Exception {
        run("-q", "-N", "", "-f", file("k"), "-C", "a b");
        PublicKey key = publicKey("k").key();
        String line = "192 " + Fingerprint.text(key) + " a b (MLKEM768-X25519)\n";
        assertEquals(0, run("-l", "-f", file("k.pub")));
        assertEquals(line, out.toString());
        assertEquals(0, run("-l", "-f", file("k")));
        assertEquals(line, out.toString());
        assertEquals(0, run("-lvf", file("k.pub")));
        assertEquals(line + Fingerprint.randomart(key) + "\n", out.toString());
        assertEquals(0, runWith(Files.readString(home.resolve("k.pub")), "-l", "-f", "-", "-E", "sha3-256"));
        assertEquals(line, out.toString());
        run("-pq", "-N", "x", "-f", file("k"));
        assertEquals(0, run("-l", "-f", file("k")));
        assertEquals(line, out.toString(), "the public key file beside it has the comment");
        Files.delete(home.resolve("k.pub"));
        assertEquals(0, run("-l", "-f", file("k")));
        assertEquals(line.replace("a b", "no comment"), out.toString());
    }

    @Test
    void fingerprintsOfOtherFiles() throws Exception {
        run("-q", "-N", "", "-f", file("k"), "-C", "c");
        String bare = publicKey("k").key().line("");
        String fingerprint = Fingerprint.text(publicKey("k").key());
        Files.writeString(home.resolve("mixed"), "# c\nhost,other " + bare + "\ncommand=\"a mlkem768-x25519 b\",pty " + bare + " me\n@revoked h " + bare
            + "\nssh-ed25519 AAAA\nbroken " + bare.substring(0, 500) + "\n");
        assertEquals(0, run("-l", "-f", file("mixed")));
        assertEquals("192 " + fingerprint + " host,other (MLKEM768-X25519)\n192 " + fingerprint + " me (MLKEM768-X25519)\n192 " + fingerprint
            + " @revoked h (MLKEM768-X25519)\n", out.toString());
        Files.writeString(home.resolve("none"), "nothing\n");
        assertEquals(255, run("-l", "-f", file("none")));
        assertEquals("qssh-keygen: error: " + file("none") + " is not a public key file.\n", err.toString());
        assertEquals(255, run("-l", "-f", file("nofile")));
        assertEquals("qssh-keygen: error: " + file("nofile") + ": No such file or directory\n", err.toString());
        assertEquals(255, run("-l", "-E", "md5", "-f", file("mixed")));
        assertTrue(err.toString().startsWith("qssh-keygen: error: Invalid hash algorithm \"md5\"\n"));
    }

    @Test
    void damagedPrivateKeysAreRefusedInWords() throws Exception {
        run("-q", "-N", "", "-f", file("k"));
        String good = Files.readString(home.resolve("k"));
        for (String bad : List.of("", "x", good.substring(0, 300), good.replace("QNSP PRIVATE", "OPENSSH PRIVATE"), good.replace('A', 'B'))) {
            KeyFile.write(home.resolve("k"), bad.getBytes(StandardCharsets.US_ASCII), true);
            assertEquals(255, run("-y", "-f", file("k")));
            assertTrue(err.toString().startsWith("qssh-keygen: error: Load key \"" + file("k") + "\": "), err.toString());
        }
    }

    private String hosts() throws Exception {
        run("-q", "-N", "", "-f", file("k"));
        String bare = publicKey("k").key().line("");
        String text = "foo,[bar]:2222 " + bare + " c\n# c\n*.ex.com,!no.ex.com " + bare + "\nfoo " + bare + "\n@revoked rev " + bare + "\n";
        Files.writeString(home.resolve("kh"), text);
        return bare;
    }

    @Test
    void findsHosts() throws Exception {
        String bare = hosts();
        assertEquals(0, run("-F", "foo", "-f", file("kh")));
        assertEquals("# Host foo found: line 1 \nfoo,[bar]:2222 " + bare + " c\n# Host foo found: line 4 \nfoo " + bare + "\n", out.toString());
        assertEquals(0, run("-F", "[bar]:2222", "-qf", file("kh")));
        assertEquals("foo,[bar]:2222 " + bare + " c\n", out.toString());
        assertEquals(0, run("-F", "a.EX.com", "-f", file("kh")));
        assertEquals("# Host a.EX.com found: line 3 \n*.ex.com,!no.ex.com " + bare + "\n", out.toString());
        assertEquals(0, run("-F", "rev", "-f", file("kh")));
        assertEquals("# Host rev found: line 5 REVOKED\n@revoked rev " + bare + "\n", out.toString());
        assertEquals(0, run("-lF", "foo", "-f", file("kh")));
        String fingerprint = Fingerprint.text(publicKey("k").key());
        assertEquals("# Host foo found: line 1 \nfoo MLKEM768-X25519 " + fingerprint + " c\n# Host foo found: line 4 \nfoo MLKEM768-X25519 "
            + fingerprint + "\n", out.toString());
        assertEquals(1, run("-F", "nope", "-f", file("kh")));
        assertEquals("", out.toString() + err);
        assertEquals(255, run("-F", "foo", "-f", file("nofile")));
        assertEquals("qssh-keygen: error: Cannot stat " + file("nofile") + ": No such file or directory\n", err.toString());
        assertEquals(0, run("-H", "-F", "foo", "-f", file("kh")));
        assertTrue(out.toString().startsWith("# Host foo found: line 1 \n|1|"), out.toString());
        assertEquals(0, run("-H", "-F", "rev", "-f", file("kh")));
        assertEquals("# Host rev found: line 5 REVOKED\n@revoked rev " + bare + "\n", out.toString(), "a line with a marker is not hashed");
        Files.writeString(home.resolve("kh"), "ca " + bare + "\n@cert-authority c* " + bare + "\nwrong\nca " + bare + "\n");
        assertEquals(0, run("-F", "ca", "-f", file("kh")));
        assertEquals("# Host ca found: line 1 \nca " + bare + "\n# Host ca found: line 2 CA\n@cert-authority c* " + bare + "\n# Host ca found: line 4 \nca " + bare + "\n",
            out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "@other name type base64", "name type"})
    void aFileWithAnInvalidLineStays(String invalid) throws Exception {
        hosts();
        String before = Files.readString(home.resolve("kh")) + invalid + "\n";
        Files.writeString(home.resolve("kh"), before);
        for (List<String> action : List.of(List.of("-H"), List.of("-R", "foo"))) {
            List<String> command = new ArrayList<>(action);
            command.addAll(List.of("-f", file("kh")));
            assertEquals(1, run(command.toArray(String[]::new)));
            assertTrue(err.toString().contains(file("kh") + ":6: invalid line\nqssh-keygen: error: " + file("kh") + " is not a valid known_hosts file"), err.toString());
            assertEquals(before, Files.readString(home.resolve("kh")));
            assertFalse(Files.exists(home.resolve("kh.old")));
        }
    }

    @Test
    void removesHosts() throws Exception {
        String bare = hosts();
        String before = Files.readString(home.resolve("kh"));
        assertEquals(0, run("-R", "nope", "-f", file("kh")));
        assertEquals("Host nope not found in " + file("kh") + "\n", err.toString());
        assertEquals(0, run("-R", "foo", "-f", file("kh")));
        assertEquals("# Host foo found: line 1\n# Host foo found: line 4\n" + file("kh") + " updated.\nOriginal contents retained as " + file("kh.old") + "\n",
            out.toString());
        assertEquals("# c\n*.ex.com,!no.ex.com " + bare + "\n@revoked rev " + bare + "\n", Files.readString(home.resolve("kh")));
        assertEquals(before, Files.readString(home.resolve("kh.old")));
        assertEquals(255, run("-R", "foo", "-f", file("nofile")));
    }

    @Test
    void hashesHosts() throws Exception {
        hosts();
        assertEquals(0, run("-H", "-f", file("kh")));
        assertEquals(file("kh") + " updated.\nOriginal contents retained as " + file("kh.old") + "\n", out.toString());
        assertEquals(file("kh") + ":3: ignoring host name with wildcard: *.ex.com,!no.ex.com\nWARNING: " + file("kh.old")
            + " contains unhashed entries\nDelete this file to ensure privacy of hostnames\n", err.toString());
        assertEquals(0, run("-F", "foo", "-f", file("kh")));
        assertTrue(out.toString().startsWith("# Host foo found: line 1 \n|1|"));
        assertTrue(out.toString().contains("# Host foo found: line 5 \n|1|"));
        assertEquals(0, run("-R", "[bar]:2222", "-f", file("kh")));
        assertTrue(out.toString().startsWith("# Host [bar]:2222 found: line 2\n"));
    }

    @Test
    void theUsersFileOfKnownHostsIsTheUsual() throws Exception {
        String bare = hosts();
        Files.createDirectory(home.resolve(".qssh"));
        Files.writeString(home.resolve(".qssh/known_hosts"), "mine " + bare + "\n");
        assertEquals(0, run("-F", "mine"));
    }

    @Test
    void makesHostKeysThatAreMissing() throws Exception {
        assertEquals(0, run("-A", "-f", home.toString()));
        assertEquals("qssh-keygen: generating new host keys: MLKEM768-X25519\n", out.toString());
        Path key = home.resolve("etc/qssh/qssh_host_kyber768_key");
        assertFalse(KeyFile.read(key).encrypted());
        assertEquals(KeyType.KEM, KeyFile.read(key).publicKey().type());
        byte[] before = Files.readAllBytes(key);
        assertEquals(0, run("-A", "-f", home.toString()));
        assertEquals("", out.toString());
        assertEquals(new String(before, StandardCharsets.US_ASCII), Files.readString(key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Z", "-f", "operand", "-t"})
    void wrongUsage(String argument) {
        assertEquals(1, run(argument));
        assertTrue(err.toString().startsWith("qssh-keygen: error: "), err.toString());
    }

    @ParameterizedTest
    @CsvSource({"-t,rsa", "-a,0", "-a,x", "-C,a\tb"})
    void wrongValues(String option, String value) {
        assertEquals(255, run(option, value));
        assertTrue(err.toString().startsWith("qssh-keygen: error: "), err.toString());
        assertFalse(err.toString().contains("Exception"));
    }
}
