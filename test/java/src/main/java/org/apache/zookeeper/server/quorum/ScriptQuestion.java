package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.quorum.Leader.Proposal;

/**
 * What one server does, step by step, while a script plays its peers, its election and its disk. The answer is a list
 * with one object for the start and one for each step: what has changed since the step before.
 */
final class ScriptQuestion implements Question {
    private static final long LEADER = 2;

    private final File folder;
    /** The server under test; null between two questions. */
    private volatile ScriptServer server;
    private Quiet quiet;
    private int servers;
    /** The number of texts that the script has seen on each connection. */
    private Map<MemorySocket, Integer> seen;
    private Map<String, String> last;

    ScriptQuestion(File folder) throws IOException {
        this.folder = folder;
        MemorySocket.install();
        ExitTrap.install(this::exit);
    }

    /** Called when a thread of the server ends the process. */
    private void exit(int code) {
        ScriptServer current = server;
        if (current == null) throw new SecurityException("exit code " + code);
        current.exit(code);
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        long myid = question.get("myid").getAsLong();
        File data = nextFolder();
        fill(new File(data, "version-2"), question.getAsJsonObject("disk"));
        JsonArray answers = new JsonArray();
        last = new HashMap<>();
        try {
            start(data, myid);
            answers.add(observe());
            for (JsonElement step : question.getAsJsonArray("steps")) {
                perform(step.getAsString(), myid);
                answers.add(observe());
            }
        } finally {
            if (server != null) server.end();
            server = null;
        }
        return answers;
    }

    private File nextFolder() {
        File data = new File(folder, String.valueOf(servers++));
        new File(data, "version-2").mkdirs();
        return data;
    }

    private static void fill(File files, JsonObject disk) throws Exception {
        for (JsonElement snapshot : disk.getAsJsonArray("snapshots")) {
            String[] parts = snapshot.getAsString().split("=", -1);
            LogFiles.writeSnapshot(files, PacketText.zxid(parts[0]), PacketText.zxids(parts[1]));
        }
        List<Long> log = PacketText.zxids(disk.get("log").getAsString());
        if (!log.isEmpty()) LogFiles.write(files, log.get(0), log);
        for (String name : List.of("acceptedEpoch", "currentEpoch")) {
            if (disk.has(name)) Files.writeString(new File(files, name).toPath(), disk.get(name).getAsString());
        }
    }

    private void start(File data, long myid) throws Exception {
        long mark = Quiet.mark();
        seen = new HashMap<>();
        server = new ScriptServer(data, myid);
        quiet = new Quiet(server, mark);
        server.start();
        settle();
    }

    /** Lets the server run until only held gates and the script can let it continue. */
    private void settle() throws Exception {
        do {
            quiet.await();
            server.acceptBacklog();
            quiet.await();
        } while (server.exitCode == null && server.gates.openNext());
    }

    // ---- steps

    private void perform(String step, long myid) throws Exception {
        String[] words = step.split(" ", 2);
        String rest = words.length > 1 ? words[1] : "";
        switch (words[0]) {
            case "elect":
                if (server.isLooking()) server.elect(Long.parseLong(rest));
                break;
            case "hold":
                server.gates.hold(rest);
                break;
            case "free":
                server.gates.free(rest);
                break;
            case "let":
                let(rest);
                break;
            case "crash":
                crash(myid);
                break;
            case "write":
                server.write();
                break;
            case "ping":
                server.ping();
                break;
            default:
                if (Character.isDigit(step.charAt(0))) fromPeer(Long.parseLong(words[0]), rest);
                else fromPeer(LEADER, step);
        }
        if (server.exitCode == null) settle();
        else quiet.await();
    }

    /** Opens one gate. The commit processor applies all transactions that it has. */
    private void let(String kind) throws Exception {
        while (server.gates.open(kind)) {
            quiet.await();
            if (!kind.equals("apply")) return;
        }
    }

    private void fromPeer(long sid, String step) throws Exception {
        boolean isInfo = step.startsWith("FOLLOWERINFO") || step.startsWith("OBSERVERINFO");
        MemorySocket socket = server.connections.get(sid);
        if (isInfo && (socket == null || socket.isClosed() || isForgotten(sid))) {
            if (!server.connect(sid)) return;
            socket = server.connections.get(sid);
        }
        if (socket == null) return;
        if (step.equals("close")) socket.closeByPeer();
        else socket.deliver(PacketText.bytes(step, sid));
    }

