package org.qnsp.crypto.keys;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.KeyFileException.Reason;

/**
 * A private key file (K-5) as read: the public key is at hand at once, the secrets after {@link #open}.
 *
 * <pre>
 * "qnsp-key-v1" 0 | LP(kdf) | LP(kdf parameters) | LP(cipher) | LP(nonce) | LP(public key K-1) | LP(sealed)
 * sealed, in the clear: LP(type) | LP(first) | LP(second) | LP(comment)                                    (K-4)
 * </pre>
 *
 * One key in one form has one file: what differs from what {@link #encode} would have written is refused. Nothing here
 * is longer than 64 KiB. Closing wipes what was sealed, which in a file without passphrase are the secrets; the public key stays.
 */
public final class KeyFile implements AutoCloseable {
    /** Longest file that is read, bytes. */
    public static final int LARGEST_FILE_BYTES = 64 << 10;
    /** Longest comment in UTF-8, bytes. */
    public static final int LONGEST_COMMENT_BYTES = 1024;

    private static final byte[] MAGIC = Encoding.ascii("qnsp-key-v1\0");
    private static final String BEGIN = "-----BEGIN QNSP PRIVATE KEY-----\n";
    private static final String END = "-----END QNSP PRIVATE KEY-----\n";
    private static final int LINE_CHARS = 70;
    private static final String NONE = "none";
    private static final String KDF = "argon2id";
    private static final String CIPHER = "aes256-gcm";
    private static final int SALT_BYTES = 16;
    private static final int NONCE_BYTES = 12;
    private static final int KEY_BYTES = 32;
    private static final int GCM_TAG_BITS = 128;
    private static final int COST_BYTES = 12;
    private static final int LONGEST_NAME = 64;

    private final byte[] associated;
    private final PassphraseCost cost;
    private final byte[] salt;
    private final byte[] nonce;
    private final PublicKey publicKey;
    private final byte[] sealed;

    /** A key that was opened, and its comment. Closing wipes the key. */
    public record Opened(PrivateKey key, String comment) implements AutoCloseable {
        @Override
        public void close() {
            key.close();
        }

        @Override
        public String toString() {
            return "Opened[" + key.publicKey() + "]";
        }
    }

    private KeyFile(byte[] associated, PassphraseCost cost, byte[] salt, byte[] nonce, PublicKey publicKey, byte[] sealed) {
        this.associated = associated;
        this.cost = cost;
        this.salt = salt;
        this.nonce = nonce;
        this.publicKey = publicKey;
        this.sealed = sealed;
    }

