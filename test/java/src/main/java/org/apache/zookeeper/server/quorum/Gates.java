package org.apache.zookeeper.server.quorum;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The points at which threads of a server wait for the script: before a disk operation completes, before committed
 * transactions are applied, and so on. A script holds kinds of gates. The others open one at a time, when no thread of
 * the server runs, so that the order of the threads is always the same.
 */
final class Gates {
    /**
     * Kinds of gates, in the order in which they open if several threads wait. ScriptServer says where each one is. The
     * first one is not a part of the answers: it only makes two threads alternate.
     */
    static final List<String> KINDS = List.of(
        "alternate", "resume", "truncate", "snapshot", "accepted", "current", "sync", "newleader", "serialize",
        "apply");

    /** Ends a thread of a server whose script has ended. */
    static final class Ended extends Error {
        private static final long serialVersionUID = 1;

        Ended() {
            super("the script has ended", null, false, false);
        }
    }

    private static final class Waiter {
        final String kind;
        final long key;
        final Thread thread = Thread.currentThread();
        boolean open;

        Waiter(String kind, long key) {
            this.kind = kind;
            this.key = key;
        }
    }

    private final List<Waiter> waiters = new ArrayList<>();
    private final Set<String> held = new HashSet<>();
    private boolean ended;

    /** Waits until the gate opens. `key` tells apart gates of one kind. */
    synchronized void pass(String kind, long key) {
        Waiter waiter = new Waiter(kind, key);
        waiters.add(waiter);
        boolean interrupted = false;
        while (!waiter.open && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        waiters.remove(waiter);
        if (ended) throw new Ended();
        if (interrupted) Thread.currentThread().interrupt();
    }

    /** Waits only if the script holds this kind. */
    void passIfHeld(String kind, long key) {
        if (isHeld(kind)) pass(kind, key);
    }

    private synchronized boolean isHeld(String kind) {
        return held.contains(kind);
    }

    synchronized boolean isWaiting(String kind) {
        return waiters.stream().anyMatch(waiter -> waiter.kind.equals(kind) && !waiter.open);
    }

    synchronized void hold(String kind) {
        held.add(kind);
    }

    synchronized void free(String kind) {
        held.remove(kind);
    }

    /** Opens the gate that is next in order and not held. Returns whether there was one. */
    synchronized boolean openNext() {
        for (String kind : KINDS) if (!held.contains(kind) && open(kind)) return true;
        return false;
    }

    /** Opens the gate of this kind with the smallest key. Returns whether there was one. */
    synchronized boolean open(String kind) {
        Waiter first = null;
        for (Waiter waiter : waiters) {
            if (waiter.kind.equals(kind) && (first == null || waiter.key < first.key)) first = waiter;
        }
        if (first == null) return false;
        first.open = true;
        notifyAll();
        return true;
    }

    /** Returns whether a gate is open that its thread has not left yet. */
    synchronized boolean isOpening() {
        return waiters.stream().anyMatch(waiter -> waiter.open);
    }

    synchronized boolean holds(Thread thread) {
        return waiters.stream().anyMatch(waiter -> waiter.thread == thread);
    }

    /** Returns the kinds of the gates at which threads wait, in the order of KINDS. */
    synchronized List<String> waiting() {
        List<String> kinds = new ArrayList<>();
        for (String kind : KINDS) {
            for (Waiter waiter : waiters) if (waiter.kind.equals(kind)) kinds.add(kind);
        }
        return kinds;
    }

    /** Ends all threads that wait now or later. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }
}
