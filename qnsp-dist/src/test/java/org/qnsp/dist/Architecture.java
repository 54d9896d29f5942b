package org.qnsp.dist;

import java.lang.classfile.AccessFlags;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of the house, as tables, and the judgement of one class file by them; docs/ARCHITECTURE.md gives the reasons. */
final class Architecture {
    /**
     * The floors of the house, from the ground up. A part is a package with its sub-packages, except those listed
     * themselves. A part sees the floors below it and, on floors that are not for strangers, its neighbours, though
     * never in a circle.
     */
    private static final List<Floor> FLOORS = List.of(
            Floor.ofStrangers("org.qnsp.crypto", "org.qnsp.stealth"),
            Floor.of("org.qnsp.core"),
            Floor.of("org.qnsp.core.frame", "org.qnsp.core.message", "org.qnsp.core.config"),
            Floor.of("org.qnsp.core.handshake", "org.qnsp.core.mux", "org.qnsp.core.ratchet"),
            Floor.of("org.qnsp.core.transport", "org.qnsp.core.qkd"),
            Floor.of("org.qnsp.core.agent", "org.qnsp.core.client", "org.qnsp.core.forward", "org.qnsp.core.share", "org.qnsp.core.copy"),
            Floor.ofStrangers("org.qnsp.qssh", "org.qnsp.qscp", "org.qnsp.keygen", "org.qnsp.qsshd", "org.qnsp.gateway"),
            Floor.of("org.qnsp.dist"));

    private record Floor(Set<String> parts, boolean strangers) {
        static Floor of(String... parts) {
            return new Floor(Set.of(parts), false);
        }

        static Floor ofStrangers(String... parts) {
            return new Floor(Set.of(parts), true);
        }
    }

    /** No IO, no thread, no clock, no chance of their own, no logger. */
    private static final Set<String> PURE = Set.of("org.qnsp.stealth", "org.qnsp.core.frame", "org.qnsp.core.handshake",
            "org.qnsp.core.message", "org.qnsp.core.mux", "org.qnsp.core.ratchet", "org.qnsp.core.copy", "org.qnsp.core.agent");

    /** Types a pure package must not mention, by the beginning of their names. */
    private static final List<String> IMPURE_TYPES = List.of("java.net.", "java.nio.channels.", "java.nio.file.", "java.io.File",
            "java.io.RandomAccessFile", "java.io.Console", "java.lang.Thread", "java.lang.Process", "java.util.concurrent.", "java.util.Timer",
            "java.time.Clock", "java.security.SecureRandom", "java.util.concurrent.ThreadLocalRandom",
            "java.util.logging.", "java.lang.System$Logger", "org.slf4j.", "ch.qos.logback.");

    /** Types below those that are values, not actors. */
    private static final Set<String> PURE_TYPES = Set.of("java.util.concurrent.TimeUnit", "java.util.concurrent.TimeoutException");

    /** Methods a pure package must not call, as owner and name. */
    private static final Set<String> IMPURE_METHODS = Set.of("java.lang.System.nanoTime", "java.lang.System.currentTimeMillis",
            "java.lang.System.getenv", "java.lang.System.getProperty", "java.lang.System.getLogger", "java.lang.Math.random",
            "java.time.Instant.now", "java.time.LocalDate.now", "java.time.LocalTime.now", "java.time.LocalDateTime.now",
            "java.time.ZonedDateTime.now", "java.time.OffsetDateTime.now", "java.util.UUID.randomUUID",
            "java.util.Collections.shuffle", "java.util.random.RandomGenerator.getDefault", "java.util.random.RandomGenerator.of");

    /** A runtime may lack the vector module. */
    private static final String VECTOR_CLASS = "org.qnsp.crypto.KeccakLanes";

    private static final Pattern VAGUE_NAME = Pattern.compile("Abstract\\p{Lu}.*|.*(Impl|Manager|Helper|Utils?|Base)");

    private static final Pattern TYPE_IN_DESCRIPTOR = Pattern.compile("L([\\w$/]+)[;<]");

    private Architecture() {}

    /** What is wrong with this class file: a line each, naming the class and the rule; empty if nothing is. */
    static List<String> faults(byte[] classFile) {
        ClassModel model = ClassFile.of().parse(classFile);
        String name = dotted(model.thisClass().asInternalName());
        List<String> faults = new ArrayList<>();
        Set<String> types = mentionedTypes(model);
        checkDirections(name, types, faults);
        checkPurity(name, types, model, faults);
        checkBouncyCastle(name, types, model, faults);
        if (!name.equals(VECTOR_CLASS)) { // the one that its neighbours can do without
            types.stream().filter(type -> type.startsWith("jdk.incubator.")).forEach(type -> faults.add(name + ": only " + VECTOR_CLASS + " may use " + type));
        }
        String simple = name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
        if (VAGUE_NAME.matcher(simple).matches()) {
            faults.add(name + ": names end in no Impl, Manager, Helper, Util or Base and begin with no Abstract");
        }
        return faults;
    }

