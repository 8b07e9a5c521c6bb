package org.apache.zookeeper.server.quorum;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.zookeeper.server.SyncRequestProcessor;

/**
 * Waits until every thread of a server waits, either for the script or for a time that is longer than a script. The
 * state of a Java thread changes only some time after another thread has woken it, so a thread counts as running if
 * what it waits for has happened.
 */
final class Quiet {
    private static final long TIMEOUT_NS = 10_000_000_000L;
    private static final long PAUSE_NS = 100_000;
    /** The number of times in a row that no thread must run. */
    private static final int TIMES = 2;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final ScriptServer server;
    /** Threads with larger ids belong to the server. */
    private final long lastOtherThread;

    Quiet(ScriptServer server, long lastOtherThread) {
        this.server = server;
        this.lastOtherThread = lastOtherThread;
    }

    /** Returns an id that is larger than those of all threads so far, and smaller than those of later threads. */
    static long mark() {
        return new Thread().getId();
    }

    /** Throws an exception if a thread still runs after ten seconds. */
    void await() throws Exception {
        long start = System.nanoTime();
        String running = "";
        for (int times = 0; times < TIMES; ) {
            running = running();
            times = running == null ? times + 1 : 0;
            if (System.nanoTime() - start > TIMEOUT_NS) throw new IllegalStateException("still running: " + running);
            if (times < TIMES) LockSupport.parkNanos(PAUSE_NS);
        }
    }

    /** Returns a text about a thread that runs; null if there is none. */
    private String running() throws Exception {
        if (server.gates.isOpening()) return "a gate";
        for (MemorySocket socket : server.connections.values()) if (socket.isWaking()) return "a connection";
        boolean hasLogThread = false;
        Thread[] threads = new Thread[Thread.activeCount() + 20];
        int count = Thread.enumerate(threads);
        for (int i = 0; i < count; i++) {
            if (!isOfServer(threads[i])) continue;
            if (threads[i] instanceof SyncRequestProcessor) hasLogThread = true;
        }
        for (int i = 0; i < count; i++) {
            if (isOfServer(threads[i]) && isRunning(threads[i], hasLogThread)) {
                return threads[i].getName() + " " + Arrays.toString(threads[i].getStackTrace());
            }
        }
        return null;
    }

    private boolean isOfServer(Thread thread) {
        return thread != null && thread.getId() > lastOtherThread && thread.isAlive();
    }

    private boolean isRunning(Thread thread, boolean hasLogThread) throws Exception {
        if (server.gates.holds(thread)) return false;
        switch (thread.getState()) {
            case NEW:
            case TERMINATED:
                return false;
            case RUNNABLE:
                return !accepts(thread);
            case BLOCKED:
                ThreadInfo info = THREADS.getThreadInfo(thread.getId());
                return info != null && info.getLockOwnerId() < 0;
            default:
                return hasWork(thread) || isWoken(thread, hasLogThread);
        }
    }

    /** A thread that accepts connections from the network waits forever. */
    private static boolean accepts(Thread thread) {
        StackTraceElement[] stack = thread.getStackTrace();
        return stack.length > 0
            && stack[0].getClassName().equals("sun.nio.ch.Net")
            && List.of("accept", "poll").contains(stack[0].getMethodName());
    }

    /** Returns whether a thread that waits for its queue has something in it. */
    private boolean hasWork(Thread thread) throws Exception {
        if (thread instanceof SyncRequestProcessor) return !isEmpty(thread, "queuedRequests");
        if (thread instanceof CommitProcessor) return !isEmpty(thread, "committedRequests");
        if (!(thread instanceof LearnerHandler)) return false;
        return ((ScriptServer.HandlerQueue) ((LearnerHandler) thread).queuedPackets).hasWork();
    }

    private static boolean isEmpty(Object object, String queue) throws Exception {
        Collection<?> elements = Reflect.get(object, queue);
        return elements.isEmpty();
    }

    /** Returns whether a thread waits for something that has happened. */
    private boolean isWoken(Thread thread, boolean hasLogThread) throws Exception {
        for (StackTraceElement frame : thread.getStackTrace()) {
            Leader leader = server.peer.leader;
            switch (frame.getMethodName()) {
                case "connectToLeader":
                    return true;
                case "getEpochToPropose":
                    // The thread that completes the quorum first writes acceptedEpoch, and then notifies the others.
                    if (server.gates.isWaiting("accepted")) return false;
                    return leader == null || !Reflect.<Boolean>get(leader, "waitingForNewEpoch");
                case "waitForEpochAck":
                    return leader == null || Reflect.<Boolean>get(leader, "electionFinished");
                case "waitForNewLeaderAck":
                    return leader == null || Reflect.<Boolean>get(leader, "quorumFormed");
                case "waitForStartup":
                    return leader == null || ScriptServer.isRunning(leader.zk);
                case "join":
                    if (frame.getClassName().equals("java.lang.Thread")) return !hasLogThread;
                    break;
                default:
                    break;
            }
        }
        return false;
    }
}