    /** Returns whether the scripted learner has closed its connection. */
    private boolean isForgotten(long sid) {
        return server.connections.get(sid).isClosedByPeer();
    }

    /** Kills the process and starts it again with the files as they are. */
    private void crash(long myid) throws Exception {
        File data = nextFolder();
        for (File file : server.files.listFiles()) {
            Files.copy(file.toPath(), new File(new File(data, "version-2"), file.getName()).toPath());
        }
        ScriptServer killed = server;
        start(data, myid);
        killed.end();
    }

    // ---- observations

    /** Returns what has changed since the last call. */
    private JsonObject observe() throws Exception {
        JsonObject changes = new JsonObject();
        JsonArray sent = sent();
        if (!sent.isEmpty()) changes.add("sent", sent);
        Map<String, String> now = new LinkedHashMap<>();
        observeServer(now);
        observeFiles(now);
        now.forEach((name, value) -> {
            if (!value.equals(last.get(name))) changes.addProperty(name, value);
        });
        last = now;
        return changes;
    }

    /** Returns the new packets on each connection, and the connections that the server has closed. */
    private JsonArray sent() throws Exception {
        JsonArray sent = new JsonArray();
        for (Map.Entry<Long, MemorySocket> entry : new TreeMap<>(server.connections).entrySet()) {
            List<String> texts = new ArrayList<>(PacketText.parse(entry.getValue().sent()));
            if (entry.getValue().isClosed()) texts.add("closed");
            int from = Math.min(texts.size(), seen.getOrDefault(entry.getValue(), 0));
            for (String text : texts.subList(from, texts.size())) sent.add(entry.getKey() + " " + text);
            seen.put(entry.getValue(), texts.size());
        }
        return sent;
    }

    private void observeServer(Map<String, String> now) throws Exception {
        if (server.exitCode != null) {
            now.put("state", "exit " + server.exitCode);
            return;
        }
        ZooKeeperServer role = server.roleServer();
        // After an internal error, a server stops when its main thread notices the error.
        boolean serves = role != null && List.of("RUNNING", "ERROR").contains(Reflect.get(role, "state").toString());
        // A learner that shuts down has closed its connection. When its state changes depends on the release.
        if (server.peer.leader == null) serves &= server.connections.values().stream().anyMatch(end -> !end.isClosed());
        now.put("state", server.peer.getPeerState() + (serves ? " serving" : ""));
        now.put("waits", String.join(" ", server.gates.waiting()));
        now.put("epochs", Reflect.get(server.peer, "acceptedEpoch") + " " + Reflect.get(server.peer, "currentEpoch"));
        if (!Reflect.<Boolean>call(server.database, "isInitialized")) return;
        DataTree tree = server.database.getDataTree();
        now.put("last", PacketText.text(tree.lastProcessedZxid));
        now.put("tree", PacketText.nodesOf(tree));
        // Up to 3.9.3, the entries that an observer adds have zxid 0 or -1. Only a leader reads committedLog.
        if (server.isObserver()) return;
        List<Long> committed = new ArrayList<>();
        Collection<Proposal> log = Reflect.get(server.database, "committedLog");
        for (Proposal proposal : log) committed.add(DiskQuestion.zxidOf(proposal));
        now.put("committedLog", PacketText.texts(committed));
    }

    private void observeFiles(Map<String, String> now) throws Exception {
        // zabsim has no buffer of records that are appended but not in the file yet.
        server.flushLog();
        List<Long> log = new ArrayList<>();
        for (File file : sorted("log.")) log.addAll(LogFiles.read(file));
        now.put("log", PacketText.texts(log));
        List<String> snapshots = new ArrayList<>();
        for (File file : sorted("snapshot.")) {
            snapshots.add(PacketText.text(zxidOf(file)) + "=" + PacketText.nodesOf(LogFiles.readSnapshot(file)));
        }
        now.put("snapshots", String.join(",", snapshots));
        now.put("files", epochIn("acceptedEpoch") + " " + epochIn("currentEpoch"));
    }

    private String epochIn(String name) throws IOException {
        File file = new File(server.files, name);
        return file.exists() ? Files.readString(file.toPath()) : "-";
    }

    private List<File> sorted(String prefix) {
        File[] files = server.files.listFiles((parent, name) -> name.startsWith(prefix));
        Arrays.sort(files, Comparator.comparingLong(ScriptQuestion::zxidOf));
        return Arrays.asList(files);
    }

    private static long zxidOf(File file) {
        return Long.parseUnsignedLong(file.getName().substring(file.getName().indexOf('.') + 1), 16);
    }
}
