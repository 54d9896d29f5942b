package org.qnsp.gateway.qkdsim;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.qnsp.crypto.tls.Pem;

/** The TLS of a key server: clients of the trial's authority, and a certificate with or without the server's id. */
final class ServerTls {
    private ServerTls() {
    }

    static SSLContext context(TrialNetwork network, Side side, BooleanSupplier withoutId) throws IOException {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", Pem.certificates(Files.readAllBytes(network.file(TrialNetwork.CA))).getFirst());
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {new Certificates(credential(network, side.kme()), credential(network, side.kme() + "-no-id"), withoutId)}, trust.getTrustManagers(), null);
            context.getServerSessionContext().setSessionTimeout(1); // so that a certificate that was switched is soon seen
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS: " + e.getMessage(), e);
        }
    }

    private static Pem.Credential credential(TrialNetwork network, String name) throws IOException, GeneralSecurityException {
        byte[] key = Files.readAllBytes(network.file(name + ".key"));
        try {
            return new Pem.Credential(Pem.certificates(Files.readAllBytes(network.file(name + ".pem"))), Pem.privateKey(key));
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /** Chooses among the two certificates at each handshake. */
    private static final class Certificates extends X509ExtendedKeyManager {
        private final Pem.Credential named;
        private final Pem.Credential unnamed;
        private final BooleanSupplier withoutId;

        Certificates(Pem.Credential named, Pem.Credential unnamed, BooleanSupplier withoutId) {
            this.named = named;
            this.unnamed = unnamed;
            this.withoutId = withoutId;
        }

        @Override
        public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
            return keyType.startsWith("EC") ? withoutId.getAsBoolean() ? "unnamed" : "named" : null;
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return chooseEngineServerAlias(keyType, issuers, null);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return of(alias).chain().toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return of(alias).key();
        }

        private Pem.Credential of(String alias) {
            return alias.equals("named") ? named : unnamed;
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[] {"named", "unnamed"};
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return null;
        }
    }
}
