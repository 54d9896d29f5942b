package org.qnsp.qsshd.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.qnsp.core.config.ConfigException;
import org.qnsp.core.config.ConfigFiles;
import org.qnsp.core.message.ChannelOpening.Endpoint;
import org.qnsp.qsshd.config.KeyOptions;
import org.qnsp.qsshd.config.ServerConfig;

/** Who may have what forwarded: each keyword and option of a key that restricts, alone and together (C-27, C-28). */
final class PermitsTest {
    private static ServerConfig config(String... lines) throws IOException, ConfigException {
        return ServerConfig.load(null, List.of(lines), new ConfigFiles(0));
    }

    private static KeyOptions key(boolean forwarding, String permitOpen, String permitListen) {
        return new KeyOptions(null, null, true, forwarding, true, true, true, words(permitOpen), words(permitListen), List.of(), Long.MAX_VALUE);
    }

    private static List<String> words(String text) {
        return text == null ? List.of() : Arrays.asList(text.split(" "));
    }

    /** connect to web:80, listen at localhost:8080, connect and listen at Unix sockets: a + each that is allowed. */
    private static String allowed(ServerConfig config, KeyOptions options, boolean anonymous) {
        Permits permits = new Permits(config, options, anonymous, false);
        boolean[] all = {permits.connect(new Endpoint("web", 80)), permits.listen(new Endpoint("localhost", 8080)), permits.connectUnix(), permits.listenUnix()};
        StringBuilder out = new StringBuilder();
        for (boolean one : all) {
            out.append(one ? '+' : '-');
        }
        return out.toString();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "none", value = {
        "'',                                  ++++",
        "AllowTcpForwarding no,               --++",
        "AllowTcpForwarding yes,              ++++",
        "AllowTcpForwarding all,              ++++",
        "AllowTcpForwarding local,            +-++",
        "AllowTcpForwarding remote,           -+++",
        "AllowStreamLocalForwarding no,       ++--",
        "AllowStreamLocalForwarding local,    +++-",
        "AllowStreamLocalForwarding remote,   ++-+",
        "DisableForwarding yes,               ----",
        "ChrootDirectory /srv/%u,             ++--",
        "ChrootDirectory none,                ++++",
        "DisableForwarding yes|AllowTcpForwarding yes|AllowStreamLocalForwarding yes, ----",
        "PermitOpen none,                     -+++",
        "PermitOpen any,                      ++++",
        "PermitOpen web:80,                   ++++",
        "PermitOpen web:81,                   -+++",
        "PermitOpen web:*,                    ++++",
        "PermitOpen *:80,                     ++++",
        "PermitOpen *:81,                     -+++",
        "PermitOpen other:1 web:80,           ++++",
        "PermitOpen [::1]:80,                 -+++",
        "PermitOpen w*:80,                    -+++", // a star is all or nothing here
        "PermitListen none,                   +-++",
        "PermitListen 8080,                   ++++",
        "PermitListen 8081,                   +-++",
        "PermitListen localhost:8080,         ++++",
        "PermitListen local*:8080,            ++++",
        "PermitListen 127.0.0.1:8080,         +-++",
        "PermitListen *:*,                    ++++",
    })
    void theConfigurationDecides(String lines, String expected) throws Exception {
        ServerConfig config = config(lines.isEmpty() ? new String[0] : lines.split("\\|"));
        assertEquals(expected, allowed(config, KeyOptions.NONE, false));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "none", value = {
        "true,  none,       none,           ++++",
        "false, none,       none,           ----",
        "false, web:80,     8080,           ----",
        "true,  web:80,     none,           ++++",
        "true,  web:81,     none,           -+++",
        "true,  web:*,      none,           ++++",
        "true,  none,       8081,           +-++",
        "true,  none,       localhost:8080, ++++",
        "true,  none,       *:8080,         ++++",
        "true,  none,       other:8080,     +-++",
    })
    void soDoesTheKey(boolean forwarding, String permitOpen, String permitListen, String expected) throws Exception {
        assertEquals(expected, allowed(config(), key(forwarding, permitOpen, permitListen), false));
    }

    @Test
    void bothMustAllow() throws Exception {
        assertEquals("--++", allowed(config("PermitOpen web:80", "PermitListen 8080"), key(true, "web:443", "9090"), false));
        assertEquals("++++", allowed(config("PermitOpen web:80 web:443", "PermitListen 8080"), key(true, "web:80", "8080"), false));
        assertEquals("--++", allowed(config("AllowTcpForwarding no"), key(true, "web:80", "8080"), false));
    }

    @Test
    void whoIsNobodyInParticularGetsWhatALineSaysAndNoMore() throws Exception {
        assertEquals("----", allowed(config(), KeyOptions.NONE, true));
        assertEquals("++--", allowed(config("AllowTcpForwarding yes"), KeyOptions.NONE, true));
        assertEquals("+---", allowed(config("AllowTcpForwarding local", "PermitOpen web:80"), KeyOptions.NONE, true));
        assertEquals("--++", allowed(config("AllowStreamLocalForwarding yes"), KeyOptions.NONE, true));
    }

    @Test
    void lowPortsAreRoots() throws Exception {
        assertEquals(false, new Permits(config(), KeyOptions.NONE, false, false).listen(new Endpoint("localhost", 1023)));
        assertEquals(true, new Permits(config(), KeyOptions.NONE, false, true).listen(new Endpoint("localhost", 1023)));
        assertEquals(true, new Permits(config(), KeyOptions.NONE, false, false).listen(new Endpoint("localhost", 0)));
    }

    @ParameterizedTest
    @CsvSource({"PermitOpen web", "PermitOpen :80", "PermitOpen web:0", "PermitOpen web:x", "PermitOpen any web:80", "PermitOpen ::1:80", "PermitListen x", "PermitListen 0",
        "PermitListen none 80", "AllowTcpForwarding maybe", "GatewayPorts maybe", "StreamLocalBindMask 9", "DisableForwarding maybe", "AllowStreamLocalForwarding x"})
    void whatCannotBeObeyedIsRefusedAtTheStart(String line) {
        assertThrows(ConfigException.class, () -> config(line));
    }

    @Test
    void allIsPrintedAsItCanBeRead() throws Exception {
        List<String> lines = List.of("gatewayports clientspecified", "allowtcpforwarding local", "allowstreamlocalforwarding no", "disableforwarding no",
            "streamlocalbindunlink yes", "streamlocalbindmask 0117", "permitopen web:80 [::1]:*", "permitlisten 8080");
        List<String> dump = config(lines.toArray(String[]::new)).dump().lines().toList();
        lines.forEach(line -> assertEquals(true, dump.contains(line), line));
        List<String> usual = config().dump().lines().toList();
        List.of("gatewayports no", "allowtcpforwarding yes", "permitopen any", "permitlisten any", "streamlocalbindmask 0177").forEach(line -> assertEquals(true, usual.contains(line), line));
    }
}
