package org.qnsp.qscp;

import java.io.PrintStream;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.qnsp.core.copy.EntryName;

/** Shows a {@link ProgressMeter} for each file: at its start, once a second, at its end. */
final class MeterDisplay implements Progress {
    private static final long INTERVAL_MILLIS = 1000;

    private final PrintStream terminal;
    private final IntSupplier columns;
    private final BooleanSupplier foreground;
    private ProgressMeter meter;
    private long position;
    private boolean changedSinceLine;

    /** @param foreground whether this process may write to the terminal now */
    MeterDisplay(PrintStream terminal, IntSupplier columns, BooleanSupplier foreground) {
        this.terminal = terminal;
        this.columns = columns;
        this.foreground = foreground;
        Thread.ofPlatform().daemon().name("qscp-meter").start(this::tick);
    }

    @Override
    public synchronized void started(EntryName name, long size) {
        meter = new ProgressMeter(name.toString(), size, columns.getAsInt(), System.nanoTime());
        position = 0;
        show();
    }

    @Override
    public synchronized void continued(long at) {
        meter.begins(at);
        position = at;
    }

    @Override
    public synchronized void moved(int bytes) {
        position += bytes;
        changedSinceLine = true;
    }

    @Override
    public synchronized void ended() {
        if (meter == null) {
            return;
        }
        if (changedSinceLine) {
            show();
        }
        if (foreground.getAsBoolean()) {
            terminal.print("\n");
            terminal.flush();
        }
        meter = null;
    }

    private void show() {
        changedSinceLine = false;
        if (foreground.getAsBoolean()) {
            meter.width(columns.getAsInt());
            terminal.print(meter.line(position, System.nanoTime()));
            terminal.flush();
        }
    }

    private void tick() {
        while (true) {
            try {
                Thread.sleep(INTERVAL_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            synchronized (this) {
                if (meter != null) {
                    show();
                }
            }
        }
    }
}
