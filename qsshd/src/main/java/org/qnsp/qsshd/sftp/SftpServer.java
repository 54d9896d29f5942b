package org.qnsp.qsshd.sftp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.qnsp.qsshd.sftp.Packet.MalformedException;

/**
 * One client's requests, answered in order by one thread until the client ends: draft-ietf-secsh-filexfer-02 as OpenSSH's sftp-server reads it, the order
 * of the two names of a symbolic link included. Whatever the process may do the client may do; the kernel is the judge.
 */
final class SftpServer {
    /** The longest request, and the longest answer. */
    private static final int PACKET_MAX = 256 << 10;
    private static final int TRANSFER_MAX = PACKET_MAX - 1024;
    private static final int PROTOCOL = 3;
    private static final int INIT = 1;
    private static final int EXTENDED = 200;
    private static final int ENTRIES_MAX = 100;
    /** Name, line and attributes of one entry: a name has 255 bytes at most, a line some 80 more. */
    private static final int ENTRY_BYTES = 2 * 256 + 256;
    private static final int APPEND = 0x4;
    private static final int CREATE = 0x8;
    private static final int TRUNCATE = 0x10;
    private static final int EXCLUSIVE = 0x20;

    private final int input;
    private final Answers answers;
    private final Options options;
    private final Handles handles = new Handles();
    private final ByteBuffer in = ByteBuffer.allocateDirect(2 * PACKET_MAX);
    private final long inAddress = MemorySegment.ofBuffer(in).address();
    private boolean begun;

    /** @param input and output are descriptors that wait */
    SftpServer(int input, int output, Options options) {
        this.input = input;
        this.answers = new Answers(output);
        this.options = options;
    }

    /** Serves until the client ends. @throws MalformedException when what comes is not the protocol */
    void serve() throws IOException {
        while (true) {
            in.flip();
            while (takeRequest()) {
                if (answers.many()) {
                    answers.flush();
                }
            }
            in.compact();
            answers.flush();
            int n = Kernel.read(input, inAddress + in.position(), in.remaining());
            if (n == 0) {
                return;
            }
            in.position(in.position() + n);
        }
    }

    private boolean takeRequest() throws IOException {
        if (in.remaining() < 4) {
            return false;
        }
        int length = in.getInt(in.position());
        if (length < 1 || length > PACKET_MAX) {
            throw new MalformedException("its length is " + Integer.toUnsignedString(length));
        }
        if (in.remaining() < 4 + length) {
            return false;
        }
        Packet packet = new Packet(in.slice(in.position() + 4, length));
        in.position(in.position() + 4 + length);
        request(packet);
        return true;
    }

    private void request(Packet packet) throws IOException {
        int type = packet.u8();
        if (type == INIT || !begun) {
            begin(type, packet);
            return;
        }
        int id = packet.u32();
        Operation operation = type == EXTENDED ? Operation.ofExtension(latin(packet.string())).orElse(null) : Operation.ofType(type).orElse(null);
        try {
            if (operation == null) {
                answers.status(id, Answers.UNSUPPORTED);
            } else if (!permitted(operation)) {
                answers.status(id, Answers.PERMISSION_DENIED);
            } else {
                obey(operation, id, packet);
            }
        } catch (Errno e) {
            answers.status(id, Answers.statusOf(e.number()));
        }
    }

    private void begin(int type, Packet packet) throws IOException {
        if (type != INIT || begun) {
            throw new MalformedException("it does not begin the protocol, or begins it again");
        }
        packet.u32();
        begun = true;
        answers.version(PROTOCOL, Arrays.stream(Operation.values()).filter(o -> !o.extension().isEmpty() && permitted(o)).toList());
    }

    private boolean permitted(Operation operation) {
        return options.permitted().contains(operation) && !(options.readOnly() && operation.writes());
    }

