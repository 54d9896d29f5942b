package org.qnsp.core.transport;

/** Who watches what a link sends and receives; told on its loop, often. */
public interface WireObserver {
    /** Frames were sealed to be sent. @param said bytes of payload in them that say something */
    void sent(int frames, int said);

    /** Frames came. @param said bytes of payload in them that say something */
    void received(int frames, int said);
}
