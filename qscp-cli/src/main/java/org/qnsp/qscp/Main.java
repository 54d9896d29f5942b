package org.qnsp.qscp;

/** The entry point of {@code qscp}; so far it only tells its version. */
public final class Main {
    private Main() {}

    /** Prints the version for {@code -V}; anything else is a usage error. */
    public static void main(String[] args) {
        if (args.length == 1 && args[0].equals("-V")) {
            System.out.println("qscp " + Main.class.getPackage().getImplementationVersion());
            return;
        }
        System.err.println("usage: qscp -V");
        System.exit(2);
    }
}
