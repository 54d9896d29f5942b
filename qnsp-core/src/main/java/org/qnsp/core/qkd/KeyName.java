package org.qnsp.core.qkd;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What an offer says of a key.
 *
 * @param id   a UUID in its usual form, as the key server spelled it
 * @param bits its size
 */
public record KeyName(String id, int bits) {
    private static final Pattern FORM = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    /** The id as a value, for which case does not matter; empty for what is no UUID in its usual form. */
    static Optional<UUID> uuid(String id) {
        return FORM.matcher(id).matches() ? Optional.of(UUID.fromString(id)) : Optional.empty();
    }
}
