package org.qnsp.core.qkd;

import java.util.List;
import org.qnsp.core.config.Form;
import org.qnsp.core.config.Keyword;

/** The keywords of key distribution, the same in both configurations. */
public final class QkdKeywords {
    public static final Keyword MODE = Keyword.choice("Qkd", "off|prefer|require", "off");
    public static final Keyword KME = Keyword.of("QkdKme", Form.WORD, null);
    public static final Keyword KME_ID = Keyword.of("QkdKmeId", Form.WORD, null);
    public static final Keyword CA = Keyword.of("QkdCa", Form.WORD, null);
    public static final Keyword CERTIFICATE = Keyword.of("QkdCertificate", Form.WORD, null);
    public static final Keyword KEY = Keyword.of("QkdKey", Form.WORD, null);
    public static final Keyword SAE = Keyword.of("QkdSae", Form.WORD, null);
    public static final Keyword PEER_SAE = Keyword.of("QkdPeerSae", Form.WORDS, null);
    public static final Keyword ALLOW_SIMULATOR = Keyword.flag("QkdAllowSimulator", "no");

    /** All of them. */
    public static final List<Keyword> ALL = List.of(MODE, KME, KME_ID, CA, CERTIFICATE, KEY, SAE, PEER_SAE, ALLOW_SIMULATOR);

    private QkdKeywords() {
    }
}
