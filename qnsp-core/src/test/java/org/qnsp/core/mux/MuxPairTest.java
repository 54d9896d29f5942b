package org.qnsp.core.mux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.qnsp.core.message.DisconnectReason;
import org.qnsp.core.message.FrameType;
import org.qnsp.core.message.Limits;
import org.qnsp.core.message.OpenFailure;
import org.qnsp.core.message.ProtocolException;
import org.qnsp.core.transport.CreditBudget;

/** Two ends that both obey. */
final class MuxPairTest {
    private static final byte[] NOTHING = new byte[0];

    private final SimPair pair = new SimPair(3);
    private final Mux client = pair.client.mux;
    private final Mux server = pair.server.mux;

    @Test
    void aSessionFromOpenToGone() throws ProtocolException {                      // C-6, C-9, C-10
        int id = client.open("session", new byte[] {9}, 1 << 20);
        int shell = client.request(id, "shell", NOTHING, true);
        assertEquals(3, client.write(id, DataStream.MAIN, bytes("ls\n"), 0, 3));
        pair.run();
        assertEquals(new MuxEvent.PeerOpened(id, "session", null).type(), pair.server.all(MuxEvent.PeerOpened.class).getFirst().type());
        server.accept(id, 1 << 20, NOTHING);
        server.reply(id, shell, true, bytes("yes"));
        assertEquals("ls\n", text(server, id, DataStream.MAIN));
        server.write(id, DataStream.MAIN, bytes("out"), 0, 3);
        server.write(id, DataStream.EXTENDED, bytes("err"), 0, 3);
        server.request(id, "exit-status", new byte[4], false);
        server.eof(id);
        pair.run();
        assertTrue(pair.client.last(MuxEvent.EofArrived.class).channel() == id);
        assertTrue(pair.client.all(MuxEvent.Replied.class).getFirst().ok());
        assertEquals("out", text(client, id, DataStream.MAIN));
        assertEquals("err", text(client, id, DataStream.EXTENDED));
        assertEquals(-1, client.read(id, DataStream.MAIN, new byte[1], 0, 1));
        client.close(id);
        pair.run();
        assertEquals(new MuxEvent.PeerClosed(id), pair.server.events.getLast());
        assertEquals(-1, server.write(id, DataStream.MAIN, NOTHING, 0, 0));
        server.close(id);
        pair.run();
        assertEquals(new MuxEvent.Gone(id), pair.server.events.getLast());
        assertEquals(new MuxEvent.Gone(id), pair.client.events.getLast());
        assertEquals(0, client.channelCount() + server.channelCount());
    }

    @Test
    void longBodiesTravelInParts() throws ProtocolException {                     // C-5, L-8
        byte[] parameters = pattern(200_000);
        byte[] largest = pattern(Limits.BODY_BYTES - 4 - 4);
        int id = client.open("long", parameters, 0);
        int on0 = client.request(0, "one", largest, true);
        int on1 = client.request(id, "two", parameters, true);
        client.write(id, DataStream.MAIN, parameters, 0, 60_000);
        pair.run();
        server.accept(id, 0, NOTHING);
        server.reply(0, on0, false, largest);
        server.reply(id, on1, true, parameters);
        pair.run();
        assertArrayEquals(parameters, pair.server.all(MuxEvent.PeerOpened.class).getFirst().body());
        List<MuxEvent.Requested> requests = pair.server.all(MuxEvent.Requested.class);
        assertArrayEquals(largest, requests.stream().filter(r -> r.channel() == 0).findFirst().orElseThrow().body());
        assertArrayEquals(parameters, requests.stream().filter(r -> r.channel() == id).findFirst().orElseThrow().body());
        assertEquals(2, pair.client.all(MuxEvent.Replied.class).size());
    }

