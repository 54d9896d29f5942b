package org.qnsp.core.config;

import java.util.Map;

/**
 * What distinguishes the client's grammar from the daemon's.
 *
 * @param keywords     by name in lower case; {@code include}, {@code host} and {@code match} are not among them
 * @param hostBlocks   whether {@code Host} begins a block
 * @param criteria     attributes of Match with an argument, between bars
 * @param bareCriteria attributes without one, besides {@code all}
 */
public record Dialect(Map<String, Keyword> keywords, boolean hostBlocks, String criteria, String bareCriteria) {
    /** Whose options and files these are: what {@code ssh -V} says, and {@code Match version} asks about. */
    public static final String OPENSSH_VERSION = "OpenSSH_9.9";

}
