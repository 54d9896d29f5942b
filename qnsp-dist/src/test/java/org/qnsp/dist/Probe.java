package org.qnsp.dist;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.qnsp.core.handshake.ClientHandshake.Trust;
import org.qnsp.crypto.Kemeleon;
import org.qnsp.crypto.RandomSource;
import org.qnsp.crypto.keys.KemKeyPair;

/**
 * What a prober sends to find out what listens at a port.
 *
 * @param name says what it is
 * @param bytes what is sent
 * @param how in one piece, byte by byte, or with the end of its direction right behind it
 */
record Probe(String name, byte[] bytes, How how) {
    /** How it is sent. */
    enum How { WHOLE, DRIBBLED, HALF_CLOSED }

    private static final int[] LENGTHS = {1, 2, 3, 7, 8, 16, 23, 24, 25, 32, 49, 50, 51, 64, 100, 256, 257, 384, 512, 767, 768, 769, 1024, 1448, 1535, 1536, 1537, 2048, 2303,
        2304, 2305, 3071, 3072, 3073, 4096, 4097, 8192, 16384, 17 << 10, 65536, 1 << 20};
    private static final int[] TRUNCATED = {1, 383, 384, 385, 767, 768, 769, 1152, 1535, 1536, 1537, 1544, 1553, 1600, 2271, 2272, 2303};
    /** Tops of the four blocks, the middle and the end of the ciphertext, the third frame's seq, time, type, length, payload and tag. */
    private static final int[] FLIPPED = {0, 384, 768, 1152, 200, 1000, 1535, 1536, 1543, 1544, 1551, 1552, 1553, 1554, 1555, 2000, 2271, 2272, 2303};

    private static Probe of(String name, byte[] bytes) {
        return new Probe(name, bytes, How.WHOLE);
    }

    private static Probe text(String name, String text) {
        return of(name, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static Probe hex(String name, String digits) {
        return of(name, HexFormat.of().parseHex(digits));
    }

    /** What is sent to any port: greetings of other protocols, and random bytes of telling lengths. */
    static List<Probe> ofStrangers() {
        List<Probe> all = new ArrayList<>(List.of(
                of("nothing", new byte[0]),
                text("HTTP GET", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                text("HTTP POST", "POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\nabcd"),
                text("HTTP CONNECT", "CONNECT example.org:443 HTTP/1.1\r\n\r\n"),
                text("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                text("PROXY header", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"),
                hex("TLS hello", "160301004c010000480303" + "00".repeat(32) + "0000040035002f01000019000500050100000000000a00080006001700180019" + "000b00020100"),
                text("SSH banner", "SSH-2.0-OpenSSH_9.9\r\n"),
                hex("DNS AXFR", "001d000000000001000000000000076578616d706c65036f726700" + "00fc0001"),
                hex("STUN", "000100002112a442" + "000102030405060708090a0b"),
                hex("Modbus", "000000000005002b0e0200"),
                hex("S7", "0300001611e00000000100c0010ac1020100c2020102"),
                hex("RDP", "030000130ee000000000000100080003000000"),
                hex("SMB", "00000054fe534d4240" + "00".repeat(75)),
                hex("SOCKS5", "050100"),
                hex("SOCKS4", "040100507f00000100"),
                text("SMTP", "EHLO localhost\r\n"),
                text("FTP", "USER anonymous\r\n"),
                text("IMAP", "a001 CAPABILITY\r\n"),
                text("IRC", "NICK a\r\nUSER a a a a\r\n"),
                text("Redis", "*1\r\n$4\r\nPING\r\n"),
                text("memcached", "stats\r\n"),
                hex("PostgreSQL", "0000000804d2162f"),
                hex("MQTT", "100c00044d5154540402003c0000"),
                hex("LDAP", "300c020101600702010304008000"),
                hex("BitTorrent", "13426974546f7272656e742070726f746f636f6c" + "00".repeat(48)),
                hex("X11", "6c000b000000000000000000"),
                text("VNC", "RFB 003.008\n"),
                hex("telnet", "fffd03fffb18fffb1f"),
                text("newlines", "\r\n\r\n"),
                of("zeros", new byte[2304]),
                of("ones", filled(2304, 0xff)),
                of("letters", filled(4096, 'a'))));
        Random random = new Random(1);
        for (int length : LENGTHS) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            all.add(of("random " + length, bytes));
        }
        for (int length : new int[] {0, 1, 100, 2303, 2304, 2305, 1 << 20}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            all.add(new Probe("half-closed after random " + length, bytes, How.HALF_CLOSED));
        }
        byte[] bytes = new byte[2500];
        random.nextBytes(bytes);
        all.add(new Probe("dribbled random 2500", bytes, How.DRIBBLED));
        return all;
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** What one can send who has the host's public key, or has heard one that has; none of it may hold. */
    static List<Probe> ofThoseWhoKnowTheKey(Trust trust, Duration clockWindow) {
        byte[] good = Opening.frames(trust, 4);
        List<Probe> all = new ArrayList<>();
        for (int length : TRUNCATED) {
            all.add(of("opening cut to " + length, Opening.cut(good, length)));
            all.add(of("opening cut to " + length + ", then random", padded(Opening.cut(good, length), 4096)));
        }
        for (int at : FLIPPED) {
            for (int bit : new int[] {0, 7}) {
                all.add(of("opening, bit " + bit + " of byte " + at + " flipped", Opening.flipped(good, at, bit)));
            }
        }
        byte[] reencoded = padded(Kemeleon.encodeCiphertext(Kemeleon.decodeCiphertext(Opening.cut(good, Kemeleon.CIPHERTEXT_BYTES)), RandomSource.system()), good.length);
        System.arraycopy(good, 1536, reencoded, 1536, good.length - 1536);
        all.add(of("opening, encoded once more", reencoded));
        Instant now = Instant.now();
        all.add(of("stale opening", Opening.frames(trust, 4, now.minus(clockWindow).minusSeconds(10), now, RandomSource.system())));
        all.add(of("opening of the future", Opening.frames(trust, 4, now.plus(clockWindow).plusSeconds(600), now, RandomSource.system())));
        all.add(of("opening of 1970", Opening.frames(trust, 4, Instant.EPOCH, now, RandomSource.system())));
        all.add(of("opening of the last day", Opening.frames(trust, 4, Instant.ofEpochSecond(Long.MAX_VALUE / 1_000_000), now, RandomSource.system())));
        all.add(of("opening to another host", Opening.frames(new Trust.Pinned(KemKeyPair.generate(RandomSource.system()).publicKey()), 4)));
        all.add(of("first contact without an invite", Opening.frames(new Trust.Unknown(), 4)));
        all.add(new Probe("opening to another host, half-closed", Opening.frames(new Trust.Pinned(KemKeyPair.generate(RandomSource.system()).publicKey()), 4), How.HALF_CLOSED));
        all.add(new Probe("opening cut to 2303, dribbled", Opening.cut(good, 2303), How.DRIBBLED));
        return all;
    }

    private static byte[] padded(byte[] start, int length) {
        byte[] bytes = RandomSource.system().bytes(length);
        System.arraycopy(start, 0, bytes, 0, start.length);
        return bytes;
    }
}
