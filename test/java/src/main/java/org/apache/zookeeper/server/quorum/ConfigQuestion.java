package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.zookeeper.server.quorum.QuorumPeer.LearnerType;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/** Configurations: their text, equality and quorums, the designated leader, and what a server does with a new one. */
final class ConfigQuestion implements Question {
    private static final int FAST_LEADER_ELECTION = 3;
    private static final long ZXID = 0x100000005L;

    private final ServerUnderTest server;
    private final Path folder;
    private final Path cfg;

    ConfigQuestion(File folder) throws Exception {
        this.folder = folder.toPath();
        Files.createDirectories(this.folder);
        cfg = this.folder.resolve("zoo.cfg");
        server = new ServerUnderTest(folder);
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        switch (question.get("fn").getAsString()) {
            case "text": return text(question);
            case "same": return new JsonPrimitive(config(question, "a").equals(config(question, "b")));
            case "acks": return acks(question);
            case "designated": return new JsonPrimitive(designated(question));
            case "process": return process(question);
            default: throw new IllegalArgumentException(question.toString());
        }
    }

    /** Returns a configuration after it was parsed and printed, and which servers are a quorum of it. */
    private static JsonElement text(JsonObject question) throws Exception {
        QuorumVerifier config = config(question, "config");
        JsonObject answer = new JsonObject();
        answer.addProperty("text", EnsembleServer.text(config.toString(), Ports::same));
        answer.addProperty("quorum", config.containsQuorum(new HashSet<>(sids(question.get("set")))));
        return answer;
    }

    private static JsonElement acks(JsonObject question) throws Exception {
        SyncedLearnerTracker tracker = new SyncedLearnerTracker();
        for (String name : List.of("old", "new")) tracker.addQuorumVerifier(config(question, name));
        JsonArray steps = new JsonArray();
        for (long sid : sids(question.get("set"))) {
            boolean added = tracker.addAck(sid);
            steps.add(added + " " + tracker.hasAllQuorums());
        }
        return steps;
    }

    private long designated(JsonObject question) throws Exception {
        // A server that its configuration does not list has the addresses of an earlier one.
        QuorumVerifier old = config(question, "old");
        boolean isMember = old.getAllMembers().containsKey(question.get("myid").getAsLong());
        prepare(question, isMember ? old : config(question, "new"));
        Map<Long, Object> outstanding = Reflect.get(server.leader, "outstandingProposals");
        outstanding.clear();
        JsonArray acks = question.getAsJsonArray("acks");
        for (int i = 1; i < acks.size(); i++) outstanding.put(ZXID + i, proposal(question, acks.get(i)));
        return Reflect.call(server.leader, "getDesignatedLeader", proposal(question, acks.get(0)), ZXID);
    }

    private static Object proposal(JsonObject question, JsonElement acks) throws Exception {
        SyncedLearnerTracker proposal;
        try {
            proposal = Reflect.make(Leader.Proposal.class);
        } catch (NoSuchMethodException e) {
            proposal = Reflect.make(Leader.Proposal.class, new QuorumPacket());
        }
        for (String name : List.of("old", "new")) proposal.addQuorumVerifier(config(question, name));
        for (long sid : sids(acks)) proposal.addAck(sid);
        return proposal;
    }

    /** Returns the state after each step: a configuration becomes the pending or the committed one. */
    private JsonElement process(JsonObject question) throws Exception {
        QuorumPeer peer = server.peer;
        prepare(question, config(question, "start"));
        JsonArray answers = new JsonArray();
        for (JsonElement element : question.getAsJsonArray("steps")) {
            JsonObject step = element.getAsJsonObject();
            QuorumVerifier config = config(step, "config");
            JsonObject answer = new JsonObject();
            if (step.get("do").getAsString().equals("see")) {
                Reflect.call(peer, "setLastSeenQuorumVerifier", config, true);
            } else {
                Long leader = step.has("designated") ? step.get("designated").getAsLong() : null;
                Long zxid = leader == null ? null : ZXID;
                answer.addProperty("ends", peer.processReconfig(config, leader, zxid, false));
            }
            answer.addProperty("committed", EnsembleServer.text(peer.getQuorumVerifier().toString(), Ports::same));
            answer.addProperty("pending", EnsembleServer.text(peer.getLastSeenQuorumVerifier().toString(), Ports::same));
            answer.addProperty("committedFile", EnsembleServer.committed(cfg, Ports::same));
            answer.addProperty("pendingFile", EnsembleServer.pending(folder, Ports::same));
            answer.addProperty("participant", peer.getLearnerType() == LearnerType.PARTICIPANT);
            answer.addProperty("vote", peer.getCurrentVote().getId());
            answer.addProperty("skipsElection", (boolean) Reflect.get(peer, "reconfigFlag"));
            answers.add(answer);
        }
        return answers;
    }

