package org.qnsp.core.forward;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.core.message.OpenFailure;

/**
 * The server's side of SOCKS 4, 4a and 5 (RFC 1928) up to CONNECT: bytes in, what to do out. Names are passed on as they are, for the far end to resolve. No
 * method of authentication is offered but none: who reaches the listener may use it. Pure; holds at most one request.
 */
public final class Socks {
    /** What to do next. */
    public sealed interface Step {
        /** Read more. */
        record More() implements Step {}

        /** Send this, then read more. */
        record Reply(byte[] bytes) implements Step {}

        /** Connect to this; then send {@link #granted} or {@link #failed}. What was not taken from the buffer is data. */
        record Connect(Endpoint to) implements Step {}

        /** Send this, then close. */
        record Refuse(byte[] bytes) implements Step {}
    }

    private static final Step MORE = new Step.More();
    private static final Step SILENT = new Step.Refuse(new byte[0]);
    /** SOCKS 4 with a user and a name of 255 bytes each; more is no request. */
    private static final int MOST_BYTES = 8 + 256 + 256;
    private static final int REFUSED = 5;
    private static final int NOT_ALLOWED = 2;
    private static final int GENERAL_FAILURE = 1;
    private static final int COMMAND_UNKNOWN = 7;
    private static final int ADDRESS_UNKNOWN = 8;

    private final byte[] held = new byte[MOST_BYTES];
    private int length;
    private boolean greeted;

    /** Takes bytes, no more than belong to the request. */
    public Step take(ByteBuffer from) {
        while (from.hasRemaining()) {
            if (length == MOST_BYTES) {
                return SILENT;
            }
            held[length++] = from.get();
            Step step = held[0] == 5 ? greeted ? five() : greeting() : held[0] == 4 && !greeted ? four() : SILENT;
            if (step != MORE) {
                return step;
            }
        }
        return MORE;
    }

    // 4 | command | port u16 | address 4 | user, zero byte | with address 0.0.0.x: name, zero byte
    private Step four() {
        if (length < 9 || held[length - 1] != 0) {
            return MORE;
        }
        boolean named = held[4] == 0 && held[5] == 0 && held[6] == 0 && held[7] != 0;
        int userEnd = 8;
        while (held[userEnd] != 0) {
            userEnd++;
        }
        if (named && userEnd == length - 1) {
            return MORE;
        }
        if (held[1] != 1) {
            return new Step.Refuse(failed(OpenFailure.UNKNOWN_TYPE));
        }
        String host = named ? name(userEnd + 1, length - 1) : address(4, 4);
        return connect(host, (held[2] & 0xff) << 8 | held[3] & 0xff);
    }

    // 5 | number of methods | methods
    private Step greeting() {
        if (length < 2 || length < 2 + (held[1] & 0xff)) {
            return MORE;
        }
        boolean none = false;
        for (int i = 2; i < length; i++) {
            none |= held[i] == 0;
        }
        if (!none) {
            return new Step.Refuse(new byte[] {5, (byte) 0xff});
        }
        greeted = true;
        length = 0;
        return new Step.Reply(new byte[] {5, 0});
    }

    // 5 | command | 0 | kind of address | address 4, 16, or u8 length and name | port u16
    private Step five() {
        if (length < 5) {
            return MORE;
        }
        int bytes = switch (held[3]) {
            case 1 -> 4;
            case 3 -> 1 + (held[4] & 0xff);
            case 4 -> 16;
            default -> -1;
        };
        if (bytes < 0) {
            return new Step.Refuse(five(ADDRESS_UNKNOWN));
        }
        if (length < 4 + bytes + 2) {
            return MORE;
        }
        if (held[1] != 1) {
            return new Step.Refuse(five(COMMAND_UNKNOWN));
        }
        String host = held[3] == 3 ? name(5, 4 + bytes) : address(4, bytes);
        return connect(host, (held[4 + bytes] & 0xff) << 8 | held[5 + bytes] & 0xff);
    }

    private Step connect(String host, int port) {
        boolean usable = host != null && !host.isEmpty() && port > 0;
        return usable ? new Step.Connect(new Endpoint(host, port)) : new Step.Refuse(failed(OpenFailure.CONNECT_FAILED));
    }

    /** Null where it is no text, or has a zero byte in it. */
    private String name(int from, int to) {
        try {
            String name = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(held, from, to - from)).toString();
            return name.indexOf('\0') < 0 ? name : null;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private String address(int from, int bytes) {
        try {
            return AddressText.of(InetAddress.getByAddress(Arrays.copyOfRange(held, from, from + bytes)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for other lengths than 4 and 16
        }
    }

    /** The answer once there is a connection. */
    public byte[] granted() {
        return held[0] == 4 ? four(0x5a) : five(0);
    }

    /** The answer where there is none. */
    public byte[] failed(OpenFailure reason) {
        if (held[0] == 4) {
            return four(0x5b);
        }
        return five(switch (reason) {
            case PROHIBITED -> NOT_ALLOWED;
            case CONNECT_FAILED -> REFUSED;
            case UNKNOWN_TYPE, RESOURCES -> GENERAL_FAILURE;
        });
    }

    private static byte[] four(int code) {
        return new byte[] {0, (byte) code, 0, 0, 0, 0, 0, 0};
    }

    private static byte[] five(int code) {
        return new byte[] {5, (byte) code, 0, 1, 0, 0, 0, 0, 0, 0};
    }
}
