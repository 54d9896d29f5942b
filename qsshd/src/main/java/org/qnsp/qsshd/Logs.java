package org.qnsp.qsshd;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Where the daemon's log goes: standard error, a file, or the system's log. Set up in code: reading a configuration file costs more than the rest of a start. */
final class Logs {
    private Logs() {}

    /** To standard error. */
    static void toStandardError(String logLevel) {
        to(System.err, logLevel);
    }

    /** Appended to a file. */
    static void toFile(Path file, String logLevel) throws IOException {
        to(new FileOutputStream(file.toFile(), true), logLevel);
    }

    /** To the system's log, through logger(1). */
    static void toSystemLog(String logLevel) throws IOException {
        Process logger = new ProcessBuilder(List.of("logger", "-t", "qsshd[" + ProcessHandle.current().pid() + "]", "-p", "auth.info"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        to(logger.getOutputStream(), logLevel);
    }

    private static void to(OutputStream out, String logLevel) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%n%ex");
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.setOutputStream(out);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(level(logLevel));
    }

    /** sshd's names. */
    private static Level level(String logLevel) {
        return switch (logLevel.toUpperCase(java.util.Locale.ROOT)) {
            case "QUIET" -> Level.OFF;
            case "FATAL", "ERROR" -> Level.ERROR;
            case "INFO" -> Level.INFO;
            case "VERBOSE" -> Level.INFO;
            default -> Level.DEBUG;
        };
    }
}
