package org.qnsp.qssh;

/** The entry point of {@code qssh}; so far it only tells its version. */
public final class Main {
    private Main() {}

    /** Prints the version for {@code -V}; anything else is a usage error. */
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("-V")) {
            System.out.println("qssh " + Main.class.getPackage().getImplementationVersion());
            return;
        }
        System.err.println("usage: qssh -V");
        System.exit(2);
    }
}
