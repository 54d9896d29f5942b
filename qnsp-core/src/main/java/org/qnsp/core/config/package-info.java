/**
 * The configuration grammar that clients and daemon share, as ssh_config and sshd_config have it: words, durations, patterns, tokens,
 * includes, conditions. Pure but for {@link org.qnsp.core.config.ConfigFiles}, which reads the files. What the keywords mean is not known here.
 */
package org.qnsp.core.config;
