package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * Whether a server starts with these epoch files, and what it has in memory and in the files then
 * (QuorumPeer#loadDataBase).
 */
final class EpochQuestion implements Question {
    private static final Map<String, String> FILES =
        Map.of("cur", "currentEpoch", "acc", "acceptedEpoch", "tmp", "currentEpoch.tmp", "updating", "updatingEpoch");

    private final DataFolder folder;

    EpochQuestion(DataFolder folder) {
        this.folder = folder;
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        Fields fields = new Fields(question.get("input").getAsString());
        folder.fill(fields);
        if (!fields.text("db").equals("none")) {
            LogFiles.writeSnapshot(folder.files, DataFolder.zxid(fields.text("db")), List.of());
        }
        for (Map.Entry<String, String> file : FILES.entrySet()) {
            String value = fields.text(file.getKey());
            if (value != null) write(file.getValue(), file.getKey().equals("updating") ? "" : value);
        }
        FileTxnSnapLog log = folder.open();
        try {
            return started(log);
        } finally {
            log.close();
        }
    }

    private JsonObject started(FileTxnSnapLog log) throws Exception {
        QuorumPeer peer = QuorumPeer.testingQuorumPeer();
        peer.setTxnFactory(log);
        Reflect.set(peer, "zkDb", new ZKDatabase(log));
        JsonObject answer = new JsonObject();
        try {
            Reflect.call(peer, "loadDataBase");
        } catch (RuntimeException | IOException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            // The path of the file is no part of the answer.
            String message = String.valueOf(cause.getMessage()).replaceFirst(" in /.*", "");
            answer.addProperty("error", cause.getClass().getSimpleName() + ": " + message);
        }
        answer.addProperty("currentEpoch", (long) Reflect.get(peer, "currentEpoch"));
        answer.addProperty("acceptedEpoch", (long) Reflect.get(peer, "acceptedEpoch"));
        for (String name : List.of("currentEpoch", "acceptedEpoch", "currentEpoch.tmp", "updatingEpoch")) {
            File file = new File(folder.files, name);
            if (file.exists()) answer.addProperty(name + " file", Files.readString(file.toPath()));
        }
        return answer;
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(new File(folder.files, name).toPath(), text);
    }
}
