package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The connection of a learner whose packets are known in advance. The connection ends when the sender thread has sent
 * everything that was queued for the learner.
 */
final class ScriptedSocket extends Socket {
    private static final int TIMEOUT_S = 10;

    private final Thread asker = Thread.currentThread();
    private final CountDownLatch sent = new CountDownLatch(1);
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final InputStream input;

    ScriptedSocket(byte[] packets) {
        input = new ByteArrayInputStream(packets) {
            @Override
            public synchronized int read(byte[] bytes, int offset, int length) {
                int count = super.read(bytes, offset, length);
                if (count < 0) awaitSender();
                return count;
            }
        };
    }

    /** Returns all bytes that the learner received. */
    byte[] received() {
        return output.toByteArray();
    }

    private void awaitSender() {
        try {
            if (!sent.await(TIMEOUT_S, TimeUnit.SECONDS)) throw new IllegalStateException("the sender sent nothing");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public InputStream getInputStream() {
        return input;
    }

    @Override
    public OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int one) {
                output.write(one);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                output.write(bytes, offset, length);
            }

            /** The sender thread flushes when its queue is empty (LearnerHandler#sendPackets). */
            @Override
            public void flush() throws IOException {
                if (Thread.currentThread() != asker) sent.countDown();
            }
        };
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }

    @Override
    public void setSoTimeout(int timeout) {}

    @Override
    public void close() {}
}
