package org.qnsp.dist.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One of the two that are compared: its programs with all their options, towards one port. */
record Side(String name, Path work, List<String> shell, List<String> copy) {
    private static final String HOST = System.getProperty("user.name") + "@127.0.0.1";

    /** QNSP, its programs in a directory. */
    static Side qnsp(Path work, Path bin, int port, String... options) {
        return of("qssh", work, bin + "/qssh", bin + "/qscp", port, options);
    }

    static Side openssh(Path work, int port, String... options) {
        List<String> all = new ArrayList<>(List.of("-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR"));
        all.addAll(List.of(options));
        return of("ssh", work, "ssh", "scp", port, all.toArray(String[]::new));
    }

    private static Side of(String name, Path work, String shell, String copy, int port, String... options) {
        List<String> common = new ArrayList<>(List.of("-F", "none", "-i", work.resolve(name + "_id").toString(), "-o", "UserKnownHostsFile=" + work.resolve(name + "_known"),
                "-o", "HostKeyAlias=bench", "-o", "StrictHostKeyChecking=yes"));
        common.addAll(List.of(options));
        List<String> login = new ArrayList<>(List.of(shell, "-p", Integer.toString(port)));
        login.addAll(common);
        List<String> transfer = new ArrayList<>(List.of(copy, "-q", "-P", Integer.toString(port)));
        transfer.addAll(common);
        return new Side(name, work, login, transfer);
    }

    /** The command that runs another at the host. */
    List<String> run(String command, String... options) {
        List<String> all = new ArrayList<>(shell);
        all.addAll(List.of(options));
        all.addAll(List.of(HOST, command));
        return all;
    }

    /** The command that copies to or from the host. */
    List<String> copies(Path from, Path to, boolean up, String... options) {
        List<String> all = new ArrayList<>(copy);
        all.addAll(List.of(options));
        all.addAll(up ? List.of(from.toString(), HOST + ":" + to) : List.of(HOST + ":" + from, to.toString()));
        return all;
    }
}
