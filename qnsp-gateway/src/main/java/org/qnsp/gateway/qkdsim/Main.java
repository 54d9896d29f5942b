package org.qnsp.gateway.qkdsim;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.crypto.RandomSource;

/** The entry point of {@code qkd-sim}. */
public final class Main {
    private Main() {
    }

    /** Serves until a signal ends it. Exits 1 for a wrong use and after a failure. */
    public static void main(String[] arguments) throws InterruptedException {
        try {
            SimRequest request = SimRequest.parse(List.of(arguments), System.getProperty("user.home"));
            if (request.version()) {
                System.out.println("qkd-sim " + Main.class.getPackage().getImplementationVersion());
                return;
            }
            serve(request);
        } catch (UsageException e) {
            System.err.println("qkd-sim: error: " + e.getMessage());
            System.err.print(SimRequest.USAGE);
            System.exit(1);
        } catch (IOException e) {
            System.err.println("qkd-sim: error: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void serve(SimRequest request) throws IOException, InterruptedException {
        System.setProperty("jdk.httpserver.maxConnections", "256");
        System.setProperty("sun.net.httpserver.maxReqTime", "30"); // seconds
        System.setProperty("sun.net.httpserver.nodelay", "true");
        TrialNetwork network = TrialNetwork.open(request);
        Faults faults = new Faults(network.file("faults"));
        KeyLink link = new KeyLink(request.bitsPerSecond(), request.poolBits(), request.lifetime() * 1_000_000_000L, RandomSource.system(), System.nanoTime());
        Map<Side, KeyServer> servers = new EnumMap<>(Side.class);
        for (Side side : Side.values()) {
            servers.put(side, new KeyServer(request, side, link, faults, network));
        }
        String client = network.lines(Side.A, servers.get(Side.A).port(), request.clientSae(), request.serverSae());
        String server = network.lines(Side.B, servers.get(Side.B).port(), request.serverSae(), request.clientSae());
        network.replace("qssh_config", client);
        network.replace("qsshd_config", "Qkd prefer\n" + server);
        servers.values().forEach(KeyServer::start);
        System.out.print("# A pair of SIMULATED key servers: their keys are random numbers of this computer.\n\n"
                + "# For qssh and qscp, in ~/.qssh/config; then qssh --qkd\n" + client + "\n# For qsshd, in qsshd_config\nQkd prefer\n" + server
                + "\n# The same in files, for Include:\n# " + network.file("qssh_config") + "\n# " + network.file("qsshd_config")
                + "\n# Faults while it runs, one a line: " + network.file("faults") + "\n# ready\n");
        System.out.flush();
        new CountDownLatch(1).await();
    }
}
