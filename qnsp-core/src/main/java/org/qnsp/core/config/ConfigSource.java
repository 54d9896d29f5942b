package org.qnsp.core.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Where the text of configuration files comes from. */
public interface ConfigSource {
    /**
     * Reads a file.
     *
     * @param checked whether it must belong to the user or root and be writable by nobody else
     * @throws java.nio.file.NoSuchFileException where there is none
     * @throws IOException                       where it cannot be read
     * @throws ConfigException                   where its owner or mode is wrong, or it is too long
     */
    String read(Path file, boolean checked) throws IOException, ConfigException;

    /** The files that an absolute pattern names, in order; a pattern segment does not match a leading dot that it does not name. */
    List<Path> glob(String pattern) throws IOException;
}
