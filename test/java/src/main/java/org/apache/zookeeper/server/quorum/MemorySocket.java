package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.util.function.Consumer;

/**
 * A TCP connection in memory between a server under test and its scripted peer. Every `new Socket()` of this program is
 * one end of such a connection; the script has the other end. A thread that reads from it is known to wait.
 */
final class MemorySocket extends SocketImpl {
    /** Receives each connection that is opened; null refuses connections. */
    static volatile Consumer<MemorySocket> acceptor;

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private byte[] unread = new byte[0];
    private boolean isClosed;
    private boolean isClosedByPeer;
    private boolean isReading;
    private boolean isWoken;

    /** Makes every `new Socket()` a connection in memory. May be called once. */
    @SuppressWarnings("deprecation")
    static void install() throws IOException {
        java.net.Socket.setSocketImplFactory(MemorySocket::new);
    }

    // ---- the end of the script

    /** Sends bytes to the server. */
    synchronized void deliver(byte[] bytes) {
        byte[] all = new byte[unread.length + bytes.length];
        System.arraycopy(unread, 0, all, 0, unread.length);
        System.arraycopy(bytes, 0, all, unread.length, bytes.length);
        unread = all;
        wake();
    }

    synchronized void closeByPeer() {
        isClosedByPeer = true;
        wake();
    }

    /** Returns all bytes that the server has sent. */
    synchronized byte[] sent() {
        return sent.toByteArray();
    }

    synchronized boolean isClosedByPeer() {
        return isClosedByPeer;
    }

    synchronized boolean isClosed() {
        return isClosed;
    }

    /** Returns whether bytes or a close have arrived for a thread that has not noticed yet. */
    synchronized boolean isWaking() {
        return isWoken;
    }

    private void wake() {
        isWoken = isReading;
        notifyAll();
    }

    // ---- the end of the server

    private synchronized int read(byte[] bytes, int offset, int length) throws IOException {
        isReading = true;
        try {
            while (unread.length == 0) {
                isWoken = false;
                if (isClosed) throw new SocketException("Socket closed");
                if (isClosedByPeer) return -1;
                try {
                    wait();
                } catch (InterruptedException e) {
                    // A read from a socket cannot be interrupted.
                    Thread.currentThread().interrupt();
                    if (isClosed || isClosedByPeer) continue;
                    throw new SocketException("interrupted");
                }
            }
            int count = Math.min(length, unread.length);
            System.arraycopy(unread, 0, bytes, offset, count);
            byte[] rest = new byte[unread.length - count];
            System.arraycopy(unread, count, rest, 0, rest.length);
            unread = rest;
            return count;
        } finally {
            isReading = false;
            isWoken = false;
        }
    }

    private synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (isClosed) throw new SocketException("Socket closed");
        // After a close by the peer, TCP still accepts bytes.
        if (!isClosedByPeer) sent.write(bytes, offset, length);
    }

    @Override
    protected InputStream getInputStream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return MemorySocket.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return length == 0 ? 0 : MemorySocket.this.read(bytes, offset, length);
            }
        };
    }

    @Override
    protected OutputStream getOutputStream() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                MemorySocket.this.write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                MemorySocket.this.write(bytes, offset, length);
            }
        };
    }

    @Override
    protected void connect(SocketAddress to, int timeout) throws IOException {
        Consumer<MemorySocket> listener = acceptor;
        if (listener == null) throw new ConnectException("Connection refused");
        address = InetAddress.getLoopbackAddress();
        port = Math.max(1, ((InetSocketAddress) to).getPort());
        localport = 1;
        listener.accept(this);
    }

    @Override
    protected void connect(String host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(InetAddress to, int port) throws IOException {
        connect(new InetSocketAddress(to, port), 0);
    }

    @Override
    protected synchronized void close() {
        isClosed = true;
        wake();
    }

    @Override
    protected synchronized int available() {
        return unread.length;
    }

    @Override
    protected void create(boolean stream) {}

    @Override
    protected void bind(InetAddress host, int port) {}

    @Override
    protected void listen(int backlog) {}

    @Override
    protected void accept(SocketImpl socket) {
        throw new UnsupportedOperationException("accept");
    }

    @Override
    protected void shutdownInput() {}

    @Override
    protected void shutdownOutput() {}

    @Override
    protected void sendUrgentData(int data) {}

    @Override
    public void setOption(int option, Object value) {}

    @Override
    public Object getOption(int option) {
        return 0;
    }
}
