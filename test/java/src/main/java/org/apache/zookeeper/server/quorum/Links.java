package org.apache.zookeeper.server.quorum;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The connections between the servers of one ensemble. A direction between two servers can be held: the bytes that one
 * server sends wait until the direction is free again, and new connections are refused.
 *
 * <p>All servers share the process, so the thread group of the thread that connects says which server connects, and the
 * port says to which server.
 */
final class Links {
    /** More than a learner receives before a snapshot. */
    private static final int STALL_BYTES = 100_000;
    /** A learner sends FOLLOWERINFO or OBSERVERINFO, then ACKEPOCH, then the ACK of NEWLEADER. */
    private static final int PACKETS_BEFORE_ACK = 2;

    /** All threads of one server. */
    static final class ServerThreads extends ThreadGroup {
        private final Links links;
        private final long sid;

        ServerThreads(Links links, long sid) {
            super("server-" + sid);
            this.links = links;
            this.sid = sid;
        }
    }

    /** The two servers of a connection: the one that connects, and the one that accepts. */
    record Ends(Links links, long from, long to) {}

    private record Direction(long from, long to) {}

    private final Map<Integer, Long> sids = new ConcurrentHashMap<>();
    private final Set<Integer> quorumPorts = ConcurrentHashMap.newKeySet();
    private final Map<LinkedSocket, Ends> open = new HashMap<>();
    private final Map<Long, Integer> joins = new HashMap<>();
    private Set<Direction> held = Set.of();
    /** The leader whose new connections stop after STALL_BYTES; null if there is none. */
    private Long stalled;
    private final Set<LinkedSocket> stalling = new HashSet<>();
    private final Set<Direction> heldAcks = ConcurrentHashMap.newKeySet();
    private boolean hasStalled;

    /** Makes each socket of the process a {@link LinkedSocket}. */
    static void install() throws Exception {
        Socket.setSocketImplFactory(LinkedSocket::new);
    }

    /** Returns the ends of a connection that this thread opens; null if it is not one between two servers. */
    static Ends endsOf(SocketAddress address) {
        for (ThreadGroup group = Thread.currentThread().getThreadGroup(); group != null; group = group.getParent()) {
            if (!(group instanceof ServerThreads)) continue;
            ServerThreads threads = (ServerThreads) group;
            Long to = threads.links.sids.get(((InetSocketAddress) address).getPort());
            return to == null ? null : new Ends(threads.links, threads.sid, to);
        }
        return null;
    }

    /** Says which server accepts connections at these ports. Called before a configuration names them. */
    void listens(long sid, int quorumPort, int electionPort) {
        sids.put(quorumPort, sid);
        sids.put(electionPort, sid);
        quorumPorts.add(quorumPort);
    }

    /** Holds exactly these directions: pairs of the server that sends and the one that receives. */
    synchronized void hold(Iterable<long[]> directions) throws Exception {
        Set<Direction> all = new HashSet<>();
        for (long[] pair : directions) all.add(new Direction(pair[0], pair[1]));
        held = all;
        stalled = null;
        hasStalled = false;
        stalling.clear();
        for (LinkedSocket socket : Set.copyOf(open.keySet())) socket.sendWaiting();
        notifyAll();
    }

    /** Stops what a leader sends to learners that connect from now on, once they have received STALL_BYTES. */
    synchronized void stall(long sid) {
        stalled = sid;
    }

    /** Holds the ACK of NEWLEADER, and all that follows it, on connections that a learner opens from now on. */
    void holdAcks(long from, long to) {
        heldAcks.add(new Direction(from, to));
    }

    /** Returns how many packets the first end may send on a connection to this port. */
    int packetsBeforeHold(Ends ends, int port) {
        boolean isHeld = quorumPorts.contains(port) && heldAcks.contains(new Direction(ends.from, ends.to));
        return isHeld ? PACKETS_BEFORE_ACK : Integer.MAX_VALUE;
    }

    /** Returns whether a connection to such a learner has stopped. */
    synchronized boolean hasStalled() {
        return hasStalled;
    }

    /** Called with the number of bytes that the first end has received on a connection. */
    synchronized void received(LinkedSocket socket, Ends ends, long bytes) {
        if (bytes < STALL_BYTES || !stalling.contains(socket)) return;
        held = new HashSet<>(held);
        held.add(new Direction(ends.to, ends.from));
        hasStalled = true;
    }

    /** Returns how often a server has connected to a leader. */
    synchronized int joinsOf(long sid) {
        return joins.getOrDefault(sid, 0);
    }

    /** Ends all connections of a server with another one. */
    void disconnect(long one, long other) throws Exception {
        Set<LinkedSocket> ended = new HashSet<>();
        synchronized (this) {
            open.forEach((socket, ends) -> {
                boolean isBetween = ends.from == one && ends.to == other || ends.from == other && ends.to == one;
                if (isBetween) ended.add(socket);
            });
        }
        for (LinkedSocket socket : ended) socket.end();
    }

    synchronized boolean isCut() {
        return !held.isEmpty();
    }

    synchronized boolean isHeld(long from, long to) {
        return held.contains(new Direction(from, to));
    }

    synchronized void opened(LinkedSocket socket, Ends ends, int port) {
        open.put(socket, ends);
        if (!quorumPorts.contains(port)) return;
        joins.merge(ends.from, 1, Integer::sum);
        if (stalled != null && stalled == ends.to) stalling.add(socket);
    }

    synchronized void closed(LinkedSocket socket) {
        open.remove(socket);
        notifyAll();
    }
}
