package org.qnsp.qsshd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.qnsp.qsshd.session.LoginCheck.Verdict;

/** Accounts of this system and whether they may log in. */
class AccountTest {
    private static final LocalDate TODAY = LocalDate.now();

    @Test
    void rootIsFoundByNameAndNumber() throws Exception {
        Account root = Account.named("root").orElseThrow();
        assertEquals(0, root.uid());
        assertEquals(0, root.gid());
        assertTrue(root.groups().contains(0L));
        assertEquals(Optional.of(root), Account.numbered(0));
        assertEquals(65_534, Account.named("nobody").orElseThrow().uid());
    }

    @Test
    void namesNoAccountHasAreUnknown() throws Exception {
        for (String name : List.of("", "-root", "root ", "ro\0ot", "root\n", "../root", "root:x", "x".repeat(257), "no-such-user-here", "ROOT", "0", "\u00e9\u4e00")) {
            assertEquals(Optional.empty(), Account.named(name), name);
        }
        assertEquals(Optional.empty(), Account.numbered(4_000_000_123L));
    }

    @Test
    void theShellMustBeThereAndExecutable(@TempDir Path dir) throws Exception {
        LoginCheck check = new LoginCheck(List.of());
        Path plain = Files.writeString(dir.resolve("plain"), "#!/bin/sh\n");
        assertEquals(new Verdict.Allowed(), check.check(with("/bin/sh", 1234), TODAY));
        assertTrue(denied(check.check(with("/no/such/shell", 1234), TODAY)).reason().contains("does not exist"));
        assertTrue(denied(check.check(with(dir.toString(), 1234), TODAY)).reason().contains("does not exist"));
        assertTrue(denied(check.check(with("sh", 1234), TODAY)).reason().contains("does not exist"));
        assertTrue(denied(check.check(with(plain.toString(), 0), TODAY)).reason().contains("is not executable"));
    }

    @Test
    void aClosingNoticeKeepsOutEveryoneButRoot(@TempDir Path dir) throws Exception {
        Path notice = dir.resolve("nologin");
        LoginCheck check = new LoginCheck(List.of(dir.resolve("other"), notice));
        assertEquals(new Verdict.Allowed(), check.check(with("/bin/sh", 1234), TODAY));
        Files.writeString(notice, "Down for maintenance until noon.\n");
        assertEquals("Down for maintenance until noon.\n", denied(check.check(with("/bin/sh", 1234), TODAY)).notice());
        assertEquals(new Verdict.Allowed(), check.check(with("/bin/sh", 0), TODAY));
        Files.writeString(notice, "x".repeat(100_000));
        assertEquals(16 * 1024, denied(check.check(with("/bin/sh", 1234), TODAY)).notice().length());
    }

    @Test
    void waitStatusesAreDecodedExactly() {
        assertEquals(new ExitStatus.Exited(0), ExitStatus.ofWaitStatus(0));
        assertEquals(new ExitStatus.Exited(255), ExitStatus.ofWaitStatus(0xFF00));
        assertEquals(new ExitStatus.Signalled(9, "KILL", false), ExitStatus.ofWaitStatus(9));
        assertEquals(new ExitStatus.Signalled(11, "SEGV", true), ExitStatus.ofWaitStatus(0x8B));
        assertEquals(new ExitStatus.Signalled(40, "RT40", false), ExitStatus.ofWaitStatus(40));
        assertEquals(Optional.of(SessionSignal.USR1), SessionSignal.named("USR1"));
        assertEquals(Optional.empty(), SessionSignal.named("STOP"));
        assertEquals(Optional.empty(), SessionSignal.named("usr1"));
    }

    @Test
    void sizesAreBroughtIntoTheKernelsRange() {
        assertEquals(new WindowSize(65_535, 0, 7, 65_535), WindowSize.nearest(0xFFFF_FFFFL, 0, 7, 65_536));
    }

    private static Verdict.Denied denied(Verdict verdict) {
        return assertInstanceOf(Verdict.Denied.class, verdict);
    }

    private static Account with(String shell, long uid) {
        return new Account("qnsp-none", uid, uid, List.of(uid), "/", shell);
    }
}
