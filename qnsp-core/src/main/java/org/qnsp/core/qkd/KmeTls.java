package org.qnsp.core.qkd;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.security.auth.x500.X500Principal;
import org.qnsp.core.qkd.QkdException.Reason;
import org.qnsp.crypto.tls.Pem;

/** Mutual TLS with a key server: our certificate, whom we trust, and who the key server has to be. */
final class KmeTls {
    private static final int FILE_BYTES = 1 << 20;
    private static final Map<String, String> SERIAL_NUMBER = Map.of("2.5.4.5", "serialNumber");

    private KmeTls() {
    }

    /** A key server's certificate that is not the one of the configured key server. */
    static final class WrongKmeException extends CertificateException {
        private static final long serialVersionUID = 1;

        WrongKmeException(String message) {
            super(message);
        }
    }

    /** @throws QkdException CONFIGURATION, naming the file */
    static SSLContext context(QkdSettings settings) throws QkdException {
        try {
            char[] none = new char[0];
            Pem.Credential own = credential(settings);
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, none);
            keys.setKeyEntry("sae", own.key(), none, own.chain().toArray(X509Certificate[]::new));
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
            keyManagers.init(keys, none);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers.getKeyManagers(), new TrustManager[] {new KmeTrust(trust(settings.ca()), settings.kmeId())}, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new QkdException(Reason.CONFIGURATION, "TLS: " + e.getMessage(), e);
        }
    }

    private static X509ExtendedTrustManager trust(Path file) throws QkdException, GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try {
            int n = 0;
            for (X509Certificate certificate : Pem.certificates(read(file))) {
                trusted.setCertificateEntry("ca" + n++, certificate);
            }
        } catch (CertificateException e) {
            throw new QkdException(Reason.CONFIGURATION, "QkdCa " + file + " " + e.getMessage(), e);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    private static Pem.Credential credential(QkdSettings settings) throws QkdException {
        Path file = settings.certificate();
        Path keyFile = settings.key();
        byte[] certificate = settings.key().equals(file) ? readPrivate(file) : read(file);
        try {
            if (Pem.isPkcs12(certificate)) {
                if (!keyFile.equals(file)) {
                    throw new QkdException(Reason.CONFIGURATION, "QkdCertificate " + file + " is PKCS #12 and holds the key: leave QkdKey out");
                }
                return Pem.pkcs12(certificate);
            }
            List<X509Certificate> chain = Pem.certificates(certificate);
            file = keyFile;
            byte[] key = readPrivate(keyFile);
            try {
                return new Pem.Credential(chain, Pem.privateKey(key));
            } finally {
                Arrays.fill(key, (byte) 0);
            }
        } catch (GeneralSecurityException e) {
            throw new QkdException(Reason.CONFIGURATION, file + " " + e.getMessage(), e);
        } finally {
            Arrays.fill(certificate, (byte) 0);
        }
    }

    /** As ssh: a key of the user that others can read is not used. */
    private static byte[] readPrivate(Path file) throws QkdException {
        try {
            Map<String, Object> facts = Files.readAttributes(file, "unix:uid,mode");
            int mode = (Integer) facts.get("mode") & 07777;
            if ((mode & 077) != 0 && isOwn((Integer) facts.get("uid"))) {
                throw new QkdException(Reason.CONFIGURATION, "permissions 0" + Integer.toOctalString(mode) + " for " + file + " are too open: others can read this private key");
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        return read(file);
    }

    /** Also where that cannot be found out. */
    private static boolean isOwn(int uid) {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(uid);
        } catch (IOException e) {
            return true;
        }
    }

    private static byte[] read(Path file) throws QkdException {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(FILE_BYTES + 1);
            if (bytes.length > FILE_BYTES) {
                throw new QkdException(Reason.CONFIGURATION, file + ": longer than " + FILE_BYTES + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static QkdException unreadable(Path file, IOException e) {
        String why = e instanceof NoSuchFileException ? "No such file or directory" : e instanceof java.nio.file.AccessDeniedException ? "Permission denied" : e.getMessage();
        return new QkdException(Reason.CONFIGURATION, file + ": " + why, e);
    }

    /** Beyond the usual checks (authority, host name): the id that was configured, in common name, alternative name or serial number. */
    private static final class KmeTrust extends X509ExtendedTrustManager {
        private final X509ExtendedTrustManager usual;
        private final String id;

        KmeTrust(X509ExtendedTrustManager usual, String id) {
            this.usual = usual;
            this.id = id;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
            usual.checkServerTrusted(chain, authType, engine);
            checkId(chain[0]);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
            usual.checkServerTrusted(chain, authType, socket);
            checkId(chain[0]);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("no host name to check");
        }

        private void checkId(X509Certificate certificate) throws CertificateException {
            if (id != null && !names(certificate, id)) {
                throw new WrongKmeException("the certificate of the key server does not name " + id);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("no client is trusted here");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
            throw new CertificateException("no client is trusted here");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
            throw new CertificateException("no client is trusted here");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return usual.getAcceptedIssuers();
        }
    }

    /** Whether a certificate is of that id: its common name, an alternative name, or its serial number in decimal or hexadecimal. */
    static boolean names(X509Certificate certificate, String id) throws CertificateException {
        try {
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253, SERIAL_NUMBER)).getRdns()) {
                boolean named = rdn.getType().equalsIgnoreCase("CN") || rdn.getType().equalsIgnoreCase("serialNumber");
                if (named && id.equals(rdn.getValue())) {
                    return true;
                }
            }
        } catch (InvalidNameException e) {
            throw new CertificateException("a subject that cannot be read", e);
        }
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null && alternatives.stream().anyMatch(name -> id.equals(name.get(1)))) {
            return true;
        }
        String serial = certificate.getSerialNumber().toString(16);
        return id.equals(certificate.getSerialNumber().toString()) || id.replace(":", "").replaceFirst("^0+(?=.)", "").equalsIgnoreCase(serial);
    }
}
