package org.qnsp.qsshd;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.message.Limits;
import org.qnsp.core.transport.CreditBudget;
import org.qnsp.core.transport.Loop;
import org.qnsp.core.transport.SlotThread;
import org.qnsp.core.transport.WarmUp;
import org.qnsp.core.transport.Wire;
import org.qnsp.qsshd.auth.Gatekeeper;
import org.qnsp.qsshd.config.ServerConfig;
import org.qnsp.qsshd.config.ServerConfig.Listen;
import org.qnsp.qsshd.forward.Exchange;
import org.qnsp.qsshd.net.Policy;
import org.qnsp.qsshd.net.Reception;
import org.qnsp.qsshd.session.InProcessLauncher;
import org.qnsp.qsshd.session.KeysCommand;
import org.qnsp.qsshd.session.ProcessPump;
import org.qnsp.qsshd.session.Slices;
import org.qnsp.qsshd.session.UserFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running daemon: its loop, its workers, its listeners, and what ends them. */
final class Daemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
    private static final long FAREWELL_MILLIS = 2_000;
    /** What a stranger who has sent all that is gathered costs, roughly and at most (L-14). */
    private static final int STRANGER_BYTES = 6 << 10;

    /** Loads a policy anew, for the start and for each reload. */
    interface PolicySource {
        Policy load() throws IOException, ConfigException;
    }

    private final PolicySource source;
    private final Consumer<ServerConfig> adopted;
    private final AtomicReference<Policy> policy;
    private final Loop loop = new Loop("qsshd-loop", e -> LOG.error("fault", e));
    private final SlotThread slots = new SlotThread("qsshd-slot", true);
    private final ProcessPump pump = new ProcessPump();
    private final ExecutorService judges = workers("qsshd-judge", 2, 256);
    private final ExecutorService lookups = workers("qsshd-lookup", 64, 256);
    private final ExecutorService workers = workers("qsshd-worker", 8, 1024);
    private final ExecutorService quantum = workers("qsshd-quantum", 8, 64);
    private final Exchange exchange;
    private final Reception reception;
    private final Map<Listen, Listener> listeners = new HashMap<>();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** @param emptied told on the loop when a guest or stranger has gone @param adopted told off the loop of each configuration that is obeyed from now on */
    Daemon(PolicySource source, Services services, Runnable emptied, Consumer<ServerConfig> adopted) throws IOException, ConfigException {
        this.source = source;
        this.adopted = adopted;
        this.policy = new AtomicReference<>(source.load());
        ServerConfig config = policy.get().config();
        exchange = new Exchange(halfTheDescriptors() / 2, e -> LOG.error("fault", e));
        House house = new House(new Gatekeeper(new UserFiles(), new KeysCommand(pump)), new InProcessLauncher(pump, config.printMotd() ? InProcessLauncher.MOTD : List.of(), services.sftp()), lookups, workers, quantum,
                services, exchange, emptied);
        long held = Math.min(Limits.HELD_BYTES, Runtime.getRuntime().maxMemory() / 4); // L-12
        int drainMax = config.drainMax().orElseGet(() -> (int) Math.min(halfTheDescriptors(), Runtime.getRuntime().maxMemory() / 4 / STRANGER_BYTES));
        reception = new Reception(loop, slots, policy::get, judges, house, new CreditBudget(held), drainMax);
    }

    private static ExecutorService workers(String name, int threads, int waiting) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(waiting),
                Thread.ofPlatform().daemon().name(name + "-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static int halfTheDescriptors() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
                if (line.startsWith("Max open files")) {
                    String hard = line.strip().split("\\s+")[4]; // the JVM raises its own limit to the hard one
                    return hard.equals("unlimited") ? 1 << 19 : Math.max(16, (int) Math.min(1 << 19, Long.parseLong(hard) / 2));
                }
            }
        } catch (IOException e) {
            // no procfs: a bound that every system grants
        }
        return 128;
    }

    /** Listens where the configuration says. @throws IOException if an address cannot be had; then none is */
    void listen() throws IOException {
        for (Listen at : addresses(policy.get().config())) {
            listeners.put(at, new Listener(loop, reception, at, policy.get().config().addressFamily()));
        }
        loop.execute(() -> {
            listeners.values().forEach(Listener::accept);
            LOG.info("entropy: {}", policy.get().entropy().description());
        });
        Slices.begin();
        WarmUp.begin();
    }

    /** A socket on all IPv6 addresses takes IPv4 too, so that one on all IPv4 addresses is neither needed nor to be had beside it. */
    static List<Listen> addresses(ServerConfig config) {
        List<Listen> all = config.listenAddresses();
        return all.stream().filter(at -> !at.address().equals("0.0.0.0") || !all.contains(new Listen("::", at.port()))).toList();
    }

    /** Serves one connection that is there already. */
    void serve(Wire wire, InetSocketAddress peer, InetSocketAddress local) {
        loop.execute(() -> reception.arrived(wire, peer, local));
    }

    /** Reads configuration and host keys anew; new connections are judged by them. On a fault all stays as it was. */
    void reload() {
        workers.execute(() -> {
            try {
                Policy next = source.load();
                loop.execute(() -> adopt(next));
            } catch (IOException | ConfigException e) {
                LOG.error("configuration not reloaded: {}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("configuration not reloaded: internal fault", e);
            }
        });
    }

    /** Takes a configuration that could be read; on the loop. */
    private void adopt(Policy next) {
        try {
            relisten(next.config());
            policy.getAndSet(next).retire();
            LOG.info("entropy: {}", next.entropy().description());
            LOG.info("configuration reloaded");
            workers.execute(() -> adopted.accept(next.config()));
        } catch (IOException e) {
            next.retire();
            LOG.error("configuration not reloaded: {}", e.getMessage());
        }
    }

    private void relisten(ServerConfig next) throws IOException {
        List<Listen> wanted = addresses(next);
        Map<Listen, Listener> added = new HashMap<>();
        try {
            for (Listen at : wanted) {
                if (!listeners.containsKey(at)) {
                    added.put(at, new Listener(loop, reception, at, next.addressFamily()));
                }
            }
        } catch (IOException e) {
            for (Listener listener : added.values()) {
                listener.close();
            }
            throw e;
        }
        added.values().forEach(Listener::accept);
        listeners.putAll(added);
        for (Listen at : List.copyOf(listeners.keySet())) {
            if (!wanted.contains(at)) {
                listeners.remove(at).close();
            }
        }
    }

    /** Tells everyone, and ends once they have gone, or after two seconds. From any thread. */
    void stop() {
        loop.execute(() -> {
            LOG.info("shutting down");
            closeListeners();
            reception.close("the host is shutting down");
            awaitGuests(System.nanoTime() + FAREWELL_MILLIS * 1_000_000);
        });
    }

    private void awaitGuests(long deadline) {
        if (reception.guestCount() == 0 || System.nanoTime() - deadline > 0) {
            ended.countDown();
        } else {
            loop.at(System.nanoTime() + 10_000_000, () -> awaitGuests(deadline));
        }
    }

    private void closeListeners() {
        for (Listener listener : listeners.values()) {
            try {
                listener.close();
            } catch (IOException e) {
                LOG.debug("closing a listener: {}", e.getMessage());
            }
        }
        listeners.clear();
    }

    /** Waits for {@link #stop}. */
    void awaitEnd() throws InterruptedException {
        ended.await();
    }

    /** Hangs up on all sessions. */
    @Override
    public void close() {
        exchange.close();
        pump.close();
        loop.close();
        slots.close();
        judges.shutdownNow();
        lookups.shutdownNow();
        workers.shutdownNow();
        policy.get().entropy().close();
    }
}
