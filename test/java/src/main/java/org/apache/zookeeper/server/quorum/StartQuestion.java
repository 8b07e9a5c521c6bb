package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * What a server loads from a data directory, or the exception with which it exits (QuorumPeer#loadDataBase). The
 * question names the directory, which is deleted afterwards.
 */
final class StartQuestion implements Question {
    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        File folder = new File(question.get("folder").getAsString());
        JsonObject answer = new JsonObject();
        try {
            start(folder, answer);
        } catch (Exception e) {
            answer = new JsonObject();
            answer.addProperty("error", text(e));
        } finally {
            delete(folder.toPath());
        }
        return answer;
    }

    private static void start(File folder, JsonObject answer) throws Exception {
        FileTxnSnapLog log = new FileTxnSnapLog(folder, folder);
        try {
            QuorumPeer peer = QuorumPeer.testingQuorumPeer();
            peer.setTxnFactory(log);
            ZKDatabase database = new ZKDatabase(log);
            Reflect.set(peer, "zkDb", database);
            Reflect.call(peer, "loadDataBase");
            answer.addProperty("zxid", String.valueOf(database.getDataTreeLastProcessedZxid()));
            answer.addProperty("currentEpoch", (long) Reflect.get(peer, "currentEpoch"));
            answer.addProperty("acceptedEpoch", (long) Reflect.get(peer, "acceptedEpoch"));
        } finally {
            log.close();
        }
    }

    /** An IOException is the cause of the exception with which QuorumPeer ends. */
    private static String text(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }

    private static void delete(Path folder) throws Exception {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) Files.delete(path);
        }
    }
}
