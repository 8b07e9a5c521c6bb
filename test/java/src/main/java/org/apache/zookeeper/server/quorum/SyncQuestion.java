package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.server.quorum.Leader.Proposal;

/**
 * What a leader sends to a learner between LEADERINFO and NEWLEADER (LearnerHandler#run, with #syncFollower and
 * Leader#startForwarding).
 */
final class SyncQuestion implements Question {
    private static final int PROTOCOL_VERSION = 0x10000;
    private static final long LEARNER = 2;
    private static final Map<Integer, String> NAMES = Map.of(
        Leader.DIFF, "DIFF", Leader.TRUNC, "TRUNC", Leader.PROPOSAL, "PROPOSAL", Leader.COMMIT, "COMMIT");

    private final ServerUnderTest server;

    SyncQuestion(ServerUnderTest server) {
        this.server = server;
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        JsonObject facts = question.getAsJsonObject("leader");
        setDatabase(facts);
        setLeader(facts);
        ScriptedSocket socket = new ScriptedSocket(learnerPackets(question));
        LearnerHandler handler =
            new LearnerHandler(socket, new BufferedInputStream(socket.getInputStream()), server.leader);
        if (Reflect.has(handler, "forceSnapSync")) {
            JsonElement force = facts.get("forceSnapSync");
            Reflect.set(handler, "forceSnapSync", force != null && force.getAsBoolean());
        }
        handler.run();
        return answer(socket.received());
    }

    private void setDatabase(JsonObject facts) throws Exception {
        ServerUnderTest.Database database = server.database;
        List<Long> committed = zxids(facts.get("committedLog"));
        Collection<Proposal> log = Reflect.get(database, "committedLog");
        log.clear();
        for (long zxid : committed) log.add(proposal(zxid));
        Reflect.set(database, "minCommittedLog", committed.isEmpty() ? 0L : committed.get(0));
        Reflect.set(database, "maxCommittedLog", committed.isEmpty() ? 0L : committed.get(committed.size() - 1));
        database.getDataTree().lastProcessedZxid = zxid(facts.get("lastProcessedZxid"));
        database.txnLogSyncEnabled = facts.get("txnLogSyncEnabled").getAsBoolean();
        database.txnLogExceedsSizeLimit = facts.get("txnLogExceedsSizeLimit").getAsBoolean();
        LogFiles.clear(server.files);
        for (JsonElement file : facts.getAsJsonArray("txnLogFiles")) {
            LogFiles.write(server.files, zxids(file).get(0), zxids(file));
        }
    }

    private void setLeader(JsonObject facts) throws Exception {
        Leader leader = server.leader;
        Reflect.set(leader, "waitingForNewEpoch", false);
        Reflect.set(leader, "electionFinished", true);
        leader.epoch = 1;
        leader.lastProposed = facts.has("lastProposed") ? zxid(facts.get("lastProposed")) : Long.MIN_VALUE;
        Collection<Proposal> toBeApplied = Reflect.get(leader, "toBeApplied");
        toBeApplied.clear();
        for (long zxid : zxids(facts.get("toBeApplied"))) toBeApplied.add(proposal(zxid));
        leader.outstandingProposals.clear();
        for (long zxid : zxids(facts.get("outstandingProposals"))) leader.outstandingProposals.put(zxid, proposal(zxid));
        // A learner that is gone must not get packets.
        ((Collection<?>) Reflect.get(leader, "forwardingFollowers")).clear();
        ((Collection<?>) Reflect.get(leader, "observingLearners")).clear();
    }

    /** FOLLOWERINFO or OBSERVERINFO, and ACKEPOCH. */
    private static byte[] learnerPackets(JsonObject question) throws IOException {
        JsonElement type = question.get("learnerType");
        boolean observer = type != null && type.getAsString().equals("OBSERVER");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(new DataOutputStream(bytes));
        byte[] info = ByteBuffer.allocate(12).putLong(LEARNER).putInt(PROTOCOL_VERSION).array();
        int first = observer ? Leader.OBSERVERINFO : Leader.FOLLOWERINFO;
        archive.writeRecord(new QuorumPacket(first, 0, info, null), "packet");
        byte[] epoch = ByteBuffer.allocate(4).putInt(0).array();
        archive.writeRecord(
            new QuorumPacket(Leader.ACKEPOCH, zxid(question.get("peerLastZxid")), epoch, null), "packet");
        return bytes.toByteArray();
    }

    private JsonObject answer(byte[] received) throws IOException {
        BinaryInputArchive archive = BinaryInputArchive.getArchive(new ByteArrayInputStream(received));
        boolean needSnap = false;
        JsonArray packets = new JsonArray();
        QuorumPacket packet = read(archive);
        while (packet.getType() != Leader.NEWLEADER) {
            if (packet.getType() == Leader.SNAP) {
                needSnap = true;
                archive.readString("signature");
            } else if (packet.getType() != Leader.LEADERINFO) {
                JsonObject one = new JsonObject();
                one.addProperty("type", NAMES.getOrDefault(packet.getType(), String.valueOf(packet.getType())));
                one.addProperty("zxid", hex(packet.getZxid()));
                packets.add(one);
            }
            packet = read(archive);
        }
        JsonObject answer = new JsonObject();
        answer.addProperty("needSnap", needSnap);
        answer.add("packets", packets);
        answer.addProperty("startForwardingFrom", hex(server.leader.forwardingFrom));
        return answer;
    }

    private static QuorumPacket read(BinaryInputArchive archive) throws IOException {
        QuorumPacket packet = new QuorumPacket();
        archive.readRecord(packet, "packet");
        return packet;
    }

    private static Proposal proposal(long zxid) throws ReflectiveOperationException {
        Proposal proposal = new Proposal();
        Reflect.set(proposal, "packet", new QuorumPacket(Leader.PROPOSAL, zxid, null, null));
        return proposal;
    }

    private static List<Long> zxids(JsonElement list) {
        List<Long> zxids = new ArrayList<>();
        if (list != null) for (JsonElement one : list.getAsJsonArray()) zxids.add(zxid(one));
        return zxids;
    }

    private static long zxid(JsonElement hex) {
        return Long.parseUnsignedLong(hex.getAsString().substring(2), 16);
    }

    private static String hex(long zxid) {
        return "0x" + Long.toHexString(zxid);
    }
}
