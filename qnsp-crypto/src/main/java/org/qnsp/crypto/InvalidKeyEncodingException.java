package org.qnsp.crypto;

import java.io.Serial;
import java.security.GeneralSecurityException;

/** Bytes or text that are no public key: a wrong length, a value out of range, a form that is not the one encoding. */
public final class InvalidKeyEncodingException extends GeneralSecurityException {
    @Serial
    private static final long serialVersionUID = 1L;

    public InvalidKeyEncodingException(String message) {
        super(message);
    }
}
