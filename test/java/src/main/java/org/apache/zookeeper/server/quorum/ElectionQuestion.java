package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.zookeeper.server.quorum.QuorumPeer.LearnerType;
import org.apache.zookeeper.server.quorum.QuorumPeer.ServerState;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;
import org.apache.zookeeper.server.util.ZxidUtils;

/** Votes, quorums, and the three quorums that a leader waits for. The field `fn` of the input names the function. */
final class ElectionQuestion implements Question {
    /** A call of Leader that waits for a quorum. */
    private interface Call {
        String answer(String[] arguments) throws Exception;
    }

    private final ServerUnderTest server;
    private final FastLeaderElection election;

    ElectionQuestion(ServerUnderTest server) {
        this.server = server;
        // The threads that need the connections are daemons. In 3.4 they start here, and end without them.
        election = new FastLeaderElection(server.peer, null);
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        Map<String, String> fields = fields(question.get("input").getAsString());
        try {
            return answer(fields);
        } catch (NullPointerException e) {
            return new JsonPrimitive(e.getClass().getSimpleName());
        }
    }

    private JsonElement answer(Map<String, String> fields) throws Exception {
        if (fields.containsKey("qv")) server.configure(Long.parseLong(fields.getOrDefault("myid", "0")), fields.get("qv"));
        switch (fields.get("fn")) {
            case "order": return order(fields.get("new").split(","), fields.get("cur").split(","));
            case "same": return new JsonPrimitive(vote(fields.get("a")).equals(vote(fields.get("b"))));
            case "tally": return tally(votes(fields.get("votes")), vote(fields.get("vote")));
            case "leader": return leader(fields);
            case "weight": return new JsonPrimitive(verifier().getWeight(Long.parseLong(fields.get("sid"))));
            case "quorum": return new JsonPrimitive(
                (boolean) Reflect.call(verifier(), "containsQuorum", new HashSet<>(Verifiers.sids(fields.get("set")))));
            case "acks": return acks(Verifiers.sids(fields.get("set")));
            case "zxid": return zxid(fields);
            case "propose": return propose(fields);
            case "ack": return ack(fields);
            case "new": return newLeader(fields);
            default: throw new IllegalArgumentException(fields.get("fn"));
        }
    }

    private QuorumVerifier verifier() {
        return server.peer.getQuorumVerifier();
    }

    private JsonElement order(String[] proposed, String[] current) {
        return new JsonPrimitive(election.totalOrderPredicate(
            Long.parseLong(proposed[0]), Long.parseLong(proposed[1]), Long.parseLong(proposed[2]),
            Long.parseLong(current[0]), Long.parseLong(current[1]), Long.parseLong(current[2])));
    }

    /** 3.4 has termPredicate. */
    private JsonElement tally(HashMap<Long, Vote> votes, Vote vote) throws Exception {
        try {
            Object tracker = Reflect.call(election, "getVoteTracker", votes, vote);
            return new JsonPrimitive((boolean) Reflect.call(tracker, "hasAllQuorums"));
        } catch (NoSuchMethodException e) {
            return new JsonPrimitive((boolean) Reflect.call(election, "termPredicate", votes, vote));
        }
    }

    private JsonElement leader(Map<String, String> fields) throws Exception {
        long round = Long.parseLong(fields.get("round"));
        Object clock = Reflect.get(election, "logicalclock");
        if (clock instanceof AtomicLong atomic) atomic.set(round);
        else Reflect.set(election, "logicalclock", round);
        return new JsonPrimitive((boolean) Reflect.call(election, "checkLeader",
            votes(fields.get("votes")), Long.parseLong(fields.get("leader")), Long.parseLong(fields.get("epoch"))));
    }

    /** 3.4 has no SyncedLearnerTracker. */
    private JsonElement acks(List<Long> sids) throws Exception {
        Object tracker;
        try {
            tracker = Reflect.make(Class.forName("org.apache.zookeeper.server.quorum.SyncedLearnerTracker"));
        } catch (ClassNotFoundException e) {
            return JsonNull.INSTANCE;
        }
        Reflect.call(tracker, "addQuorumVerifier", verifier());
        JsonArray added = new JsonArray();
        for (long sid : sids) added.add((boolean) Reflect.call(tracker, "addAck", sid));
        JsonObject answer = new JsonObject();
        answer.add("added", added);
        answer.addProperty("quorum", (boolean) Reflect.call(tracker, "hasAllQuorums"));
        return answer;
    }

