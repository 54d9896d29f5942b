package org.qnsp.dist;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A recording in pcap format: the TCP packets that one side of an interface saw, in the order of their coming. */
record Capture(List<Packet> packets) {
    private static final int FILE_HEADER_BYTES = 24;
    private static final int MICROS_MAGIC = 0xa1b2c3d4;
    private static final int NANOS_MAGIC = 0xa1b23c4d;
    private static final int ETHERNET = 1;
    private static final int ETHERNET_BYTES = 14;
    private static final int TCP = 6;

    /** A TCP packet. @param nanos since 1970 @param seq of its first byte @param length of its payload on the wire @param payload as much of it as was kept */
    record Packet(long nanos, InetSocketAddress from, InetSocketAddress to, long seq, int flags, int length, byte[] payload) {
        boolean fin() {
            return (flags & 1) != 0;
        }

        boolean syn() {
            return (flags & 2) != 0;
        }

        boolean rst() {
            return (flags & 4) != 0;
        }
    }

    /** One connection: what passed in each direction. */
    record Conversation(InetSocketAddress client, List<Packet> toServer, List<Packet> toClient) {
        /** The bytes that the client sent. */
        byte[] sent() {
            return assemble(toServer);
        }

        /** The bytes that the server sent. */
        byte[] received() {
            return assemble(toClient);
        }
    }

    static Capture read(Path file) throws IOException {
        ByteBuffer in;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            in = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.nativeOrder());
        }
        int magic = in.getInt(0);
        if (magic != MICROS_MAGIC && magic != NANOS_MAGIC || in.getInt(20) != ETHERNET) {
            throw new IOException(file + " is not a recording of an Ethernet-like interface on this machine");
        }
        List<Packet> packets = new ArrayList<>();
        in.position(FILE_HEADER_BYTES);
        while (in.remaining() >= 16) {
            long nanos = Integer.toUnsignedLong(in.getInt()) * 1_000_000_000L + Integer.toUnsignedLong(in.getInt()) * (magic == NANOS_MAGIC ? 1 : 1_000);
            int kept = in.getInt();
            in.getInt();
            if (in.remaining() < kept) {
                break; // the last one was cut off
            }
            Packet packet = packet(nanos, in.slice(in.position(), kept).order(ByteOrder.BIG_ENDIAN));
            if (packet != null) {
                packets.add(packet);
            }
            in.position(in.position() + kept);
        }
        return new Capture(packets);
    }

    /** IPv4 alone: the tests dial 127.0.0.0/8. */
    private static Packet packet(long nanos, ByteBuffer frame) throws IOException {
        if (frame.remaining() < ETHERNET_BYTES + 40 || frame.getShort(12) != 0x0800 || frame.get(ETHERNET_BYTES + 9) != TCP) {
            return null;
        }
        int ipBytes = (frame.get(ETHERNET_BYTES) & 0xf) * 4;
        int total = Short.toUnsignedInt(frame.getShort(ETHERNET_BYTES + 2));
        int tcp = ETHERNET_BYTES + ipBytes;
        int tcpBytes = (frame.get(tcp + 12) >> 4 & 0xf) * 4;
        int length = (total == 0 ? frame.remaining() - ETHERNET_BYTES : total) - ipBytes - tcpBytes; // 0: segmentation is left to the interface
        byte[] payload = new byte[Math.max(0, Math.min(length, frame.remaining() - tcp - tcpBytes))];
        frame.get(tcp + tcpBytes, payload);
        return new Packet(nanos, end(frame, ETHERNET_BYTES + 12, tcp), end(frame, ETHERNET_BYTES + 16, tcp + 2), Integer.toUnsignedLong(frame.getInt(tcp + 4)),
                frame.get(tcp + 13) & 0x3f, length, payload);
    }

    private static InetSocketAddress end(ByteBuffer frame, int address, int port) throws IOException {
        byte[] bytes = new byte[4];
        frame.get(address, bytes);
        return new InetSocketAddress(InetAddress.getByAddress(bytes), Short.toUnsignedInt(frame.getShort(port)));
    }

    /** The connections to this port, by the client's end, in the order of their beginning. */
    Map<InetSocketAddress, Conversation> conversations(int serverPort) {
        Map<InetSocketAddress, Conversation> found = new LinkedHashMap<>();
        for (Packet packet : packets) {
            boolean toServer = packet.to.getPort() == serverPort;
            Conversation one = found.computeIfAbsent(toServer ? packet.from : packet.to, end -> new Conversation(end, new ArrayList<>(), new ArrayList<>()));
            (toServer ? one.toServer : one.toClient).add(packet);
        }
        return found;
    }

    /** The stream of one direction, whatever was sent twice or out of order. */
    private static byte[] assemble(List<Packet> packets) {
        if (packets.isEmpty()) {
            return new byte[0];
        }
        long first = packets.stream().filter(Packet::syn).mapToLong(p -> p.seq + 1).findFirst().orElse(packets.getFirst().seq);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (Packet packet : packets.stream().filter(p -> p.length > 0 && !p.syn()).sorted(Comparator.comparingLong(p -> p.seq - first & 0xffff_ffffL)).toList()) {
            int at = (int) (packet.seq - first & 0xffff_ffffL);
            int skip = stream.size() - at;
            if (skip < 0 || packet.payload.length != packet.length) {
                throw new IllegalStateException("the recording has a gap at byte " + stream.size());
            }
            if (skip < packet.length) {
                stream.write(packet.payload, skip, packet.length - skip);
            }
        }
        return stream.toByteArray();
    }
}
