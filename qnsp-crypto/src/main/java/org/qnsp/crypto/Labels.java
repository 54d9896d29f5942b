package org.qnsp.crypto;

/** Every domain-separation label of the protocol, once (K-12). */
public final class Labels {
    public static final String INIT = "qnsp1 init";
    public static final String KS = "qnsp1 KS";
    public static final String KE = "qnsp1 KE";
    public static final String EE = "qnsp1 EE";
    public static final String ES = "qnsp1 ES";
    public static final String KE2 = "qnsp1 KE2";
    public static final String PSK = "qnsp1 PSK";
    public static final String QKD = "qnsp1 QKD";
    public static final String CA = "qnsp1 CA";
    public static final String EARLY_C2S = "qnsp1 early c2s";
    public static final String EARLY_S2C = "qnsp1 early s2c";
    public static final String HANDSHAKE_C2S = "qnsp1 handshake c2s";
    public static final String HANDSHAKE_S2C = "qnsp1 handshake s2c";
    public static final String APPLICATION_C2S = "qnsp1 application c2s";
    public static final String APPLICATION_S2C = "qnsp1 application s2c";
    public static final String FIN_S = "qnsp1 fin S";
    public static final String FIN_C = "qnsp1 fin C";
    public static final String FIN_C2 = "qnsp1 fin C2";
    public static final String FIN_S2 = "qnsp1 fin S2";
    public static final String CLIENT_AUTH = "qnsp1 client-auth";
    public static final String CONFIRM = "qnsp1 confirm";
    public static final String QKD_CONFIRM = "qnsp1 QKD confirm";
    public static final String QKD_CONTEXT = "qnsp1 QKD context";
    public static final String FIN_QS = "qnsp1 fin QS";
    public static final String FIN_QC = "qnsp1 fin QC";
    public static final String ZK = "qnsp1 zk";
    public static final String EXPORTER = "qnsp1 exporter";
    public static final String EXPORT = "qnsp1 export ";
    public static final String AUTH_KEY = "qnsp1 auth key";
    public static final String INVITE = "qnsp1 invite";
    public static final String INVITE_KEY = "qnsp1 invite key";
    public static final String OPENING = "qnsp1 opening";
    public static final String HOST_KEY = "qnsp1 host key";
    public static final String PAGE = "qnsp1 page";
    public static final String RATCHET_C2S = "qnsp1 ratchet c2s";
    public static final String RATCHET_S2C = "qnsp1 ratchet s2c";
    public static final String RATCHET = "qnsp1 ratchet";
    public static final String RATCHET_ROOT = "qnsp1 ratchet root";
    public static final String RATCHET_CHAIN = "qnsp1 ratchet chain";
    public static final String QNSP_AUTH = "QNSP-auth";
    public static final String FIRST_CONTACT = "first contact";

    private Labels() {}
}
