package org.apache.zookeeper.server.quorum;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.zookeeper.server.quorum.QuorumPeer.LearnerType;
import org.apache.zookeeper.server.quorum.QuorumPeer.QuorumServer;
import org.apache.zookeeper.server.quorum.flexible.QuorumHierarchical;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/** Makes quorum verifiers and the servers that they count. */
final class Verifiers {
    private static final InetSocketAddress ADDRESS = loopback(1);
    private static final InetSocketAddress ELECTION_ADDRESS = loopback(2);
    private static final InetSocketAddress CLIENT_ADDRESS = loopback(3);

    private Verifiers() {}

    /** 3.4 knows only the number of voters. */
    static QuorumVerifier majority(Map<Long, QuorumServer> members, int voters) throws Exception {
        try {
            return Reflect.make(QuorumMaj.class, members);
        } catch (NoSuchMethodException e) {
            return Reflect.make(QuorumMaj.class, voters);
        }
    }

    /** Parses `m/VOTERS/OBSERVERS` or `h/GROUP|GROUP/OBSERVERS/SID:WEIGHT,...`. */
    static QuorumVerifier parse(String text) throws Exception {
        String[] parts = text.split("/", -1);
        if (parts[0].equals("m")) return majority(members(text), sids(parts[1]).size());
        Properties properties = new Properties();
        String[] groups = parts[1].split("\\|");
        for (int i = 0; i < groups.length; i++) {
            properties.setProperty("group." + (i + 1), groups[i].replace(',', ':'));
            for (long sid : sids(groups[i])) properties.setProperty("weight." + sid, "1");
        }
        for (String pair : parts[3].isEmpty() ? new String[0] : parts[3].split(",")) {
            properties.setProperty("weight." + pair.split(":")[0], pair.split(":")[1]);
        }
        // 3.4 takes the servers from another place (ServerUnderTest#configure).
        for (QuorumServer server : members(text).values()) {
            String role = server.type == LearnerType.OBSERVER ? "observer" : "participant";
            properties.setProperty("server." + server.id, "127.0.0.1:1:2:" + role);
        }
        return Reflect.make(QuorumHierarchical.class, properties);
    }

    /** Returns the servers of a text that `parse` accepts. */
    static Map<Long, QuorumServer> members(String text) throws Exception {
        String[] parts = text.split("/", -1);
        Map<Long, QuorumServer> members = new HashMap<>();
        for (String group : parts[1].split("\\|")) add(members, group, LearnerType.PARTICIPANT);
        add(members, parts[2], LearnerType.OBSERVER);
        return members;
    }

    private static void add(Map<Long, QuorumServer> members, String text, LearnerType type) throws Exception {
        for (long sid : sids(text)) members.put(sid, server(sid, type, ADDRESS));
    }

    static QuorumServer server(long sid, LearnerType type, InetSocketAddress address) throws Exception {
        try {
            // 3.4 has no address of clients.
            return Reflect.make(QuorumServer.class, sid, address, ELECTION_ADDRESS, CLIENT_ADDRESS, type);
        } catch (NoSuchMethodException e) {
            return Reflect.make(QuorumServer.class, sid, address, ELECTION_ADDRESS, type);
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    static List<Long> sids(String text) {
        List<Long> sids = new ArrayList<>();
        if (!text.isEmpty()) for (String sid : text.split(",")) sids.add(Long.parseLong(sid));
        return sids;
    }
}
