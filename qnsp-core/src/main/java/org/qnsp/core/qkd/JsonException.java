package org.qnsp.core.qkd;

/** A document that is no JSON, or not the one that was expected. Quotes nothing of it. */
public final class JsonException extends Exception {
    private static final long serialVersionUID = 1;

    public JsonException(String message) {
        super(message, null, false, false);
    }
}