    private void obey(Operation operation, int id, Packet packet) throws IOException {
        switch (operation) {
            case OPEN -> open(id, packet);
            case CLOSE -> done(id, () -> handles.close(packet.string()));
            case READ -> read(id, packet);
            case WRITE -> write(id, packet);
            case STAT, LSTAT -> {
                byte[] path = packet.string();
                answers.attributes(id, Attributes.of(Kernel.stat(path, operation == Operation.STAT)));
            }
            case FSTAT -> answers.attributes(id, Attributes.of(Kernel.stat(handles.find(packet.string()).descriptor())));
            case SETSTAT -> done(id, () -> change(packet.string(), Attributes.decode(packet), true));
            case LSETSTAT -> done(id, () -> change(packet.string(), Attributes.decode(packet), false));
            case FSETSTAT -> done(id, () -> change(handles.find(packet.string()).descriptor(), Attributes.decode(packet)));
            case OPENDIR -> openDirectory(id, packet.string());
            case READDIR -> readDirectory(id, handles.directory(packet.string()).listing());
            case REMOVE -> done(id, () -> Kernel.remove(packet.string()));
            case MKDIR -> done(id, () -> makeDirectory(packet.string(), Attributes.decode(packet)));
            case RMDIR -> done(id, () -> Kernel.removeDirectory(packet.string()));
            case REALPATH -> answers.name(id, RealPath.of(packet.string()));
            case RENAME -> done(id, () -> rename(packet.string(), packet.string()));
            case POSIX_RENAME -> done(id, () -> Kernel.rename(packet.string(), packet.string(), true));
            case READLINK -> answers.name(id, Kernel.readLink(packet.string()));
            case SYMLINK -> done(id, () -> Kernel.symbolicLink(packet.string(), packet.string()));
            case HARDLINK -> done(id, () -> Kernel.link(packet.string(), packet.string()));
            case FSYNC -> done(id, () -> Kernel.sync(handles.file(packet.string()).descriptor()));
            case STATVFS -> fileSystem(id, Kernel.fileSystem(packet.string()));
            case FSTATVFS -> fileSystem(id, Kernel.fileSystem(handles.find(packet.string()).descriptor()));
            case LIMITS -> limits(id);
            case EXPAND_PATH -> answers.name(id, RealPath.of(expanded(packet.string())));
            case HOME_DIRECTORY -> answers.name(id, homeOf(packet.string()));
            case COPY_DATA -> done(id, () -> copyData(packet));
            case USERS_GROUPS_BY_ID -> names(id, packet.data(), packet.data());
        }
    }

    @FunctionalInterface
    private interface Act {
        void run() throws IOException;
    }

    private void done(int id, Act act) throws IOException {
        act.run();
        answers.status(id, Answers.OK);
    }

    // ---- files

    private void open(int id, Packet packet) throws IOException {
        byte[] path = packet.string();
        int wanted = packet.u32();
        Attributes attributes = Attributes.decode(packet);
        int flags = switch (wanted & 3) {
            case 2 -> Kernel.O_WRONLY;
            case 3 -> Kernel.O_RDWR;
            default -> Kernel.O_RDONLY;
        };
        flags |= (wanted & APPEND) != 0 ? Kernel.O_APPEND : 0;
        flags |= (wanted & CREATE) != 0 ? Kernel.O_CREAT : 0;
        flags |= (wanted & TRUNCATE) != 0 ? Kernel.O_TRUNC : 0;
        flags |= (wanted & EXCLUSIVE) != 0 ? Kernel.O_EXCL : 0;
        boolean changes = (wanted & 3) > 1 || (wanted & (CREATE | TRUNCATE)) != 0;
        if (changes && options.readOnly()) {
            answers.status(id, Answers.PERMISSION_DENIED);
        } else if (handles.full()) {
            answers.status(id, Answers.FAILURE);
        } else {
            int descriptor = Kernel.open(path, flags, attributes.has(Attributes.MODE) ? attributes.mode() : 0666);
            answers.handle(id, handles.add(new Handles.File(descriptor)));
        }
    }

