import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Prepares third-party jars for the distribution, so that a start-up cache takes them:
 * <ul>
 * <li>a signed jar is verified against the certificate expected of it, then its signature is removed;
 * <li>classes older than Java 6 get stack maps and the class file version of Java 8;
 * <li>a class that all cryptography goes through says its one warning, about an unknown setting, nowhere: for the sake of it every program
 *     would set up the logging of the JDK, which looks through all jars.
 * </ul>
 * Other entries are copied as they are. The output depends on the input alone.
 *
 * <p>{@code java PrepareJars.java in.jar out.jar [in.jar out.jar ...]}; exit status 1 and one line on a refusal.
 */
final class PrepareJars {
    /** Which jars must be signed, and the SHA-256 of the certificate that must have signed each of their entries. */
    private static final Map<Pattern, String> SIGNERS = Map.of(
            // CN=Legion of the Bouncy Castle Inc., OU=Java Software Code Signing (issued 2025-12-17)
            Pattern.compile("bc[a-z]+-jdk18on-.*\\.jar"), "7c3b84e39bab35b23044ada94939fde3c817b0d4214e02d2185ebed98e4620d9");

    private static final String SILENCED = "org/bouncycastle/crypto/CryptoServicesRegistrar.class";
    private static final ClassDesc LOGGER = ClassDesc.of("java.util.logging.Logger");

    private static final Pattern SIGNATURE_FILE =
            Pattern.compile("META-INF/(SIG-[^/]*|[^/]*\\.(SF|RSA|DSA|EC))", Pattern.CASE_INSENSITIVE);

    private PrepareJars() {}

    public static void main(String[] args) throws IOException, GeneralSecurityException {
        try {
            for (int i = 0; i < args.length; i += 2) {
                prepare(Path.of(args[i]), Path.of(args[i + 1]));
            }
        } catch (Refused e) {
            System.err.println("error: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void prepare(Path in, Path out) throws IOException, GeneralSecurityException {
        Map<String, byte[]> entries = verifiedEntries(in);
        entries.keySet().removeIf(name -> SIGNATURE_FILE.matcher(name).matches());
        modernise(in, entries);
        write(out, entries);
    }

    /** All entries, once each one that must be signed proved to be. JarFile checks digests while an entry is read to its end. */
    private static Map<String, byte[]> verifiedEntries(Path jar) throws IOException, GeneralSecurityException {
        String name = jar.getFileName().toString();
        String signer = SIGNERS.entrySet().stream()
                .filter(s -> s.getKey().matcher(name).matches()).map(Map.Entry::getValue).findFirst().orElse(null);
        Map<String, byte[]> entries = new TreeMap<>();
        try (JarFile file = new JarFile(jar.toFile(), true)) {
            for (JarEntry entry : (Iterable<JarEntry>) file.stream()::iterator) {
                if (entry.isDirectory()) {
                    continue;
                }
                try (InputStream content = file.getInputStream(entry)) {
                    entries.put(entry.getName(), content.readAllBytes());
                } catch (SecurityException e) {
                    throw new Refused(name + ": " + e.getMessage());
                }
                boolean covered = !entry.getName().equals(JarFile.MANIFEST_NAME)
                        && !SIGNATURE_FILE.matcher(entry.getName()).matches();
                if (covered) {
                    checkSigner(name, entry, signer);
                }
            }
        }
        return entries;
    }

    private static void checkSigner(String jar, JarEntry entry, String expected) throws GeneralSecurityException {
        CodeSigner[] signers = entry.getCodeSigners();
        if (signers == null && expected != null) {
            throw new Refused(jar + ": " + entry.getName() + " must be signed and is not");
        }
        if (signers == null) {
            return;
        }
        for (CodeSigner signer : signers) {
            byte[] certificate = signer.getSignerCertPath().getCertificates().getFirst().getEncoded();
            String actual = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
            if (actual.equals(expected)) {
                return;
            }
        }
        throw new Refused(jar + ": " + entry.getName() + " is not signed by the certificate expected of this jar");
    }

    /** Rewrites in place each class file below Java 6, as JVM caches exclude what the old verifier must check, and the one with a logger. */
    private static void modernise(Path jar, Map<String, byte[]> entries) throws IOException {
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            ClassFile classFile = ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader).cached()));
            entries.replaceAll((name, bytes) -> name.endsWith(".class") && majorVersion(bytes) < ClassFile.JAVA_6_VERSION
                    ? modernised(classFile, name, bytes) : bytes);
            entries.computeIfPresent(SILENCED, (name, bytes) -> silenced(classFile, bytes));
        }
    }

    private static byte[] modernised(ClassFile classFile, String name, byte[] bytes) {
        ClassModel old = classFile.parse(bytes);
        ClassTransform update = (builder, element) -> {
            switch ((ClassElement) element) {
                case ClassFileVersion _ -> builder.with(ClassFileVersion.of(ClassFile.JAVA_8_VERSION, 0));
                // passing the code element by element is what makes the library compute stack maps
                case MethodModel method -> builder.transformMethod(method, MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL));
                default -> builder.with(element);
            }
        };
        byte[] updated = classFile.transformClass(old, update);
        List<VerifyError> errors = classFile.verify(updated);
        if (!errors.isEmpty()) {
            throw new Refused(name + ": " + errors.getFirst().getMessage());
        }
        return updated;
    }

    /** Without its logger: the one that it gets is null, and what it is told falls. */
    private static byte[] silenced(ClassFile classFile, byte[] bytes) {
        List<String> replaced = new ArrayList<>();
        CodeTransform calls = (code, element) -> {
            if (element instanceof InvokeInstruction call && call.owner().asSymbol().equals(LOGGER)) {
                replaced.add(call.name().stringValue());
                switch (call.name().stringValue()) {
                    case "getLogger" -> code.pop().aconst_null();
                    case "warning" -> code.pop2();
                    default -> throw new Refused(SILENCED + " calls " + call.name() + " of its logger");
                }
            } else {
                code.with(element);
            }
        };
        byte[] made = classFile.transformClass(classFile.parse(bytes), ClassTransform.transformingMethodBodies(calls));
        if (!replaced.contains("getLogger")) {
            throw new Refused(SILENCED + " has no logger any more: this step can go");
        }
        return made;
    }

    private static int majorVersion(byte[] classFile) {
        return (classFile[6] & 0xff) << 8 | classFile[7] & 0xff;
    }

    private static void write(Path jar, Map<String, byte[]> entries) throws IOException {
        byte[] manifest = entries.remove(JarFile.MANIFEST_NAME);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(jar)); ZipOutputStream zip = new ZipOutputStream(out)) {
            if (manifest != null) {
                put(zip, JarFile.MANIFEST_NAME, withoutDigests(manifest));
            }
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                put(zip, entry.getKey(), entry.getValue());
            }
        }
    }

    /** The per-entry sections of a manifest hold the digests the signature covers. */
    private static byte[] withoutDigests(byte[] manifest) throws IOException {
        Manifest parsed = new Manifest(new java.io.ByteArrayInputStream(manifest));
        parsed.getEntries().clear();
        var bytes = new java.io.ByteArrayOutputStream();
        parsed.write(bytes);
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0)); // the same output on every build
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }
}
