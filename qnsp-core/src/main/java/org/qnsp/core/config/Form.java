package org.qnsp.core.config;

/** What stands after a keyword, and so how it is checked and in which canonical text it is kept. */
public enum Form {
    /** yes or no, also true or false, or one of the keyword's own words; kept in lower case as yes, no or that word. */
    FLAG,
    /** One of the keyword's own words; kept in lower case. */
    CHOICE,
    /** A whole number in the keyword's range. */
    NUMBER,
    /** A TCP port, 1 to 65535. */
    PORT,
    /** A time, kept in seconds, or {@code none}. */
    TIME,
    /** One word that is not empty. */
    WORD,
    /** Some words, none of them empty. */
    WORDS,
    /** The line as it stands: commands, which have a grammar of their own. */
    LINE,
    /** Names of environment variables, with patterns. */
    ENV_NAMES,
    /** NAME=value words. */
    ENV_VALUES,
    /** QUIET to DEBUG3; kept in upper case. */
    LOG_LEVEL,
    /** One character, ^X, or none. */
    ESCAPE,
    /** A forwarding: one word, or what listens and what is connected to; kept as the words of the line with colons between. */
    FORWARD,
    /** yes, no, or how an agent is found. */
    AGENT,
    /** yes, no, ask, confirm, a time, or confirm and a time; times are kept in seconds. */
    AGENT_KEYS,
    /** yes, no, or a time, kept in seconds. */
    PERSIST,
    /** A size with K, M or G, or default; then perhaps a time or none. Kept as two numbers, 0 for default and none. */
    REKEY,
    /** An octal number up to 0777, kept with a zero before it. */
    MASK,
    /** A rate in bytes a second, or none; kept as that of the class that reaches it. */
    RATE,
    /** none, or hosts to jump through: [user@]host[:port] with commas. */
    JUMP,
    /** start or start:rate:full. */
    STARTUPS,
    /** address, address:port, [address]:port; kept as the first or the last. */
    LISTEN,
    /** A name and a command. */
    SUBSYSTEM,
    /** Anything, as long as there is something. */
    ANYTHING
}