    private void read(int id, Packet packet) throws IOException {
        int descriptor = handles.file(packet.string()).descriptor();
        long offset = packet.u64();
        int length = (int) Math.min(Integer.toUnsignedLong(packet.u32()), TRANSFER_MAX);
        if (!answers.data(id, descriptor, offset, length)) {
            answers.status(id, Answers.EOF);
        }
    }

    private void write(int id, Packet packet) throws IOException {
        int descriptor = handles.file(packet.string()).descriptor();
        long offset = packet.u64();
        ByteBuffer data = packet.data();
        long address = MemorySegment.ofBuffer(data).address();
        done(id, () -> writeAll(descriptor, address, data.remaining(), offset));
    }

    private static void writeAll(int descriptor, long address, int length, long offset) throws IOException {
        for (int at = 0; at < length; ) {
            at += Kernel.writeAt(descriptor, address + at, length - at, offset + at);
        }
    }

    private void copyData(Packet packet) throws IOException {
        Handles.File from = handles.file(packet.string());
        long offset = packet.u64();
        long length = packet.u64();
        Handles.File to = handles.file(packet.string());
        long target = packet.u64();
        if (from == to) {
            throw new Errno(Errno.EINVAL);
        }
        ByteBuffer piece = ByteBuffer.allocateDirect(PACKET_MAX);
        long address = MemorySegment.ofBuffer(piece).address();
        for (long at = 0; length == 0 || at < length; ) { // 0: to the end
            int n = Kernel.readAt(from.descriptor(), address, length == 0 ? PACKET_MAX : (int) Math.min(PACKET_MAX, length - at), offset + at);
            if (n == 0) {
                return;
            }
            writeAll(to.descriptor(), address, n, target + at);
            at += n;
        }
    }

    // ---- attributes

