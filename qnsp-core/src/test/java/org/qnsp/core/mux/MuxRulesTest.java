package org.qnsp.core.mux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.BodyWriter;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.message.ProtocolException.Reason;
import org.qnsp.core.message.RecordKind;
import org.qnsp.core.message.RecordReader;

/** What a server's mux makes of the records of a client that obeys no rule but those it chooses to. */
final class MuxRulesTest {
    private static final byte[] NOTHING = new byte[0];

    private final List<MuxEvent> events = new ArrayList<>();
    private final Mux mux = new Mux(false, events::add);

    @Test
    void channelNumbersGoUpByTwo() throws ProtocolException {                     // C-1
        faulty(Reason.CHANNEL, open(3));
        faultyNew(Reason.CHANNEL, open(2));
        Mux fresh = new Mux(false, events::add);
        give(fresh, open(1));
        give(fresh, open(3));
        faulty(fresh, Reason.STATE, open(1));
        assertEquals(2, fresh.open("x", NOTHING, 0));
        assertEquals(4, fresh.open("x", NOTHING, 0));
        assertEquals(1, new Mux(true, events::add).open("x", NOTHING, 0));
    }

    @Test
    void unknownKindsAreFaults() throws ProtocolException {                       // C-3, R-3
        for (int kind : new int[] {0, 3, 28, 47, 49, 63, 255}) {
            faultyNew(Reason.KIND, new byte[] {0, 0, 0, 0, (byte) kind, 0, 0});
        }
    }

    @Test
    void unknownChannelsAreFaults() throws ProtocolException {                    // C-3
        for (RecordKind kind : List.of(RecordKind.DATA, RecordKind.EXTENDED, RecordKind.EOF, RecordKind.CLOSE)) {
            faultyNew(Reason.CHANNEL, Payload.of(1, kind));
            faultyNew(Reason.CHANNEL, Payload.of(2, kind));
            faultyNew(Reason.CHANNEL, Payload.of(-1, kind));
            faultyNew(Reason.CHANNEL, Payload.of(0, kind));
        }
        faultyNew(Reason.CHANNEL, Payload.of(1, RecordKind.CREDIT, new byte[4]));
        faultyNew(Reason.CHANNEL, Payload.of(5, RecordKind.PART, new byte[4]));
        faultyNew(Reason.CHANNEL, Payload.of(1, RecordKind.REQUEST, new byte[5]));
        faultyNew(Reason.CHANNEL, Payload.of(2, RecordKind.REPLY, new byte[5]));
        faultyNew(Reason.CHANNEL, Payload.of(2, RecordKind.OPENED, new byte[4]));
        faultyNew(Reason.CHANNEL, Payload.of(0, RecordKind.OPENED, new byte[4]));
        faultyNew(Reason.CHANNEL, Payload.of(2, RecordKind.OPEN_FAILED, new byte[3]));
        faultyNew(Reason.CHANNEL, Payload.of(1, RecordKind.DISCONNECT, new byte[3]));
    }

    @Test
    void anOpeningThatWasNotSentCannotBeAnswered() throws ProtocolException {     // C-3
        mux.open("x", NOTHING, 0);
        faulty(Reason.CHANNEL, Payload.of(2, RecordKind.OPENED, new byte[4]));
    }

