package org.apache.zookeeper.server.quorum;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The connections between the servers of one ensemble. A direction between two servers can be held: the bytes that one
 * server sends wait until the direction is free again, and new connections are refused.
 *
 * <p>All servers share the process, so the thread group of the thread that connects says which server connects, and the
 * port says to which server.
 */
final class Links {
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

    private final Map<Integer, Long> sids = new HashMap<>();
    private final Map<LinkedSocket, Ends> open = new HashMap<>();
    private Set<Direction> held = Set.of();

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

    /** Says which server accepts connections at these ports. Called before the servers start. */
    void listens(long sid, int... ports) {
        for (int port : ports) sids.put(port, sid);
    }

    /** Holds exactly these directions: pairs of the server that sends and the one that receives. */
    synchronized void hold(Iterable<long[]> directions) throws Exception {
        Set<Direction> all = new HashSet<>();
        for (long[] pair : directions) all.add(new Direction(pair[0], pair[1]));
        held = all;
        for (LinkedSocket socket : Set.copyOf(open.keySet())) socket.sendWaiting();
        notifyAll();
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

    synchronized void opened(LinkedSocket socket, Ends ends) {
        open.put(socket, ends);
    }

    synchronized void closed(LinkedSocket socket) {
        open.remove(socket);
        notifyAll();
    }
}
