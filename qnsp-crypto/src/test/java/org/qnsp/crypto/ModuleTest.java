package org.qnsp.crypto;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.AccessFlags;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.qnsp.crypto.keys.KemKeyPair;
import org.qnsp.crypto.keys.SigKeyPair;

/** Properties of the module as a whole. */
class ModuleTest {
    @Test
    void noBouncyCastleTypeIsExported() throws Exception {
        Path classes = Path.of(Secret.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        int seen = 0;
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                ClassModel model = parse(file);
                if (exported(model.flags())) {
                    seen++;
                    for (MethodModel method : model.methods()) {
                        assertFalse(exported(method.flags()) && method.methodType().stringValue().contains("org/bouncycastle"),
                                file.getFileName() + " " + method.methodName());
                    }
                    model.fields().forEach(field -> assertFalse(
                            exported(field.flags()) && field.fieldType().stringValue().contains("org/bouncycastle"), file.toString()));
                }
            }
        }
        assertTrue(seen > 25, "only " + seen + " classes seen");
    }

    private static ClassModel parse(Path file) throws IOException {
        return ClassFile.of().parse(file);
    }

    private static boolean exported(AccessFlags flags) {
        return flags.has(AccessFlag.PUBLIC) || flags.has(AccessFlag.PROTECTED);
    }

    @Test
    void threadsMayShareAKey() throws Exception { // the daemon's host key serves all connections
        RandomSource random = RandomSource.system();
        try (KemKeyPair kem = KemKeyPair.generate(random);
                SigKeyPair sig = SigKeyPair.generate(random);
                X25519 peer = X25519.generate(random);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            byte[] ek = kem.publicKey().first();
            byte[] point = peer.agree(kem.publicKey().second()).bytes().clone();
            Callable<Boolean> work = () -> {
                for (int i = 0; i < 30; i++) {
                    Kem.Encapsulation made = MlKem768.encapsulate(ek, random);
                    byte[] sent = Kemeleon.encodeCiphertext(made.ciphertext(), random);
                    byte[] message = random.bytes(64);
                    if (!kem.decapsulate(Kemeleon.decodeCiphertext(sent)).matches(made.shared().bytes())
                            || !kem.agree(peer.publicKey()).matches(point)
                            || !SigKeyPair.verify(sig.publicKey(), message, sig.sign(message, random))) {
                        return false;
                    }
                }
                return true;
            };
            List<Future<Boolean>> results = IntStream.range(0, 4).mapToObj(i -> threads.submit(work)).toList();
            for (Future<Boolean> result : results) {
                assertTrue(result.get());
            }
        }
    }
}