    @Test
    void bodiesParseToTheirEnd() throws ProtocolException {                       // C-3
        faultyNew(Reason.MALFORMED, Payload.of(1, RecordKind.OPEN, new byte[4]));
        faultyNew(Reason.MALFORMED, Payload.of(1, RecordKind.OPEN, new BodyWriter().u32(1L << 31).text8("x")));
        faultyNew(Reason.MALFORMED, Payload.of(0, RecordKind.CREDIT, new byte[5]));
        faultyNew(Reason.MALFORMED, Payload.of(0, RecordKind.CREDIT, new byte[3]));
        faultyNew(Reason.MALFORMED, Payload.of(0, RecordKind.REQUEST, new byte[4]));
        faultyNew(Reason.MALFORMED, Payload.of(0, RecordKind.REPLY, new BodyWriter().u32(1).u8(2)));
        faultyNew(Reason.MALFORMED, Payload.of(0, RecordKind.DISCONNECT, new BodyWriter().u8(1).text16("x").u8(0)));
        faultyNew(Reason.MALFORMED, Payload.of(0, RecordKind.DISCONNECT, new BodyWriter().u8(0).text16("x")));
        faultyNew(Reason.LIMIT, Payload.of(0, RecordKind.DISCONNECT, new BodyWriter().u8(1).text16("x".repeat(513))));     // L-17
        give(open(1));
        faulty(Reason.MALFORMED, Payload.of(1, RecordKind.EOF, new byte[1]));
    }

    @Test
    void handshakeRecordsAreOver() throws ProtocolException {                     // C-4
        faultyNew(Reason.STATE, Payload.of(0, RecordKind.HANDSHAKE, new byte[3]));
        faultyNew(Reason.STATE, Payload.of(0, RecordKind.STAGE_END));
    }

    @Test
    void partsMakeOneBodyAtATime() throws ProtocolException {                     // C-5
        give(Payload.of(1, RecordKind.PART, new BodyWriter().u32(0)));
        give(Payload.of(0, RecordKind.REQUEST, request(0, "between")));
        give(Payload.of(1, RecordKind.PART, new BodyWriter().u8(2)));
        give(Payload.of(1, RecordKind.OPEN, new byte[] {'o', 'k', 1, 2}));
        MuxEvent.PeerOpened opened = (MuxEvent.PeerOpened) events.getLast();
        assertEquals("ok", opened.type());
        assertEquals(2, opened.body().length);
        give(Payload.of(1, RecordKind.PART, new byte[5]));
        faulty(Reason.STATE, Payload.of(0, RecordKind.PART, new byte[5]));
    }

    @Test
    void partsAreBounded() throws ProtocolException {                             // C-5, L-8
        byte[] piece = new byte[32_768];
        for (int i = 0; i < 8; i++) {
            give(Payload.of(0, RecordKind.PART, piece));
        }
        give(Payload.of(0, RecordKind.REQUEST));
        for (int i = 0; i < 8; i++) {
            give(Payload.of(0, RecordKind.PART, piece));
        }
        faulty(Reason.LIMIT, Payload.of(0, RecordKind.REQUEST, new byte[1]));
    }

    @Test
    void closeDoesNotCutABody() throws ProtocolException {                        // C-5
        give(open(1));
        give(Payload.of(1, RecordKind.PART, new byte[5]));
        faulty(Reason.STATE, Payload.of(1, RecordKind.CLOSE));
    }

    @Test
    void theOpenerMaySendAtOnceButNotMore() throws ProtocolException {            // C-6, C-7
        give(open(1));
        give(Payload.of(1, RecordKind.DATA, new byte[40_000]));
        give(Payload.of(1, RecordKind.EXTENDED, new byte[25_536]));
        assertEquals(40_000, mux.available(1, DataStream.MAIN));
        faulty(Reason.CREDIT, Payload.of(1, RecordKind.DATA, new byte[1]));
    }

    @Test
    void nothingPrecedesTheAnswer() throws ProtocolException {                    // C-6
        for (RecordKind kind : List.of(RecordKind.DATA, RecordKind.EOF, RecordKind.CLOSE, RecordKind.PART)) {
            Mux fresh = new Mux(false, events::add);
            fresh.open("x", NOTHING, 1 << 20);
            drain(fresh);
            faulty(fresh, Reason.STATE, Payload.of(2, kind));
        }
    }

    @Test
    void anOpeningHasOneAnswer() throws ProtocolException {                       // C-6
        mux.open("x", NOTHING, 0);
        drain(mux);
        give(Payload.of(2, RecordKind.OPENED, new byte[4]));
        assertEquals(new MuxEvent.OpenFailed(4, OpenFailure.RESOURCES, "full"), failOpening(4));
        faulty(Reason.STATE, Payload.of(2, RecordKind.OPENED, new byte[4]));
    }

