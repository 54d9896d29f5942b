package org.qnsp.qsshd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.handshake.Action.FindKeys;
import org.qnsp.core.handshake.HostKeyOps;
import org.qnsp.core.handshake.HostKeyProof;
import org.qnsp.core.message.ConnectionRequest;
import org.qnsp.core.transport.Connection;
import org.qnsp.crypto.Secret;
import org.qnsp.crypto.keys.PublicKey;
import org.qnsp.core.handshake.AuthKey;
import org.qnsp.core.handshake.QuantumOffer;
import org.qnsp.core.handshake.QuantumRefusal;
import org.qnsp.core.qkd.QkdException;
import org.qnsp.core.qkd.QuantumKeys;
import org.qnsp.qsshd.auth.Gatekeeper;
import org.qnsp.qsshd.auth.Gatekeeper.Findings;
import org.qnsp.qsshd.auth.Gatekeeper.Origin;
import org.qnsp.qsshd.auth.InviteFile;
import org.qnsp.qsshd.forward.AgentSocket;
import org.qnsp.qsshd.forward.Exchange;
import org.qnsp.qsshd.forward.GuestForwarding;
import org.qnsp.qsshd.net.Guest;
import org.qnsp.qsshd.net.Hospitality;
import org.qnsp.qsshd.net.Policy;
import org.qnsp.qsshd.session.Account;
import org.qnsp.qsshd.session.ExitStatus;
import org.qnsp.qsshd.session.LaunchRequest;
import org.qnsp.qsshd.session.Program;
import org.qnsp.qsshd.session.SessionLauncher;
import org.qnsp.qsshd.session.UserProcess;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this daemon does for its guests: keys looked up, keys enrolled, sessions run. What waits runs on the workers. */
final class House implements Hospitality {
    private static final Logger LOG = LoggerFactory.getLogger(House.class);
    /** Look-ups for one user that may be under way or wait. */
    private static final int LOOKUPS_OF_A_USER = 48;
    private static final long BANNER_SECONDS = 5;
    private static final int BANNER_BYTES = 200 << 10;
    /** Appends its input to the file that is named, on a line of its own. */
    private static final String APPEND = "umask 077; mkdir -p -- \"${1%/*}\" && { [ ! -s \"$1\" ] || [ -z \"$(tail -c 1 -- \"$1\")\" ] || echo >>\"$1\"; } && cat >>\"$1\"";

    private final Gatekeeper gatekeeper;
    private final SessionLauncher launcher;
    private final Executor lookups;
    private final Executor workers;
    /** Whoever knows the host's key can have one of these wait for a key server; lookups must not wait behind them. */
    private final Executor quantum;
    private final Map<String, Integer> pendingLookups = new ConcurrentHashMap<>();
    private final Services services;
    private final Exchange exchange;
    private final Runnable emptied;

    /**
     * @param lookups run what reads the keys of users, which a user can make slow; bounded, reject what they cannot take
     * @param workers run everything else that waits; likewise
     * @param exchange what forwarding needs
     * @param emptied told when a guest or stranger has gone
     */
    House(Gatekeeper gatekeeper, SessionLauncher launcher, Executor lookups, Executor workers, Executor quantum, Services services, Exchange exchange, Runnable emptied) {
        this.gatekeeper = gatekeeper;
        this.launcher = launcher;
        this.lookups = lookups;
        this.workers = workers;
        this.quantum = quantum;
        this.services = services;
        this.exchange = exchange;
        this.emptied = emptied;
    }

    @Override
    public void findKeys(FindKeys ask, Policy policy, Origin origin, InviteFile.Entry invite, Consumer<Findings> answer) {
        String user = String.valueOf(ask.user());
        try {
            // a user whose home answers slowly holds up his own logins, not everyone's
            if (pendingLookups.merge(user, 1, Integer::sum) > LOOKUPS_OF_A_USER) {
                throw new RejectedExecutionException();
            }
            lookups.execute(() -> {
                try {
                    answer.accept(find(ask, policy, origin, invite));
                } finally {
                    lookedUp(user);
                }
            });
        } catch (RejectedExecutionException e) {
            lookedUp(user);
            LOG.warn("login from {} refused: too many at once", origin.address());
            answer.accept(Findings.none(ask, policy.config()));
        }
    }

