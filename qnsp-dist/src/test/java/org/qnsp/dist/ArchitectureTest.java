package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds every class of every module against the rules, and the rules against classes that break them. */
final class ArchitectureTest {
    /** Surefire runs in the module's directory; the other modules lie beside it. */
    private static final Path PROJECT = Path.of("").toAbsolutePath().getParent();

    @Test
    void everyClassKeepsTheRules() throws IOException {
        List<String> faults = new ArrayList<>();
        for (Path file : filesUnder("target/classes", ".class")) {
            faults.addAll(Architecture.faults(Files.readAllBytes(file)));
        }
        assertEquals("", String.join("\n", faults));
    }

    @Test
    void noPartsSeeEachOtherInACircle() throws IOException {
        Map<String, Set<String>> sees = new TreeMap<>();
        for (Path file : filesUnder("target/classes", ".class")) {
            Map.Entry<String, Set<String>> entry = Architecture.sees(Files.readAllBytes(file));
            sees.computeIfAbsent(entry.getKey(), _ -> new TreeSet<>()).addAll(entry.getValue());
        }
        assertEquals(Set.of(), inCircles(sees));
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        Set<Path> silent = new TreeSet<>();
        for (Path file : filesUnder("src/main/java", ".java")) {
            if (!Files.exists(file.resolveSibling("package-info.java"))) {
                silent.add(PROJECT.relativize(file.getParent()));
            }
        }
        assertEquals(Set.of(), silent, "packages without a package-info.java");
    }

    @Test
    void theSearchFindsTheClasses() throws IOException {
        assertTrue(filesUnder("target/classes", ".class").stream().anyMatch(file -> file.endsWith("org/qnsp/qssh/Main.class")));
    }

    // The rules themselves: a class that mentions TYPE in a private method is judged.

    @ParameterizedTest
    @CsvSource({
        "org.qnsp.core.frame.Frame,         org.qnsp.core.mux.Mux",
        "org.qnsp.core.mux.Mux,             org.qnsp.core.transport.Connection",
        "org.qnsp.core.transport.Reader,    org.qnsp.core.client.Connector",
        "org.qnsp.core.config.Grammar,      org.qnsp.core.client.Connector",
        "org.qnsp.core.client.Connector,    org.qnsp.qssh.Main",
        "org.qnsp.crypto.keys.PublicKey,    org.qnsp.stealth.Pacer",
        "org.qnsp.stealth.Pacer,            org.qnsp.crypto.Kem",
        "org.qnsp.crypto.Kem,               org.qnsp.core.Limits",
        "org.qnsp.qscp.Main,                org.qnsp.qssh.Main",
        "org.qnsp.stealth.Pacer,            java.net.Socket",
        "org.qnsp.core.mux.Mux,             java.nio.channels.SocketChannel",
        "org.qnsp.core.copy.CopySender,     java.nio.file.Path",
        "org.qnsp.core.copy.CopySender,     java.io.FileInputStream",
        "org.qnsp.core.mux.Mux,             java.lang.Thread",
        "org.qnsp.core.mux.Mux,             java.util.concurrent.locks.ReentrantLock",
        "org.qnsp.core.handshake.Server,    java.time.Clock",
        "org.qnsp.core.handshake.Server,    java.security.SecureRandom",
        "org.qnsp.core.message.Codec,       org.slf4j.Logger",
        "org.qnsp.core.frame.FrameSealer,   org.bouncycastle.crypto.Digest",
        "org.qnsp.qsshd.Main,               org.bouncycastle.crypto.Digest",
        "org.qnsp.crypto.FrameTags,         jdk.incubator.vector.LongVector",
        "org.qnsp.core.unlisted.Thing,      java.lang.String",
    })
    void aForbiddenTypeIsFound(String user, String used) {
        assertEquals(1, Architecture.faults(classMentioning(user, used, ClassFile.ACC_PRIVATE)).size());
    }

    @ParameterizedTest
    @CsvSource({
        "org.qnsp.core.mux.Mux,             org.qnsp.core.message.Message",
        "org.qnsp.core.mux.Mux,             java.util.concurrent.TimeUnit",
        "org.qnsp.core.forward.Socks,       org.qnsp.core.client.Connector",
        "org.qnsp.core.transport.Connection, java.util.concurrent.locks.ReentrantLock",
        "org.qnsp.core.transport.Connection, org.slf4j.Logger",
        "org.qnsp.qscp.Main,                org.qnsp.core.client.Connector",
        "org.qnsp.gateway.Bridge,           org.qnsp.crypto.keys.PublicKey",
        "org.qnsp.crypto.entropy.Pool,      org.qnsp.crypto.Secret",
        "org.qnsp.crypto.Kem,               org.bouncycastle.crypto.Digest",
        "org.qnsp.crypto.KeccakLanes,       jdk.incubator.vector.LongVector",
    })
    void anAllowedTypeIsNoFault(String user, String used) {
        assertEquals(List.of(), Architecture.faults(classMentioning(user, used, ClassFile.ACC_PRIVATE)));
    }