    @Test
    void creditNeverExceedsItsBound() throws ProtocolException {                  // C-7
        faultyNew(Reason.CREDIT, Payload.of(0, RecordKind.CREDIT, new BodyWriter().u32(Integer.MAX_VALUE)));
        give(Payload.of(1, RecordKind.OPEN, new BodyWriter().u32(Integer.MAX_VALUE).text8("x")));
        faulty(Reason.CREDIT, Payload.of(1, RecordKind.CREDIT, new BodyWriter().u32(1)));
    }

    @Test
    void aReceiverGrantsWhatWasTaken() throws ProtocolException {                 // C-8
        give(open(1));
        mux.accept(1, 0, NOTHING);
        drain(mux);
        give(Payload.of(1, RecordKind.DATA, new byte[65_535]));
        assertEquals(0, drain(mux));
        byte[] buffer = new byte[65_536];
        assertEquals(16_383, mux.read(1, DataStream.MAIN, buffer, 0, 16_383));
        assertEquals(0, drain(mux));
        assertEquals(1, mux.read(1, DataStream.MAIN, buffer, 0, 1));
        assertEquals(11, drain(mux));
        assertEquals(49_151, mux.read(1, DataStream.MAIN, buffer, 0, buffer.length));
        give(Payload.of(1, RecordKind.DATA, new byte[16_385]));
        faulty(Reason.CREDIT, Payload.of(1, RecordKind.DATA, new byte[1]));
    }

    @Test
    void creditForWhatWasReadBeforeTheAnswerIsInTheAnswer() throws ProtocolException {    // C-6, C-8
        give(open(1));
        give(Payload.of(1, RecordKind.DATA, new byte[30_000]));
        assertEquals(30_000, mux.read(1, DataStream.MAIN, new byte[30_000], 0, 30_000));
        assertEquals(0, drain(mux));
        mux.accept(1, 1_000, NOTHING);
        assertEquals(65_536 + 1_000, mux.books(1).window().creditedBytes());
        assertEquals(7 + 4, drain(mux));
    }

    @Test
    void closeEndsWhatIsUnanswered() throws ProtocolException {                   // C-10
        give(open(1));
        mux.accept(1, 0, NOTHING);
        for (int id = 1; id <= 64; id++) {
            give(Payload.of(1, RecordKind.REQUEST, request(id, "r")));
            assertTrue(mux.request(1, "r", NOTHING, true) > 0);
        }
        assertEquals(-1, mux.request(0, "r", NOTHING, true));
        give(Payload.of(1, RecordKind.CLOSE));
        assertTrue(mux.request(0, "r", NOTHING, true) > 0);
        mux.close(1);
        drain(mux);
        give(Payload.of(0, RecordKind.REQUEST, request(1, "r")));
        Mux fresh = new Mux(false, events::add);
        give(fresh, open(1));
        fresh.accept(1, 0, NOTHING);
        for (int id = 1; id <= 64; id++) {
            give(fresh, Payload.of(1, RecordKind.REQUEST, request(id, "r")));
        }
        fresh.close(1);
        drain(fresh);
        give(fresh, Payload.of(0, RecordKind.REQUEST, request(1, "r")));
    }

    @Test
    void theConnectionHasCreditOfItsOwn() throws ProtocolException {              // C-7, L-10
        Mux fresh = new Mux(false, events::add);
        byte[] chunk = new byte[65_535];
        int sent = 0;
        for (int id = 1; sent + chunk.length <= Limits.CONNECTION_CREDIT_BYTES; id += 2) {
            give(fresh, open(id));
            fresh.accept(id, id == 1 ? 1 << 20 : 0, NOTHING);
            drain(fresh);
            give(fresh, Payload.of(id, RecordKind.DATA, chunk));
            sent += chunk.length;
        }
        give(fresh, Payload.of(1, RecordKind.DATA, new byte[Limits.CONNECTION_CREDIT_BYTES - sent]));
        assertEquals(0, fresh.books(0).window().creditedBytes());
        faulty(fresh, Reason.CREDIT, Payload.of(1, RecordKind.DATA, new byte[1]));
    }

