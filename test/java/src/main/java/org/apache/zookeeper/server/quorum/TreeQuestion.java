package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.CreateSessionTxn;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * What a DataTree is after these transactions, with its log and its snapshot, and what FileTxnSnapLog#restore loads from a
 * data directory that zabsim wrote.
 */
final class TreeQuestion implements Question {
    private static final boolean HAS_DIGEST = Reflect.exists("org.apache.zookeeper.server.DigestCalculator");
    private static final boolean HAS_ENTRIES = Reflect.exists("org.apache.zookeeper.server.TxnLogEntry");
    private static final int DIGEST_VERSION = 2;

    private final File folder;

    TreeQuestion(File folder) {
        this.folder = folder;
        folder.mkdirs();
    }

    /** A tree and its sessions. */
    private static final class Database {
        final DataTree tree = new DataTree();
        final ConcurrentHashMap<Long, Integer> sessions = new ConcurrentHashMap<>();
    }

    /** A transaction that SerializeUtils reads. */
    private static final class Txn {
        final TxnHeader header;
        final Record body;

        Txn(byte[] entry) throws Exception {
            if (HAS_ENTRIES) {
                Object read = Reflect.call(new SerializeUtils(), "deserializeTxn", entry);
                header = Reflect.call(read, "getHeader");
                body = Reflect.call(read, "getTxn");
            } else {
                header = new TxnHeader();
                body = Reflect.call(new SerializeUtils(), "deserializeTxn", entry, header);
            }
        }
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        JsonObject answer = new JsonObject();
        answer.add("applied", apply(question.getAsJsonArray("entries"), question.get("reload").getAsInt()));
        if (question.has("folder")) answer.add("restored", restore(new File(question.get("folder").getAsString())));
        return answer;
    }

    private JsonObject apply(JsonArray entries, int reload) throws Exception {
        LogFiles.clear(folder);
        JsonObject answer = new JsonObject();
        JsonArray errors = new JsonArray();
        answer.add("errors", errors);
        FileTxnLog log = new FileTxnLog(folder);
        try {
            Database database = new Database();
            for (int i = 0; i < entries.size(); i++) {
                if (i == reload) database = reload(database);
                apply(database, Base64.getDecoder().decode(entries.get(i).getAsString()), log, errors);
            }
            describe(database, answer);
            File file = new File(folder, "snapshot." + Long.toHexString(database.tree.lastProcessedZxid));
            save(database, file);
            answer.addProperty("file", base64(Files.readAllBytes(file.toPath())));
        } catch (RuntimeException e) {
            answer.addProperty("exception", e.getClass().getSimpleName());
        } finally {
            log.close();
        }
        answer.add("log", logIn(folder));
        return answer;
    }

    /** FileTxnSnapLog#processTransaction, with the results, and FileTxnLog#append. */
    private static void apply(Database database, byte[] entry, FileTxnLog log, JsonArray errors) throws Exception {
        Txn txn = new Txn(entry);
        long session = txn.header.getClientId();
        if (txn.header.getType() == OpCode.createSession) {
            database.sessions.put(session, ((CreateSessionTxn) txn.body).getTimeOut());
        }
        if (txn.header.getType() == OpCode.closeSession) database.sessions.remove(session);
        errors.add(describe(database.tree.processTxn(txn.header, txn.body)));
        // DataTree#processTxn changes a multi that has an error.
        Txn logged = new Txn(entry);
        append(log, logged.header, logged.body, digestOf(database.tree));
        log.commit();
    }

    /** The code of the error and, for a multi, the codes of its transactions. */
    private static String describe(DataTree.ProcessTxnResult result) {
        StringBuilder text = new StringBuilder(String.valueOf(result.err));
        if (result.multiResult != null) {
            for (DataTree.ProcessTxnResult one : result.multiResult) text.append(' ').append(one.err);
        }
        return text.toString();
    }

    private static void append(FileTxnLog log, TxnHeader header, Record txn, long digest) throws Exception {
        if (!HAS_DIGEST) {
            Reflect.call(log, "append", header, txn);
            return;
        }
        Class<?> type = Class.forName("org.apache.zookeeper.txn.TxnDigest");
        // A server would read a digest after a closeSession without a body as its body.
        Object logged = txn == null ? null : Reflect.make(type, DIGEST_VERSION, digest);
        try {
            Reflect.call(log, "append", header, txn, logged);
        } catch (NoSuchMethodException e) {
            // 3.4.10 has no such constructor.
            Request request = Reflect.make(Request.class, 0L, 0, header.getType(), header, txn, header.getZxid());
            Reflect.call(request, "setTxnDigest", logged);
            Reflect.call(log, "append", request);
        }
    }

    private Database reload(Database database) throws Exception {
        File[] earlier = folder.listFiles((dir, name) -> name.startsWith("snapshot."));
        for (File file : earlier) Files.delete(file.toPath());
        save(database, new File(folder, "snapshot." + Long.toHexString(database.tree.lastProcessedZxid)));
        Database loaded = new Database();
        new FileSnap(folder).deserialize(loaded.tree, loaded.sessions);
        return loaded;
    }

    private void save(Database database, File file) throws Exception {
        FileSnap snap = new FileSnap(folder);
        try {
            Reflect.call(snap, "serialize", database.tree, database.sessions, file);
        } catch (NoSuchMethodException e) {
            Reflect.call(snap, "serialize", database.tree, database.sessions, file, false);
        }
    }

    private static JsonObject restore(File folder) throws Exception {
        JsonObject answer = new JsonObject();
        FileTxnSnapLog log = new FileTxnSnapLog(folder, folder);
        try {
            Database database = new Database();
            Class<?> type = FileTxnSnapLog.PlayBackListener.class;
            Object listener =
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> null);
            long zxid = log.restore(database.tree, database.sessions, (FileTxnSnapLog.PlayBackListener) listener);
            answer.addProperty("highest", Long.toHexString(zxid));
            describe(database, answer);
        } catch (RuntimeException e) {
            answer.addProperty("exception", e.getClass().getSimpleName());
        } finally {
            log.close();
        }
        return answer;
    }

    private static void describe(Database database, JsonObject answer) throws Exception {
        answer.addProperty("zxid", Long.toHexString(database.tree.lastProcessedZxid));
        answer.addProperty("nodes", database.tree.getNodeCount());
        answer.addProperty("digest", Long.toHexString(digestOf(database.tree)));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SerializeUtils.serializeSnapshot(database.tree, BinaryOutputArchive.getArchive(bytes), database.sessions);
        answer.addProperty("stream", base64(bytes.toByteArray()));
    }

    private static long digestOf(DataTree tree) throws Exception {
        if (!HAS_DIGEST) return 0;
        Long digest = Reflect.call(tree, "getTreeDigest");
        return digest;
    }

    /** The size and the content of the log file, up to its padding. */
    private static JsonObject logIn(File folder) throws Exception {
        JsonObject answer = new JsonObject();
        File[] files = folder.listFiles((dir, name) -> name.startsWith("log."));
        for (File file : files) {
            byte[] bytes = Files.readAllBytes(file.toPath());
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] == 0) end--;
            answer.addProperty("name", file.getName());
            answer.addProperty("size", bytes.length);
            answer.addProperty("content", base64(Arrays.copyOf(bytes, end)));
        }
        return answer;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
