package org.apache.zookeeper.server.quorum;

import java.util.Map;
import org.apache.zookeeper.server.quorum.QuorumPeer.QuorumServer;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/** Makes quorum verifiers. */
final class Verifiers {
    private Verifiers() {}

    /** 3.4 knows only the number of voters. */
    static QuorumVerifier majority(Map<Long, QuorumServer> members) throws Exception {
        try {
            return Reflect.make(QuorumMaj.class, members);
        } catch (NoSuchMethodException e) {
            return Reflect.make(QuorumMaj.class, members.size());
        }
    }
}
