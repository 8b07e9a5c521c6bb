package org.apache.zookeeper.server.quorum;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.apache.jute.OutputArchive;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.quorum.QuorumPeer.QuorumServer;
import org.apache.zookeeper.server.quorum.auth.NullQuorumAuthServer;

/** A QuorumPeer that never runs, its database, and its Leader. The questions set their fields. */
final class ServerUnderTest {
    static final long MYID = 1;

    final QuorumPeer peer;
    final Database database;
    final AskedLeader leader;
    /** The folder of the log files and snapshots. */
    final File files;

    ServerUnderTest(File folder) throws Exception {
        FileTxnSnapLog snapLog = new FileTxnSnapLog(folder, folder);
        files = new File(folder, "version-2");
        database = new Database(snapLog);
        peer = QuorumPeer.testingQuorumPeer();
        Reflect.set(peer, "myid", MYID);
        Reflect.set(peer, "authServer", new NullQuorumAuthServer());
        peer.setTxnFactory(snapLog);
        // Port 0 is any free port.
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (is34()) {
            Reflect.set(peer, "myQuorumAddr", address);
            Reflect.set(peer, "quorumPeers", new HashMap<>(Map.of(MYID, new QuorumServer(MYID, address))));
        } else {
            QuorumServer server = Reflect.make(QuorumServer.class, MYID, address, address, address);
            Reflect.call(peer, "setQuorumVerifier", Verifiers.majority(Collections.singletonMap(MYID, server), 1), false);
        }
        leader = new AskedLeader(peer, leaderServer(snapLog));
    }

    /** Makes the servers of a text that `Verifiers#parse` accepts the ensemble, and gives this server an id. */
    void configure(long myid, String servers) throws Exception {
        Reflect.set(peer, "myid", myid);
        Reflect.set(peer, is34() ? "quorumConfig" : "quorumVerifier", Verifiers.parse(servers));
        if (is34()) Reflect.set(peer, "quorumPeers", Verifiers.members(servers));
    }

    private boolean is34() {
        return Reflect.has(peer, "quorumConfig");
    }

    private LeaderZooKeeperServer leaderServer(FileTxnSnapLog snapLog) throws Exception {
        try {
            return Reflect.make(LeaderZooKeeperServer.class, snapLog, peer, database);
        } catch (NoSuchMethodException e) {
            // 3.4 has a DataTreeBuilder, too.
            return Reflect.make(LeaderZooKeeperServer.class, snapLog, peer, null, database);
        }
    }

    /** A database that takes two settings from the question. 3.4 has no log on disk to synchronize from. */
    static final class Database extends ZKDatabase {
        boolean txnLogSyncEnabled;
        boolean txnLogExceedsSizeLimit;

        Database(FileTxnSnapLog snapLog) {
            super(snapLog);
        }

        public boolean isTxnLogSyncEnabled() {
            return txnLogSyncEnabled;
        }

        /** A limit of 0 is none. */
        public long calculateTxnLogSizeLimit() {
            return txnLogExceedsSizeLimit ? 1 : 0;
        }

        /** The content of a snapshot is no part of an answer. */
        @Override
        public void serializeSnapshot(OutputArchive archive) {}
    }

    /** A leader that keeps the zxid from which forwarding starts. */
    static final class AskedLeader extends Leader {
        long forwardingFrom;

        AskedLeader(QuorumPeer peer, LeaderZooKeeperServer server) throws IOException {
            super(peer, server);
        }

        @Override
        public synchronized long startForwarding(LearnerHandler handler, long lastSeenZxid) {
            forwardingFrom = lastSeenZxid;
            return super.startForwarding(handler, lastSeenZxid);
        }

        /** Keeps JMX out, which needs a connected socket. */
        public void registerLearnerHandlerBean(LearnerHandler handler, Socket socket) {}
    }
}
