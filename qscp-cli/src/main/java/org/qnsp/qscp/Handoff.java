package org.qnsp.qscp;

import java.util.ArrayDeque;
import java.util.Queue;

/** A bounded queue between two threads that either of them, or a third, can end or break. */
final class Handoff<T> {
    private final Queue<T> items;
    private final int capacity;
    private boolean finished;
    private CopyFailedException ending;
    private CopyFailedException failure;

    Handoff(int capacity) {
        this.items = new ArrayDeque<>(capacity);
        this.capacity = capacity;
    }

    /**
     * Waits for room.
     *
     * @throws CopyFailedException what {@link #fail} was given
     */
    synchronized void put(T item) throws CopyFailedException {
        while (failure == null && items.size() == capacity) {
            await();
        }
        throwFailure();
        items.add(item);
        notifyAll();
    }

    /**
     * Waits for an item; null after {@link #finish()} when nothing is left.
     *
     * @throws CopyFailedException what {@link #fail} was given, at once; what {@link #finish(CopyFailedException)} was given, when nothing is left
     */
    synchronized T take() throws CopyFailedException {
        while (failure == null && items.isEmpty() && !finished) {
            await();
        }
        throwFailure();
        T item = items.poll();
        if (item == null && ending != null) {
            throw ending;
        }
        notifyAll();
        return item;
    }

    synchronized void finish() {
        finish(null);
    }

    /** No more items come, for this reason: the taker learns it after the last one. */
    synchronized void finish(CopyFailedException reason) {
        finished = true;
        ending = reason;
        notifyAll();
    }

    /** Breaks it for both sides; the first reason stays. */
    synchronized void fail(CopyFailedException reason) {
        if (failure == null) {
            failure = reason;
        }
        notifyAll();
    }

    private void throwFailure() throws CopyFailedException {
        if (failure != null) {
            throw failure;
        }
    }

    private void await() throws CopyFailedException {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CopyFailedException(CopyFailedException.Kind.LOST, "interrupted");
        }
    }
}
