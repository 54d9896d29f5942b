package org.qnsp.stealth;

/**
 * Which rung of its ladder a direction is on (C-25). It moves at the edges of epochs only, and only for more than the bottom carries in a second; so typing,
 * prompts and short output never move it, and what the rest shows is one of the logs that {@link Leakage} counts. Owned by one thread.
 */
final class Ladder {
    /** C-25: excursions in an hour. */
    static final int BUDGET = 10;
    static final int EDGES_PER_SECOND = (int) (1_000_000_000 / StealthProfile.EPOCH_NANOS);
    static final int EDGES_PER_MINUTE = 60 * EDGES_PER_SECOND;
    static final int EDGES_PER_HOUR = 60 * EDGES_PER_MINUTE;
    /** C-25: in so many epochs the first rung has to carry a backlog, or it is not enough; those above it have one. */
    private static final int FIRST_DRAIN_EDGES = 2 * EDGES_PER_SECOND;

    private final StealthProfile profile;
    private final int top;
    private final int budget;
    private final int edgesPerHour;
    private final int edgesPerMinute;
    private final Volume volume = new Volume();
    private int rung;
    private boolean away;
    private boolean settling;
    private long start;
    private long dwellEnd;
    private long dwellEdges;
    private long edge = -1;
    private int excursions;
    private double earlierBits;

    Ladder(StealthProfile profile) {
        this(profile, BUDGET, EDGES_PER_HOUR, EDGES_PER_MINUTE);
    }

    Ladder(StealthProfile profile, int budget, int edgesPerHour, int edgesPerMinute) {
        this.profile = profile;
        this.top = profile.rungs().size() - 1;
        this.budget = budget;
        this.edgesPerHour = edgesPerHour;
        this.edgesPerMinute = edgesPerMinute;
    }

    /** The rung from now on, 0 for the bottom. */
    int rung() {
        return rung;
    }

    /** What was sent besides the slots in this excursion. */
    Volume volume() {
        return volume;
    }

    /** Whether this rung sends besides its slots. */
    boolean unpaced() {
        return profile.unpaced() && rung == top;
    }

    /** Frames still to be sent besides the slots before the ladder may fall, whether or not there is anything to say. */
    long owedFrames() {
        return settling ? volume.owedFrames() : 0;
    }

    /**
     * The decision at an edge.
     *
     * @param at number of the edge, from 0, rising
     * @param backlogBytes what waits to be sent and may be sent
     * @param saturated whether all frames since the last edge carried data
     */
    void decide(long at, long backlogBytes, boolean saturated) {
        if (top == 0) {
            return;
        }
        boolean minute = at / edgesPerMinute != edge / edgesPerMinute || edge < 0;
        if (edge >= 0 && at / edgesPerHour != edge / edgesPerHour) {
            earlierBits += Leakage.bits(edgesPerHour, excursions, top, profile.unpaced(), budget, edgesPerMinute);
            excursions = 0;
            rung = away ? rung : 0;
        }
        edge = at;
        boolean wanted = backlogBytes > profile.rungs().get(rung).goodput() || away && saturated;
        if (!away) {
            if (wanted && rung < top && (excursions < budget || minute)) {
                away = true;
                start = at;
                excursions++;
                dwellEdges = EDGES_PER_SECOND;
                dwellEnd = at + dwellEdges;
                rung = Math.max(rung + 1, lowestFor(backlogBytes));
            }
            return;
        }
        long age = at - start;
        if (wanted && rung < top && Long.bitCount(age) == 1) { // ever rarer, so that there are few ways up to tell apart
            rung = Math.max(rung + 1, lowestFor(backlogBytes));
        }
        if (backlogBytes > profile.rungs().getFirst().goodput() || saturated && rung < top) {
            settling = false;
        } else if (at >= dwellEnd) {
            settling = unpaced();
            if (!settling || volume.owedFrames() == 0) {
                fall();
                return;
            }
        }
        if (at >= dwellEnd && !settling) {
            dwellEdges *= 2;
            dwellEnd = at + dwellEdges;
        }
    }

    private int lowestFor(long backlogBytes) {
        int lowest = 1;
        while (lowest < top && backlogBytes > (lowest == 1 ? FIRST_DRAIN_EDGES : 1) * profile.rungs().get(lowest).goodput() / EDGES_PER_SECOND) {
            lowest++;
        }
        return lowest;
    }

    private void fall() {
        away = false;
        settling = false;
        volume.clear();
        rung = excursions < budget ? 0 : 1;
    }

    /** The connection ends: what is owed for the volume sent is due now, whatever the dwell. */
    void settle() {
        settling = unpaced();
    }

    /** log2 of the number of logs with as many excursions as there were. */
    double bits() {
        return top == 0 || edge < 0 ? 0
            : earlierBits + Leakage.bits((int) (edge % edgesPerHour) + 1, excursions, top, profile.unpaced(), budget, edgesPerMinute);
    }

    /** Excursions in this hour. */
    int excursions() {
        return excursions;
    }
}
