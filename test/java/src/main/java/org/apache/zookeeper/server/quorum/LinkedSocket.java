package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOptions;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.util.Arrays;

/**
 * The end of a TCP connection at which it was opened. The connection is a real one. While {@link Links} holds a
 * direction, this end keeps the bytes that it sends, or does not deliver those that it has received.
 */
final class LinkedSocket extends SocketImpl {
    /** A server whose peer reads nothing soon waits. */
    private static final int RECEIVE_BUFFER = 64 * 1024;

    private Socket socket;
    /** Null if the connection is not one between two servers. */
    private Links.Ends ends;
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private byte[] received = {};
    private long receivedBytes;
    /** How many packets this end may still send. A server writes each packet with one call. */
    private int packetsLeft = Integer.MAX_VALUE;
    private boolean isClosed;

    @Override
    protected void create(boolean stream) throws IOException {
        socket = SocketChannel.open().socket();
    }

    @Override
    protected void connect(String host, int port) throws IOException {
        connect(new InetSocketAddress(host, port), 0);
    }

    @Override
    protected void connect(InetAddress address, int port) throws IOException {
        connect(new InetSocketAddress(address, port), 0);
    }

    @Override
    protected void connect(SocketAddress address, int timeout) throws IOException {
        InetSocketAddress to = (InetSocketAddress) address;
        ends = Links.endsOf(to);
        if (ends != null && (isHeldOut() || isHeldIn())) throw new ConnectException("the link is cut");
        if (ends != null) socket.setReceiveBufferSize(RECEIVE_BUFFER);
        socket.connect(to, timeout);
        this.address = to.getAddress();
        this.port = to.getPort();
        this.localport = socket.getLocalPort();
        if (ends == null) return;
        packetsLeft = ends.links().packetsBeforeHold(ends, port);
        ends.links().opened(this, ends, port);
    }

    @Override
    protected InputStream getInputStream() throws IOException {
        InputStream in = socket.getInputStream();
        return ends == null ? in : new LinkedInput(in);
    }

    @Override
    protected OutputStream getOutputStream() throws IOException {
        OutputStream out = socket.getOutputStream();
        return ends == null ? out : new LinkedOutput(out);
    }

    /** Sends the bytes that wait, unless the direction is held. */
    void sendWaiting() throws IOException {
        synchronized (waiting) {
            if (isHeldOut() || isClosed || packetsLeft == 0 || waiting.size() == 0) return;
            byte[] bytes = waiting.toByteArray();
            waiting.reset();
            try {
                socket.getOutputStream().write(bytes);
            } catch (IOException e) {
                // The other end has closed the connection. The next read says so.
            }
        }
    }

    /** Ends the connection for both servers. The bytes that wait are lost. */
    void end() throws IOException {
        close();
    }

    @Override
    protected void close() throws IOException {
        isClosed = true;
        socket.close();
        if (ends != null) ends.links().closed(this);
    }

    private boolean isHeldOut() {
        return ends.links().isHeld(ends.from(), ends.to());
    }

    private boolean isHeldIn() {
        return ends.links().isHeld(ends.to(), ends.from());
    }

    private final class LinkedOutput extends OutputStream {
        private final OutputStream out;

        LinkedOutput(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            synchronized (waiting) {
                if (isHeldOut() || packetsLeft == 0) {
                    waiting.write(bytes, start, length);
                    return;
                }
                sendWaiting();
                packetsLeft--;
            }
            out.write(bytes, start, length);
        }

        @Override
        public void close() throws IOException {
            LinkedSocket.this.close();
        }
    }

    private final class LinkedInput extends InputStream {
        private final InputStream in;

        LinkedInput(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int start, int length) throws IOException {
            if (length == 0) return 0;
            long started = System.nanoTime();
            boolean isAtEnd = false;
            if (received.length == 0) {
                byte[] buffer = new byte[length];
                int count = in.read(buffer, 0, length);
                isAtEnd = count < 0;
                received = isAtEnd ? new byte[0] : Arrays.copyOf(buffer, count);
                receivedBytes += received.length;
                ends.links().received(LinkedSocket.this, ends, receivedBytes);
            }
            awaitFree(started);
            if (isAtEnd) return -1;
            int count = Math.min(length, received.length);
            System.arraycopy(received, 0, bytes, start, count);
            received = Arrays.copyOfRange(received, count, received.length);
            return count;
        }

        private void awaitFree(long started) throws IOException {
            long timeoutNs = socket.getSoTimeout() * 1_000_000L;
            synchronized (ends.links()) {
                while (isHeldIn()) {
                    if (isClosed) throw new SocketException("closed");
                    long left = timeoutNs == 0 ? Long.MAX_VALUE : started + timeoutNs - System.nanoTime();
                    if (left <= 0) throw new SocketTimeoutException("the link is cut");
                    try {
                        ends.links().wait(Math.max(1, Math.min(left / 1_000_000, 1000)));
                    } catch (InterruptedException e) {
                        throw new java.io.InterruptedIOException();
                    }
                }
            }
        }

        @Override
        public int available() throws IOException {
            return isHeldIn() ? 0 : received.length + in.available();
        }

        @Override
        public void close() throws IOException {
            LinkedSocket.this.close();
        }
    }

    // ---- the other methods do what the real connection does

    @Override
    protected void bind(InetAddress host, int port) throws IOException {
        socket.bind(new InetSocketAddress(host, port));
    }

    @Override
    protected void listen(int backlog) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void accept(SocketImpl s) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected int available() throws IOException {
        return getInputStream().available();
    }

    @Override
    protected void shutdownInput() throws IOException {
        socket.shutdownInput();
    }

    @Override
    protected void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    protected void sendUrgentData(int data) throws IOException {
        socket.sendUrgentData(data);
    }

    @Override
    public void setOption(int option, Object value) throws SocketException {
        switch (option) {
            case SocketOptions.SO_TIMEOUT: socket.setSoTimeout((Integer) value); break;
            case SocketOptions.TCP_NODELAY: socket.setTcpNoDelay((Boolean) value); break;
            case SocketOptions.SO_KEEPALIVE: socket.setKeepAlive((Boolean) value); break;
            case SocketOptions.SO_REUSEADDR: socket.setReuseAddress((Boolean) value); break;
            case SocketOptions.SO_SNDBUF: socket.setSendBufferSize((Integer) value); break;
            case SocketOptions.SO_RCVBUF: socket.setReceiveBufferSize((Integer) value); break;
            case SocketOptions.SO_LINGER:
                socket.setSoLinger(value instanceof Integer, value instanceof Integer ? (Integer) value : 0);
                break;
            default: throw new SocketException("option " + option);
        }
    }

    @Override
    public Object getOption(int option) throws SocketException {
        switch (option) {
            case SocketOptions.SO_TIMEOUT: return socket.getSoTimeout();
            case SocketOptions.TCP_NODELAY: return socket.getTcpNoDelay();
            case SocketOptions.SO_KEEPALIVE: return socket.getKeepAlive();
            case SocketOptions.SO_REUSEADDR: return socket.getReuseAddress();
            case SocketOptions.SO_SNDBUF: return socket.getSendBufferSize();
            case SocketOptions.SO_RCVBUF: return socket.getReceiveBufferSize();
            case SocketOptions.SO_LINGER: return socket.getSoLinger();
            case SocketOptions.SO_BINDADDR: return socket.getLocalAddress();
            default: throw new SocketException("option " + option);
        }
    }
}
