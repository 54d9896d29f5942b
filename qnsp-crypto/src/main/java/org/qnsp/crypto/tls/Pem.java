package org.qnsp.crypto.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Enumeration;
import java.util.List;

/** Certificates and private keys as files have them: PEM (RFC 7468, keys in PKCS #8), and PKCS #12 without a password. Faults never quote the content. */
public final class Pem {
    private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_END = "-----END PRIVATE KEY-----";
    private static final String CERTIFICATE_BEGIN = "-----BEGIN CERTIFICATE-----";

    /** A certificate's chain, its own first, and its private key. */
    public record Credential(List<X509Certificate> chain, PrivateKey key) {
        @Override
        public String toString() {
            return "Credential[" + chain.getFirst().getSubjectX500Principal() + "]";
        }
    }

    private Pem() {
    }

    /** A certificate in PEM, with its line end. */
    public static String text(X509Certificate certificate) throws CertificateException {
        return CERTIFICATE_BEGIN + "\n" + lines(certificate.getEncoded()) + "\n-----END CERTIFICATE-----\n";
    }

    /** A private key in PKCS #8 and PEM, with its line end; the caller wipes it. */
    public static byte[] bytes(PrivateKey key) {
        byte[] der = key.getEncoded();
        try {
            return (KEY_BEGIN + "\n" + lines(der) + "\n" + KEY_END + "\n").getBytes(StandardCharsets.US_ASCII);
        } finally {
            Arrays.fill(der, (byte) 0);
        }
    }

    private static String lines(byte[] der) {
        return Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    }

    /** Whether the bytes begin as a PKCS #12 file does, and not as text. */
    public static boolean isPkcs12(byte[] file) {
        return file.length > 2 && file[0] == 0x30;
    }

    /** All certificates of a PEM file, at least one. @throws CertificateException in words for a user */
    public static List<X509Certificate> certificates(byte[] file) throws CertificateException {
        List<X509Certificate> all = new ArrayList<>();
        int from = new String(file, StandardCharsets.ISO_8859_1).indexOf(CERTIFICATE_BEGIN); // the factory takes no text before the first
        if (from >= 0) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(file, from, file.length - from))) {
                all.add((X509Certificate) certificate);
            }
        }
        if (all.isEmpty()) {
            throw new CertificateException("holds no certificate in PEM");
        }
        return List.copyOf(all);
    }

    /**
     * The private key of a PEM file: of an EC, RSA or Ed25519 key.
     *
     * @throws GeneralSecurityException in words for a user
     */
    public static PrivateKey privateKey(byte[] file) throws GeneralSecurityException {
        byte[] der = der(file);
        try {
            for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
                } catch (InvalidKeySpecException e) {
                    // of another algorithm
                }
            }
            throw new GeneralSecurityException("holds no EC, RSA or Ed25519 key in PKCS #8");
        } finally {
            Arrays.fill(der, (byte) 0);
        }
    }

    private static byte[] der(byte[] file) throws GeneralSecurityException {
        int begin = indexOf(file, KEY_BEGIN, 0);
        int end = begin < 0 ? -1 : indexOf(file, KEY_END, begin);
        if (end < 0) {
            boolean other = indexOf(file, "PRIVATE KEY-----", 0) >= 0;
            throw new GeneralSecurityException(other ? "holds a private key that is encrypted or of an old format; openssl pkcs8 -topk8 -nocrypt makes one that can be read"
                    : "holds no private key in PEM");
        }
        byte[] base64 = Arrays.copyOfRange(file, begin + KEY_BEGIN.length(), end);
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("is not in base64", e);
        } finally {
            Arrays.fill(base64, (byte) 0);
        }
    }

    private static int indexOf(byte[] file, String text, int from) {
        byte[] wanted = text.getBytes(StandardCharsets.US_ASCII);
        for (int i = from; i <= file.length - wanted.length; i++) {
            if (Arrays.equals(file, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        return -1;
    }

    /** The one key of a PKCS #12 file without a password. @throws GeneralSecurityException in words for a user */
    public static Credential pkcs12(byte[] file) throws GeneralSecurityException {
        char[] password = new char[0];
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(file), password);
            for (Enumeration<String> names = store.aliases(); names.hasMoreElements();) {
                String name = names.nextElement();
                if (store.isKeyEntry(name)) {
                    List<X509Certificate> chain = Arrays.stream(store.getCertificateChain(name)).map(X509Certificate.class::cast).toList();
                    return new Credential(chain, (PrivateKey) store.getKey(name, password));
                }
            }
        } catch (IOException e) {
            throw new GeneralSecurityException("is no PKCS #12 file that opens with an empty password", e);
        }
        throw new GeneralSecurityException("holds no private key");
    }
}
