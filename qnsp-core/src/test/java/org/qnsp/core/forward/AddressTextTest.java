package org.qnsp.core.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "fe80::a:b:c:d", "1:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "1:0:0:2::3"})
    void addressesAreWrittenAsTheyAreRead(String text) throws Exception {
        assertEquals(text, AddressText.of(InetAddress.getByName(text)));
    }
}
