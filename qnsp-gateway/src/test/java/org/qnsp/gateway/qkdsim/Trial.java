package org.qnsp.gateway.qkdsim;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.qnsp.core.client.Getopt.UsageException;
import org.qnsp.core.qkd.Etsi014KeySource;
import org.qnsp.core.qkd.QkdException;
import org.qnsp.core.qkd.QkdSettings;
import org.qnsp.crypto.RandomSource;

/** Both key servers in this process, and key sources of both ends. */
final class Trial implements AutoCloseable {
    private final TrialNetwork network;
    private final Map<Side, KeyServer> servers = new EnumMap<>(Side.class);

    Trial(Path dir, String... options) throws IOException, UsageException {
        List<String> arguments = new ArrayList<>(List.of("--dir=" + dir, "--port-a=0", "--port-b=0"));
        arguments.addAll(List.of(options));
        SimRequest request = SimRequest.parse(arguments, "/");
        network = TrialNetwork.open(request);
        KeyLink link = new KeyLink(request.bitsPerSecond(), request.poolBits(), request.lifetime() * 1_000_000_000L, RandomSource.system(), System.nanoTime());
        for (Side side : Side.values()) {
            servers.put(side, new KeyServer(request, side, link, new Faults(network.file("faults")), network));
            servers.get(side).start();
        }
    }

    /** @param certificate whose: client, server or no-id */
    QkdSettings settings(Side side, String certificate) {
        String own = side == Side.A ? "qssh" : "qsshd";
        return new QkdSettings(QkdSettings.Mode.PREFER, URI.create("https://127.0.0.1:" + servers.get(side).port()), side.kme(), network.file("ca.pem"), network.file(certificate + ".pem"),
                network.file(certificate + ".key"), own, List.of(own.equals("qssh") ? "qsshd" : "qssh"), false);
    }

    Etsi014KeySource source(Side side) throws QkdException {
        return new Etsi014KeySource(settings(side, side == Side.A ? "client" : "server"));
    }

    void faults(String lines) throws IOException {
        network.replace("faults", lines);
    }

    @Override
    public void close() {
        servers.values().forEach(KeyServer::close);
    }
}
