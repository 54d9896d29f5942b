package org.qnsp.core.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is counted in common, and for one alone. */
final class CircuitsTest {
    @Test
    void oneCannotTakeTheShareOfOthers() {
        AtomicInteger all = new AtomicInteger();
        AtomicInteger hers = new AtomicInteger();
        Circuits first = new Circuits(List.of(new Circuits.Share(all, 4), new Circuits.Share(hers, 2)));
        Circuits second = new Circuits(List.of(new Circuits.Share(all, 4), new Circuits.Share(hers, 2)));
        Circuits other = new Circuits(List.of(new Circuits.Share(all, 4), new Circuits.Share(new AtomicInteger(), 2)));
        StreamJoin join = new StreamJoin(null, null, null);
        first.began(join, "a");
        second.began(new StreamJoin(null, null, null), "b");
        assertEquals(List.of(true, true, false), List.of(first.full(), second.full(), other.full()), "two connections of one account");
        first.ended(join);
        first.ended(join);
        assertEquals(List.of(false, 1, 1), List.of(second.full(), hers.get(), all.get()));
    }
}
