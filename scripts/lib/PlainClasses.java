import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Makes the jars of the distribution quick to start from.
 *
 * <p>In ours it rewrites what a start-up cache cannot hold: {@code switch} over types, and {@code equals} and {@code hashCode} of records.
 * The compiler leaves both to be spun as hidden classes when they are first met (JEP 483 keeps lambdas and string concatenation alone),
 * which costs a short command more than its cryptography. Here they become the comparisons that they stand for.
 *
 * <p>Of Bouncy Castle it keeps what can be reached from other jars: the JDK looks for services in every jar of the class path, the first
 * time it resolves a name or sets up a cipher, and for that reads the directory of each to its end.
 *
 * <p>{@code java PlainClasses.java DIRECTORY JAR...}: our jars, by name, in that directory, in which all classes they refer to lie.
 */
final class PlainClasses {
    private static final String LARGE = "bcprov-";
    private static final String LICENCE = "org/bouncycastle/LICENSE.class";
    private static final Pattern LARGE_NAME = Pattern.compile("org[/.]bouncycastle[/.][\\w/.$]+");
    private static final ClassDesc CD_Objects = ClassDesc.of("java.util.Objects");

    private final ClassFile classFile;

    private PlainClasses(ClassLoader classes) {
        this.classFile = ClassFile.of(
                ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes).cached()));
    }

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        List<URL> jars = new ArrayList<>();
        try (var files = Files.newDirectoryStream(directory, "*.jar")) {
            for (Path jar : files) {
                jars.add(jar.toUri().toURL());
            }
        }
        shrink(directory);
        try (URLClassLoader loader = new URLClassLoader(jars.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            PlainClasses tool = new PlainClasses(loader);
            for (int i = 1; i < args.length; i++) {
                tool.rewrite(directory.resolve(args[i]));
            }
        }
    }

    private void rewrite(Path jar) throws IOException {
        Map<String, byte[]> entries = read(jar);
        entries.replaceAll((name, bytes) -> name.endsWith(".class") ? plain(bytes) : bytes);
        write(jar, entries);
    }

    private static void shrink(Path directory) throws IOException {
        Path large = null;
        Deque<byte[]> unseen = new ArrayDeque<>();
        try (var files = Files.newDirectoryStream(directory, "*.jar")) {
            for (Path jar : files) {
                if (jar.getFileName().toString().startsWith(LARGE)) {
                    large = jar;
                } else {
                    read(jar).forEach((name, bytes) -> {
                        if (name.endsWith(".class")) {
                            unseen.add(bytes);
                        }
                    });
                }
            }
        }
        Map<String, byte[]> all = read(large);
        Map<String, byte[]> kept = new TreeMap<>();
        all.forEach((name, bytes) -> {
            boolean isLegal = name.startsWith("META-INF/") && !name.startsWith("META-INF/services/") && !name.endsWith(".class");
            if (isLegal || name.equals(LICENCE)) {
                kept.put(name, bytes);
            }
        });
        // a class of this name, and those in its place in newer versions of Java
        Map<String, List<String>> forms = all.keySet().stream().filter(name -> name.endsWith(".class"))
                .collect(Collectors.groupingBy(name -> name.replaceFirst("^META-INF/versions/\\d+/", "").replaceFirst("\\.class$", "")));
        while (!unseen.isEmpty()) {
            for (PoolEntry constant : ClassFile.of().parse(unseen.poll()).constantPool()) {
                if (constant instanceof Utf8Entry text) {
                    LARGE_NAME.matcher(text.stringValue()).results().flatMap(found -> forms.getOrDefault(found.group().replace('.', '/'), List.of()).stream())
                            .filter(name -> kept.put(name, all.get(name)) == null).forEach(name -> unseen.add(all.get(name)));
                }
            }
        }
        write(large, kept);
    }

    private static Map<String, byte[]> read(Path jar) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) file.stream()::iterator) {
                if (entry.isDirectory()) {
                    continue;
                }
                try (InputStream content = file.getInputStream(entry)) {
                    entries.put(entry.getName(), content.readAllBytes());
                }
            }
        }
        return entries;
    }

    private static void write(Path jar, Map<String, byte[]> entries) throws IOException {
        Path made = jar.resolveSibling(jar.getFileName() + ".new");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(made)); ZipOutputStream zip = new ZipOutputStream(out)) {
            put(zip, JarFile.MANIFEST_NAME, entries.remove(JarFile.MANIFEST_NAME));
            entries.forEach((name, bytes) -> put(zip, name, bytes));
        }
        Files.move(made, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) {
        try {
            ZipEntry entry = new ZipEntry(name);
            entry.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0)); // the same output on every build
            zip.putNextEntry(entry);
            zip.write(content);
            zip.closeEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] plain(byte[] original) {
        ClassModel model = classFile.parse(original);
        if (model.methods().stream().noneMatch(PlainClasses::isConcerned)) {
            return original;
        }
        ClassDesc self = model.thisClass().asSymbol();
        boolean isInterface = model.flags().has(AccessFlag.INTERFACE);
        List<Helper> helpers = new ArrayList<>();
        CodeTransform calls = (code, element) -> {
            Helper helper = element instanceof InvokeDynamicInstruction call ? helper(call, "plain$" + helpers.size()) : null;
            if (helper == null) {
                code.with(element);
            } else {
                helpers.add(helper);
                code.invokestatic(self, helper.name, helper.type, isInterface);
            }
        };
        ClassTransform methods = (builder, element) -> {
            if (element instanceof MethodModel method && isConcerned(method)) {
                builder.transformMethod(method, MethodTransform.transformingCode(calls));
            } else {
                builder.with(element);
            }
        };
        byte[] made = classFile.transformClass(model, methods.andThen(ClassTransform.endHandler(builder -> {
            for (Helper helper : helpers) {
                builder.withMethodBody(helper.name, helper.type, ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC, helper.body);
            }
        })));
        List<VerifyError> errors = classFile.verify(made);
        if (!errors.isEmpty()) {
            throw new IllegalStateException(model.thisClass().asInternalName() + ": " + errors.getFirst().getMessage());
        }
        return made;
    }

    /** A method of its own in place of a call site; the stack is the same before and after. */
    private record Helper(String name, MethodTypeDesc type, Consumer<CodeBuilder> body) {}

    private static boolean isConcerned(MethodModel method) {
        return method.code().stream().flatMap(CodeModel::elementStream)
                .anyMatch(element -> element instanceof InvokeDynamicInstruction call && helper(call, "") != null);
    }

    /** Null for a call site that stays as it is: lambdas, toString, a switch that also has labels which are no types. */
    private static Helper helper(InvokeDynamicInstruction call, String name) {
        DirectMethodHandleDesc bootstrap = call.bootstrapMethod();
        List<ConstantDesc> arguments = call.bootstrapArgs();
        Consumer<CodeBuilder> body = switch (bootstrap.owner().displayName() + '.' + call.name().stringValue()) {
            case "SwitchBootstraps.typeSwitch" -> arguments.stream().allMatch(ClassDesc.class::isInstance)
                    ? code -> choose(code, arguments) : null;
            case "ObjectMethods.equals" -> code -> compare(code, (ClassDesc) arguments.getFirst(), fields(arguments));
            case "ObjectMethods.hashCode" -> code -> hash(code, (ClassDesc) arguments.getFirst(), fields(arguments));
            default -> null;
        };
        return body == null ? null : new Helper(name, call.typeSymbol(), body);
    }

    private static List<DirectMethodHandleDesc> fields(List<ConstantDesc> arguments) {
        return arguments.stream().skip(2).map(DirectMethodHandleDesc.class::cast).toList();
    }

    private static ClassDesc typeOf(DirectMethodHandleDesc field) {
        return field.invocationType().returnType();
    }

    /** What SwitchBootstraps says of (value, from): -1 for null, else the first label not below from that holds, else their number. */
    private static void choose(CodeBuilder code, List<ConstantDesc> labels) {
        code.aload(0).ifThen(Opcode.IFNULL, none -> none.iconst_m1().ireturn());
        for (int i = 0; i < labels.size(); i++) {
            int index = i;
            code.block(label -> label
                    .iload(1).loadConstant(index).if_icmpgt(label.breakLabel())
                    .aload(0).instanceOf((ClassDesc) labels.get(index)).ifeq(label.breakLabel())
                    .loadConstant(index).ireturn());
        }
        code.loadConstant(labels.size()).ireturn();
    }

    private static void compare(CodeBuilder code, ClassDesc self, List<DirectMethodHandleDesc> fields) {
        code.block(different -> {
            different.aload(1).instanceOf(self).ifeq(different.breakLabel()).aload(1).checkcast(self).astore(2);
            for (DirectMethodHandleDesc field : fields) {
                ClassDesc type = typeOf(field);
                different.aload(0).getfield(self, field.methodName(), type).aload(2).getfield(self, field.methodName(), type);
                switch (TypeKind.from(type)) {
                    case REFERENCE -> different.invokestatic(CD_Objects, "equals", MethodTypeDesc.of(CD_boolean, CD_Object, CD_Object))
                            .ifeq(different.breakLabel());
                    case LONG -> different.lcmp().ifne(different.breakLabel());
                    case FLOAT, DOUBLE -> different.invokestatic(wrapper(type), "compare", MethodTypeDesc.of(CD_int, type, type))
                            .ifne(different.breakLabel());
                    default -> different.if_icmpne(different.breakLabel());
                }
            }
            different.iconst_1().ireturn();
        });
        code.iconst_0().ireturn();
    }

    private static void hash(CodeBuilder code, ClassDesc self, List<DirectMethodHandleDesc> fields) {
        code.iconst_0();
        for (DirectMethodHandleDesc field : fields) {
            ClassDesc type = typeOf(field);
            code.bipush(31).imul().aload(0).getfield(self, field.methodName(), type);
            if (type.isPrimitive()) {
                code.invokestatic(wrapper(type), "hashCode", MethodTypeDesc.of(CD_int, type));
            } else {
                code.invokestatic(CD_Objects, "hashCode", MethodTypeDesc.of(CD_int, CD_Object));
            }
            code.iadd();
        }
        code.ireturn();
    }

    private static ClassDesc wrapper(ClassDesc primitive) {
        return switch (TypeKind.from(primitive)) {
            case BOOLEAN -> ConstantDescs.CD_Boolean;
            case BYTE -> ConstantDescs.CD_Byte;
            case CHAR -> ConstantDescs.CD_Character;
            case SHORT -> ConstantDescs.CD_Short;
            case INT -> ConstantDescs.CD_Integer;
            case LONG -> ConstantDescs.CD_Long;
            case FLOAT -> ConstantDescs.CD_Float;
            case DOUBLE -> ConstantDescs.CD_Double;
            case REFERENCE, VOID -> throw new IllegalArgumentException(primitive.displayName());
        };
    }
}