    @Test
    void aRefusalInTheMiddleOfABodyIsNoFault() throws ProtocolException {         // C-5, C-6
        int id = client.open("x", NOTHING, 0);
        client.request(id, "long", new byte[100_000], true);
        for (int i = 0; i < 20; i++) {
            pair.step();
        }
        server.refuse(id, OpenFailure.PROHIBITED, "no");
        pair.run();
        assertEquals(new MuxEvent.OpenFailed(id, OpenFailure.PROHIBITED, "no"), pair.client.events.getLast());
        int next = client.open("x", new byte[5_000], 0);
        client.request(0, "long", new byte[5_000], true);
        pair.run();
        assertEquals(next, pair.server.all(MuxEvent.PeerOpened.class).getLast().channel());
        assertEquals(1, pair.server.all(MuxEvent.Requested.class).size());
    }

    @Test
    void channelsTakeTurns() throws ProtocolException {                           // C-11
        int[] ids = new int[4];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = opened();
        }
        for (int id : ids) {
            client.write(id, DataStream.MAIN, new byte[50_000], 0, 50_000);
        }
        for (int i = 0; i < 43; i++) {
            pair.step();
        }
        for (int id : ids) {
            assertTrue(Math.abs(server.available(id, DataStream.MAIN) - 7_100) <= 710, "" + server.available(id, DataStream.MAIN));
        }
    }

    @Test
    void aFullFrameIsOneRecord() throws ProtocolException {                       // F-7, F-9
        int id = opened();
        client.write(id, DataStream.MAIN, new byte[1_000], 0, 1_000);
        byte[] frame = new byte[800];
        Arrays.fill(frame, (byte) 5);
        assertEquals(717, client.fill(frame, 10, 717));
        assertEquals(FrameType.DATA, client.typeOfLastFill());
        assertEquals(5, frame[9]);
        assertEquals(5, frame[727]);
        assertEquals(290 + 7, client.fill(frame, 0, 717));
        assertEquals(0, client.fill(frame, 0, 717));
        assertEquals(FrameType.NOISE, client.typeOfLastFill());
    }

    @Test
    void withoutCreditThereIsOnlyNoise() throws ProtocolException {               // C-23, C-8
        int id = client.open("x", NOTHING, 0);
        assertEquals(100_000, client.write(id, DataStream.MAIN, new byte[100_000], 0, 100_000));
        pair.run();
        server.accept(id, 0, NOTHING);
        pair.run();
        assertEquals(65_536, server.available(id, DataStream.MAIN));
        assertEquals(0, client.backlogBytes());
        assertFalse(client.idle());
        server.read(id, DataStream.MAIN, new byte[20_000], 0, 20_000);
        pair.run();
        assertEquals(65_536, server.available(id, DataStream.MAIN));
    }

    @Test
    void theSendQueueIsBoundedAndSaysWhenThereIsRoom() throws ProtocolException {
        int id = opened();
        byte[] much = new byte[Limits.SEND_QUEUE_BYTES + 1];
        assertEquals(Limits.SEND_QUEUE_BYTES, client.write(id, DataStream.MAIN, much, 0, much.length));
        assertEquals(0, client.write(id, DataStream.EXTENDED, much, 0, 1));
        pair.run();
        assertEquals(new MuxEvent.RoomAvailable(id), pair.client.events.getLast());
        assertEquals(1, pair.client.all(MuxEvent.RoomAvailable.class).size());
        assertEquals(1, pair.server.all(MuxEvent.DataArrived.class).size());
    }

    @Test
    void closeWaitsForDataAndAbortDoesNot() throws ProtocolException {            // C-9
        int first = opened();
        int second = opened();
        client.write(first, DataStream.MAIN, new byte[30_000], 0, 30_000);
        client.write(second, DataStream.MAIN, new byte[30_000], 0, 30_000);
        client.close(first);
        client.abort(second);
        pair.run();
        assertEquals(30_000, server.available(first, DataStream.MAIN));
        assertEquals(0, server.available(second, DataStream.MAIN));
        assertEquals(2, pair.server.all(MuxEvent.PeerClosed.class).size());
    }

    @Test
    void closeBetweenTwoThatOnlySendStillEnds() throws ProtocolException {        // C-8, C-9
        int id = opened();
        client.write(id, DataStream.MAIN, new byte[200_000], 0, 200_000);
        server.write(id, DataStream.MAIN, new byte[200_000], 0, 200_000);
        client.close(id);
        server.close(id);
        pair.run();
        assertEquals(0, client.channelCount() + server.channelCount());
    }

    @Test
    void disconnectGoesFirstAndLast() throws ProtocolException {                  // C-12
        int id = opened();
        client.write(id, DataStream.MAIN, new byte[5_000], 0, 5_000);
        client.disconnect(DisconnectReason.SHUTTING_DOWN, "x".repeat(1_000));
        pair.run();
        MuxEvent.Disconnected last = pair.server.last(MuxEvent.Disconnected.class);
        assertEquals(512, last.text().length());                                  // L-17
        assertTrue(client.finished() && server.finished() && client.idle());
        assertEquals(-1, client.write(id, DataStream.MAIN, NOTHING, 0, 0));
        assertEquals(-1, server.read(id, DataStream.MAIN, new byte[1], 0, 1));
        server.close(id);
        assertEquals(0, server.channelCount());
    }

    @Test
    void theBudgetBoundsWindows() throws ProtocolException {                      // L-11, L-12
        CreditBudget budget = new CreditBudget(3 << 20);
        SimPair tight = new SimPair(1, Limits.SEND_QUEUE_BYTES, Budget.UNLIMITED, budget);
        int refused = 0;
        for (int i = 0; i < 60; i++) {
            int id = tight.client.mux.open("x", NOTHING, 0);
            tight.run();
            if (tight.client.all(MuxEvent.OpenFailed.class).size() > refused) {
                assertEquals(OpenFailure.RESOURCES, tight.client.last(MuxEvent.OpenFailed.class).reason());
                refused++;
            } else {
                tight.server.mux.accept(id, Limits.CHANNEL_CREDIT_BYTES, NOTHING);
                tight.run();
            }
            assertTrue(budget.freeBytes() >= 0);
        }
        assertTrue(refused > 0 && refused < 60, "" + refused);
        tight.server.mux.release();
        assertEquals(0, budget.reservedBytes());
    }

    @Test
    void slowConsumersLeaveTheConnectionCreditForOthers() throws ProtocolException {      // C-22, L-10
        byte[] much = new byte[Limits.SEND_QUEUE_BYTES];
        for (int i = 0; i < 40; i++) {
            int id = opened();
            for (int n = 0; n < 20; n++) {
                client.write(id, DataStream.MAIN, much, 0, much.length);
                pair.run();
            }
        }
        int id = opened();
        client.write(id, DataStream.MAIN, much, 0, 3);
        pair.run();
        assertEquals(3, server.available(id, DataStream.MAIN));
    }

    @Test
    void aWindowGrowsAndShrinks() throws ProtocolException {                      // L-11
        int id = opened();
        server.window(id, 8 << 20);
        pair.run();
        assertEquals(8 << 20, client.books(id).credit().availableBytes());
        server.window(id, 1_000);
        client.write(id, DataStream.MAIN, new byte[200_000], 0, 200_000);
        pair.run();
        server.read(id, DataStream.MAIN, new byte[200_000], 0, 200_000);
        pair.run();
        assertEquals((8 << 20) - 200_000, server.books(id).window().windowBytes());
        assertEquals((8 << 20) - 200_000, client.books(id).credit().availableBytes());
    }

    @Test
    void manyChannelsHaveTheirLeastHoweverMuchTheFirstOnesTook() throws ProtocolException { // L-11, L-12
        CreditBudget budget = new CreditBudget(256 << 20);
        for (int i = 0; i < 1_500; i++) {
            SimPair one = new SimPair(1, Limits.SEND_QUEUE_BYTES, Budget.UNLIMITED, budget);
            int id = one.client.mux.open("x", NOTHING, 0);
            one.run();
            one.server.mux.accept(id, Limits.CHANNEL_CREDIT_BYTES, NOTHING);
            one.server.mux.unattended(id);
            one.run();
            assertEquals(0, one.client.all(MuxEvent.OpenFailed.class).size(), "session " + i);
        }
    }

    @Test
    void aWindowGrowsByItselfForAConsumerThatKeepsUp() throws ProtocolException { // L-11
        int id = opened();
        byte[] chunk = new byte[Limits.SEND_QUEUE_BYTES];
        int before = server.books(id).window().windowBytes();
        for (long sent = 0; sent < 200L << 20; sent += chunk.length) {
            assertEquals(chunk.length, client.write(id, DataStream.MAIN, chunk, 0, chunk.length));
            pair.run();
            assertEquals(chunk.length, server.read(id, DataStream.MAIN, chunk, 0, chunk.length));
        }
        pair.run();
        assertTrue(before <= Limits.CHANNEL_CREDIT_BYTES + Limits.OPENER_CREDIT_BYTES, "" + before);
        assertEquals(Limits.MOST_CHANNEL_CREDIT_BYTES, server.books(id).window().windowBytes());
        assertTrue(client.books(id).credit().availableBytes() > Limits.MOST_CHANNEL_CREDIT_BYTES / 8 * 7, "what is granted is most of it");
    }

    @Test
    void aWindowGrowsWhereDataComesInHeaps() throws ProtocolException { // L-11
        int id = opened();
        byte[] chunk = new byte[Limits.SEND_QUEUE_BYTES];
        int before = server.books(id).window().windowBytes();
        int heap = before / 8 * 7 / chunk.length;
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < heap; j++) {
                assertEquals(chunk.length, client.write(id, DataStream.MAIN, chunk, 0, chunk.length));
                pair.run();
            }
            for (int j = 0; j < heap; j++) {
                assertEquals(chunk.length, server.read(id, DataStream.MAIN, chunk, 0, chunk.length));
                pair.run();
            }
        }
        assertEquals(2 * before, server.books(id).window().windowBytes());
    }

    @Test
    void aWindowStaysAsItIsForAConsumerThatLags() throws ProtocolException { // L-11
        int id = opened();
        byte[] chunk = new byte[Limits.SEND_QUEUE_BYTES];
        int before = server.books(id).window().windowBytes();
        for (long read = 0; read < 50L << 20; read += chunk.length) {
            while (client.write(id, DataStream.MAIN, chunk, 0, chunk.length) > 0) {
                pair.run();
            }
            server.read(id, DataStream.MAIN, chunk, 0, chunk.length);
            pair.run();
        }
        assertEquals(before, server.books(id).window().windowBytes());
    }

    @Test
    void aSendQueueGrowsWhereNobodyWaits() throws ProtocolException {
        int attended = opened();
        int unattended = opened();
        client.unattended(unattended);
        byte[] chunk = new byte[64 << 10];
        assertEquals(Limits.SEND_QUEUE_BYTES, filled(attended, chunk));
        assertTrue(filled(unattended, chunk) > Limits.SEND_QUEUE_BYTES * 4);
    }

    private int filled(int id, byte[] chunk) {
        int all = 0;
        for (int n = client.write(id, DataStream.MAIN, chunk, 0, chunk.length); n > 0; n = client.write(id, DataStream.MAIN, chunk, 0, chunk.length)) {
            all += n;
        }
        return all;
    }

    private int opened() throws ProtocolException {
        int id = client.open("x", NOTHING, 1 << 20);
        pair.run();
        server.accept(id, Limits.CHANNEL_CREDIT_BYTES, NOTHING);
        pair.run();
        return id;
    }

    private static byte[] pattern(int n) {
        byte[] bytes = new byte[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) (i * 7 ^ i >>> 8);
        }
        return bytes;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Mux mux, int id, DataStream stream) {
        byte[] buffer = new byte[100];
        return new String(buffer, 0, Math.max(0, mux.read(id, stream, buffer, 0, buffer.length)), StandardCharsets.UTF_8);
    }
}
