package org.qnsp.qscp;

import java.nio.file.Path;

/** qscp as a program whose hosts are all a child service; its home is the property {@code qscp.home}. */
final class ChildClient {
    private ChildClient() {}

    public static void main(String[] arguments) {
        Dialer dialer = new ChildDialer(Path.of(System.getProperty("qscp.home")),
                System.getProperty("qscp.server.options", "-Xmx64m").split(" "));
        System.exit(new Main(dialer, System.out, System.err).run(Arguments.ofProcess(arguments)));
    }
}
