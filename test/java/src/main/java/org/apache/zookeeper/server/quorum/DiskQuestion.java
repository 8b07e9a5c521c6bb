package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.quorum.Leader.Proposal;
import org.apache.zookeeper.server.util.ZxidUtils;

/**
 * What ZKDatabase loads from a data folder (restore), after ZKDatabase#truncateLog (trunc), after a restart with a log
 * that has grown (again), and after fastForwardDataBase (forward).
 */
final class DiskQuestion implements Question {
    private final DataFolder folder;

    DiskQuestion(DataFolder folder) {
        this.folder = folder;
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        Fields fields = new Fields(question.get("input").getAsString());
        JsonObject answers = new JsonObject();
        for (String operation : fields.text("ops").split(" ")) {
            folder.fill(fields);
            answers.addProperty(operation, answer(operation, fields.text("append")));
        }
        return answers;
    }

    private String answer(String operation, String append) {
        try {
            ZKDatabase database = folder.database();
            try {
                return answer(database, operation, append);
            } finally {
                database.close();
            }
        } catch (NoSuchMethodException e) {
            return "no such method";
        } catch (Exception e) {
            return e.getClass().getSimpleName() + ": " + e.getMessage();
        }
    }

    private String answer(ZKDatabase database, String operation, String append) throws Exception {
        database.loadDataBase();
        if (operation.equals("restore")) return loaded(database);
        if (operation.startsWith("trunc@")) {
            boolean done = database.truncateLog(DataFolder.zxid(operation.substring("trunc@".length())));
            return (done ? "done, " + loaded(database) : "not done") + files();
        }
        for (String group : DataFolder.list(append)) {
            database.rollLog();
            for (long zxid : DataFolder.zxidsOf(group)) database.append(request(zxid));
            database.commit();
        }
        if (operation.equals("forward")) {
            Reflect.call(database, "fastForwardDataBase");
            return loaded(database);
        }
        database.close();
        ZKDatabase restarted = folder.database();
        try {
            restarted.loadDataBase();
            return loaded(restarted) + files();
        } finally {
            restarted.close();
        }
    }

    private static Request request(long zxid) throws Exception {
        try {
            return Reflect.make(
                Request.class, 1L, 1, ZooDefs.OpCode.create, LogFiles.headerOf(zxid), LogFiles.createOf(zxid), zxid);
        } catch (NoSuchMethodException e) {
            Request request = Reflect.make(Request.class, null, 1L, 1, ZooDefs.OpCode.create, null, null);
            Reflect.set(request, "hdr", LogFiles.headerOf(zxid));
            Reflect.set(request, "txn", LogFiles.createOf(zxid));
            return request;
        }
    }

    private static String loaded(ZKDatabase database) throws Exception {
        DataTree tree = database.getDataTree();
        Collection<Long> nodes = new TreeSet<>();
        for (String name : tree.getNode("/").getChildren()) {
            if (!name.equals("zookeeper")) nodes.add(Long.parseUnsignedLong(name, 16));
        }
        List<Long> committed = new ArrayList<>();
        Collection<Proposal> log = Reflect.get(database, "committedLog");
        for (Proposal proposal : log) committed.add(zxidOf(proposal));
        return "last " + text(tree.lastProcessedZxid) + ", nodes " + text(nodes) + ", committedLog " + text(committed);
    }

    /** From 3.9 on, a proposal in committedLog has no packet before it is sent. */
    static long zxidOf(Proposal proposal) throws Exception {
        QuorumPacket packet = Reflect.get(proposal, "packet");
        return packet == null ? Reflect.call(proposal, "getZxid") : packet.getZxid();
    }

    private String files() throws Exception {
        File[] logs = folder.files.listFiles((parent, name) -> name.startsWith("log."));
        Arrays.sort(logs, Comparator.comparingLong(DiskQuestion::nameOf));
        List<String> texts = new ArrayList<>();
        for (File log : logs) texts.add(text(nameOf(log)) + " " + text(LogFiles.read(log)));
        return ", files [" + String.join(", ", texts) + "]";
    }

    private static long nameOf(File log) {
        return Long.parseUnsignedLong(log.getName().substring("log.".length()), 16);
    }

    private static String text(Collection<Long> zxids) {
        return zxids.stream().map(DiskQuestion::text).collect(Collectors.joining(" ", "[", "]"));
    }

    private static String text(long zxid) {
        if (zxid < 0) return String.valueOf(zxid);
        return ZxidUtils.getEpochFromZxid(zxid) + ":" + ZxidUtils.getCounterFromZxid(zxid);
    }
}
