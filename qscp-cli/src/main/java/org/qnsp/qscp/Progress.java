package org.qnsp.qscp;

import org.qnsp.core.copy.EntryName;

/** Who wants to know how far a copy is. Called in order by one thread. */
interface Progress {
    /** Nobody. */
    Progress NONE = new Progress() {
        @Override
        public void started(EntryName name, long size) {}

        @Override
        public void continued(long at) {}

        @Override
        public void moved(int bytes) {}

        @Override
        public void ended() {}
    };

    void started(EntryName name, long size);

    /** The file's first bytes were there already. */
    void continued(long at);

    void moved(int bytes);

    void ended();
}
