package org.qnsp.qsshd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.qnsp.core.client.Getopt;
import org.qnsp.core.client.Getopt.UsageException;

/**
 * The command line, in sshd's letters. They are read by getopt's rules (clusters, attached values), as service files and scripts for sshd write them.
 *
 * @param foreground `-D`, or what implies it
 * @param standardError `-e`: the log goes there
 * @param onStreams `-i`: one connection on standard input and output
 * @param test `-t`
 * @param dump `-T`
 * @param logFile `-E`, or null
 * @param configFile `-f`, or null
 * @param specifications `-C` for `-T`
 * @param options `-o`, `-p` and `-h` as lines of configuration
 */
record Arguments(boolean foreground, boolean standardError, boolean onStreams, boolean test, boolean dump, boolean version, Path logFile, Path configFile,
        List<String> specifications, List<String> options) {
    static final String USAGE = """
            usage: qsshd [-46DdeiqtTV] [-C connection_spec] [-E log_file] [-f config_file]
                         [-h host_key_file] [-o option] [-p port]
                   qsshd invite [-f config_file] [-h host_key_file] [-o option] [-p port]
                         [-H host] [-n uses] [-t lifetime] [-l | -r id] [user]
                   qsshd authkey [-f config_file] [-h host_key_file] [-o option]
                         [-a key_file | -r id] [user]
            """;

    static Arguments parse(List<String> args) throws UsageException {
        boolean foreground = false;
        boolean standardError = false;
        boolean onStreams = false;
        boolean test = false;
        boolean dump = false;
        boolean version = false;
        Path logFile = null;
        Path configFile = null;
        List<String> specifications = new ArrayList<>();
        List<String> options = new ArrayList<>();
        Getopt getopt = new Getopt("46C:DdE:ef:h:io:p:qrTtu:V", args);
        for (int option = getopt.next(); option != Getopt.END; option = getopt.next()) {
            switch (option) {
                case '4' -> options.add("AddressFamily=inet");
                case '6' -> options.add("AddressFamily=inet6");
                case 'C' -> specifications.add(getopt.value());
                case 'D' -> foreground = true;
                case 'd' -> {
                    foreground = true;
                    standardError = true;
                    options.add("LogLevel=DEBUG");
                }
                case 'E' -> logFile = Path.of(getopt.value());
                case 'e' -> standardError = true;
                case 'f' -> configFile = Path.of(getopt.value());
                case 'h' -> options.add("HostKey=" + Path.of(getopt.value()).toAbsolutePath());
                case 'i' -> onStreams = true;
                case 'o' -> options.add(getopt.value());
                case 'p' -> options.add("Port=" + getopt.value());
                case 'q' -> options.add("LogLevel=QUIET");
                case 'T' -> dump = true;
                case 't' -> test = true;
                case 'V' -> version = true;
                case 'r', 'u' -> {} // sshd's, with nothing to do here
                default -> throw new UsageException("unexpected argument: " + getopt.value());
            }
        }
        return new Arguments(foreground, standardError, onStreams, test, dump, version, logFile, configFile, List.copyOf(specifications), List.copyOf(options));
    }

    /** What makes the same daemon from another directory, as words of a command line. */
    List<String> fromElsewhere() {
        List<String> words = new ArrayList<>();
        if (standardError) {
            words.add("-e");
        }
        if (logFile != null) {
            words.addAll(List.of("-E", logFile.toAbsolutePath().toString()));
        }
        if (configFile != null) {
            words.addAll(List.of("-f", configFile.toAbsolutePath().toString()));
        }
        options.forEach(option -> words.addAll(List.of("-o", option)));
        return words;
    }
}