    @Test
    void nothingFollowsEofAndClose() throws ProtocolException {                   // C-9
        give(open(1));
        give(Payload.of(1, RecordKind.EOF));
        give(Payload.of(1, RecordKind.CREDIT, new byte[4]));
        assertEquals(new MuxEvent.EofArrived(1), events.getLast());
        faulty(Reason.STATE, Payload.of(1, RecordKind.DATA));
        for (RecordKind kind : List.of(RecordKind.DATA, RecordKind.EXTENDED, RecordKind.EOF, RecordKind.CLOSE, RecordKind.PART)) {
            Mux fresh = new Mux(false, events::add);
            give(fresh, open(1));
            give(fresh, Payload.of(1, RecordKind.CLOSE));
            faulty(fresh, Reason.STATE, Payload.of(1, kind));
        }
    }

    @Test
    void recordsForWhatWeClosedAreIgnoredButCounted() throws ProtocolException {  // C-3, C-8
        give(open(1));
        mux.accept(1, 0, NOTHING);
        drain(mux);
        mux.close(1);
        drain(mux);
        give(Payload.of(1, RecordKind.DATA, new byte[60_000]));
        give(Payload.of(1, RecordKind.REQUEST, request(7, "late")));
        assertEquals(0, mux.books(0).window().heldBytes());
        assertEquals(60_000, mux.books(0).window().owedBytes());
        give(Payload.of(1, RecordKind.CLOSE));
        assertEquals(new MuxEvent.Gone(1), events.getLast());
        give(Payload.of(1, RecordKind.DATA, new byte[10]));
        assertEquals(60_010, mux.books(0).window().owedBytes());
        assertEquals(0, mux.channelCount());
    }

    @Test
    void recordsForWhatWeRefusedAreIgnored() throws ProtocolException {           // C-3
        give(open(1));
        give(Payload.of(1, RecordKind.DATA, new byte[100]));
        mux.refuse(1, OpenFailure.PROHIBITED, "no");
        give(Payload.of(1, RecordKind.DATA, new byte[100]));
        give(Payload.of(1, RecordKind.CLOSE));
        assertEquals(200, mux.books(0).window().owedBytes());
        assertEquals(-1, mux.read(1, DataStream.MAIN, new byte[1], 0, 1));
    }

    @Test
    void unansweredRequestsAndOpeningsAreBounded() throws ProtocolException {     // C-10, L-9
        for (int id = 1; id <= 64; id++) {
            give(Payload.of(0, RecordKind.REQUEST, request(id, "r")));
            give(open(2 * id - 1));
        }
        Payload more = Payload.of(0, RecordKind.REQUEST, request(65, "r"));
        mux.reply(0, 64, true, NOTHING);
        drain(mux);
        give(more);
        faulty(Reason.LIMIT, Payload.of(0, RecordKind.REQUEST, request(66, "r")));
        Mux fresh = new Mux(false, events::add);
        for (int id = 1; id <= 64; id++) {
            give(fresh, open(2 * id - 1));
        }
        fresh.refuse(1, OpenFailure.RESOURCES, "");
        drain(fresh);
        give(fresh, open(129));
        faulty(fresh, Reason.LIMIT, open(131));
    }

    @Test
    void weStayWithinTheBoundsToo() {                                             // C-10, L-7
        for (int i = 0; i < 64; i++) {
            assertTrue(mux.open("x", NOTHING, 0) > 0);
            assertTrue(mux.request(0, "r", NOTHING, true) > 0);
        }
        assertEquals(-1, mux.open("x", NOTHING, 0));
        assertEquals(-1, mux.request(0, "r", NOTHING, true));
        assertEquals(0, mux.request(0, "r", NOTHING, false));
        assertThrows(IllegalArgumentException.class, () -> mux.request(0, "r", new byte[Limits.BODY_BYTES], false));     // L-8
    }

