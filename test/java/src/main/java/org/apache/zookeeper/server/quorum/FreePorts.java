package org.apache.zookeeper.server.quorum;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * Free ports of the loopback interface, below those that the kernel gives to outgoing connections. Programs that run at
 * the same time use different blocks of ports: a server whose port is in use exits, and its program with it.
 */
final class FreePorts {
    private static final int FIRST_PORT = 15_000;
    private static final int BLOCKS = 8;
    private static final int BLOCK_PORTS = 2_000;

    /** Listens on the first port of the block of this program until the program ends. */
    private static ServerSocket block;
    private static int used;

    private FreePorts() {}

    /** Returns a free port. No two calls return the same. */
    static synchronized int next() {
        if (block == null) block = freeBlock();
        while (++used < BLOCK_PORTS) {
            try (ServerSocket socket = listen(block.getLocalPort() + used)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // A program that knows nothing of the blocks uses the port.
            }
        }
        throw new IllegalStateException("all " + BLOCK_PORTS + " ports of this program have been used");
    }

    private static ServerSocket freeBlock() {
        for (int i = 0; i < BLOCKS; i++) {
            try {
                return listen(FIRST_PORT + i * BLOCK_PORTS);
            } catch (IOException e) {
                // Another program uses the block.
            }
        }
        throw new IllegalStateException("all " + BLOCKS + " blocks of ports are in use");
    }

    private static ServerSocket listen(int port) throws IOException {
        return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    }
}
