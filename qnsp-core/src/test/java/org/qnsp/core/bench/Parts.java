package org.qnsp.core.bench;

import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Run by scripts/bench: the benchmarks of this module whose names match, with the options of this JVM. Prints a name and the microseconds of each iteration, by tabs. */
final class Parts {
    private static final int WARM = 4;
    private static final int MEASURED = 5;

    private Parts() {}

    /** Arguments: how many JVMs one after the other, milliseconds of an iteration, and a regular expression. */
    public static void main(String[] args) throws Exception {
        TimeValue each = TimeValue.milliseconds(Integer.parseInt(args[1]));
        var options = new OptionsBuilder().include(args[2]).forks(Integer.parseInt(args[0])).mode(Mode.AverageTime).timeUnit(java.util.concurrent.TimeUnit.MICROSECONDS)
                .warmupIterations(WARM).warmupTime(each).measurementIterations(MEASURED).measurementTime(each).verbosity(VerboseMode.SILENT).build();
        for (RunResult result : new Runner(options).run()) {
            System.out.println(name(result.getParams()) + result.getBenchmarkResults().stream().flatMap(fork -> fork.getIterationResults().stream())
                    .map(iteration -> String.format(Locale.ROOT, "\t%.4f", iteration.getPrimaryResult().getScore())).collect(Collectors.joining()));
        }
    }

    private static String name(BenchmarkParams params) {
        String[] words = params.getBenchmark().split("\\.");
        return words[words.length - 2] + "." + words[words.length - 1]
                + params.getParamsKeys().stream().map(key -> ", " + key + " " + params.getParam(key)).collect(Collectors.joining());
    }
}