    @Test
    void aReplyToNothingIsAFault() throws ProtocolException {                     // C-10
        int id = mux.request(0, "r", NOTHING, true);
        drain(mux);
        give(Payload.of(0, RecordKind.REPLY, new BodyWriter().u32(id).u8(1)));
        assertEquals(id, ((MuxEvent.Replied) events.getLast()).id());
        faulty(Reason.STATE, Payload.of(0, RecordKind.REPLY, new BodyWriter().u32(id).u8(1)));
        faultyNew(Reason.STATE, Payload.of(0, RecordKind.REPLY, new BodyWriter().u32(0).u8(1)));
    }

    @Test
    void anIdIsUnansweredOnce() throws ProtocolException {                        // C-10
        give(Payload.of(0, RecordKind.REQUEST, request(9, "r")));
        give(Payload.of(0, RecordKind.REQUEST, request(0, "r")));
        assertFalse(((MuxEvent.Requested) events.getLast()).wantsReply());
        faulty(Reason.STATE, Payload.of(0, RecordKind.REQUEST, request(9, "r")));
    }

    @Test
    void channelsAreBounded() throws ProtocolException {                          // L-7
        for (int id = 1; id < 2 * Limits.CHANNELS; id += 2) {
            give(open(id));
            mux.accept(id, 0, NOTHING);
            drain(mux);
        }
        faulty(Reason.LIMIT, open(2 * Limits.CHANNELS + 1));
    }

    @Test
    void disconnectIsTheLastRecord() throws ProtocolException {                   // C-12
        give(Payload.of(0, RecordKind.DISCONNECT, new BodyWriter().u8(2).text16("bye")));
        assertTrue(mux.finished());
        assertEquals(-1, mux.open("x", NOTHING, 0));
        assertEquals(0, drain(mux));
        give(new byte[0]);
        faulty(Reason.STATE, Payload.of(0, RecordKind.CREDIT, new byte[4]));
    }

    @Test
    void callsThatMakeNoSenseAreOurFault() throws ProtocolException {
        assertThrows(IllegalStateException.class, () -> mux.write(1, DataStream.MAIN, NOTHING, 0, 0));
        assertThrows(IllegalStateException.class, () -> mux.read(0, DataStream.MAIN, NOTHING, 0, 0));
        give(open(1));
        assertThrows(IllegalStateException.class, () -> mux.write(1, DataStream.MAIN, NOTHING, 0, 0));
        assertThrows(IllegalStateException.class, () -> mux.close(1));
        mux.accept(1, 0, NOTHING);
        assertThrows(IllegalStateException.class, () -> mux.accept(1, 0, NOTHING));
        assertThrows(IllegalStateException.class, () -> mux.reply(1, 5, true, NOTHING));
        assertThrows(IllegalStateException.class, () -> new Credit(1).spend(2));
        assertThrows(IllegalStateException.class, () -> new ReceiveWindow(1).arrive(2));
    }

    @Test
    void theFirstFaultEndsTheReading() throws ProtocolException {                 // F-8
        give(open(1));
        give(Payload.of(1, RecordKind.DATA, new byte[3]));
        faulty(Reason.STATE, Payload.of(0, RecordKind.STAGE_END));
        int before = events.size();
        give(open(3));
        assertEquals(before, events.size());
        assertEquals(3, mux.read(1, DataStream.MAIN, new byte[9], 0, 9));
        assertEquals(-1, mux.read(1, DataStream.MAIN, new byte[9], 0, 9));
    }

