package org.apache.zookeeper.server.quorum;

import java.security.Permission;
import java.util.function.IntConsumer;

/** Catches System#exit, which the servers under test call to end their process. */
@SuppressWarnings({"deprecation", "removal"})
final class ExitTrap extends SecurityManager {
    private final IntConsumer onExit;

    private ExitTrap(IntConsumer onExit) {
        this.onExit = onExit;
    }

    /** Calls `onExit` with the exit code, in the thread that calls System#exit. Needs -Djava.security.manager=allow. */
    static void install(IntConsumer onExit) {
        System.setSecurityManager(new ExitTrap(onExit));
    }

    @Override
    public void checkExit(int code) {
        // Runtime#halt ends this program itself.
        for (StackTraceElement frame : Thread.currentThread().getStackTrace()) {
            if (frame.getMethodName().equals("halt")) return;
        }
        onExit.accept(code);
    }

    @Override
    public void checkPermission(Permission permission) {}
}