    private void lookedUp(String user) {
        pendingLookups.computeIfPresent(user, (name, n) -> n == 1 ? null : n - 1);
    }

    private Findings find(FindKeys ask, Policy policy, Origin origin, InviteFile.Entry invite) {
        boolean useTaken = false;
        try {
            useTaken = invite != null && policy.invites().reserve(invite.id(), System.currentTimeMillis() / 1000);
            if (invite != null && !useTaken) {
                LOG.info("invite {} is used up", invite.id());
                return Findings.none(ask, policy.config());
            }
            return gatekeeper.examine(ask, policy.config(), policy.authKeys(), origin, invite).withUse(useTaken);
        } catch (IOException e) {
            LOG.error("invites: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("fault while looking for keys", e); // an answer is owed all the same, and the use of an invite
        }
        return Findings.none(ask, policy.config()).withUse(useTaken);
    }

    @Override
    public void fetchQuantumKeys(Policy policy, Origin origin, QuantumOffer offer, BiConsumer<Secret, QuantumRefusal> answer) {
        if (policy.quantum() == null) {
            answer.accept(null, QuantumRefusal.NOT_CONFIGURED);
            return;
        }
        try {
            quantum.execute(() -> {
                try {
                    answer.accept(QuantumKeys.fetch(policy.quantum(), offer), null);
                } catch (QkdException e) {
                    LOG.warn("quantum keys that {} offers not taken: {}", origin.address(), e.getMessage());
                    answer.accept(null, QuantumKeys.refusal(e));
                } catch (RuntimeException e) {
                    LOG.error("fault while getting quantum keys", e); // an answer is owed all the same
                    answer.accept(null, QuantumRefusal.FAULTY);
                }
            });
        } catch (RejectedExecutionException e) {
            answer.accept(null, QuantumRefusal.UNREACHABLE);
        }
    }

    @Override
    public void authKeyUsed(Policy policy, Findings findings, byte[] id) {
        work("auth key", () -> {
            try {
                policy.authKeys().used(findings.account().name(), id, System.currentTimeMillis());
            } catch (IOException e) {
                LOG.error("auth keys: {}", e.getMessage());
            }
        });
    }

    @Override
    public void keepAuthKey(Policy policy, Findings findings, AuthKey key, byte[] after, Consumer<Boolean> kept) {
        AuthKey copy = key.copy(); // the guest may leave before it is written
        try {
            workers.execute(() -> kept.accept(keep(policy, findings.account().name(), copy, after)));
        } catch (RejectedExecutionException e) {
            copy.close();
            kept.accept(false);
        }
    }

    private boolean keep(Policy policy, String user, AuthKey key, byte[] after) {
        try (key) {
            policy.authKeys().store(user, key, after, System.currentTimeMillis());
            return true;
        } catch (IOException e) {
            LOG.error("auth keys: {}", e.getMessage());
            return false;
        }
    }

    @Override
    public void giveBack(Policy policy, InviteFile.Entry invite) {
        work("invite " + invite.id(), () -> {
            try {
                policy.invites().giveBack(invite.id());
            } catch (IOException e) {
                LOG.error("invite {}: {}", invite.id(), e.getMessage());
            }
        });
    }

    private void work(String what, Runnable task) {
        try {
            workers.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.error("{}: too much to do at once", what);
        }
    }

    @Override
    public void enrol(Findings findings, PublicKey key, InviteFile.Entry invite, Policy policy) {
        Account account = findings.account();
        work("key of " + account.name() + " not enrolled", () -> {
            try {
                List<Path> files = findings.config().authorizedKeysFiles(account.name(), (int) account.uid(), Path.of(account.home()));
                if (files.isEmpty()) {
                    LOG.warn("no AuthorizedKeysFile to enrol a key of {} in", account.name());
                    return;
                }
                String line = key.line("invite-" + invite.id()) + "\n";
                UserProcess append = launcher.launch(new LaunchRequest(account,
                        new Program.Service(List.of("/bin/sh", "-c", APPEND, "sh", files.getFirst().toString())), Optional.empty(), Map.of(), Optional.empty()));
                append.start(new EnrolmentLog(account.name(), files.getFirst()));
                append.write(line.getBytes(StandardCharsets.UTF_8));
                append.closeInput();
            } catch (IOException | ConfigException e) {
                LOG.error("key of {} not enrolled: {}", account.name(), e.getMessage());
            }
        });
    }

    /** Says in the log how the enrolment went. */
    private record EnrolmentLog(String user, Path file) implements UserProcess.Events {
        @Override
        public int room(UserProcess.Source source) {
            return 4096;
        }

        @Override
        public void output(UserProcess.Source source, byte[] bytes, int length) {}

        @Override
        public void outputEnded(UserProcess.Source source) {}

        @Override
        public void inputTaken(int bytes) {}

        @Override
        public void exited(ExitStatus status) {
            if (status instanceof ExitStatus.Exited(int code) && code == 0) {
                LOG.info("a key of {} was enrolled in {}", user, file);
            } else {
                LOG.error("a key of {} could not be written to {}", user, file);
            }
        }

        @Override
        public void ended() {}
    }

    @Override
    public CompletableFuture<Void> banner(Findings findings, Consumer<String> banner) {
        Path file = findings.config().banner();
        if (file == null) {
            return CompletableFuture.completedFuture(null);
        }
        try {
            return CompletableFuture.runAsync(() -> {
                try (InputStream in = Files.newInputStream(file)) {
                    banner.accept(new String(in.readNBytes(BANNER_BYTES), StandardCharsets.UTF_8).replace("\0", ""));
                } catch (IOException e) {
                    LOG.warn("banner {}: {}", file, e.getMessage());
                }
            }, workers).orTimeout(BANNER_SECONDS, TimeUnit.SECONDS); // a file that cannot be read to its end keeps nobody out
        } catch (RejectedExecutionException e) {
            LOG.error("banner: too much to do at once");
            return CompletableFuture.completedFuture(null);
        }
    }

    @Override
    public void proveHostKeys(HostKeyOps host, ConnectionRequest.ProveHostKeys asked, byte[] connection, Consumer<byte[]> proofs) {
        try {
            workers.execute(() -> proofs.accept(proofs(host, asked, connection)));
        } catch (RejectedExecutionException e) {
            proofs.accept(null);
        }
    }

    private static byte[] proofs(HostKeyOps host, ConnectionRequest.ProveHostKeys asked, byte[] connection) {
        ByteBuffer all = ByteBuffer.allocate(asked.challenges().size() * ConnectionRequest.ProveHostKeys.PROOF_BYTES);
        for (ConnectionRequest.ProveHostKeys.Challenge challenge : asked.challenges()) {
            try (Secret proof = HostKeyProof.answer(host, challenge, connection)) {
                if (proof == null) {
                    return null;
                }
                all.put(proof.bytes());
            }
        }
        return all.array();
    }

    @Override
    public Session session(Guest guest, Connection connection) {
        return new SessionChannel(guest, launcher, workers, services, new AgentSocket(exchange, connection, guest.findings().account()));
    }

    @Override
    public GuestForwarding forwarding(Guest guest, Connection connection) {
        Findings findings = guest.findings();
        return new GuestForwarding(exchange, connection, findings.config(), guest.options(), findings.account(), guest.anonymous());
    }

    @Override
    public void strangerGone() {
        emptied.run();
    }

    @Override
    public void guestGone(Guest guest) {
        emptied.run();
    }
}