    @Test
    void frameTypeMustBeThatOfTheFirstRecord() throws ProtocolException {         // F-7, F-9
        byte[] payload = open(1).toBytes();
        assertEquals(Reason.TYPE,
                assertThrows(ProtocolException.class, () -> mux.receive(FrameType.DATA, payload, 0, payload.length)).reason());
        mux.receive(FrameType.NOISE, payload, 0, 0);
        mux.receive(FrameType.CONTROL, payload, 0, payload.length);
        assertEquals(1, events.size());
    }

    @Test
    void whatIsAskedOfAChannelGoesInTheFrameThatOpensIt() throws ProtocolException { // C-11
        int id = mux.open("session", NOTHING, 0);
        mux.request(id, "exec", NOTHING, true);
        mux.write(id, DataStream.MAIN, new byte[] {7}, 0, 1);
        byte[] frame = new byte[Limits.PAYLOAD_BYTES];
        RecordReader records = new RecordReader();
        records.start(frame, 0, mux.fill(frame, 0, frame.length));
        List<RecordKind> kinds = new ArrayList<>();
        while (records.next()) {
            kinds.add(records.kind());
        }
        assertEquals(List.of(RecordKind.OPEN, RecordKind.REQUEST), kinds.subList(0, 2));
    }

    @Test
    void theLastCloseIsFollowedByTheEndWhereThatIsWanted() throws ProtocolException { // C-40
        mux.endWithChannels();
        assertEquals(0, drain(mux));                                              // no channel was there yet
        give(open(1));
        give(open(3));
        mux.accept(1, 0, NOTHING);
        mux.accept(3, 0, NOTHING);
        give(Payload.of(1, RecordKind.REQUEST, request(7, "exec")));
        mux.close(1);
        mux.close(3);
        drain(mux);
        assertTrue(mux.finished());
        Mux other = new Mux(false, events::add);
        other.endWithChannels();
        give(other, open(1));
        other.accept(1, 0, NOTHING);
        give(other, Payload.of(0, RecordKind.REQUEST, request(9, "auth-key-stored")));
        other.close(1);
        drain(other);
        assertFalse(other.finished());                                            // an answer is owed
        other.reply(0, 9, true, NOTHING);
        drain(other);
        assertTrue(other.finished());
    }

    private MuxEvent failOpening(int id) throws ProtocolException {
        mux.open("y", NOTHING, 0);
        drain(mux);
        give(Payload.of(id, RecordKind.OPEN_FAILED, new BodyWriter().u8(4).text16("full")));
        return events.getLast();
    }

    private static Payload open(int id) {
        return Payload.of(id, RecordKind.OPEN, new BodyWriter().u32(1_000).text8("session"));
    }

    private static byte[] request(int id, String name) {
        return new BodyWriter().u32(id).text8(name).toBytes();
    }

    private void give(Payload payload) throws ProtocolException {
        give(mux, payload);
    }

    private void give(byte[] payload) throws ProtocolException {
        mux.receive(payload, 0, payload.length);
    }

    private static void give(Mux to, Payload payload) throws ProtocolException {
        byte[] bytes = payload.toBytes();
        to.receive(bytes, 0, bytes.length);
    }

    private static int drain(Mux from) {
        byte[] frame = new byte[Limits.PAYLOAD_BYTES];
        int total = 0;
        for (int n = from.fill(frame, 0, frame.length); n > 0; n = from.fill(frame, 0, frame.length)) {
            total += n;
        }
        return total;
    }

    private void faulty(Reason reason, Payload payload) {
        faulty(mux, reason, payload);
    }

    private void faultyNew(Reason reason, Payload payload) {
        faulty(new Mux(false, events::add), reason, payload);
    }

    private void faultyNew(Reason reason, byte[] payload) {
        Mux fresh = new Mux(false, events::add);
        assertEquals(reason, assertThrows(ProtocolException.class, () -> fresh.receive(payload, 0, payload.length)).reason());
    }

    private static void faulty(Mux to, Reason reason, Payload payload) {
        assertEquals(reason, assertThrows(ProtocolException.class, () -> give(to, payload)).reason());
    }
}
