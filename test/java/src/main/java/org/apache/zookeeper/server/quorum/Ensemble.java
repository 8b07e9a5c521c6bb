package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;

/** The servers of one question, on ports of the loopback interface. */
final class Ensemble implements AutoCloseable {
    private static final int POLL_MS = 50;
    /** The ensemble is settled if all servers serve, and nothing has changed for this time. */
    private static final int QUIET_MS = 500;
    private static final int SETTLE_MS_MAX = 8000;
    private static final int FIRST_LEADER_MS_MAX = 1500;

    /** A request of a client. Returns its result. */
    private interface Request {
        String send(EnsembleClient client) throws Exception;
    }

    private final TreeMap<Long, EnsembleServer> servers = new TreeMap<>();
    private final Links links = new Links();
    /** The real port of each port of the question, by server. */
    private final Map<Long, Map<Integer, Integer>> ports = new TreeMap<>();
    /** The ports of each server in the configuration that a request or a file named last. */
    private final Map<Long, int[]> current = new TreeMap<>();
    private final Set<Long> down = new HashSet<>();
    private final Set<Long> observers = new HashSet<>();
    /** A client of the server that led before the links were cut. */
    private EnsembleClient atLeader;
    /** The configuration that holds a handler of a leader; null if there is none. */
    private HeldVerifier held;
    /** Whether the last write was committed. */
    private boolean commits = true;
    /** The versions of all configurations with which servers started, or that were committed, ascending. */
    private final TreeSet<Long> seen = new TreeSet<>();

    Ensemble(Path folder, JsonObject question) throws IOException {
        JsonObject specs = question.getAsJsonObject("servers");
        for (String sid : specs.keySet()) current.put(Long.parseLong(sid), Ports.DEFAULT.clone());
        for (String name : specs.keySet()) {
            JsonObject spec = specs.getAsJsonObject(name);
            long sid = Long.parseLong(name);
            EnsembleServer server = new EnsembleServer(
                sid, real(sid, Ports.DEFAULT[2]), folder.resolve(name), this::lines, this::names, links);
            JsonObject config = spec.getAsJsonObject("config");
            server.configure(config, spec.get("next"), spec.get("reconfigEnabled").getAsBoolean());
            servers.put(sid, server);
            seen.add(versionOf(server.committed()));
            if (spec.get("down").getAsBoolean()) down.add(sid);
            if (sids(config.getAsJsonArray("observers")).contains(sid)) observers.add(sid);
        }
    }

    /**
     * Starts the servers with the highest ids first, and the others after a leader is elected, so that the same server
     * leads each time.
     */
    void startAll() throws Exception {
        List<EnsembleServer> voters = new ArrayList<>();
        for (EnsembleServer server : servers.descendingMap().values()) {
            if (!down.contains(server.sid) && !observers.contains(server.sid)) voters.add(server);
        }
        int quorum = voters.size() / 2 + 1;
        for (int i = 0; i < voters.size(); i++) {
            if (i >= quorum) awaitLeader();
            voters.get(i).start();
        }
        for (long sid : observers) if (!down.contains(sid)) servers.get(sid).start();
        settle();
    }

    private void awaitLeader() throws InterruptedException {
        for (int waited = 0; waited < FIRST_LEADER_MS_MAX && leader() == null; waited += POLL_MS) Thread.sleep(POLL_MS);
    }

    /** Performs a step. Returns the result of a request; null for other steps. */
    String perform(JsonObject step) throws Exception {
        if (step.has("awaitSync")) awaitSync();
        else if (step.get("settle").getAsBoolean() && !links.hasStalled() && held == null) settle();
        switch (step.get("do").getAsString()) {
            case "write": return write(step.get("count").getAsInt(), step.get("bytes").getAsInt());
            case "reconfig": return reconfig(step);
            case "crash":
                server(step).stop();
                return null;
            case "start":
                return start(step);
            case "hold":
                hold(pairs(step.getAsJsonArray("pairs")));
                return null;
            case "stall":
                links.stall(server(step).sid);
                return null;
            case "holdAcks":
                links.holdAcks(step.get("from").getAsLong(), step.get("to").getAsLong());
                return null;
            case "disconnect":
                links.disconnect(server(step).sid, step.get("from").getAsLong());
                return null;
            default: throw new IllegalArgumentException(step.toString());
        }
    }

    /** Waits until a leader stops in the middle of a synchronization. */
    private void awaitSync() throws InterruptedException {
        if (held != null) held.awaitHandler();
        if (held != null) return;
        for (int waited = 0; waited < SETTLE_MS_MAX && !links.hasStalled(); waited += POLL_MS) Thread.sleep(POLL_MS);
    }

