package org.qnsp.gateway.qkdsim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.qnsp.core.config.Words;
import org.qnsp.crypto.tls.CertificateAuthority;
import org.qnsp.crypto.tls.CertificateAuthority.Issued;
import org.qnsp.crypto.tls.CertificateAuthority.Purpose;
import org.qnsp.crypto.tls.Pem;

/** The directory of a trial: certificates of an authority whose key is nowhere, made once; configurations, written at each start; the file of faults. */
final class TrialNetwork {
    static final String CA = "ca.pem";
    /** The address of both servers. */
    static final String ADDRESS = "127.0.0.1";
    private static final List<String> DNS = List.of("localhost");
    private static final List<String> ADDRESSES = List.of(ADDRESS, "::1");

    private final Path directory;


    private TrialNetwork(Path directory) {
        this.directory = directory;
    }

    /** Opens the directory, which is made where it is not there. @throws IOException in words for the user */
    static TrialNetwork open(SimRequest request) throws IOException {
        Path directory = request.directory();
        if (Files.notExists(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (((Integer) Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0170077) != 0040000) {
            throw new IOException(directory + " is no directory of one user only");
        }
        TrialNetwork network = new TrialNetwork(directory);
        try {
            if (Files.notExists(network.file(CA))) {
                network.issue(request);
            }
            network.check(request);
        } catch (GeneralSecurityException e) {
            throw new IOException(directory + ": " + e.getMessage(), e);
        }
        network.replace("faults", String.join("\n", request.faults()) + "\n");
        return network;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    private void issue(SimRequest request) throws IOException, GeneralSecurityException {
        CertificateAuthority authority = new CertificateAuthority("qkd-sim");
        for (Side side : Side.values()) {
            write(side.kme(), authority.issue(side.kme(), Purpose.SERVER, DNS, ADDRESSES));
            write(side.kme() + "-no-id", authority.issue(null, Purpose.SERVER, DNS, ADDRESSES));
        }
        write("client", authority.issue(request.clientSae(), Purpose.CLIENT, List.of(), List.of()));
        write("server", authority.issue(request.serverSae(), Purpose.CLIENT, List.of(), List.of()));
        write("no-id", authority.issue(null, Purpose.CLIENT, List.of(), List.of()));
        create(CA, Pem.text(authority.certificate()).getBytes(StandardCharsets.US_ASCII)); // last: it says that all are there
    }

    private void write(String name, Issued issued) throws IOException, GeneralSecurityException {
        create(name + ".pem", Pem.text(issued.certificate()).getBytes(StandardCharsets.US_ASCII));
        byte[] key = Pem.bytes(issued.key());
        create(name + ".key", key);
        Arrays.fill(key, (byte) 0);
    }

    private void create(String name, byte[] content) throws IOException {
        Files.deleteIfExists(file(name)); // of a beginning that did not come to its end
        try (var out = Files.newByteChannel(file(name), Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            out.write(java.nio.ByteBuffer.wrap(content));
        }
    }

    /** Writes a file that is written at each start. */
    void replace(String name, String content) throws IOException {
        create(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Certificates that end, and those of a start with other names, are not renewed behind the user's back: programs may still use them. */
    private void check(SimRequest request) throws IOException, GeneralSecurityException {
        for (String name : List.of(CA, "client.pem", "server.pem", Side.A.kme() + ".pem", Side.B.kme() + ".pem")) {
            X509Certificate certificate = Pem.certificates(Files.readAllBytes(file(name))).getFirst();
            certificate.checkValidity();
            String wanted = name.equals("client.pem") ? request.clientSae() : name.equals("server.pem") ? request.serverSae() : null;
            if (wanted != null && !wanted.equals(SaeName.of(certificate).orElse(null))) {
                throw new IOException(directory + " belongs to a trial with other SAE ids; delete it, or give another --dir");
            }
        }
    }

    /** The lines of a configuration for one side. */
    String lines(Side side, int port, String own, String peer) {
        String name = side == Side.A ? "client" : "server";
        return "QkdKme https://" + ADDRESS + ":" + port + "\nQkdKmeId " + side.kme() + "\nQkdCa " + Words.quote(file(CA).toString()) + "\nQkdCertificate " + Words.quote(file(name + ".pem").toString())
                + "\nQkdKey " + Words.quote(file(name + ".key").toString()) + "\nQkdSae " + own + "\nQkdPeerSae " + peer + "\n";
    }
}