    private static void checkDirections(String name, Set<String> types, List<String> faults) {
        String here = part(name);
        if (here == null) {
            faults.add(name + ": its package has no place in the table of parts");
            return;
        }
        for (String type : types) {
            String there = type.startsWith("org.qnsp.") ? part(type) : null;
            if (there != null && !there.equals(here) && !maySee(here, there)) {
                faults.add(name + ": " + here + " must not see " + type);
            }
        }
    }

    private static boolean maySee(String here, String there) {
        int up = floor(there) - floor(here);
        return up < 0 || up == 0 && !FLOORS.get(floor(here)).strangers();
    }

    /** The floor of a listed part; -1 if it is not listed. */
    private static int floor(String part) {
        for (int i = 0; i < FLOORS.size(); i++) {
            if (FLOORS.get(i).parts().contains(part)) {
                return i;
            }
        }
        return -1;
    }

    /** The parts this class file sees, keyed by its own: what a search for circles adds up. */
    static Map.Entry<String, Set<String>> sees(byte[] classFile) {
        ClassModel model = ClassFile.of().parse(classFile);
        String here = String.valueOf(part(dotted(model.thisClass().asInternalName())));
        Set<String> there = new TreeSet<>();
        for (String type : mentionedTypes(model)) {
            String part = type.startsWith("org.qnsp.") ? part(type) : null;
            if (part != null && !part.equals(here)) {
                there.add(part);
            }
        }
        return Map.entry(here, there);
    }

    private static void checkPurity(String name, Set<String> types, ClassModel model, List<String> faults) {
        String part = part(name);
        if (part == null || !PURE.contains(part)) {
            return;
        }
        for (String type : types) {
            if (IMPURE_TYPES.stream().anyMatch(type::startsWith) && !PURE_TYPES.contains(type)) {
                faults.add(name + ": a pure package must not mention " + type);
            }
        }
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof MemberRefEntry member) {
                String method = dotted(member.owner().asInternalName()) + "." + member.name().stringValue();
                if (IMPURE_METHODS.contains(method)) {
                    faults.add(name + ": a pure package must not call " + method);
                }
            }
        }
    }

    private static void checkBouncyCastle(String name, Set<String> types, ClassModel model, List<String> faults) {
        String bouncyCastle = "org.bouncycastle.";
        if (!"org.qnsp.crypto".equals(part(name))) {
            types.stream().filter(type -> type.startsWith(bouncyCastle))
                    .forEach(type -> faults.add(name + ": only org.qnsp.crypto may use " + type));
            return;
        }
        // an exported signature: visible members of a class; the class may be package-private, its members then are unseen
        if (!model.flags().has(AccessFlag.PUBLIC)) {
            return;
        }
        List<String> signatures = new ArrayList<>();
        model.superclass().ifPresent(type -> signatures.add("L" + type.asInternalName() + ";"));
        model.interfaces().forEach(type -> signatures.add("L" + type.asInternalName() + ";"));
        for (FieldModel field : model.fields()) {
            if (exported(field.flags())) {
                signatures.add(field.fieldType().stringValue());
            }
        }
        for (MethodModel method : model.methods()) {
            if (exported(method.flags())) {
                signatures.add(method.methodType().stringValue());
            }
        }
        for (String signature : signatures) {
            typesIn(signature).stream().filter(type -> type.startsWith(bouncyCastle))
                    .forEach(type -> faults.add(name + ": must not export " + type));
        }
    }

    private static boolean exported(AccessFlags flags) {
        return flags.has(AccessFlag.PUBLIC) || flags.has(AccessFlag.PROTECTED);
    }

    /** Every type the constant pool names: used, extended, thrown or only standing in a descriptor or a generic signature. */
    private static Set<String> mentionedTypes(ClassModel model) {
        Set<String> types = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            switch (entry) {
                case ClassEntry type -> {
                    String internal = type.asInternalName();
                    types.addAll(internal.startsWith("[") ? typesIn(internal) : Set.of(dotted(internal)));
                }
                case Utf8Entry text -> types.addAll(typesIn(text.stringValue()));
                default -> { }
            }
        }
        return types;
    }

    /** Also finds "types" in a string constant written like a descriptor; no code of ours has one. */
    private static Set<String> typesIn(String descriptor) {
        Set<String> types = new TreeSet<>();
        Matcher matcher = TYPE_IN_DESCRIPTOR.matcher(descriptor);
        while (matcher.find()) {
            types.add(dotted(matcher.group(1)));
        }
        return types;
    }

    /** The part a class belongs to; null if it has no place. In core each sub-package must be listed. */
    private static String part(String className) {
        int end = className.lastIndexOf('.');
        String name = className.substring(0, Math.max(end, 0));
        while (floor(name) < 0 && name.contains(".")) {
            name = name.substring(0, name.lastIndexOf('.'));
        }
        boolean unlistedInCore = name.equals("org.qnsp.core") && end > name.length();
        return floor(name) < 0 || unlistedInCore ? null : name;
    }

    private static String dotted(String internalName) {
        return internalName.replace('/', '.');
    }
}