    /** Each group is tried whatever became of the one before; the last failure counts. */
    private static void changeEach(Attributes attributes, Act size, Act mode, Act times, Act owner) throws IOException {
        IOException failure = null;
        int[] groups = {Attributes.SIZE, Attributes.MODE, Attributes.TIMES, Attributes.OWNER};
        Act[] acts = {size, mode, times, owner};
        for (int i = 0; i < groups.length; i++) {
            try {
                if (attributes.has(groups[i])) {
                    acts[i].run();
                }
            } catch (Errno e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void change(byte[] path, Attributes a, boolean follow) throws IOException {
        changeEach(a, () -> {
            if (!follow) {
                throw new Errno(Errno.EINVAL); // nothing has a size of its own but a file, and lsetstat is for links
            }
            Kernel.truncate(path, a.size());
        }, () -> Kernel.mode(path, a.mode(), follow),
            () -> Kernel.times(path, Integer.toUnsignedLong(a.accessed()), Integer.toUnsignedLong(a.modified()), follow),
            () -> Kernel.owner(path, a.uid(), a.gid(), follow));
    }

    private static void change(int descriptor, Attributes a) throws IOException {
        changeEach(a, () -> Kernel.truncate(descriptor, a.size()), () -> Kernel.mode(descriptor, a.mode()),
            () -> Kernel.times(descriptor, Integer.toUnsignedLong(a.accessed()), Integer.toUnsignedLong(a.modified())),
            () -> Kernel.owner(descriptor, a.uid(), a.gid()));
    }

    private void fileSystem(int id, Kernel.FileSystem f) throws IOException {
        answers.beginExtended(id, 11 * 8);
        answers.fields().putLong(f.block()).putLong(f.fragment()).putLong(f.blocks()).putLong(f.free()).putLong(f.available()).putLong(f.files())
            .putLong(f.filesFree()).putLong(f.filesFree()).putLong(f.id()).putLong(f.flags() & 3).putLong(f.nameMax());
        answers.end();
    }

    private void limits(int id) throws IOException {
        answers.beginExtended(id, 4 * 8);
        answers.fields().putLong(PACKET_MAX).putLong(TRANSFER_MAX).putLong(TRANSFER_MAX).putLong(Handles.MAX);
        answers.end();
    }

    private void names(int id, ByteBuffer users, ByteBuffer groups) throws IOException {
        ByteArrayOutputStream[] lists = {new ByteArrayOutputStream(), new ByteArrayOutputStream()};
        for (; users.remaining() >= 4; ) {
            append(lists[0], Kernel.userName(users.getInt()).orElse(""));
        }
        for (; groups.remaining() >= 4; ) {
            append(lists[1], Kernel.groupName(groups.getInt()).orElse(""));
        }
        if (lists[0].size() + lists[1].size() > TRANSFER_MAX) {
            throw new Errno(Errno.EINVAL);
        }
        answers.beginExtended(id, lists[0].size() + lists[1].size() + 8);
        answers.string(lists[0].toByteArray());
        answers.string(lists[1].toByteArray());
        answers.end();
    }

    private static void append(ByteArrayOutputStream list, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        list.writeBytes(ByteBuffer.allocate(4).putInt(bytes.length).array());
        list.writeBytes(bytes);
    }

    // ---- directories and names

    private void openDirectory(int id, byte[] path) throws IOException {
        if (handles.full()) {
            answers.status(id, Answers.FAILURE);
            return;
        }
        int descriptor = Kernel.open(path, Kernel.O_RDONLY | Kernel.O_DIRECTORY | Kernel.O_NONBLOCK, 0);
        answers.handle(id, handles.add(new Handles.Directory(descriptor, new Listing(descriptor))));
    }

    private record Entry(byte[] name, byte[] line, Attributes attributes) {}

    private void readDirectory(int id, Listing listing) throws IOException {
        List<Entry> entries = new ArrayList<>();
        long now = System.currentTimeMillis() / 1000;
        for (byte[] name = listing.peek(); name != null && entries.size() < ENTRIES_MAX; name = listing.peek()) {
            listing.take();
            try {
                Kernel.Stat stat = Kernel.stat(listing.descriptor(), name);
                entries.add(new Entry(name, Listing.line(name, stat, now), Attributes.of(stat)));
            } catch (Errno e) {
                continue; // it went meanwhile, or may not be looked at
            }
        }
        if (entries.isEmpty()) {
            answers.status(id, Answers.EOF);
            return;
        }
        answers.beginNames(id, entries.size(), entries.size() * ENTRY_BYTES);
        entries.forEach(e -> answers.entry(e.name(), e.line(), e.attributes()));
        answers.end();
    }

    private static void makeDirectory(byte[] path, Attributes attributes) throws IOException {
        Kernel.makeDirectory(path, attributes.has(Attributes.MODE) ? attributes.mode() : 0777);
    }

    /** The protocol's own rename replaces nothing. */
    private static void rename(byte[] from, byte[] to) throws IOException {
        try {
            Kernel.rename(from, to, false);
        } catch (Errno e) {
            if (e.number() != Errno.EINVAL) {
                throw e;
            }
            try {
                Kernel.stat(to, false);
            } catch (Errno absent) {
                Kernel.rename(from, to, true); // a file system that knows only the plain kind
                return;
            }
            throw new Errno(Errno.EEXIST);
        }
    }

    /** {@code ~}, {@code ~/...} and {@code ~user/...}. */
    private static byte[] expanded(byte[] path) throws IOException {
        if (path.length == 0 || path[0] != '~') {
            return path;
        }
        String text = latin(path);
        int slash = text.indexOf('/');
        String user = text.substring(1, slash < 0 ? text.length() : slash);
        return (latin(homeOf(user.getBytes(StandardCharsets.ISO_8859_1))) + (slash < 0 ? "" : text.substring(slash))).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] homeOf(byte[] user) throws IOException {
        String own = System.getenv("HOME");
        byte[] home = user.length > 0 ? Kernel.home(user) : own == null ? Kernel.workingDirectory() : own.getBytes(StandardCharsets.UTF_8);
        if (home == null) {
            throw new Errno(Errno.ENOENT);
        }
        return home;
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
