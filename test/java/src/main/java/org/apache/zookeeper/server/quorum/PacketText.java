package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.server.util.ZxidUtils;

/** Packets as texts, such as `PROPOSAL 1:2`, `ACKEPOCH 1:2 epoch=1` and `SNAP 1:2 [1:1 1:2]`. */
final class PacketText {
    private static final int PROTOCOL_VERSION = 0x10000;
    private static final String SIGNATURE = "BenWasHere";
    private static final Map<String, Integer> TYPES = Map.ofEntries(
        Map.entry("REQUEST", Leader.REQUEST), Map.entry("PROPOSAL", Leader.PROPOSAL), Map.entry("ACK", Leader.ACK),
        Map.entry("COMMIT", Leader.COMMIT), Map.entry("PING", Leader.PING), Map.entry("INFORM", Leader.INFORM),
        Map.entry("NEWLEADER", Leader.NEWLEADER), Map.entry("FOLLOWERINFO", Leader.FOLLOWERINFO),
        Map.entry("UPTODATE", Leader.UPTODATE), Map.entry("DIFF", Leader.DIFF), Map.entry("TRUNC", Leader.TRUNC),
        Map.entry("SNAP", Leader.SNAP), Map.entry("OBSERVERINFO", Leader.OBSERVERINFO),
        Map.entry("LEADERINFO", Leader.LEADERINFO), Map.entry("ACKEPOCH", Leader.ACKEPOCH));

    private PacketText() {}

    /**
     * Returns the bytes of a packet that the script sends. `sid` is the id of the sender. SNAP lists its transactions, and
     * ACKEPOCH ends with the currentEpoch of the sender: `SNAP 1:2 1:1 1:2`, `ACKEPOCH 1:2 1`.
     */
    static byte[] bytes(String text, long sid) throws Exception {
        String[] words = text.split(" ");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(out);
        int type = TYPES.get(words[0]);
        long zxid = type == Leader.UPTODATE ? -1 : zxid(words[1]);
        archive.writeRecord(new QuorumPacket(type, zxid, data(type, zxid, sid, words), null), "packet");
        if (type == Leader.SNAP) {
            DataTree tree = new DataTree();
            for (int i = 2; i < words.length; i++) {
                tree.processTxn(LogFiles.headerOf(zxid(words[i])), LogFiles.createOf(zxid(words[i])));
            }
            SerializeUtils.serializeSnapshot(tree, archive, new HashMap<>());
            archive.writeString(SIGNATURE, "signature");
        }
        return out.toByteArray();
    }

    private static byte[] data(int type, long zxid, long sid, String[] words) throws Exception {
        switch (type) {
            case Leader.PROPOSAL:
            case Leader.INFORM:
                return LogFiles.bytesOf(zxid);
            case Leader.FOLLOWERINFO:
            case Leader.OBSERVERINFO:
                return ByteBuffer.allocate(20).putLong(sid).putInt(PROTOCOL_VERSION).putLong(0).array();
            case Leader.LEADERINFO:
                return ByteBuffer.allocate(4).putInt(PROTOCOL_VERSION).array();
            case Leader.ACKEPOCH:
                return ByteBuffer.allocate(4).putInt(Integer.parseInt(words[2])).array();
            case Leader.PING:
                return new byte[0];
            default:
                return null;
        }
    }

    /** Returns the texts of all complete packets. */
    static List<String> parse(byte[] bytes) throws Exception {
        List<String> texts = new ArrayList<>();
        ByteArrayInputStream in = new ByteArrayInputStream(bytes);
        BinaryInputArchive archive = BinaryInputArchive.getArchive(in);
        try {
            while (true) {
                QuorumPacket packet = new QuorumPacket();
                archive.readRecord(packet, "packet");
                texts.add(text(packet, archive));
            }
        } catch (EOFException e) {
            return texts;
        }
    }

    private static String text(QuorumPacket packet, BinaryInputArchive archive) throws Exception {
        String head = nameOf(packet.getType()) + " " + text(packet.getZxid());
        ByteBuffer data = packet.getData() == null ? null : ByteBuffer.wrap(packet.getData());
        switch (packet.getType()) {
            case Leader.FOLLOWERINFO:
            case Leader.OBSERVERINFO:
                return head + " sid=" + data.getLong();
            case Leader.ACKEPOCH:
                return head + " epoch=" + data.getInt();
            case Leader.PROPOSAL:
            case Leader.INFORM:
                return head + " " + text(LogFiles.zxidOf(packet.getData()));
            case Leader.SNAP:
                DataTree tree = new DataTree();
                SerializeUtils.deserializeSnapshot(tree, archive, new HashMap<>());
                String signature = archive.readString("signature");
                if (!signature.equals(SIGNATURE)) throw new IOException("wrong signature " + signature);
                return head + " [" + nodesOf(tree) + "]";
            default:
                return head;
        }
    }

    private static String nameOf(int type) {
        return TYPES.entrySet().stream().filter(entry -> entry.getValue() == type).findFirst().get().getKey();
    }

    /** Returns the transactions in a tree, which are the names of its nodes. */
    static String nodesOf(DataTree tree) {
        TreeSet<Long> nodes = new TreeSet<>();
        for (String name : tree.getNode("/").getChildren()) {
            if (!name.equals("zookeeper")) nodes.add(Long.parseUnsignedLong(name, 16));
        }
        return texts(nodes);
    }

    static String texts(Iterable<Long> zxids) {
        StringBuilder texts = new StringBuilder();
        for (long zxid : zxids) texts.append(texts.length() == 0 ? "" : " ").append(text(zxid));
        return texts.toString();
    }

    static String text(long zxid) {
        if (zxid < 0) return String.valueOf(zxid);
        return ZxidUtils.getEpochFromZxid(zxid) + ":" + ZxidUtils.getCounterFromZxid(zxid);
    }

    /** Reads a zxid such as `1:2`. */
    static long zxid(String text) {
        int colon = text.indexOf(':');
        return ZxidUtils.makeZxid(Long.parseLong(text.substring(0, colon)), Long.parseLong(text.substring(colon + 1)));
    }

    static List<Long> zxids(String text) {
        List<Long> zxids = new ArrayList<>();
        if (!text.isEmpty()) for (String word : text.split(" ")) zxids.add(zxid(word));
        return zxids;
    }
}
