package org.qnsp.qsshd.session;

import java.util.ArrayList;
import java.util.List;

/** A daemon without privileges, in a process of its own: says on standard output what it may and may not do. */
public final class OrdinaryDaemonProbe {
    private OrdinaryDaemonProbe() {
    }

    /** @param arguments absolute path of a file of the own user; a name of another user */
    public static void main(String[] arguments) throws Exception {
        List<String> facts = new ArrayList<>();
        try (Bench bench = new Bench()) {
            for (String other : List.of("root", "nobody", arguments[1])) {
                Account account = Account.named(other).orElseThrow();
                facts.add("run as " + other + ": " + attempt(() -> bench.run(account, "id -u").output()));
                facts.add("read as " + other + ": " + attempt(() -> new UserFiles().read(account, "/etc/passwd", true)));
                facts.add("act as " + other + ": " + attempt(() -> AsUser.call(account, () -> "acted")));
            }
            facts.add("own name: " + bench.run("id -un").output().strip());
            facts.add("own groups: " + bench.run("id -G").output().strip());
            facts.add("own act: " + AsUser.call(bench.self, () -> Thread.currentThread().getName()));
            UserProcess terminal = bench.launcher.launch(Bench.withPty(bench.self, new Program.ShellCommand("stty size; stat -c %U $(tty)"), Bench.PTY));
            facts.add("own terminal: " + Bench.finish(terminal).output().replaceAll("\\s+", " ").strip());
            facts.add("own file: " + (new UserFiles().read(bench.self, arguments[0], true) instanceof UserFiles.Result.Contents));
            facts.add("unknown: " + new UserFiles().readForUnknown());
            UserProcess sleeper = bench.launcher.launch(bench.request("exec sleep 1000"));
            sleeper.signal(SessionSignal.KILL);
            facts.add("own signal: " + Recorder.of(sleeper).awaitEnd());
        }
        System.out.println(String.join("\n", facts));
    }

    private interface Attempt {
        Object make() throws Exception;
    }

    private static String attempt(Attempt attempt) throws Exception {
        try {
            return "done: " + attempt.make();
        } catch (LaunchRefusedException e) {
            return "refused";
        }
    }
}
