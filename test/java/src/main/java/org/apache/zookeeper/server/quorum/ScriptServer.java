package org.apache.zookeeper.server.quorum;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.jute.OutputArchive;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.server.RequestProcessor;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.SyncRequestProcessor;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.persistence.SnapShot;
import org.apache.zookeeper.server.persistence.TxnLog;
import org.apache.zookeeper.server.quorum.QuorumPeer.LearnerType;
import org.apache.zookeeper.server.quorum.QuorumPeer.QuorumServer;
import org.apache.zookeeper.server.quorum.QuorumPeer.ServerState;
import org.apache.zookeeper.server.quorum.auth.NullQuorumAuthLearner;
import org.apache.zookeeper.server.quorum.auth.NullQuorumAuthServer;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * A server under test: QuorumPeer#run with the real Leader, LearnerHandler, Follower and Observer. Only the election,
 * the sockets and the completion of slow operations come from a script. The kinds of gates are:
 *
 * - truncate, snapshot, accepted, current: before the operation changes the disk
 * - sync: in FileTxnLog#commit, after the records are in the file
 * - apply: before a committed transaction is applied (FinalRequestProcessor)
 * - newleader: a LearnerHandler before it queues NEWLEADER (after Leader#startForwarding)
 * - serialize: a LearnerHandler before it serializes a snapshot
 * - resume: a follower before it acknowledges NEWLEADER, if its log thread already has proposals
 */
final class ScriptServer {
    /** Votes for the servers of the text that Verifiers#parse accepts. */
    private static final String ENSEMBLE = "m/1,2,3/4,5";
    private static final long VOTERS = 3;
    /** Long enough that no timeout expires and no half tick passes during a script. */
    private static final int TICK_TIME_MS = 600_000;
    private static final int FAST_LEADER_ELECTION = 3;
    private static final int INIT_LIMIT = 10;
    private static final int SYNC_LIMIT = 5;
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static ServerCnxnFactory clientPort;

    final Gates gates = new Gates();
    final Peer peer;
    final File files;
    final FileTxnSnapLog snapLog;
    final Database database;
    /** The connections to the scripted peers, by their id. */
    final Map<Long, MemorySocket> connections = new TreeMap<>();
    /** The exit code of the process; null while it runs. */
    volatile Integer exitCode;

    private final long myid;
    private volatile TxnLog openLog;
    private final List<Socket> backlog = new ArrayList<>();
    /** The handlers that have serialized a snapshot. */
    private final Set<LearnerHandler> serialized = ConcurrentHashMap.newKeySet();
    private final Thread main;
    private volatile ServerState elected;
    private volatile long electedLeader;

    /** Makes a server whose data is in `folder`. */
    ScriptServer(File folder, long myid) throws Exception {
        this.myid = myid;
        files = new File(folder, "version-2");
        snapLog = new SnapLog(folder);
        database = new Database(snapLog);
        peer = new Peer();
        Reflect.set(peer, "myid", myid);
        Reflect.set(peer, "tickTime", TICK_TIME_MS);
        Reflect.set(peer, "initLimit", INIT_LIMIT);
        Reflect.set(peer, "syncLimit", SYNC_LIMIT);
        Reflect.set(peer, "authServer", new NullQuorumAuthServer());
        Reflect.set(peer, "authLearner", new NullQuorumAuthLearner());
        Reflect.set(peer, "zkDb", database);
        Reflect.set(peer, "cnxnFactory", clientPort());
        peer.setTxnFactory(snapLog);
        Map<Long, QuorumServer> members = Verifiers.members(ENSEMBLE);
        if (Reflect.has(peer, "quorumConfig")) {
            Reflect.set(peer, "myQuorumAddr", ANY_PORT);
            Reflect.set(peer, "quorumConfig", Verifiers.majority(members, (int) VOTERS));
            Reflect.set(peer, "quorumPeers", members);
        } else {
            Reflect.set(peer, "configFilename", new File(folder, "zoo.cfg").getPath());
            members.put(myid, Verifiers.server(myid, members.get(myid).type, ANY_PORT));
            Reflect.call(peer, "setQuorumVerifier", Verifiers.majority(members, (int) VOTERS), false);
        }
        if (isObserver()) peer.setLearnerType(LearnerType.OBSERVER);
        // 3.4 and 3.5 otherwise replace the election by one of another type.
        Reflect.set(peer, "electionType", FAST_LEADER_ELECTION);
        Reflect.set(peer, "electionAlg", new ScriptedElection());
        main = new Thread(this::run, "main of server " + myid);
        main.setDaemon(true);
    }

    boolean isObserver() {
        return myid > VOTERS;
    }

    void start() {
        main.start();
    }

    private void run() {
        try {
            Reflect.call(peer, "loadDataBase");
            peer.run();
        } catch (Gates.Ended e) {
            return;
        } catch (Exception e) {
            // QuorumPeerMain exits.
            e.printStackTrace();
            if (exitCode == null) exitCode = 1;
        }
    }

    /** Called instead of the exit of the process, in the thread that wants to exit. The thread never continues. */
    void exit(int code) {
        if (exitCode == null) exitCode = code;
        gates.pass("exited", 0);
    }

    /** Ends the threads of the server, as far as they wait for the script. */
    void end() {
        gates.end();
        for (MemorySocket socket : connections.values()) socket.closeByPeer();
    }

    // ---- what the script does

    /** Returns whether the server waits for the result of an election. */
    boolean isLooking() {
        return gates.isWaiting("election");
    }

    /** Ends the election: this server leads or follows. */
    void elect(long leader) {
        electedLeader = leader;
        if (leader == myid) elected = ServerState.LEADING;
        else elected = isObserver() ? ServerState.OBSERVING : ServerState.FOLLOWING;
        gates.open("election");
    }

    /** Opens a connection of a scripted learner. Returns whether the server accepts it. */
    boolean connect(long sid) throws Exception {
        if (peer.leader == null) return false;
        MemorySocket.acceptor = end -> connections.put(sid, end);
        Socket socket = new Socket();
        socket.connect(ANY_PORT);
        backlog.add(socket);
        return true;
    }

    /** Does the work of Leader.LearnerCnxAcceptor, which runs only after the leader has saved its snapshot. */
    void acceptBacklog() throws Exception {
        Leader leader = peer.leader;
        if (leader == null || leader.cnxAcceptor == null || !leader.cnxAcceptor.isAlive()) return;
        for (Socket socket : backlog) {
            BufferedInputStream input = new BufferedInputStream(socket.getInputStream());
            LearnerHandler handler = new LearnerHandler(socket, input, leader);
            Reflect.set(handler, "queuedPackets", new HandlerQueue(handler));
            handler.start();
        }
        backlog.clear();
    }

    /** Proposes a client's write, as PrepRequestProcessor does. Only a leader that serves does so. */
    void write() throws Exception {
        LeaderZooKeeperServer server = peer.leader == null ? null : peer.leader.zk;
        if (server == null || !isRunning(server)) return;
        long zxid = Reflect.call(server, "getNextZxid");
        int xid = (int) zxid;
        TxnHeader header = LogFiles.headerOf(zxid);
        header.setCxid(xid);
        Request request =
            new Request(header.getClientId(), xid, header.getType(), header, LogFiles.createOf(zxid), zxid);
        RequestProcessor processor = Reflect.get(server, "firstProcessor");
        while (!(processor instanceof ProposalRequestProcessor)) processor = Reflect.get(processor, "nextProcessor");
        processor.processRequest(request);
    }

    /** Sends a PING to each learner, as Leader#lead does at each half tick. */
    void ping() throws Exception {
        if (peer.leader == null || !isRunning(peer.leader.zk)) return;
        for (LearnerHandler handler : peer.leader.getLearners()) handler.ping();
    }

    static boolean isRunning(ZooKeeperServer server) throws Exception {
        return Reflect.call(server, "isRunning");
    }

    /** Returns the running server, or the one that will run; null if this server is LOOKING. */
    ZooKeeperServer roleServer() {
        if (peer.leader != null) return peer.leader.zk;
        if (peer.follower != null) return peer.follower.zk;
        return peer.observer == null ? null : peer.observer.zk;
    }

    // ---- ZooKeeper's classes with gates

    /**
     * An election whose result is scripted. Like FastLeaderElection, it first needs the last zxid, so the database is
     * loaded. The database of an observer is loaded here, too, and not when the observer connects to its leader.
     */
    private final class ScriptedElection implements Election {
        @Override
        public Vote lookForLeader() throws InterruptedException {
            peer.getLastLoggedZxid();
            gates.pass("election", 0);
            peer.setPeerState(elected);
            return new Vote(electedLeader, 0);
        }

        @Override
        public void shutdown() {}
    }

    final class Peer extends QuorumPeer {
        Peer() throws Exception {}

        @Override
        protected Follower makeFollower(FileTxnSnapLog log) throws IOException {
            FollowerZooKeeperServer server = make(FollowerZooKeeperServer.class);
            gatePendingTxns(server);
            awaitConnection();
            return new ScriptFollower(this, server);
        }

        @Override
        protected Observer makeObserver(FileTxnSnapLog log) throws IOException {
            awaitConnection();
            return new Observer(this, make(ObserverZooKeeperServer.class));
        }

        @Override
        protected Leader makeLeader(FileTxnSnapLog log) throws IOException {
            return new ScriptLeader(this, make(LeaderZooKeeperServer.class));
        }

        private <T> T make(Class<T> type) throws IOException {
            try {
                try {
                    return Reflect.make(type, snapLog, this, database);
                } catch (NoSuchMethodException e) {
                    // 3.4 has a DataTreeBuilder, too.
                    return Reflect.make(type, snapLog, this, null, database);
                }
            } catch (Exception e) {
                throw new IOException(e);
            }
        }

        @Override
        public void setAcceptedEpoch(long epoch) throws IOException {
            gates.pass("accepted", 0);
            super.setAcceptedEpoch(epoch);
        }

        @Override
        public void setCurrentEpoch(long epoch) throws IOException {
            gates.pass("current", 0);
            super.setCurrentEpoch(epoch);
        }

        /** Called when the processors run and before the first commit: puts a gate before the last processors. */
        @Override
        protected void updateElectionVote(long epoch) {
            super.updateElectionVote(epoch);
            try {
                CommitProcessor commits = Reflect.get(roleServer(), "commitProcessor");
                // The learner of a leader from before Zab 1.0 has no processors in 3.5.10 to 3.9.2.
                if (commits == null) return;
                Reflect.set(commits, "nextProcessor", new ApplyGate(commits, Reflect.get(commits, "nextProcessor")));
                if (isObserver()) replaceLogThread();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        private void replaceLogThread() throws ReflectiveOperationException {
            SyncRequestProcessor former = Reflect.get(roleServer(), "syncProcessor");
            former.shutdown();
            SyncRequestProcessor logThread = new AlternatingLogThread(roleServer());
            Reflect.set(roleServer(), "syncProcessor", logThread);
            logThread.start();
        }
    }

    private void awaitConnection() {
        MemorySocket.acceptor = socket -> connections.put(electedLeader, socket);
    }

    /** The log thread of an observer. Alternates with the thread that queues transactions for it. */
    private final class AlternatingLogThread extends SyncRequestProcessor {
        AlternatingLogThread(ZooKeeperServer server) {
            super(server, null);
        }

        @Override
        public void processRequest(Request request) {
            super.processRequest(request);
            gates.pass("alternate", 0);
        }
    }

    /** Makes the thread that queues proposals for the log thread of a follower alternate with that thread. */
    private void gatePendingTxns(FollowerZooKeeperServer server) {
        try {
            Reflect.set(server, "pendingTxns", new LinkedBlockingQueue<Request>() {
                private static final long serialVersionUID = 1;

                @Override
                public boolean add(Request request) {
                    gates.pass("alternate", 0);
                    return super.add(request);
                }

                /** FollowerZooKeeperServer#commit asks for the size first. */
                @Override
                public int size() {
                    if (Thread.currentThread() == main) gates.pass("alternate", 0);
                    return super.size();
                }
            });
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class ScriptFollower extends Follower {
        private final FollowerZooKeeperServer server;
        private boolean hasAcknowledged;

        ScriptFollower(QuorumPeer self, FollowerZooKeeperServer server) {
            super(self, server);
            this.server = server;
        }

        /** The first ACK of the main thread acknowledges NEWLEADER. */
        @Override
        void writePacket(QuorumPacket packet, boolean flush) throws IOException {
            boolean isAck = packet != null && packet.getType() == Leader.ACK && Thread.currentThread() == main;
            if (isAck && !hasAcknowledged) {
                hasAcknowledged = true;
                if (hasQueuedProposals()) gates.pass("resume", 0);
            }
            super.writePacket(packet, flush);
        }

        private boolean hasQueuedProposals() {
            try {
                return Reflect.get(server, "syncProcessor") != null && !server.pendingTxns.isEmpty();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private final class ScriptLeader extends Leader {
        ScriptLeader(QuorumPeer self, LeaderZooKeeperServer server) throws IOException {
            super(self, server);
        }

        /** Keeps JMX out. */
        public void registerLearnerHandlerBean(LearnerHandler handler, Socket socket) {}
    }

    /** LearnerHandler#queuedPackets, with a gate before NEWLEADER. */
    final class HandlerQueue extends LinkedBlockingQueue<QuorumPacket> {
        private static final long serialVersionUID = 1;

        private final transient LearnerHandler handler;
        private volatile boolean hasSender;

        HandlerQueue(LearnerHandler handler) {
            this.handler = handler;
        }

        /** Returns whether the sender thread has packets to send. */
        boolean hasWork() {
            return hasSender && !isEmpty();
        }

        @Override
        public boolean add(QuorumPacket packet) {
            boolean isNewLeader = packet.getType() == Leader.NEWLEADER;
            // After a SNAP, NEWLEADER follows without a gate.
            if (isNewLeader && !serialized.contains(handler)) gates.passIfHeld("newleader", handler.getSid());
            return super.add(packet);
        }

        @Override
        public QuorumPacket poll() {
            hasSender = true;
            return super.poll();
        }
    }

    private final class ApplyGate implements RequestProcessor {
        private final CommitProcessor commits;
        private final RequestProcessor next;

        ApplyGate(CommitProcessor commits, RequestProcessor next) {
            this.commits = commits;
            this.next = next;
        }

        @Override
        public void processRequest(Request request) throws RequestProcessorException {
            gates.pass("apply", 0);
            try {
                // If the processor was stopped meanwhile, it would not have got as far as this request.
                String stopped = Reflect.has(commits, "stopped") ? "stopped" : "finished";
                if (!Reflect.<Boolean>get(commits, stopped)) next.processRequest(request);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void shutdown() {
            next.shutdown();
        }
    }

    final class Database extends ZKDatabase {
        Database(FileTxnSnapLog log) {
            super(log);
        }

        @Override
        public void serializeSnapshot(OutputArchive archive) throws IOException, InterruptedException {
            LearnerHandler handler = (LearnerHandler) Thread.currentThread();
            gates.pass("serialize", handler.getSid());
            serialized.add(handler);
            super.serializeSnapshot(archive);
        }
    }

    private final class SnapLog extends FileTxnSnapLog {
        SnapLog(File folder) throws Exception {
            super(folder, folder);
            addGates();
        }

        @Override
        public boolean truncateLog(long zxid) {
            gates.pass("truncate", 0);
            try {
                boolean done = super.truncateLog(zxid);
                addGates();
                return done;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        private void addGates() throws ReflectiveOperationException {
            TxnLog log = Reflect.get(this, "txnLog");
            SnapShot snap = Reflect.get(this, "snapLog");
            openLog = log;
            // After a failed truncation, some releases have closed the log.
            if (log == null) return;
            Reflect.set(this, "txnLog", Reflect.intercept(TxnLog.class, log, "commit", () -> beforeSync(log)));
            Reflect.Action beforeSave = () -> gates.pass("snapshot", 0);
            Reflect.set(this, "snapLog", Reflect.intercept(SnapShot.class, snap, "serialize", beforeSave));
        }

        /** Called with the lock of the log, which the thread also has during the sync. */
        private void beforeSync(TxnLog log) throws Exception {
            flush(log);
            gates.pass("sync", 0);
        }
    }

    /** Writes the appended records to the file. */
    void flushLog() throws Exception {
        if (openLog != null) flush(openLog);
    }

    private static void flush(TxnLog log) throws Exception {
        BufferedOutputStream stream = Reflect.get(log, "logStream");
        if (stream != null) stream.flush();
    }

    private static synchronized ServerCnxnFactory clientPort() throws Exception {
        if (clientPort == null) {
            clientPort = new NIOServerCnxnFactory();
            clientPort.configure(ANY_PORT, 10);
        }
        return clientPort;
    }
}
