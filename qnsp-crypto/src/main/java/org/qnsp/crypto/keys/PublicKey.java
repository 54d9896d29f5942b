package org.qnsp.crypto.keys;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.qnsp.crypto.Ed25519;
import org.qnsp.crypto.Encoding;
import org.qnsp.crypto.InvalidKeyEncodingException;
import org.qnsp.crypto.MlKem768;
import org.qnsp.crypto.Sha3;

/**
 * A long-term public key (K-1): a post-quantum and a classical part. Its parts have been checked: a coefficient
 * out of range or an Ed25519 key that is no point never gets this far. Immutable; equal if the encodings are.
 */
public final class PublicKey {
    /** A fingerprint, bytes. */
    public static final int FINGERPRINT_BYTES = Sha3.HASH_BYTES;

    private static final int LONGEST_PART = 4096;
    private static final int LONGEST_LINE = 16384;

    private final KeyType type;
    private final byte[] first;
    private final byte[] second;
    private final byte[] encoded;
    private final byte[] fingerprint;

    private PublicKey(KeyType type, byte[] first, byte[] second) {
        this.type = type;
        this.first = first;
        this.second = second;
        this.encoded = Encoding.lpAll(Encoding.ascii(type.typeName()), first, second);
        this.fingerprint = Sha3.hash(encoded);
    }

    /**
     * The key of these parts, which are copied.
     *
     * @throws InvalidKeyEncodingException if a part has the wrong length, or is not valid by itself
     */
    public static PublicKey of(KeyType type, byte[] first, byte[] second) throws InvalidKeyEncodingException {
        if (first.length != type.firstBytes() || second.length != type.secondBytes()) {
            throw new InvalidKeyEncodingException("a part of the " + type.typeName() + " key has the wrong length");
        }
        switch (type) {
            case KEM -> MlKem768.checkEncapsulationKey(first);
            case SIG, SIG87 -> {
                if (!Ed25519.isPublicKey(second)) {
                    throw new InvalidKeyEncodingException("the Ed25519 part is not a point of the curve");
                }
            }
        }
        return new PublicKey(type, first.clone(), second.clone());
    }

    public KeyType type() {
        return type;
    }

    /** The post-quantum part, a copy: ek of ML-KEM-768 (1184 bytes) or the ML-DSA key (1952 or 2592). */
    public byte[] first() {
        return first.clone();
    }

    /** The classical part, a copy of 32 bytes: X25519 or Ed25519. */
    public byte[] second() {
        return second.clone();
    }

    /** LP(type) | LP(first) | LP(second) (K-1), a copy. */
    public byte[] encoded() {
        return encoded.clone();
    }

    /** H(K-1), a copy of 32 bytes (K-3). {@link Fingerprint} writes it. */
    public byte[] fingerprint() {
        return fingerprint.clone();
    }

    /**
     * Decodes K-1, strictly: exactly the three fields, nothing after them.
     *
     * @throws InvalidKeyEncodingException for anything else
     */
    public static PublicKey decode(byte[] encoded) throws InvalidKeyEncodingException {
        try {
            LpReader reader = new LpReader(encoded, 0);
            String name = new String(reader.next("the key type", 64), StandardCharsets.ISO_8859_1);
            KeyType type = KeyType.ofTypeName(name)
                    .orElseThrow(() -> new InvalidKeyEncodingException("unknown key type"));
            byte[] first = reader.next("the first part", LONGEST_PART);
            byte[] second = reader.next("the second part", LONGEST_PART);
            reader.end();
            return of(type, first, second);
        } catch (LpReader.Malformed e) {
            throw new InvalidKeyEncodingException("not a public key: " + e.getMessage());
        }
    }

    /**
     * The line for a .pub file or authorized_keys, without a line end (K-2).
     *
     * @param comment printable text, empty for none
     * @throws IllegalArgumentException if the comment has a control character
     */
    public String line(String comment) {
        requirePlain(comment);
        String key = type.typeName() + " " + Base64.getEncoder().encodeToString(encoded);
        return comment.isEmpty() ? key : key + " " + comment;
    }

    /** A public key line, taken apart; the comment is empty where there is none. */
    public record PublicKeyLine(PublicKey key, String comment) {}

    /**
     * Parses a line of K-2, without its line end: type, one space, base64, and optionally one space and a comment.
     *
     * @throws InvalidKeyEncodingException if it is not that, or the type before the base64 is not the type within
     */
    public static PublicKeyLine parseLine(String line) throws InvalidKeyEncodingException {
        if (line.length() > LONGEST_LINE) {
            throw new InvalidKeyEncodingException("the line is too long for a public key");
        }
        String[] words = line.split(" ", 3);
        if (words.length < 2) {
            throw new InvalidKeyEncodingException("not a public key line");
        }
        PublicKey key = decode(strictBase64(words[1]));
        if (!key.type.typeName().equals(words[0])) {
            throw new InvalidKeyEncodingException("the line's type is not the key's");
        }
        String comment = words.length == 3 ? words[2] : "";
        if (!isPlain(comment)) {
            throw new InvalidKeyEncodingException("the comment has a control character");
        }
        return new PublicKeyLine(key, comment);
    }

    /** Decodes base64 with padding; a text that is not the one encoding of its bytes is refused. */
    private static byte[] strictBase64(String text) throws InvalidKeyEncodingException {
        try {
            byte[] decoded = Base64.getDecoder().decode(text);
            if (Base64.getEncoder().encodeToString(decoded).equals(text)) {
                return decoded;
            }
        } catch (IllegalArgumentException e) {
            // said below, without the text
        }
        throw new InvalidKeyEncodingException("the base64 of the key is not valid");
    }

    static boolean isPlain(String text) {
        return text.chars().noneMatch(Character::isISOControl);
    }

    static void requirePlain(String comment) {
        if (!isPlain(comment)) {
            throw new IllegalArgumentException("the comment has a control character");
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PublicKey key && Arrays.equals(encoded, key.encoded);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(fingerprint);
    }

    @Override
    public String toString() {
        return type.typeName() + " " + Fingerprint.text(this);
    }
}
