package org.qnsp.qsshd.session;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Runs a task inside the daemon with the file-system rights of an account, for what no child process can do because the daemon needs the
 * resulting descriptor: connecting to and binding Unix sockets, chiefly.
 *
 * <p>A privileged daemon gives each task a thread of its own, whose effective numbers and groups are the account's, checked with the kernel
 * before the task begins; the thread ends with the task and is never used again, so there is nothing to change back. Its real and saved
 * numbers stay root's: the user cannot signal or trace it. A daemon that is not root acts for its own account only, without a thread.
 *
 * <p>A task makes a few calls about files and sockets. It must start neither a thread nor a process, which would inherit its rights, and
 * leaves loading classes to others as far as it can: the user might not be allowed to read them.
 */
public final class AsUser {
    /** The creation mask of files where the caller does not say another. */
    public static final int MASK = 022;

    static {
        // opens every archive of the class path: one that is first looked into by a task would be lost to the whole process if the user may not read it
        AsUser.class.getResource("/nowhere");
    }

    private AsUser() {
    }

    /** What is run. */
    @FunctionalInterface
    public interface Task<T> {
        /** Does it. */
        T run() throws IOException;
    }

    /** Runs {@code task} as {@code account} with the creation mask {@link #MASK}; see {@link #call(Account, int, Task)}. */
    public static <T> T call(Account account, Task<T> task) throws IOException, InterruptedException {
        return call(account, MASK, task);
    }

    /**
     * Runs {@code task} as {@code account} and waits for its end. A daemon that is not root keeps its own mask.
     *
     * @param mask the creation mask of files
     * @return what the task returns
     * @throws IOException            what the task throws; or that the rights could not be had, in which case the task was not begun
     * @throws LaunchRefusedException when this daemon may not act for that account; the task was not begun
     * @throws InterruptedException   when the wait is interrupted; the task goes on
     */
    public static <T> T call(Account account, int mask, Task<T> task) throws IOException, InterruptedException {
        Posix.requireSupported();
        if (!RunAs.mustChange(account)) {
            return task.run();
        }
        FutureTask<T> whole = new FutureTask<>(() -> {
            become(account, mask);
            return task.run();
        });
        start(whole);
        try {
            return whole.get();
        } catch (ExecutionException e) {
            throw thrown(e);
        }
    }

    /**
     * Begins {@code task} as {@code account} with the creation mask {@link #MASK}, on a thread of its own in any case: for what may take longer than anyone waits.
     * What it throws, or that the rights could not be had, is what {@link #thrown} makes of the exception of the result.
     *
     * @param ended run at the task's end, whatever came of it, if this returns
     * @throws LaunchRefusedException when this daemon may not act for that account
     */
    static <T> Future<T> start(Account account, Task<T> task, Runnable ended) throws IOException {
        Posix.requireSupported();
        boolean change = RunAs.mustChange(account);
        FutureTask<T> whole = new FutureTask<>(() -> {
            try {
                if (change) {
                    become(account, MASK);
                }
                return task.run();
            } finally {
                ended.run();
            }
        });
        start(whole);
        return whole;
    }

    private static void start(Runnable whole) {
        Thread.ofPlatform().name("qsshd-as-user").daemon().start(whole);
    }

    /** What a task threw; what is no IOException is thrown here. */
    static IOException thrown(ExecutionException e) {
        return switch (e.getCause()) {
            case IOException cause -> cause;
            case RuntimeException cause -> throw cause;
            case Error cause -> throw cause;
            default -> throw new IllegalStateException(e.getCause());
        };
    }

    /** A number that the kernel would not set, such as -1, which means "leave it", is noticed here and not by what the task can do. */
    private static void become(Account account, int mask) throws IOException {
        Posix.maskThread(mask);
        Posix.changeThread(account.uid(), account.gid(), account.groups());
        Posix.Identity now = Posix.threadIdentity();
        Set<Long> groups = new TreeSet<>(now.supplementary());
        boolean theirs = now.users().get(1) == account.uid() && now.groups().get(1) == account.gid()
                && groups.equals(new TreeSet<>(account.groups())) && (account.uid() == 0 || !now.capable());
        if (!theirs) {
            throw new IOException("this thread could not get the rights of " + account.name());
        }
    }
}