    /** Returns how often a server has connected to a leader. */
    int joinsOf(long sid) {
        return links.joinsOf(sid);
    }

    private EnsembleServer server(JsonObject step) {
        return servers.get(step.get("server").getAsLong());
    }

    private String start(JsonObject step) throws Exception {
        EnsembleServer server = server(step);
        if (step.has("holdNewLeaderAt")) {
            openAtLeader();
            held = servers.get(step.get("holdNewLeaderAt").getAsLong()).holdNewLeader();
        }
        server.stop();
        if (step.has("config")) server.edit(step.getAsJsonObject("config"));
        if (step.has("reconfigEnabled")) server.enableReconfig(step.get("reconfigEnabled").getAsBoolean());
        server.start();
        return null;
    }

    private String write(int count, int bytes) throws Exception {
        String result = request(Set.of(), client -> client.write(count, bytes));
        commits = !result.equals(EnsembleClient.OUTSTANDING);
        return result;
    }

    private String reconfig(JsonObject step) throws Exception {
        List<String> joining = new ArrayList<>();
        Set<Long> changed = new HashSet<>();
        if (step.has("ports")) {
            JsonObject moved = step.getAsJsonObject("ports");
            for (String name : moved.keySet()) {
                long sid = Long.parseLong(name);
                Ports.change(current.get(sid), moved.getAsJsonObject(name));
                joining.add(line(sid, "participant"));
            }
        }
        if (step.has("add")) {
            for (Map.Entry<String, JsonElement> entry : step.getAsJsonObject("add").entrySet()) {
                long sid = Long.parseLong(entry.getKey());
                joining.add(line(sid, entry.getValue().getAsString()));
                changed.add(sid);
            }
        }
        List<String> leaving = new ArrayList<>();
        if (step.has("remove")) {
            for (long sid : sids(step.getAsJsonArray("remove"))) {
                leaving.add(String.valueOf(sid));
                changed.add(sid);
            }
        }
        String members = step.has("config") ? String.join(",", lines(step.getAsJsonObject("config"))) : null;
        long from = step.has("fromIndex") ? version(step.get("fromIndex").getAsInt()) : -1;
        Set<Long> before = new TreeSet<>(seen);
        String result = request(
            changed, client -> client.reconfigure(text(joining), text(leaving), members, from));
        for (EnsembleServer server : servers.values()) server.clientPort = real(server.sid, current.get(server.sid)[2]);
        if (held != null) held.release();
        held = null;
        // The commit can end the role of the server that the client uses before the reply.
        if (!result.equals("ConnectionLoss")) return result;
        settle();
        return seen.equals(before) ? result : "ok";
    }

    private long version(int index) {
        return new ArrayList<>(seen).get(index);
    }

    private static String text(List<String> list) {
        return list.isEmpty() ? null : String.join(",", list);
    }

    /** Cuts exactly these directions. */
    private void hold(List<long[]> pairs) throws Exception {
        if (!links.isCut() && held == null) openAtLeader();
        links.hold(pairs);
    }

    /** Starts a session at the leader. It starts with a commit, so this is done before the links are cut. */
    private void openAtLeader() throws Exception {
        EnsembleServer leader = leader();
        if (leader == null) return;
        if (atLeader != null) atLeader.close();
        atLeader = new EnsembleClient(leader);
        atLeader.hasSession();
    }

    /** Sends a request to a server that serves: while links are cut, to the server that led before. */
    private String request(Set<Long> changed, Request request) throws Exception {
        if (links.isCut() && atLeader != null) return request.send(atLeader);
        EnsembleServer target = target(changed);
        return target == null ? "no server serves" : send(target, request);
    }

    /** Returns a server that serves: if possible, not the leader, and not one that changes. */
    private EnsembleServer target(Set<Long> changed) {
        EnsembleServer target = null;
        for (EnsembleServer server : servers.values()) {
            String mode = server.mode();
            if (mode.equals("none")) continue;
            if (target == null || mode.equals("leader") && changed.contains(target.sid)) target = server;
            if (mode.equals("follower") && !changed.contains(server.sid)) target = server;
        }
        return target;
    }

    private static String send(EnsembleServer server, Request request) throws Exception {
        try (EnsembleClient client = new EnsembleClient(server)) {
            return request.send(client);
        }
    }

    /** Waits until all running servers serve and nothing changes. If some never serve, until the time is over. */
    void settle() throws Exception {
        String last = "";
        int quiet = 0;
        for (int waited = 0; waited < SETTLE_MS_MAX && quiet < QUIET_MS; waited += POLL_MS) {
            StringJoiner now = new StringJoiner(";");
            boolean serving = true;
            for (EnsembleServer server : servers.values()) {
                if (!server.isRunning()) continue;
                String mode = server.mode();
                serving &= !mode.equals("none");
                now.add(mode + server.zxid() + server.committed() + server.pending());
            }
            quiet = serving && now.toString().equals(last) ? quiet + POLL_MS : 0;
            last = now.toString();
            Thread.sleep(POLL_MS);
        }
        for (EnsembleServer server : servers.values()) if (server.isRunning()) seen.add(versionOf(server.committed()));
    }

