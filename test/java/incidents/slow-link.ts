/** A proxy of one TCP port that limits how fast its server's bytes reach the client. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const RETRY_MS = 50;
const RETRIES_MAX = 100;

export class SlowLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private isOpen = true;

  private constructor(server: Server) {
    this.server = server;
  }

  get port(): number {
    return (this.server.address() as { readonly port: number }).port;
  }

  /** Opens a port of 127.0.0.1 that leads to `target`. */
  static async open(target: number, bytesPerSecond: number): Promise<SlowLink> {
    const server = createServer();
    const link = new SlowLink(server);
    server.on("connection", (client) => void link.join(client, target, bytesPerSecond));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  close(): void {
    this.isOpen = false;
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async join(client: Socket, target: number, bytesPerSecond: number): Promise<void> {
    this.track(client);
    const server = await this.connected(target);
    if (server === undefined) {
      client.destroy();
      return;
    }
    this.track(server);
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    client.pipe(server);
    server.on("data", (data) => {
      client.write(data);
      server.pause();
      setTimeout(() => server.resume(), Math.max(1, (1000 * data.length) / bytesPerSecond));
    });
  }

  /**
   * Connects to the port, and tries again while no process listens there: a learner that connects to the proxy cannot
   * see that its leader does not listen yet, as it would without the proxy.
   */
  private async connected(port: number): Promise<Socket | undefined> {
    for (let i = 0; i < RETRIES_MAX && this.isOpen; i++) {
      const socket = connect({ host: "127.0.0.1", port });
      const isConnected = await new Promise<boolean>((resolve) => {
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      });
      if (isConnected) return socket;
      await sleep(RETRY_MS);
    }
    return undefined;
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }
}
