package org.qnsp.core.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GetoptTest {
    @ParameterizedTest
    @CsvSource({
        "-fNT,'f,N,T'", "-p22,p=22", "-p 22,p=22", "-fp 22,'f,p=22'", "-fp22 x,'f,p=22,[x]'", "x -f,'[x],f'", "-- -f,[-f]", "-f -- -N,'f,[-N]'", "-,[-]",
        "x - y,'[x],[-],[y]'", "-p -- x,'p=--,[x]'", "'',''"})
    void reads(String line, String expected) throws Getopt.UsageException {
        assertEquals(expected, String.join(",", read(line)));
    }

    private static List<String> read(String line) throws Getopt.UsageException {
        Getopt options = new Getopt("fNTp:", line.isEmpty() ? List.of() : List.of(line.split(" ")));
        List<String> seen = new ArrayList<>();
        for (int option = options.next(); option != Getopt.END; option = options.next()) {
            String letter = Character.toString(option);
            seen.add(option == Getopt.OPERAND ? "[" + options.value() + "]" : options.value() == null ? letter : letter + "=" + options.value());
        }
        return seen;
    }

    @Test
    void faults() {
        assertEquals("unknown option -- Z", assertThrows(Getopt.UsageException.class, () -> read("-fZ")).getMessage());
        assertEquals("unknown option -- :", assertThrows(Getopt.UsageException.class, () -> read("-:")).getMessage());
        assertEquals("option requires an argument -- p", assertThrows(Getopt.UsageException.class, () -> read("-fp")).getMessage());
    }

    @Test
    void theRestIsLeftAsItIs() throws Getopt.UsageException {
        Getopt options = new Getopt("f", List.of("-f", "host", "cmd", "-f", "--"));
        options.next();
        options.next();
        assertEquals(List.of("cmd", "-f", "--"), options.rest());
    }
}
