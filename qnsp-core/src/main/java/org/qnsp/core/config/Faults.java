package org.qnsp.core.config;

import java.util.ArrayList;
import java.util.List;

/** The faults of a configuration, collected so that its owner sees all of them at once. */
public final class Faults {
    private final List<String> lines = new ArrayList<>();
    private int ofThisFile;

    /** One more. */
    public void add(String line) {
        add(List.of(line));
    }

    /** One more, of some lines. */
    public void add(List<String> fault) {
        lines.addAll(fault);
        ofThisFile++;
    }

    /**
     * A keyword that is not known.
     *
     * @throws ConfigException at once where it is an option: then the files do not matter
     */
    public void add(Entry.Unknown unknown) throws ConfigException {
        String line = unknown.at().badOption(unknown.key());
        if (unknown.at().equals(Position.COMMAND_LINE)) {
            throw new ConfigException(line);
        }
        add(line);
    }

    /** A file ends; where it had faults, their number is said. */
    public void endOf(String file) {
        if (ofThisFile > 0) {
            lines.add(file + ": terminating, " + ofThisFile + " bad configuration options");
        }
        ofThisFile = 0;
    }

    /** Throws all of them, if there are any. */
    public void throwAny() throws ConfigException {
        if (!lines.isEmpty()) {
            throw new ConfigException(lines);
        }
    }
}
