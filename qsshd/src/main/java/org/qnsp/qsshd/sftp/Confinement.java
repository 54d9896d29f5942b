package org.qnsp.qsshd.sftp;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The way into a ChrootDirectory: this process begins with root's rights, goes in, becomes the user for good, and is then the sftp server or executes the user's
 * shell in its own place. Nothing inside the directory is needed for it, and nothing inside is used before the rights are gone.
 *
 * @param root   the new root directory; the daemon has seen that only root can change it and what leads to it
 * @param uid    the user to become, as are {@code gid} and {@code groups}
 * @param home   the working directory, as seen inside
 * @param inside what is done there: {@code sftp} and its options, or {@code exec}, a path, and the words of a command
 */
record Confinement(Path root, int uid, int gid, List<Integer> groups, String home, List<String> inside) {
    /** The first word of a command line that asks for this. */
    static final String WORD = "--confined";

    /** Requested variables come under this name and get their own only for the user's program: this one has root's rights at first. */
    private static final String REQUESTED = "QNSP_REQUESTED_";
    private static final List<String> STANDARD = List.of("USER", "LOGNAME", "HOME", "PATH", "MAIL", "SHELL", "TZ", "TERM", "SSH_CLIENT", "SSH_CONNECTION",
        "QSSH_CONNECTION", "SSH_TTY");
    private static final int FILES_MAX = 1024;
    private static final int RLIMIT_NOFILE = 7;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int SIG_SETMASK = 2;
    private static final int MASK = 022;

    /** Reads the words after {@link #WORD}: root, uid, gid, groups with commas, home, then what is done inside. */
    static Confinement parse(List<String> words) {
        return new Confinement(Path.of(words.get(0)), Integer.parseUnsignedInt(words.get(1)), Integer.parseUnsignedInt(words.get(2)),
            Arrays.stream(words.get(3).split(",")).map(Integer::parseUnsignedInt).toList(), words.get(4), List.copyOf(words.subList(5, words.size())));
    }

    /**
     * Goes in and does it.
     *
     * @return exit status of the sftp server; a shell takes this process and does not return
     */
    int enter() throws IOException, Options.InvalidException {
        List<String> words = inside.subList(1, inside.size());
        boolean sftp = inside.getFirst().equals("sftp");
        Options options = sftp ? Options.parse(words) : null;
        if (sftp) {
            prepare();
        }
        become();
        Kernel.mask(MASK);
        limitFiles();
        try {
            Kernel.changeDirectory(home.getBytes(StandardCharsets.UTF_8));
        } catch (Errno e) {
            if (!sftp) {
                System.err.println("Could not chdir to home directory " + home);
            }
        }
        if (sftp) {
            return Main.serve(options);
        }
        execute(words.getFirst(), words.subList(1, words.size()));
        System.err.println(words.getFirst() + ": cannot be executed");
        return 1;
    }

    /** What is loaded or read when it is first needed is not to be found inside. */
    private void prepare() {
        Kernel.Stat any = new Kernel.Stat(Kernel.S_IFDIR, 1, uid, gid, 0, 0, 0);
        ZoneId.systemDefault().getRules();
        Listing.line(new byte[] {'x'}, any, 0);
        Operation.ofName("open");
    }

    /** All threads of the process, by the C library's functions; a process that could have any of it back does not go on. */
    private void become() throws IOException {
        Kernel.changeRoot(root.toString().getBytes(StandardCharsets.UTF_8));
        Kernel.changeDirectory(new byte[] {'/'});
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocateFrom(ValueLayout.JAVA_INT, groups.stream().mapToInt(Integer::intValue).toArray());
            Kernel.library("setgroups", groups.size(), list.address(), 0);
        }
        Kernel.library("setresgid", gid, gid, gid);
        Kernel.library("setresuid", uid, uid, uid);
        if (uid == 0) {
            return;
        }
        try {
            Kernel.library("setresuid", -1, 0, -1);
        } catch (Errno e) {
            return;
        }
        throw new IOException("the rights of root could not be given up");
    }

    /** 1024 is the kernel's default, which the JVM raised for itself; more breaks programs that use select. */
    private static void limitFiles() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(16, 8);
            Kernel.call(Kernel.n(302, 261), 0, RLIMIT_NOFILE, 0, limit.address(), 0);
            limit.set(ValueLayout.JAVA_LONG, 0, Math.min(FILES_MAX, limit.get(ValueLayout.JAVA_LONG, 8)));
            Kernel.call(Kernel.n(302, 261), 0, RLIMIT_NOFILE, limit.address(), 0, 0);
        }
    }

    private static void execute(String path, List<String> words) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment none = arena.allocate(8, 8);
            Kernel.call(Kernel.n(14, 135), SIG_SETMASK, none.address(), 0, 8, 0); // no signal blocked
            Kernel.call(436, 3, 0xFFFFFFFFL, CLOSE_RANGE_CLOEXEC, 0, 0); // nothing of this process but its three streams
            MemorySegment file = arena.allocateFrom(path);
            Kernel.call(Kernel.n(59, 221), file.address(), strings(arena, words), strings(arena, environment(System.getenv())), 0, 0);
        } catch (Errno e) {
            // said by the caller
        }
    }

    static List<String> environment(Map<String, String> own) {
        List<String> all = new ArrayList<>();
        STANDARD.stream().filter(own::containsKey).filter(name -> !own.containsKey(REQUESTED + name)).forEach(name -> all.add(name + "=" + own.get(name)));
        own.forEach((name, value) -> {
            if (name.startsWith(REQUESTED)) {
                all.add(name.substring(REQUESTED.length()) + "=" + value);
            }
        });
        return all;
    }

    private static long strings(Arena arena, List<String> strings) {
        MemorySegment array = arena.allocate(ValueLayout.JAVA_LONG, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            array.setAtIndex(ValueLayout.JAVA_LONG, i, arena.allocateFrom(strings.get(i)).address());
        }
        return array.address();
    }
}
