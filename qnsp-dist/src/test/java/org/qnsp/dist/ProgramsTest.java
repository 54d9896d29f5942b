package org.qnsp.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs from elsewhere that call ssh, unmodified, with qssh in its place. */
final class ProgramsTest {
    @TempDir
    static Path dir;

    private static House house;
    private static Resident anna;
    /** Named as a user would name it. */
    private static Path wrapper;

    @BeforeAll
    static void moveIn() throws Exception {
        anna = Resident.create().authorize("");
        house = new House(Files.createDirectories(dir.resolve("house")));
        Path config = Files.writeString(dir.resolve("config"), String.join("\n", "Host there", "HostName 127.0.0.1", "Port " + house.daemon().port(),
                "User " + anna.name(), "IdentityFile " + anna.keyFile(), "UserKnownHostsFile " + house.knownHosts(), "BatchMode yes", ""));
        wrapper = executable("qssh", "exec " + House.program("qssh") + " -F " + config + " \"$@\"");
    }

    @AfterAll
    static void moveOut() {
        if (house != null) {
            house.close();
        }
        if (anna != null) {
            anna.close();
        }
    }

    private static Path executable(String name, String line) throws Exception {
        Path file = Files.writeString(dir.resolve(name), "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private static Command git(String script) {
        return Command.script("set -e; " + script).in(dir).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").env("GIT_AUTHOR_NAME", "a")
                .env("GIT_AUTHOR_EMAIL", "a@b").env("GIT_COMMITTER_NAME", "a").env("GIT_COMMITTER_EMAIL", "a@b").env("GIT_SSH", wrapper.toString());
    }

    @Test
    void rsyncMovesThousandsOfFilesBothWays() throws Exception {
        Path tree = Files.createDirectories(dir.resolve("tree"));
        Random random = new Random(1);
        for (int i = 0; i < 3000; i++) {
            byte[] content = new byte[random.nextInt(2000)];
            random.nextBytes(content);
            Files.write(Files.createDirectories(tree.resolve("d" + i % 40)).resolve("file " + i), content);
        }
        byte[] big = new byte[10_000_000];
        random.nextBytes(big);
        Files.write(tree.resolve("big"), big);
        Command push = Command.of("rsync", "-a", "--partial", "--delete", "-e", wrapper + " -p " + house.daemon().port(), tree + "/", "there:pushed");
        push.run().expect(0);
        Command.of("diff", "-r", tree.toString(), anna.home().resolve("pushed").toString()).run().expect(0);
        Command.of("rm", "-r", tree.resolve("d7").toString(), tree.resolve("d8").toString()).run().expect(0);
        Files.writeString(tree.resolve("new"), "new");
        push.run().expect(0);
        Command.of("diff", "-r", tree.toString(), anna.home().resolve("pushed").toString()).run().expect(0);
        Command.of("rsync", "-az", "--partial", "--delete", "-e", wrapper.toString(), "there:pushed/", dir + "/pulled/").run().expect(0);
        Command.of("diff", "-r", tree.toString(), dir.resolve("pulled").toString()).run().expect(0);
        assertEquals(23, Command.of("rsync", "-a", "-e", wrapper.toString(), "there:none", dir + "/none").run().status());
        Command.Result denied = Command.of("rsync", "-a", "-e", wrapper + " -o User=nobody", "there:x", dir + "/none").run();
        assertTrue(List.of(255, 12).contains(denied.status()), denied.toString()); // rsync looks at the status of a program that may not quite be over
        assertTrue(denied.err().startsWith("nobody@127.0.0.1: Permission denied (publickey).\n"), denied.toString());
    }

    @Test
    void gitWorksWithPortsSubmodulesAndItsSecondProtocol() throws Exception {
        for (String name : List.of("main.git", "part.git")) {
            anna.runs("git", "init", "-q", "--bare", "-b", "main", name).run().expect(0);
        }
        String base = "ssh://there:" + house.daemon().port() + anna.home() + "/";
        git("git init -q -b main part; cd part; echo part >p; git add p; git commit -qm part; git push -q " + base + "part.git main").run().expect(0);
        git("git init -q -b main main; cd main; git submodule --quiet add " + base + "part.git part; echo m >m; git add m; git commit -qm main; git push -q " + base + "main.git main")
                .run().expect(0);
        // a wrapper whose name says nothing: git asks it by -G what it is
        Path unnamed = executable("connect", "exec " + wrapper + " \"$@\"");
        git("git clone -q --recurse-submodules " + base + "main.git clone; cat clone/part/p").env("GIT_SSH", unnamed.toString()).run().expect(0);
        git("cd main; echo more >>m; git commit -qam more; git push -q there:main.git main; cd ../clone; git fetch -q; git merge -q --ff-only origin/main; cat m")
                .env("GIT_SSH", null).env("GIT_SSH_COMMAND", wrapper + " -p " + house.daemon().port()).run().expect(0);
        assertEquals("m\nmore\n", Files.readString(dir.resolve("clone/m")));
        Command.Result traced = git("git ls-remote " + base + "main.git").env("GIT_TRACE_PACKET", "1").run().expect(0);
        assertTrue(traced.err().contains("< version 2"), traced.err());
    }

    @Test
    void tarPipesBothWays() throws Exception {
        Path tree = Files.createDirectories(dir.resolve("tarred/sub"));
        byte[] content = new byte[3_000_000];
        new Random(2).nextBytes(content);
        Files.write(tree.resolve("f"), content);
        Command.script("tar -C tarred -cf - . | " + wrapper + " there 'mkdir t && tar -C t -xf -' && mkdir back && " + wrapper + " there tar -C t -cf - . | tar -C back -xf -")
                .in(dir).run().expect(0);
        Command.of("diff", "-r", dir.resolve("tarred").toString(), dir.resolve("back").toString()).run().expect(0);
    }

    @Test
    void lftpMirrorsOverSftp() throws Exception {
        Path tree = Files.createDirectories(dir.resolve("mirrored"));
        for (int i = 0; i < 20; i++) {
            Files.writeString(tree.resolve("f" + i), "content " + i);
        }
        String script = "set sftp:connect-program \"" + wrapper + " -a -x\"; set net:max-retries 1; set net:timeout 60; open sftp://" + anna.name()
                + ":none@there; mirror -R mirrored m; mirror m again; bye";
        Command.of("lftp", "-c", script).in(dir).run().expect(0);
        Command.of("diff", "-r", tree.toString(), dir.resolve("again").toString()).run().expect(0);
    }
}