    /** Makes a configuration the committed one of the server, with its files, and sets the fields of the question. */
    private void prepare(JsonObject question, QuorumVerifier committed) throws Exception {
        QuorumPeer peer = server.peer;
        long myid = question.get("myid").getAsLong();
        boolean enabled = !question.has("reconfigEnabled") || question.get("reconfigEnabled").getAsBoolean();
        for (File file : folder.toFile().listFiles((parent, name) -> name.startsWith("zoo.cfg"))) file.delete();
        String dynamic = cfg + ".dynamic." + Long.toHexString(committed.getVersion());
        QuorumPeerConfig.writeDynamicConfig(dynamic, committed, false);
        Files.writeString(cfg, "tickTime=2000\ndynamicConfigFile=" + dynamic + "\n");
        QuorumPeerConfig.setReconfigEnabled(enabled);
        if (Reflect.has(peer, "reconfigEnabled")) Reflect.set(peer, "reconfigEnabled", enabled);
        Reflect.set(peer, "configFilename", cfg.toString());
        Reflect.set(peer, "myid", myid);
        Reflect.set(peer, "quorumVerifier", null);
        Reflect.set(peer, "lastSeenQuorumVerifier", null);
        Reflect.set(peer, "reconfigFlag", false);
        Reflect.call(peer, "setQuorumVerifier", committed, false);
        boolean observes = committed.getObservingMembers().containsKey(myid);
        peer.setLearnerType(observes ? LearnerType.OBSERVER : LearnerType.PARTICIPANT);
        if (question.has("vote")) peer.setCurrentVote(new Vote(question.get("vote").getAsLong(), ZXID));
    }

    /** Parses a configuration as a file has it. All servers have the same host. */
    private static QuorumVerifier config(JsonObject question, String name) throws Exception {
        JsonObject config = question.getAsJsonObject(name);
        Properties lines = new Properties();
        for (long sid : sids(config.get("voters"))) lines.setProperty("server." + sid, line(config, sid, "participant"));
        for (long sid : sids(config.get("observers"))) lines.setProperty("server." + sid, line(config, sid, "observer"));
        if (config.has("groups")) {
            int number = 1;
            for (JsonElement group : config.getAsJsonArray("groups")) {
                List<String> members = new ArrayList<>();
                for (long sid : sids(group)) members.add(String.valueOf(sid));
                lines.setProperty("group." + number++, String.join(":", members));
            }
            config.getAsJsonObject("weights").entrySet().forEach(
                entry -> lines.setProperty("weight." + entry.getKey(), entry.getValue().getAsString()));
        }
        lines.setProperty("version", Long.toHexString(config.get("version").getAsLong()));
        try {
            return Reflect.call(new QuorumPeerConfig(), "parseDynamicConfig", lines, FAST_LEADER_ELECTION, false, false);
        } catch (NoSuchMethodException e) {
            // From 3.7 on, the last argument is the path of an oracle.
            return Reflect.call(
                new QuorumPeerConfig(), "parseDynamicConfig", lines, FAST_LEADER_ELECTION, false, false, null);
        }
    }

    private static String line(JsonObject config, long sid, String role) {
        int[] own = Ports.DEFAULT.clone();
        if (config.has("ports") && config.getAsJsonObject("ports").has("" + sid)) {
            Ports.change(own, config.getAsJsonObject("ports").getAsJsonObject("" + sid));
        }
        String client = own[2] == Ports.DEFAULT[2] ? "" : ";127.0.0.1:" + own[2];
        return "127.0.0.1:" + own[0] + ":" + own[1] + ":" + role + client;
    }

    private static List<Long> sids(JsonElement list) {
        List<Long> sids = new ArrayList<>();
        for (JsonElement sid : list.getAsJsonArray()) sids.add(sid.getAsLong());
        return sids;
    }
}