    @Test
    void bouncyCastleIsNotExported() {
        assertEquals(1, Architecture.faults(classMentioning("org.qnsp.crypto.Kem", "org.bouncycastle.crypto.Digest", ClassFile.ACC_PUBLIC)).size());
        assertEquals(1, Architecture.faults(classMentioning("org.qnsp.crypto.Kem", "org.bouncycastle.crypto.Digest", ClassFile.ACC_PROTECTED)).size());
    }

    @ParameterizedTest
    @CsvSource({"java.lang.System, nanoTime", "java.lang.System, currentTimeMillis", "java.time.Instant, now"})
    void readingAClockIsFound(String owner, String method) {
        byte[] pure = classCalling("org.qnsp.stealth.Pacer", owner, method);
        byte[] shell = classCalling("org.qnsp.core.transport.FrameWriter", owner, method);
        assertEquals(1, Architecture.faults(pure).size());
        assertEquals(List.of(), Architecture.faults(shell));
    }

    @ParameterizedTest
    @CsvSource({"MuxImpl, 1", "ConnectionManager, 1", "ByteUtil, 1", "ByteUtils, 1", "FrameHelper, 1", "CodecBase, 1", "AbstractMux, 1",
        "Outer$FrameHelper, 1", "Database, 0", "Abstraction, 0", "Simple, 0"})
    void vagueNamesAreFound(String name, int faults) {
        byte[] classFile = classMentioning("org.qnsp.qssh." + name, "java.lang.String", ClassFile.ACC_PRIVATE);
        assertEquals(faults, Architecture.faults(classFile).size());
    }

    @Test
    void circlesAreFound() {
        Map<String, Set<String>> sees = Map.of("a", Set.of("b"), "b", Set.of("c", "d"), "c", Set.of("b"), "d", Set.of());
        assertEquals(Set.of("b", "c"), inCircles(sees));
    }

    /** The nodes from which a path leads back to themselves. */
    private static Set<String> inCircles(Map<String, Set<String>> sees) {
        Set<String> circular = new TreeSet<>();
        for (String start : sees.keySet()) {
            Set<String> reached = new TreeSet<>();
            List<String> open = new ArrayList<>(sees.get(start));
            while (!open.isEmpty()) {
                String next = open.removeLast();
                if (reached.add(next)) {
                    open.addAll(sees.getOrDefault(next, Set.of()));
                }
            }
            if (reached.contains(start)) {
                circular.add(start);
            }
        }
        return circular;
    }

    /** A public class with one method that takes a parameter of the given type. */
    private static byte[] classMentioning(String name, String type, int methodFlags) {
        MethodTypeDesc signature = MethodTypeDesc.of(ConstantDescs.CD_void, ClassDesc.of(type));
        return ClassFile.of().build(ClassDesc.of(name), builder -> builder.withFlags(ClassFile.ACC_PUBLIC)
                .withMethodBody("takes", signature, methodFlags, code -> code.return_()));
    }

    /** A public class with one method that calls the given static one. */
    private static byte[] classCalling(String name, String owner, String method) {
        MethodTypeDesc signature = MethodTypeDesc.of(ConstantDescs.CD_void);
        return ClassFile.of().build(ClassDesc.of(name), builder -> builder.withFlags(ClassFile.ACC_PUBLIC)
                .withMethodBody("calls", signature, ClassFile.ACC_PRIVATE,
                        code -> code.invokestatic(ClassDesc.of(owner), method, signature).return_()));
    }

    /** All files with the ending under that directory of any module. */
    private static List<Path> filesUnder(String directory, String ending) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> modules = Files.newDirectoryStream(PROJECT, Files::isDirectory)) {
            for (Path module : modules) {
                Path top = module.resolve(directory);
                if (!Files.isDirectory(top) || !Files.exists(module.resolve("pom.xml"))) {
                    continue;
                }
                try (Stream<Path> files = Files.walk(top)) {
                    files.filter(file -> file.getFileName().toString().endsWith(ending)).forEach(found::add);
                } catch (UncheckedIOException e) {
                    throw e.getCause();
                }
            }
        }
        return found;
    }
}
