package org.qnsp.core.client;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Asks on the terminal, whatever standard input and output are, or by the program that QSSH_ASKPASS or SSH_ASKPASS names, under ssh's rules:
 * SSH_ASKPASS_REQUIRE {@code never}, {@code prefer} or {@code force}; else only where there is no terminal and DISPLAY or WAYLAND_DISPLAY is set.
 * Secrets are read with the terminal's echo off, or not at all.
 */
public final class TerminalPrompt implements Prompt {
    /** The longest answer, bytes. */
    static final int MAX_BYTES = 4096;

    private static final File TERMINAL = new File("/dev/tty");

    private final UnaryOperator<String> environment;
    private final boolean mayReadStandardInput;

    /**
     * Makes a prompt.
     *
     * @param environment          gives the value of a variable, null where there is none
     * @param mayReadStandardInput whether standard input is read where there is no terminal and no askpass program
     */
    public TerminalPrompt(UnaryOperator<String> environment, boolean mayReadStandardInput) {
        this.environment = environment;
        this.mayReadStandardInput = mayReadStandardInput;
    }

    @Override
    public char[] secret(String question) {
        byte[] answer = ask(question, false, "");
        return answer == null ? null : decodeAndWipe(answer);
    }

    @Override
    public String line(String question) {
        byte[] answer = ask(question, true, "confirm");
        return answer == null ? null : new String(answer, StandardCharsets.UTF_8);
    }

    /** By the askpass program alone, as an agent asks, which has no terminal. */
    @Override
    public boolean confirms(String question) {
        byte[] answer = mayAskProgram() ? askProgram(question, "confirm") : null;
        return answer != null && (answer.length == 0 || new String(answer, StandardCharsets.UTF_8).equalsIgnoreCase("yes"));
    }

    private boolean mayAskProgram() {
        String require = variable("SSH_ASKPASS_REQUIRE");
        boolean display = !variable("DISPLAY").isEmpty() || !variable("WAYLAND_DISPLAY").isEmpty();
        return require.equalsIgnoreCase("force") || !require.equalsIgnoreCase("never") && display;
    }

    private static char[] decodeAndWipe(byte[] utf8) {
        CharBuffer chars = StandardCharsets.UTF_8.decode(ByteBuffer.wrap(utf8));
        char[] answer = Arrays.copyOfRange(chars.array(), 0, chars.limit());
        Arrays.fill(chars.array(), '\0');
        Arrays.fill(utf8, (byte) 0);
        return answer;
    }

    private byte[] ask(String question, boolean echo, String hint) {
        String require = variable("SSH_ASKPASS_REQUIRE").toLowerCase(java.util.Locale.ROOT);
        boolean allowed = mayAskProgram();
        boolean away = mayReadStandardInput && !program().isEmpty() && !isTerminal(0); // as ssh-add: who reads from elsewhere is not at the terminal
        if (require.equals("force") || allowed && (away || require.equals("prefer"))) {
            return askProgram(question, hint);
        }
        try (FileInputStream in = new FileInputStream(TERMINAL); FileOutputStream out = new FileOutputStream(TERMINAL)) {
            return echo ? exchange(in, out, question) : TerminalEcho.without(() -> exchange(in, out, question), out);
        } catch (FileNotFoundException noTerminal) {
            return allowed ? askProgram(question, hint) : mayReadStandardInput ? askStandardInput(question) : null;
        } catch (IOException e) {
            return null;
        }
    }

    private String variable(String name) {
        String value = environment.apply(name);
        return value == null ? "" : value;
    }

    private String program() {
        return variable("QSSH_ASKPASS").isEmpty() ? variable("SSH_ASKPASS") : variable("QSSH_ASKPASS");
    }

    private byte[] askProgram(String question, String hint) {
        String program = program();
        if (program.isEmpty()) {
            return null;
        }
        ProcessBuilder builder = new ProcessBuilder(program, question).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.redirectInput(new File("/dev/null"));
        if (!hint.isEmpty()) {
            builder.environment().put("SSH_ASKPASS_PROMPT", hint);
        }
        try {
            Process process = builder.start();
            byte[] answer = readLine(process.getInputStream(), true);
            process.getInputStream().close();
            return process.waitFor() == 0 ? answer : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static byte[] askStandardInput(String question) {
        try {
            System.err.print(question);
            System.err.flush();
            return readLine(System.in, false);
        } catch (IOException e) {
            return null;
        }
    }

    private static byte[] exchange(InputStream in, OutputStream out, String question) throws IOException {
        out.write(question.getBytes(StandardCharsets.UTF_8));
        out.flush();
        return readLine(in, false);
    }

    /**
     * Bytes up to the line end, which is consumed, or the end of the stream.
     *
     * @param mayBeNothing whether a stream that ends at once is an empty line
     * @return null where there are too many, and where there is nothing
     */
    private static byte[] readLine(InputStream in, boolean mayBeNothing) throws IOException {
        byte[] buffer = new byte[MAX_BYTES];
        int used = 0;
        int b = in.read();
        boolean isNothing = b < 0 && !mayBeNothing;
        for (; b >= 0 && b != '\n'; b = in.read()) {
            if (used < MAX_BYTES) {
                buffer[used] = (byte) b;
            }
            used++;
        }
        if (used > 0 && used <= MAX_BYTES && buffer[used - 1] == '\r') {
            used--;
        }
        byte[] line = isNothing || used > MAX_BYTES ? null : Arrays.copyOf(buffer, used);
        Arrays.fill(buffer, (byte) 0);
        return line;
    }

    /** Whether a standard stream (0, 1, 2) of this process is a terminal. */
    public static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }
}
