package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonObject;
import java.util.List;

/** The ports of servers: quorum, election and client. */
final class Ports {
    static final int[] DEFAULT = {2888, 3888, 2181};
    private static final List<String> NAMES = List.of("quorum", "election", "client");

    /** Returns the ports of a question that stand for the ports of a server. */
    interface Names {
        int[] of(long sid, int[] ports);
    }

    private Ports() {}

    static int[] same(long sid, int[] ports) {
        return ports;
    }

    /** Replaces the ports that `changes` names. */
    static void change(int[] ports, JsonObject changes) {
        for (int i = 0; i < ports.length; i++) {
            if (changes.has(NAMES.get(i))) ports[i] = changes.get(NAMES.get(i)).getAsInt();
        }
    }

    /** Reads the ports from the value of a line `server.N`. */
    static int[] parse(String value) {
        String[] parts = value.split(";");
        String[] server = parts[0].split(":");
        int client = DEFAULT[2];
        if (parts.length > 1) client = Integer.parseInt(parts[1].substring(parts[1].lastIndexOf(':') + 1));
        return new int[] {Integer.parseInt(server[1]), Integer.parseInt(server[2]), client};
    }
}
