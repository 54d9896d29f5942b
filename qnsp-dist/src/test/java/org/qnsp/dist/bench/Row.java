package org.qnsp.dist.bench;

/**
 * A line of the table.
 *
 * @param work what was done, and how much of it
 * @param openssh the same of OpenSSH, pair by pair; empty where it has no such thing
 */
record Row(String work, String unit, boolean moreIsBetter, double[] qnsp, double[] openssh, Target target) {
    static final String HEAD = "| work | unit | QNSP | OpenSSH | QNSP is | must | aim | reached | runs |\n|---|---|---|---|---|---|---|---|---|\n";

    /** What is to be reached. Speeds are at least, amounts at most. */
    sealed interface Target {
        /** Times as fast as OpenSSH. */
        record Speed(double must, double aim) implements Target {}

        /** In the row's unit. */
        record Most(double must, double aim) implements Target {}

        /** Only told. */
        record None() implements Target {}
    }

    static Row times(String work, double[] qnsp, double[] openssh, Target target) {
        return new Row(work, "ms", false, qnsp, openssh, target);
    }

    static Row rates(String work, double[] qnsp, double[] openssh, Target target) {
        return new Row(work, "MiB/s", true, qnsp, openssh, target);
    }

    double speed() {
        return Figures.speed(qnsp, openssh, moreIsBetter);
    }

    /** "aim", "must", "NO" or, without a target, nothing. */
    String reached() {
        return switch (target) {
            case Target.Speed(double must, double aim) -> verdict(speed() >= must, speed() >= aim);
            case Target.Most(double must, double aim) -> verdict(Figures.median(qnsp) <= must, Figures.median(qnsp) <= aim);
            case Target.None() -> "";
        };
    }

    private static String verdict(boolean must, boolean aim) {
        return aim ? "aim" : must ? "must" : "NO";
    }

    private String goal(boolean aim) {
        return switch (target) {
            case Target.Speed(double must, double best) -> Figures.number(aim ? best : must) + " x";
            case Target.Most(double must, double best) -> "<= " + Figures.number(aim ? best : must);
            case Target.None() -> "";
        };
    }

    /** As a line of Markdown, below {@link #HEAD}. */
    String line() {
        return String.join(" | ", "| " + work, unit, Figures.figure(qnsp), openssh.length == 0 ? "" : Figures.figure(openssh), openssh.length == 0 ? "" : Figures.comparison(speed()),
                goal(false), goal(true), reached(), qnsp.length + " |");
    }
}
