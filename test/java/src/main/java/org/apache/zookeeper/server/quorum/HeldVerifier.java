package org.apache.zookeeper.server.quorum;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.quorum.flexible.QuorumMaj;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/** A configuration that holds a LearnerHandler between reading its text and queuing NEWLEADER with it. */
final class HeldVerifier extends QuorumMaj {
    private static final int SECONDS_MAX = 15;

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    HeldVerifier(QuorumVerifier config) {
        super(config.getAllMembers());
        setVersion(config.getVersion());
    }

    @Override
    public String toString() {
        String text = super.toString();
        if (!(Thread.currentThread() instanceof LearnerHandler)) return text;
        reached.countDown();
        await(released);
        return text;
    }

    void awaitHandler() {
        await(reached);
    }

    void release() {
        released.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
