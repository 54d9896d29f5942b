package org.qnsp.qsshd;

/** The entry point of {@code qsshd}; so far it only tells its version. */
public final class Main {
    private Main() {}

    /** Prints the version for {@code -V}; anything else is a usage error. */
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("-V")) {
            System.out.println("qsshd " + Main.class.getPackage().getImplementationVersion());
            return;
        }
        System.err.println("usage: qsshd -V");
        System.exit(2);
    }
}
