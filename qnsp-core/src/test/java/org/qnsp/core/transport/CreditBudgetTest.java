package org.qnsp.core.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class CreditBudgetTest {
    @Test
    void neverReservesMoreThanTheLimit() {                                        // L-12
        CreditBudget budget = new CreditBudget(100);
        assertTrue(budget.reserve(60));
        assertFalse(budget.reserve(41));
        assertTrue(budget.reserve(40));
        assertEquals(0, budget.freeBytes());
        budget.release(100);
        assertEquals(0, budget.reservedBytes());
        assertThrows(IllegalStateException.class, () -> budget.release(1));
    }

    @Test
    void theFirstChannelOfAClientHasAWindowForLongWays() {                        // L-11
        CreditBudget ofMany = new CreditBudget(128 << 20);
        CreditBudget ofOne = CreditBudget.ofOneConnection(128 << 20);
        assertEquals(2 << 20, ofMany.openingBytes());
        assertEquals(16 << 20, ofMany.growthBytes());
        assertEquals(16 << 20, ofOne.openingBytes());
        assertTrue(ofOne.reserve(16 << 20));
        assertEquals(24 << 20, ofOne.growthBytes(), "half of what is left of the half that is not kept for others");
    }
}
