package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.quorum.QuorumCnxManager.Message;
import org.apache.zookeeper.server.quorum.QuorumPeer.ServerState;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.TxnHeader;

/** What ZooKeeper reads in the bytes of other servers, and which bytes it writes. */
final class WireQuestion implements Question {
    private static final String QUORUM = WireQuestion.class.getPackageName();

    private final ServerUnderTest server;
    private final FastLeaderElection election;
    private final Object receiver;

    WireQuestion(ServerUnderTest server) throws Exception {
        this.server = server;
        // In 3.4, threads start here, and end without a QuorumCnxManager.
        election = new FastLeaderElection(server.peer, null);
        receiver = Reflect.get(Reflect.get(election, "messenger"), "wr");
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        switch (question.get("fn").getAsString()) {
            case "packets": return packets(bytes(question));
            case "snapshot": return snapshot(bytes(question));
            case "txn": return txn(bytes(question));
            case "learner-info": return learnerInfo(bytes(question));
            case "hello": return hello(bytes(question));
            case "notification": return notification(bytes(question));
            case "written-notification": return writtenNotification(question);
            case "written-learner-info": return writtenLearnerInfo(question);
            case "written-address": return writtenAddress(question);
            default: throw new IllegalArgumentException(question.toString());
        }
    }

    /** Returns the packets, why reading ended, and the packets as ZooKeeper writes them again. */
    private static JsonObject packets(byte[] bytes) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(bytes);
        BinaryInputArchive archive = BinaryInputArchive.getArchive(in);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        BinaryOutputArchive out = BinaryOutputArchive.getArchive(written);
        JsonArray packets = new JsonArray();
        String end = "end";
        try {
            while (in.available() > 0) {
                QuorumPacket packet = new QuorumPacket();
                archive.readRecord(packet, "packet");
                packets.add(json(packet));
                out.writeRecord(packet, "packet");
            }
        } catch (IOException e) {
            end = reason(e);
        }
        JsonObject answer = new JsonObject();
        answer.add("packets", packets);
        answer.addProperty("end", end);
        answer.addProperty("written", hex(written.toByteArray()));
        return answer;
    }

    private static JsonObject json(QuorumPacket packet) {
        JsonObject json = new JsonObject();
        json.addProperty("type", packet.getType());
        json.addProperty("zxid", String.valueOf(packet.getZxid()));
        json.add("data", packet.getData() == null ? JsonNull.INSTANCE : new JsonPrimitive(hex(packet.getData())));
        if (packet.getAuthinfo() == null) {
            json.add("authinfo", JsonNull.INSTANCE);
            return json;
        }
        JsonArray ids = new JsonArray();
        for (Id id : packet.getAuthinfo()) {
            JsonArray pair = new JsonArray();
            pair.add(id.getScheme());
            pair.add(id.getId());
            ids.add(pair);
        }
        json.add("authinfo", ids);
        return json;
    }

    /** Returns what a learner reads after a SNAP packet (Learner#syncWithLeader), and what a leader writes again. */
    private static JsonObject snapshot(byte[] bytes) throws IOException {
        BinaryInputArchive archive = BinaryInputArchive.getArchive(new ByteArrayInputStream(bytes));
        JsonObject answer = new JsonObject();
        DataTree tree = new DataTree();
        Map<Long, Integer> sessions = new HashMap<>();
        try {
            SerializeUtils.deserializeSnapshot(tree, archive, sessions);
            if (!archive.readString("signature").equals("BenWasHere")) throw new IOException("Missing signature");
        } catch (IOException | RuntimeException e) {
            answer.addProperty("end", reason(e));
            return answer;
        }
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        BinaryOutputArchive out = BinaryOutputArchive.getArchive(written);
        SerializeUtils.serializeSnapshot(tree, out, sessions);
        out.writeString("BenWasHere", "signature");
        answer.addProperty("end", "end");
        answer.addProperty("written", hex(written.toByteArray()));
        return answer;
    }

    /** 3.4 has no TxnLogEntry, and releases before 3.6 have no digest. */
    private static JsonObject txn(byte[] bytes) throws Exception {
        TxnHeader header = new TxnHeader();
        Record txn;
        Object digest = null;
        JsonObject answer = new JsonObject();
        try {
            if (Reflect.exists("org.apache.zookeeper.server.TxnLogEntry")) {
                Object entry = call(SerializeUtils.class, "deserializeTxn", bytes);
                header = Reflect.call(entry, "getHeader");
                txn = Reflect.call(entry, "getTxn");
                digest = Reflect.call(entry, "getDigest");
            } else {
                txn = call(SerializeUtils.class, "deserializeTxn", bytes, header);
            }
        } catch (IOException | RuntimeException e) {
            answer.addProperty("end", reason(e));
            return answer;
        }
        answer.addProperty("end", "end");
        answer.addProperty("clientId", String.valueOf(header.getClientId()));
        answer.addProperty("cxid", header.getCxid());
        answer.addProperty("zxid", String.valueOf(header.getZxid()));
        answer.addProperty("time", String.valueOf(header.getTime()));
        answer.addProperty("type", header.getType());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (txn != null) txn.serialize(BinaryOutputArchive.getArchive(body), "txn");
        answer.addProperty("body", hex(body.toByteArray()));
        if (digest == null) {
            answer.add("digest", JsonNull.INSTANCE);
        } else {
            JsonArray pair = new JsonArray();
            pair.add((int) Reflect.call(digest, "getVersion"));
            pair.add(String.valueOf((long) Reflect.call(digest, "getTreeDigest")));
            answer.add("digest", pair);
        }
        return answer;
    }

    /** Returns what a leader takes from the data of FOLLOWERINFO, and whether it answers (LearnerHandler#run). */
    private JsonObject learnerInfo(byte[] data) throws Exception {
        Leader leader = server.leader;
        server.configure(ServerUnderTest.MYID, "m/1,2,3/");
        Reflect.set(leader, "waitingForNewEpoch", false);
        Reflect.set(leader, "electionFinished", true);
        leader.epoch = 1;
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(packet);
        archive.writeRecord(new QuorumPacket(Leader.FOLLOWERINFO, 0, data, null), "packet");
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        Socket socket = new BytesSocket(packet.toByteArray(), sent);
        LearnerHandler handler = new LearnerHandler(socket, new BufferedInputStream(socket.getInputStream()), leader);
        handler.run();
        JsonObject answer = new JsonObject();
        answer.addProperty("sid", String.valueOf((long) Reflect.get(handler, "sid")));
        answer.addProperty("version", (int) Reflect.get(handler, "version"));
        answer.addProperty("answers", sent.size() > 0);
        return answer;
    }

    /** In 3.4, QuorumCnxManager reads the message in the middle of another method, so there is no answer. */
    private static JsonElement hello(byte[] bytes) throws Exception {
        String name = QUORUM + ".QuorumCnxManager$InitialMessage";
        if (!Reflect.exists(name)) return JsonNull.INSTANCE;
        JsonObject answer = new JsonObject();
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        try {
            long first = in.readLong();
            Object message = first >= 0 ? null : call(Class.forName(name), "parse", first, in);
            answer.addProperty("sid", String.valueOf(message == null ? first : (Long) Reflect.get(message, "sid")));
            answer.add("addresses", addresses(message == null ? null : Reflect.get(message, "electionAddr")));
        } catch (Exception e) {
            answer.addProperty("end", reason(e));
        }
        return answer;
    }

    /** The field is an address, or a list of them from 3.6 on. Wildcards are left out. */
    private static JsonArray addresses(Object field) {
        JsonArray addresses = new JsonArray();
        List<?> list = field instanceof List<?> several ? several : field == null ? List.of() : List.of(field);
        for (Object one : list) {
            InetSocketAddress address = (InetSocketAddress) one;
            addresses.add(address.getHostString() + " " + address.getPort());
        }
        return addresses;
    }

    /** Returns what the receiver of notifications passes to the election; null if it drops the message. */
    private JsonElement notification(byte[] bytes) throws Exception {
        server.configure(ServerUnderTest.MYID, "m/1,2,3/");
        server.peer.setPeerState(ServerState.LOOKING);
        QuorumCnxManager manager = Reflect.allocate(QuorumCnxManager.class);
        ArrayBlockingQueue<Message> messages = new LastMessage(receiver);
        messages.add(new Message(ByteBuffer.wrap(bytes), 2));
        Reflect.set(manager, "recvQueue", messages);
        Reflect.set(receiver, "manager", manager);
        Reflect.set(receiver, "stop", false);
        Queue<FastLeaderElection.Notification> received = Reflect.get(election, "recvqueue");
        received.clear();
        JsonObject answer = new JsonObject();
        try {
            Reflect.call(receiver, "run");
        } catch (RuntimeException e) {
            answer.addProperty("end", e.getClass().getSimpleName());
            return answer;
        } finally {
            ((Queue<?>) Reflect.get(election, "sendqueue")).clear();
        }
        FastLeaderElection.Notification notification = received.poll();
        if (notification == null) return JsonNull.INSTANCE;
        answer.addProperty("state", notification.state.ordinal());
        answer.addProperty("leader", String.valueOf(notification.leader));
        answer.addProperty("zxid", String.valueOf(notification.zxid));
        answer.addProperty("electionEpoch", String.valueOf(notification.electionEpoch));
        answer.addProperty("peerEpoch", String.valueOf(notification.peerEpoch));
        answer.addProperty("version", notification.version);
        return answer;
    }

    /** A queue that stops its reader after the last message. */
    private static final class LastMessage extends ArrayBlockingQueue<Message> {
        private final transient Object reader;

        LastMessage(Object reader) {
            super(1);
            this.reader = reader;
        }

        @Override
        public Message poll(long timeout, TimeUnit unit) {
            Message message = poll();
            try {
                if (message == null) Reflect.set(reader, "stop", true);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
            return message;
        }
    }

    /** FastLeaderElection#buildMsg; 3.4 writes no configuration. */
    private JsonElement writtenNotification(JsonObject question) throws Exception {
        int state = question.get("state").getAsInt();
        long leader = number(question, "leader");
        long zxid = number(question, "zxid");
        long round = number(question, "electionEpoch");
        long epoch = number(question, "peerEpoch");
        ByteBuffer message;
        try {
            message = Reflect.call(election, "buildMsg", state, leader, zxid, round, epoch, bytes(question));
        } catch (NoSuchMethodException e) {
            message = Reflect.call(election, "buildMsg", state, leader, zxid, round, epoch);
        }
        return new JsonPrimitive(hex(message.array()));
    }

    /** Learner#registerWithLeader. In 3.4, LearnerInfo has no configuration version. */
    private static JsonElement writtenLearnerInfo(JsonObject question) throws Exception {
        long sid = number(question, "sid");
        int version = question.get("protocolVersion").getAsInt();
        LearnerInfo info;
        try {
            info = Reflect.make(LearnerInfo.class, sid, version, number(question, "configVersion"));
        } catch (NoSuchMethodException e) {
            info = Reflect.make(LearnerInfo.class, sid, version);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        info.serialize(BinaryOutputArchive.getArchive(bytes), "info");
        return new JsonPrimitive(hex(bytes.toByteArray()));
    }

    /** NetUtils#formatInetAddr, which older releases do not have. */
    private static JsonElement writtenAddress(JsonObject question) throws Exception {
        String name = "org.apache.zookeeper.common.NetUtils";
        if (!Reflect.exists(name)) return JsonNull.INSTANCE;
        InetSocketAddress address =
            new InetSocketAddress(question.get("host").getAsString(), question.get("port").getAsInt());
        return new JsonPrimitive((String) call(Class.forName(name), "formatInetAddr", address));
    }

    /** Calls a public static method. */
    @SuppressWarnings("unchecked")
    private static <T> T call(Class<?> type, String name, Object... arguments) throws Exception {
        for (java.lang.reflect.Method method : type.getDeclaredMethods()) {
            if (!method.getName().equals(name) || method.getParameterCount() != arguments.length) continue;
            try {
                return (T) method.invoke(null, arguments);
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof Exception cause) throw cause;
                throw e;
            }
        }
        throw new NoSuchMethodException(type.getSimpleName() + "#" + name);
    }

    /** Names the reason as zabsim does. */
    private static String reason(Exception e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof EOFException || message.startsWith("Read only ")) return "short";
        if (message.startsWith("Unreasonable length =")) return "unreasonable-length";
        if (message.startsWith("Unsupported Txn")) return "unsupported-type";
        if (message.startsWith("Invalid Datatree")) return "parent-missing";
        if (message.startsWith("Missing signature")) return "bad-signature";
        if (message.startsWith("Got unrecognized protocol version")) return "unknown-version";
        if (message.startsWith("Unreasonable buffer length")) return "bad-address-length";
        if (message.startsWith("Badly formed address") || message.startsWith("Bad port number")) return "bad-address";
        if (message.startsWith("port out of range")) return "port-out-of-range";
        return e.getClass().getSimpleName();
    }

    private static long number(JsonObject question, String name) {
        return Long.parseLong(question.get(name).getAsString());
    }

    private static byte[] bytes(JsonObject question) {
        return HexFormat.of().parseHex(question.get("bytes").getAsString());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** A connection whose peer sends these bytes and closes. */
    private static final class BytesSocket extends Socket {
        private final InputStream in;
        private final OutputStream out;

        BytesSocket(byte[] received, OutputStream sent) {
            in = new ByteArrayInputStream(received);
            out = sent;
        }

        @Override
        public InputStream getInputStream() {
            return in;
        }

        @Override
        public OutputStream getOutputStream() {
            return out;
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        }

        @Override
        public void setSoTimeout(int timeout) {}

        @Override
        public void close() {}
    }
}