    private static JsonElement zxid(Map<String, String> fields) {
        long zxid = zxid(fields.get("zxid"));
        long made = ZxidUtils.makeZxid(Long.parseLong(fields.get("epoch")), Long.parseLong(fields.get("counter")));
        JsonObject answer = new JsonObject();
        answer.addProperty("make", "0x" + Long.toHexString(made));
        answer.addProperty("epoch", String.valueOf(ZxidUtils.getEpochFromZxid(zxid)));
        answer.addProperty("counter", String.valueOf(ZxidUtils.getCounterFromZxid(zxid)));
        answer.addProperty("text", ZxidUtils.zxidToString(zxid));
        return answer;
    }

    private JsonElement propose(Map<String, String> fields) throws Exception {
        Leader leader = server.leader;
        leader.epoch = -1;
        Reflect.set(leader, "waitingForNewEpoch", true);
        ((Collection<?>) Reflect.get(leader, "connectingFollowers")).clear();
        return calls(fields.get("calls"), call ->
            String.valueOf(leader.getEpochToPropose(Long.parseLong(call[0]), Long.parseLong(call[1]))));
    }

    private JsonElement ack(Map<String, String> fields) throws Exception {
        Leader leader = server.leader;
        leader.leaderStateSummary = summary(fields.get("summary").split(","), 0);
        Reflect.set(leader, "electionFinished", false);
        ((Collection<?>) Reflect.get(leader, "electingFollowers")).clear();
        return calls(fields.get("calls"), call -> {
            try {
                leader.waitForEpochAck(Long.parseLong(call[0]), summary(call, 1));
                return "ok";
            } catch (IOException e) {
                return "ahead";
            }
        });
    }

    private JsonElement newLeader(Map<String, String> fields) throws Exception {
        Leader leader = server.leader;
        Reflect.set(leader, "quorumFormed", false);
        Object proposal = Reflect.get(leader, "newLeaderProposal");
        Reflect.set(proposal, "packet", new QuorumPacket(Leader.NEWLEADER, zxid(fields.get("zxid")), null, null));
        if (Reflect.has(proposal, "ackSet")) {
            ((Collection<?>) Reflect.get(proposal, "ackSet")).clear();
        } else {
            ((Collection<?>) Reflect.get(proposal, "qvAcksetPairs")).clear();
            Reflect.call(proposal, "addQuorumVerifier", verifier());
        }
        return calls(fields.get("calls"), call -> {
            long sid = Long.parseLong(call[0]);
            long zxid = zxid(call[1]);
            try {
                Reflect.call(leader, "waitForNewLeaderAck", sid, zxid);
            } catch (NoSuchMethodException e) {
                // Early releases trust the type of the learner.
                LearnerType type = call[2].equals("1") ? LearnerType.OBSERVER : LearnerType.PARTICIPANT;
                Reflect.call(leader, "waitForNewLeaderAck", sid, zxid, type);
            }
            return "ok";
        });
    }

    /** The time limit of the server is 0, so a call that has to wait ends with an InterruptedException. */
    private static JsonElement calls(String text, Call call) throws Exception {
        JsonArray answers = new JsonArray();
        for (String arguments : text.isEmpty() ? new String[0] : text.split("\\|")) {
            try {
                answers.add(call.answer(arguments.split(":")));
            } catch (InterruptedException e) {
                answers.add("timeout");
            } catch (NullPointerException e) {
                answers.add(e.getClass().getSimpleName());
            }
        }
        return answers;
    }

    private static StateSummary summary(String[] fields, int first) {
        return new StateSummary(Long.parseLong(fields[first]), zxid(fields[first + 1]));
    }

    private static HashMap<Long, Vote> votes(String text) throws Exception {
        HashMap<Long, Vote> votes = new HashMap<>();
        for (String entry : text.isEmpty() ? new String[0] : text.split("\\|")) {
            votes.put(Long.parseLong(entry.split(":")[0]), vote(entry.split(":")[1]));
        }
        return votes;
    }

    private static Vote vote(String text) {
        String[] fields = text.split(",");
        return new Vote(Integer.parseInt(fields[5]), Long.parseLong(fields[0]), zxid(fields[1]),
            Long.parseLong(fields[2]), Long.parseLong(fields[3]), ServerState.valueOf(fields[4]));
    }

    private static long zxid(String hex) {
        return Long.parseUnsignedLong(hex.substring(2), 16);
    }

    /** Reads an input such as `fn=weight;sid=1`. */
    static Map<String, String> fields(String input) {
        Map<String, String> fields = new HashMap<>();
        for (String part : input.split(";")) {
            int end = part.indexOf('=');
            fields.put(part.substring(0, end), part.substring(end + 1));
        }
        return fields;
    }
}
