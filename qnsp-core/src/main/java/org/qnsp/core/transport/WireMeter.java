package org.qnsp.core.transport;

import org.qnsp.stealth.Cover;

/**
 * What a link has done so far.
 *
 * @param sentData of the frames sent those that say something
 * @param receivedData of the frames received those that say something
 * @param leftOut slots in which nothing could be sent, since the connection took no more
 * @param level the rung of what is sent, 0 for the bottom
 * @param excursions from the bottom in this hour
 * @param bits that the ladder can have told (C-37)
 */
public record WireMeter(Cover cover, long sentFrames, long sentData, long receivedFrames, long receivedData, long leftOut, int level, int excursions, double bits) {
}
