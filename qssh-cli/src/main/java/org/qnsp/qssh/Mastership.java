package org.qnsp.qssh;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.qnsp.core.client.AtExit;
import org.qnsp.core.client.ClientConfig;
import org.qnsp.core.client.ClientConfig.ControlMaster;
import org.qnsp.core.client.Login;
import org.qnsp.core.client.Messages;
import org.qnsp.core.client.Prompt;
import org.qnsp.core.config.ForwardSpec;
import org.qnsp.core.share.ControlSocket;
import org.qnsp.core.share.SharedMaster;
import org.qnsp.core.transport.Loop;
import org.qnsp.crypto.RandomSource;

/** This process as the master of its connection: listens at ControlPath, and knows when the connection may end. */
final class Mastership implements SharedMaster.Terms, AutoCloseable {
    private static final long GOODBYE_MILLIS = 1_500;

    private final ClientConfig config;
    private final Messages messages;
    private final Prompt prompt;
    private final Forwarding forwarding;
    private final SharedMaster master;
    private final Runnable end;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Runnable ending = over::countDown;

    private Mastership(ClientConfig config, Messages messages, Prompt prompt, ControlSocket socket, Loop loop, Login login, Forwarding forwarding, int lingerSeconds) {
        this.config = config;
        this.messages = messages;
        this.prompt = prompt;
        this.forwarding = forwarding;
        this.master = new SharedMaster(loop, socket, login.connection(), lingerSeconds, config.resident() ? login::endNanos : null, this);
        this.end = master::close;
        AtExit.add(end);
        master.start();
    }

    /**
     * Begins to share, if the configuration wants that.
     *
     * @param hasSession whether the connection has a use of its own, after whose end it lasts as long as others use it
     * @return null where it is not shared
     */
    @SuppressWarnings("resource") // the master closes it
    static Mastership begin(ClientConfig config, Messages messages, Prompt prompt, Loop loop, Login login, Forwarding forwarding, boolean hasSession)
            throws UsageException {
        if (config.controlPath() == null || config.controlMaster() == ControlMaster.NO) {
            return null;
        }
        try {
            ControlSocket socket = ControlSocket.listen(Path.of(config.controlPath()), RandomSource.system().bytes(16));
            int linger = hasSession ? -1 : Math.max(0, config.controlPersistSeconds());
            messages.debug("setting up multiplex master socket");
            return new Mastership(config, messages, prompt, socket, loop, login, forwarding, linger);
        } catch (FileAlreadyExistsException e) {
            messages.say(Messages.Level.ERROR, "ControlSocket " + config.controlPath() + " already exists, disabling multiplexing");
        } catch (ControlSocket.UnsafeException e) {
            messages.say(Messages.Level.ERROR, e.getMessage() + ", disabling multiplexing");
        } catch (IOException e) {
            throw UsageException.plain("unix_listener: " + e.getMessage());
        }
        return null;
    }

    /** Whether it lasts until the end of a minute (C-26). */
    boolean isResident() {
        return config.resident();
    }

    /** What ends the session that this process has besides. */
    void onEnding(Runnable task) {
        ending = task;
        if (over.getCount() == 0) {
            task.run();
        }
    }

    /** The session of this process is over: waits until nobody else uses its connection. @param lost whether the connection is gone, asked again and again */
    void awaitUnused(java.util.function.BooleanSupplier lost) throws InterruptedException {
        ending = over::countDown;
        master.endWhenUnused();
        while (!over.await(200, TimeUnit.MILLISECONDS) && !lost.getAsBoolean()) {
            messages.detail("others use the connection");
        }
    }

    /** Ends the wait of {@link #awaitUnused}. */
    void release() {
        over.countDown();
    }

    /** Tells those who share that it is over. @param why a line for their users, or an empty one */
    void dismiss(String why) throws InterruptedException {
        CountDownLatch gone = new CountDownLatch(1);
        master.dismiss(why, gone::countDown);
        if (!gone.await(GOODBYE_MILLIS, TimeUnit.MILLISECONDS)) {
            messages.debug("some that share the connection do not take notice of its end");
        }
    }

    @Override
    public void close() {
        master.close();
        AtExit.remove(end);
    }

    // ---- terms

    @Override
    public void permit(Consumer<Boolean> answer) {
        if (config.controlMaster() != ControlMaster.ASK && config.controlMaster() != ControlMaster.AUTO_ASK) {
            answer.accept(true);
            return;
        }
        Thread.ofPlatform().daemon().name("qssh-permit").start(() -> {
            String said = prompt.line("Allow shared connection to " + config.hostName() + "? ");
            answer.accept(said != null && (said.isEmpty() || said.equalsIgnoreCase("yes")));
        });
    }

    @Override
    public boolean sharesAgent() {
        return !config.forwardAgent().equals("no");
    }

    @Override
    public String info() {
        return "Connection information for " + config.hostName() + " pid " + ProcessHandle.current().pid() + "\n  user " + config.user() + "\n  host " + config.hostName()
            + "\n  port " + config.port() + "\n  protocol QNSP/1, mode " + config.mode().name().toLowerCase(java.util.Locale.ROOT) + "\n";
    }

    @Override
    public int forward(ForwardSpec spec) throws IOException {
        return forwarding.add(spec);
    }

    @Override
    public void cancel(ForwardSpec spec) throws IOException {
        if (!forwarding.cancel(spec)) {
            throw new IOException("port not forwarded");
        }
    }

    @Override
    public void exitAsked() {
        over.countDown();
        ending.run();
    }

    @Override
    public void unused() {
        over.countDown();
        ending.run();
    }
}
