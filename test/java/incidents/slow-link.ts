/** A proxy of one TCP port that limits how fast its server's bytes reach the client. */
import { connect, createServer, type Server, type Socket } from "node:net";

export class SlowLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
  }

  get port(): number {
    return (this.server.address() as { readonly port: number }).port;
  }

  /** Opens a port of 127.0.0.1 that leads to `target`. */
  static async open(target: number, bytesPerSecond: number): Promise<SlowLink> {
    const server = createServer({ allowHalfOpen: false });
    const link = new SlowLink(server);
    server.on("connection", (client) =>
      link.join(client, connect({ host: "127.0.0.1", port: target }), bytesPerSecond),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(client: Socket, server: Socket, bytesPerSecond: number): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(server);
    server.on("data", (data) => {
      client.write(data);
      server.pause();
      setTimeout(() => server.resume(), Math.max(1, (1000 * data.length) / bytesPerSecond));
    });
  }
}
