package org.qnsp.core.client;

/** Why a program could not log in, for its user. The exit status of who catches it is 255. */
public final class ConnectFailure extends Exception {
    private static final long serialVersionUID = 1;

    private enum Form { ERROR, SSH, PLAIN }

    private final Form form;
    private final String hint;

    private ConnectFailure(Form form, String text, String hint) {
        super(text, null, false, false);
        this.form = form;
        this.hint = hint;
    }

    /** {@code program: error: text}. @param hint what to do about it, or null */
    public static ConnectFailure error(String text, String hint) {
        return new ConnectFailure(Form.ERROR, text, hint);
    }

    /** {@code program: text}, as ssh says it and other programs know it. */
    public static ConnectFailure ssh(String text) {
        return new ConnectFailure(Form.SSH, text, null);
    }

    /** The text alone, as ssh says it. @param hint what to do about it, or null */
    public static ConnectFailure plain(String text, String hint) {
        return new ConnectFailure(Form.PLAIN, text, hint);
    }

    /** The same, saying on the way to where it happened. */
    ConnectFailure atHop(String host) {
        return new ConnectFailure(form, getMessage(), hint == null ? "that was jump host " + host : hint + "; that was jump host " + host);
    }

    /** Says it. */
    public void tell(Messages messages) {
        switch (form) {
            case ERROR -> messages.error(getMessage());
            case SSH -> messages.fatal(getMessage());
            case PLAIN -> messages.say(Messages.Level.ERROR, getMessage());
        }
        if (hint != null) {
            messages.hint(hint);
        }
    }
}