    private EnsembleServer leader() {
        for (EnsembleServer server : servers.values()) if (server.mode().equals("leader")) return server;
        return null;
    }

    /** Returns the versions of all configurations that were committed while the ensemble was settled, ascending. */
    JsonArray versions() {
        JsonArray versions = new JsonArray();
        for (long version : seen) versions.add((version >>> 32) + ":" + (version & 0xffffffffL));
        return versions;
    }

    /** Returns the state of each running server. */
    JsonObject state() throws Exception {
        JsonObject state = new JsonObject();
        for (EnsembleServer server : servers.values()) {
            if (!server.isRunning()) continue;
            JsonObject entry = new JsonObject();
            String mode = server.mode();
            entry.addProperty("mode", mode);
            entry.addProperty("committed", server.committed());
            entry.addProperty("pending", server.pending());
            boolean isRead = commits && !mode.equals("none");
            entry.addProperty("znode", isRead ? send(server, EnsembleClient::config) : null);
            entry.addProperty("writes", isRead ? send(server, EnsembleClient::writes) : null);
            entry.addProperty("acceptedEpoch", server.epoch("acceptedEpoch"));
            entry.addProperty("currentEpoch", server.epoch("currentEpoch"));
            state.add(String.valueOf(server.sid), entry);
        }
        return state;
    }

    private static long versionOf(String text) {
        String[] zxid = text.substring(text.lastIndexOf(' ') + 1).split(":");
        return Long.parseLong(zxid[0]) << 32 | Long.parseLong(zxid[1]);
    }

    private List<String> lines(JsonObject config) {
        List<String> lines = new ArrayList<>();
        for (long sid : sids(config.getAsJsonArray("voters"))) lines.add(line(sid, "participant", portsIn(config, sid)));
        for (long sid : sids(config.getAsJsonArray("observers"))) lines.add(line(sid, "observer", portsIn(config, sid)));
        if (!config.has("groups")) return lines;
        int number = 1;
        for (JsonElement group : config.getAsJsonArray("groups")) {
            StringJoiner members = new StringJoiner(":");
            for (long sid : sids(group.getAsJsonArray())) members.add(String.valueOf(sid));
            lines.add("group." + number++ + "=" + members);
        }
        config.getAsJsonObject("weights").entrySet().forEach(
            entry -> lines.add("weight." + entry.getKey() + "=" + entry.getValue().getAsLong()));
        return lines;
    }

    private int[] portsIn(JsonObject config, long sid) {
        if (!config.has("ports")) return current.get(sid);
        int[] ports = Ports.DEFAULT.clone();
        JsonObject changed = config.getAsJsonObject("ports");
        if (changed.has("" + sid)) Ports.change(ports, changed.getAsJsonObject("" + sid));
        return ports;
    }

    private String line(long sid, String role) {
        return line(sid, role, current.get(sid));
    }

    private String line(long sid, String role, int[] own) {
        int quorumPort = real(sid, own[0]);
        int electionPort = real(sid, own[1]);
        links.listens(sid, quorumPort, electionPort);
        return "server." + sid + "=127.0.0.1:" + quorumPort + ":" + electionPort + ":" + role
            + ";127.0.0.1:" + real(sid, own[2]);
    }

    /** Returns the real port that stands for a port of the question. */
    private int real(long sid, int port) {
        return ports.computeIfAbsent(sid, key -> new TreeMap<>()).computeIfAbsent(port, key -> FreePorts.next());
    }

    private int[] names(long sid, int[] real) {
        int[] named = real.clone();
        ports.get(sid).forEach((name, port) -> {
            for (int i = 0; i < named.length; i++) if (real[i] == port) named[i] = name;
        });
        return named;
    }

    private static List<long[]> pairs(JsonArray array) {
        List<long[]> pairs = new ArrayList<>();
        for (JsonElement pair : array) {
            List<Long> sids = sids(pair.getAsJsonArray());
            pairs.add(new long[] {sids.get(0), sids.get(1)});
        }
        return pairs;
    }

    private static List<Long> sids(JsonArray array) {
        List<Long> sids = new ArrayList<>();
        for (JsonElement sid : array) sids.add(sid.getAsLong());
        return sids;
    }

    @Override
    public void close() throws InterruptedException {
        if (atLeader != null) atLeader.abandon();
        for (EnsembleServer server : servers.values()) server.stop();
    }
}
