package org.qnsp.dist;

import java.io.IOException;

/** Stands in for the client under its launcher: makes the terminal raw, says its process id, and waits to be killed. */
final class RawTerminal {
    private RawTerminal() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        new ProcessBuilder("stty", "raw", "-echo").inheritIO().start().waitFor();
        System.out.println("pid=" + ProcessHandle.current().pid() + "\r");
        System.in.read();
    }
}
