package org.apache.zookeeper.server.quorum;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.admin.ZooKeeperAdmin;

/** A client with a session at one server of an ensemble. Each session starts with a transaction. */
final class EnsembleClient implements AutoCloseable {
    /** The result of a request that is not committed in time. */
    static final String OUTSTANDING = "outstanding";
    private static final int SESSION_MS = 40_000;
    private static final int REQUEST_MS_MAX = 4000;

    private final CountDownLatch connected = new CountDownLatch(1);
    private final EnsembleServer server;
    private final ZooKeeperAdmin client;
    private boolean isOutstanding;

    EnsembleClient(EnsembleServer server) throws Exception {
        this.server = server;
        client = new ZooKeeperAdmin("127.0.0.1:" + server.clientPort, SESSION_MS, event -> {
            if (event.getState() == KeeperState.SyncConnected) connected.countDown();
        });
    }

    /** Creates nodes with this number of bytes, until one fails. Returns ok, the refusal, or OUTSTANDING. */
    String write(int count, int bytes) throws Exception {
        if (!hasSession()) return OUTSTANDING;
        String result = "ok";
        for (int i = 0; i < count && result.equals("ok"); i++) {
            CompletableFuture<Integer> code = new CompletableFuture<>();
            client.create("/write-", new byte[bytes], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL,
                (reply, path, context, name) -> code.complete(reply), null);
            result = resultOf(code);
        }
        return result;
    }

    /** Requests a reconfiguration. Returns ok, the refusal, or OUTSTANDING. */
    String reconfigure(String joining, String leaving, String members, long from) throws Exception {
        CompletableFuture<Integer> code = new CompletableFuture<>();
        if (!hasSession()) return OUTSTANDING;
        client.reconfigure(joining, leaving, members, from,
            (result, path, context, data, stat) -> code.complete(result), null);
        return resultOf(code);
    }

    /** Returns the configuration that the server has in its database, or the refusal. Returns null without a session. */
    String config() throws Exception {
        CompletableFuture<Integer> code = new CompletableFuture<>();
        CompletableFuture<byte[]> data = new CompletableFuture<>();
        if (!hasSession()) return null;
        client.getConfig(false, (result, path, context, bytes, stat) -> {
            data.complete(bytes);
            code.complete(result);
        }, null);
        String result = resultOf(code);
        return result.equals("ok") ? server.text(new String(data.get(), StandardCharsets.UTF_8)) : result;
    }

    /** Returns how many nodes of {@link #write} the server has, or the refusal. Returns null without a session. */
    String writes() throws Exception {
        CompletableFuture<Integer> code = new CompletableFuture<>();
        CompletableFuture<List<String>> names = new CompletableFuture<>();
        if (!hasSession()) return null;
        client.getChildren("/", false, (result, path, context, children) -> {
            names.complete(children);
            code.complete(result);
        }, null);
        String result = resultOf(code);
        if (!result.equals("ok")) return result;
        return String.valueOf(names.get().stream().filter(name -> name.startsWith("write-")).count());
    }

    /** Waits for the session. Returns whether it has started. */
    boolean hasSession() throws InterruptedException {
        isOutstanding = !connected.await(REQUEST_MS_MAX, TimeUnit.MILLISECONDS);
        return !isOutstanding;
    }

    private String resultOf(CompletableFuture<Integer> reply) throws Exception {
        try {
            KeeperException.Code code = KeeperException.Code.get(reply.get(REQUEST_MS_MAX, TimeUnit.MILLISECONDS));
            if (code == KeeperException.Code.OK) return "ok";
            return KeeperException.create(code).getClass().getSimpleName().replaceFirst("Exception$", "");
        } catch (TimeoutException e) {
            isOutstanding = true;
            return OUTSTANDING;
        }
    }

    @Override
    public void close() throws InterruptedException {
        if (isOutstanding) abandon();
        else client.close();
    }

    /** Ends the session in another thread, because the end waits until it is committed. */
    void abandon() {
        Thread thread = new Thread(() -> {
            try {
                client.close();
            } catch (InterruptedException e) {
                // The session expires.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}