    /**
     * Reads a file.
     *
     * @throws IOException if it cannot be read
     * @throws KeyFileException if it is not a private key file
     */
    public static KeyFile read(Path file) throws IOException, KeyFileException {
        byte[] text;
        try (InputStream in = Files.newInputStream(file)) {
            text = in.readNBytes(LARGEST_FILE_BYTES + 1);
        }
        try {
            return parse(text);
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    /** Parses the content of a file; everything is checked but what is sealed. */
    public static KeyFile parse(byte[] text) throws KeyFileException {
        byte[] bytes = unwrap(text);
        if (!Arrays.equals(MAGIC, 0, MAGIC.length, bytes, 0, Math.min(MAGIC.length, bytes.length))) {
            throw new KeyFileException(Reason.UNSUPPORTED, "a private key file of another version");
        }
        try {
            LpReader reader = new LpReader(bytes, MAGIC.length);
            String kdf = name(reader.next("the kdf's name", LONGEST_NAME));
            byte[] parameters = reader.next("the kdf's parameters", LONGEST_NAME);
            String cipher = name(reader.next("the cipher's name", LONGEST_NAME));
            byte[] nonce = reader.next("the nonce", LONGEST_NAME);
            PublicKey publicKey = publicKey(reader.next("the public key", LARGEST_FILE_BYTES));
            byte[] associated = Arrays.copyOf(bytes, reader.position());
            byte[] sealed = reader.next("the sealed part", LARGEST_FILE_BYTES);
            reader.end();
            if (kdf.equals(NONE) && cipher.equals(NONE)) {
                require(parameters.length == 0 && nonce.length == 0, "parameters without encryption");
                return new KeyFile(associated, null, null, null, publicKey, sealed);
            }
            if (!kdf.equals(KDF) || !cipher.equals(CIPHER)) {
                throw new KeyFileException(Reason.UNSUPPORTED, "the key is encrypted in a way that is not known here");
            }
            require(nonce.length == NONCE_BYTES, "the nonce is not 12 bytes");
            require(parameters.length == COST_BYTES + 1 + SALT_BYTES && parameters[COST_BYTES] == SALT_BYTES,
                    "the kdf's parameters have the wrong length");
            byte[] salt = Arrays.copyOfRange(parameters, COST_BYTES + 1, parameters.length);
            return new KeyFile(associated, cost(parameters), salt, nonce, publicKey, sealed);
        } catch (LpReader.Malformed e) {
            throw malformed(e.getMessage());
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /** The public half, readable without the passphrase; {@link #open} checks that it belongs to the secrets. */
    public PublicKey publicKey() {
        return publicKey;
    }

    /** Whether {@link #open} needs a passphrase. */
    public boolean encrypted() {
        return cost != null;
    }

    /** Wipes the sealed part; {@link #open} fails from then on. */
    @Override
    public void close() {
        Arrays.fill(sealed, (byte) 0);
    }

    /**
     * The secrets.
     *
     * @param passphrase the passphrase, or null for none; the caller wipes it. It is ignored if the file is not encrypted
     * @throws KeyFileException PASSPHRASE_NEEDED, WRONG_PASSPHRASE, MALFORMED; UNSUPPORTED where the memory for Argon2id is not there
     */
    public Opened open(char[] passphrase) throws KeyFileException {
        if (!encrypted()) {
            return decodeSecrets(sealed, publicKey);
        }
        if (passphrase == null) {
            throw new KeyFileException(Reason.PASSPHRASE_NEEDED, "the private key needs a passphrase");
        }
        byte[] clear;
        try (Secret key = argon2id(passphrase, salt, cost)) {
            clear = gcm(Cipher.DECRYPT_MODE, key, nonce, associated, sealed);
        } catch (AEADBadTagException e) {
            throw new KeyFileException(Reason.WRONG_PASSPHRASE, "the passphrase is wrong");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM failed", e);
        } catch (OutOfMemoryError e) {
            throw new KeyFileException(Reason.UNSUPPORTED, "there is not enough memory to open the private key");
        }
        try {
            return decodeSecrets(clear, publicKey);
        } finally {
            Arrays.fill(clear, (byte) 0);
        }
    }

    /**
     * The content of a file for this key; with a passphrase it draws a salt of 16 bytes and a nonce of 12.
     *
     * @param comment printable text, at most 1024 bytes in UTF-8
     * @param passphrase the passphrase, or null (or empty) for none; the caller wipes it
     * @param cost cost of a guess, not used without passphrase
     * @return the text in ASCII; the caller wipes it
     */
    public static byte[] encode(
            PrivateKey key, String comment, char[] passphrase, PassphraseCost cost, RandomSource random) {
        PublicKey.requirePlain(comment);
        byte[] commentBytes = comment.getBytes(StandardCharsets.UTF_8);
        if (commentBytes.length > LONGEST_COMMENT_BYTES) {
            throw new IllegalArgumentException("the comment is longer than 1024 bytes");
        }
        byte[] clear = encodeSecrets(key, commentBytes);
        byte[] bytes = passphrase == null || passphrase.length == 0
                ? unsealed(key.publicKey(), clear)
                : sealed(key.publicKey(), clear, passphrase, cost, random);
        byte[] text = wrap(bytes);
        Arrays.fill(clear, (byte) 0);
        Arrays.fill(bytes, (byte) 0);
        return text;
    }

    private static byte[] unsealed(PublicKey publicKey, byte[] clear) {
        byte[] none = Encoding.ascii(NONE);
        byte[] head = Encoding.concat(MAGIC,
                Encoding.lpAll(none, new byte[0], none, new byte[0], publicKey.encoded()));
        return Encoding.concat(head, Encoding.u32(clear.length), clear);
    }

    private static byte[] sealed(
            PublicKey publicKey, byte[] clear, char[] passphrase, PassphraseCost cost, RandomSource random) {
        byte[] salt = random.bytes(SALT_BYTES);
        byte[] nonce = random.bytes(NONCE_BYTES);
        byte[] parameters = Encoding.concat(Encoding.u32(cost.memoryKiB()), Encoding.u32(cost.passes()),
                Encoding.u32(cost.lanes()), new byte[] {SALT_BYTES}, salt);
        byte[] head = Encoding.concat(MAGIC, Encoding.lpAll(
                Encoding.ascii(KDF), parameters, Encoding.ascii(CIPHER), nonce, publicKey.encoded()));
        try (Secret key = argon2id(passphrase, salt, cost)) {
            return Encoding.concat(head, Encoding.lp(gcm(Cipher.ENCRYPT_MODE, key, nonce, head, clear)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM failed", e);
        }
    }

    /**
     * Writes the content of a key file, mode 0600 from the first moment: a new file beside it is written, forced to disk and then
     * put in its place in one step.
     *
     * @param replace whether a file that is there may be replaced
     * @throws java.nio.file.FileAlreadyExistsException if one is there and may not
     */
    public static void write(Path file, byte[] content, boolean replace) throws IOException {
        OwnerFile.write(file, content, replace);
    }

    /** Whether group or others may read, write or execute the file, so that a private key in it must not be trusted. */
    public static boolean exposed(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        return permissions.stream().anyMatch(p -> !p.name().startsWith("OWNER"));
    }

    /**
     * The secret parts and the comment (K-4), as an agent takes them; the caller closes the secret.
     *
     * @param comment printable text, at most 1024 bytes in UTF-8
     */
    public static Secret secrets(PrivateKey key, String comment) {
        PublicKey.requirePlain(comment);
        return Secret.owning(encodeSecrets(key, comment.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * The key of secret parts (K-4), which name no public key: it is computed.
     *
     * @throws KeyFileException MALFORMED
     */
    public static Opened ofSecrets(byte[] clear) throws KeyFileException {
        return decodeSecrets(clear, null);
    }

    /** LP(type) | LP(first) | LP(second) | LP(comment) (K-4). */
    private static byte[] encodeSecrets(PrivateKey key, byte[] comment) {
        try (Secret first = key.firstSecret(); Secret second = key.secondSecret()) {
            return Encoding.lpAll(Encoding.ascii(key.type().typeName()), first.bytes(), second.bytes(), comment);
        }
    }

    /** @param publicKey that the secrets must belong to, or null for any */
    private static Opened decodeSecrets(byte[] clear, PublicKey publicKey) throws KeyFileException {
        byte[] first = new byte[0];
        byte[] second = new byte[0];
        try {
            LpReader reader = new LpReader(clear, 0);
            KeyType type = KeyType.ofTypeName(name(reader.next("the key type", LONGEST_NAME))).orElseThrow(() -> malformed("the type of the secrets is not known"));
            require(publicKey == null || type == publicKey.type(), "the secrets are of another type than the public key");
            first = reader.next("the first secret", type.firstSecretBytes());
            second = reader.next("the second secret", type.secondSecretBytes());
            String comment = comment(reader.next("the comment", LONGEST_COMMENT_BYTES));
            reader.end();
            PrivateKey key = PrivateKey.fromSecrets(type, first, second);
            if (publicKey != null && !key.publicKey().equals(publicKey)) {
                key.close();
                throw malformed("the public key does not belong to the secrets");
            }
            return new Opened(key, comment);
        } catch (LpReader.Malformed e) {
            throw malformed(e.getMessage());
        } catch (GeneralSecurityException e) {
            throw malformed("a secret has the wrong length");
        } finally {
            Arrays.fill(first, (byte) 0);
            Arrays.fill(second, (byte) 0);
        }
    }

    /** The two lines and base64 between them; by hand, as Java's MIME encoder breaks lines at multiples of 4 characters only. */
    private static byte[] wrap(byte[] bytes) {
        byte[] base64 = Base64.getEncoder().encode(bytes);
        ByteBuffer text = ByteBuffer.allocate(
                BEGIN.length() + base64.length + Math.ceilDiv(base64.length, LINE_CHARS) + END.length());
        text.put(Encoding.ascii(BEGIN));
        for (int at = 0; at < base64.length; at += LINE_CHARS) {
            text.put(base64, at, Math.min(LINE_CHARS, base64.length - at)).put((byte) '\n');
        }
        Arrays.fill(base64, (byte) 0);
        return text.put(Encoding.ascii(END)).array();
    }

    /** The bytes within the two lines; a text that {@link #wrap} would not have written is refused. */
    private static byte[] unwrap(byte[] text) throws KeyFileException {
        byte[] begin = Encoding.ascii(BEGIN);
        byte[] end = Encoding.ascii(END);
        if (text.length > LARGEST_FILE_BYTES
                || text.length < begin.length
                || !Arrays.equals(begin, 0, begin.length, text, 0, begin.length)) {
            throw new KeyFileException(Reason.NOT_A_KEY, "not a QNSP private key file");
        }
        int bodyEnd = text.length - end.length;
        if (bodyEnd <= begin.length || !Arrays.equals(end, 0, end.length, text, bodyEnd, text.length)) {
            throw malformed("its end is missing");
        }
        byte[] body = Arrays.copyOfRange(text, begin.length, bodyEnd);
        byte[] bytes;
        try {
            bytes = Base64.getMimeDecoder().decode(body);
        } catch (IllegalArgumentException e) {
            throw malformed("its base64 is not valid");
        } finally {
            Arrays.fill(body, (byte) 0);
        }
        byte[] again = wrap(bytes);
        boolean same = Arrays.equals(again, text);
        Arrays.fill(again, (byte) 0);
        require(same, "its base64 is not valid");
        return bytes;
    }

    private static PublicKey publicKey(byte[] encoded) throws KeyFileException {
        try {
            return PublicKey.decode(encoded);
        } catch (InvalidKeyEncodingException e) {
            throw malformed(e.getMessage());
        }
    }

    private static PassphraseCost cost(byte[] parameters) throws KeyFileException {
        int memoryKiB = LpReader.u32(parameters, 0);
        int passes = LpReader.u32(parameters, 4);
        int lanes = LpReader.u32(parameters, 8);
        if (!PassphraseCost.isAllowed(memoryKiB, passes, lanes)) {
            throw new KeyFileException(Reason.UNSUPPORTED, "opening the key would cost more than is allowed");
        }
        return new PassphraseCost(memoryKiB, passes, lanes);
    }

    private static Secret argon2id(char[] passphrase, byte[] salt, PassphraseCost cost) {
        ByteBuffer utf8 = StandardCharsets.UTF_8.encode(CharBuffer.wrap(passphrase));
        byte[] password = new byte[utf8.remaining()];
        utf8.get(password);
        Arrays.fill(utf8.array(), (byte) 0);
        return argon2id(password, salt, cost);
    }

    /** The password is wiped. */
    static Secret argon2id(byte[] password, byte[] salt, PassphraseCost cost) {
        try {
            Argon2BytesGenerator generator = new Argon2BytesGenerator();
            generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                    .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                    .withMemoryAsKB(cost.memoryKiB())
                    .withIterations(cost.passes())
                    .withParallelism(cost.lanes())
                    .withSalt(salt)
                    .build());
            byte[] key = new byte[KEY_BYTES];
            generator.generateBytes(password, key);
            return Secret.owning(key);
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    private static byte[] gcm(int mode, Secret key, byte[] nonce, byte[] associated, byte[] in)
            throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key.bytes(), "AES"), new GCMParameterSpec(GCM_TAG_BITS, nonce));
        cipher.updateAAD(associated);
        return cipher.doFinal(in);
    }

    private static String name(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String comment(byte[] bytes) throws KeyFileException {
        String comment;
        try {
            comment = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw malformed("its comment is not UTF-8");
        }
        require(PublicKey.isPlain(comment), "its comment has a control character");
        return comment;
    }

    private static void require(boolean holds, String otherwise) throws KeyFileException {
        if (!holds) {
            throw malformed(otherwise);
        }
    }

    private static KeyFileException malformed(String detail) {
        return new KeyFileException(Reason.MALFORMED, "the private key file is damaged: " + detail);
    }
}
