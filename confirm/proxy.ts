/**
 * The connections between real servers. Each one goes through this process, which decodes its messages and passes on
 * only what `Traffic` lets pass. A connection to a server that does not listen is refused, as without a proxy.
 */
import { connect, createServer, type Socket } from "node:net";
import { SNAP } from "../protocol/index.ts";
import {
  ElectionStreamDecoder,
  encodeHello,
  encodeNotification,
  encodeQuorumPacket,
  frameNotification,
  type QuorumPacket,
  QuorumStreamDecoder,
  type WireNotification,
  type WireRules,
} from "../wire/index.ts";

/** The port of a server to which a connection goes. */
export type ProxiedPort = "quorum" | "election";

/** A message that waits at the proxy. */
export interface WaitingMessage {
  readonly connection: ProxiedConnection;
  readonly from: number;
  readonly to: number;
  /** The packet of a quorum port. */
  readonly packet?: QuorumPacket;
  /** The notification of an election port. */
  readonly notification?: WireNotification;
  /** The bytes to pass on. A SNAP packet has the stream after it. */
  readonly bytes: Uint8Array[];
  /** Whether all bytes have arrived. */
  isComplete: boolean;
}

/** One direction of a connection. */
export interface Direction {
  readonly from: number;
  readonly to: number;
  /** The messages that wait, oldest first. */
  readonly waiting: WaitingMessage[];
  /** Whether the sender has ended its side. */
  isEnded: boolean;
}

/** What happens to connections. */
export interface Traffic {
  /** Messages have arrived, or a side has ended. */
  changed(connection: ProxiedConnection): void;
}

/** One connection between two servers. */
export class ProxiedConnection {
  readonly port: ProxiedPort;
  /** The server that has connected, and the one that listens. */
  readonly client: number;
  readonly listener: number;
  readonly toListener: Direction;
  readonly toClient: Direction;
  /** The connection of the simulated run that this one stands for. */
  simulated: number | undefined;
  private readonly upstream: Socket;
  private downstream: Socket | undefined;

  constructor(port: ProxiedPort, client: number, listener: number, upstream: Socket) {
    this.port = port;
    this.client = client;
    this.listener = listener;
    this.upstream = upstream;
    this.toListener = { from: client, to: listener, waiting: [], isEnded: false };
    this.toClient = { from: listener, to: client, waiting: [], isEnded: false };
  }

  /** Whether both sockets are closed. */
  get isClosed(): boolean {
    return this.upstream.destroyed && (this.downstream?.destroyed ?? false);
  }

  /** Connects both sides. */
  open(downstream: Socket, rules: WireRules, traffic: Traffic): void {
    this.downstream = downstream;
    for (const [socket, direction] of [
      [downstream, this.toListener],
      [this.upstream, this.toClient],
    ] as const) {
      const decode =
        this.port === "quorum" ? this.quorumDecoder(direction, rules) : this.electionDecoder(direction, rules);
      socket.setNoDelay(true);
      socket.on("data", (chunk: Buffer) => {
        decode(new Uint8Array(chunk));
        traffic.changed(this);
      });
      const ended = (): void => {
        direction.isEnded = true;
        traffic.changed(this);
      };
      socket.on("end", ended);
      socket.on("close", ended);
      socket.on("error", () => undefined);
    }
    this.upstream.resume();
  }

  private quorumDecoder(direction: Direction, { maxBytes }: WireRules): (chunk: Uint8Array) => void {
    const { from, to, waiting } = direction;
    const decoder = new QuorumStreamDecoder(direction === this.toClient ? "leader" : "learner", { maxBytes });
    let snap: WaitingMessage | undefined;
    return (chunk) => {
      for (const event of decoder.push(chunk)) {
        if (event.kind === "packet") {
          const isSnap = direction === this.toClient && event.packet.type === SNAP;
          const bytes = [encodeQuorumPacket(event.packet)];
          const message = { connection: this, from, to, packet: event.packet, bytes, isComplete: !isSnap };
          if (isSnap) snap = message;
          waiting.push(message);
        } else if (event.kind === "snapshot-part") snap?.bytes.push(event.bytes);
        else if (event.kind === "snapshot" && snap !== undefined) snap.isComplete = true;
        else if (event.kind === "malformed")
          waiting.push({ connection: this, from, to, bytes: [chunk], isComplete: true });
      }
    };
  }

  private electionDecoder(direction: Direction, rules: WireRules): (chunk: Uint8Array) => void {
    const { from, to, waiting } = direction;
    const decoder = new ElectionStreamDecoder(rules, { startsWithHello: direction === this.toListener });
    return (chunk) => {
      for (const event of decoder.push(chunk)) {
        const base = { connection: this, from, to, isComplete: true };
        if (event.kind === "hello") waiting.push({ ...base, bytes: [encodeHello(event.hello)] });
        else if (event.kind === "notification") {
          const { notification } = event;
          waiting.push({ ...base, notification, bytes: [frameNotification(encodeNotification(notification))] });
        } else if (event.kind === "dropped") waiting.push({ ...base, bytes: [frameNotification(event.bytes)] });
        else waiting.push({ ...base, bytes: [chunk] });
      }
    };
  }

  /** Passes on the first message of a direction. */
  pass(direction: Direction): void {
    const message = direction.waiting.shift();
    const socket = this.receiver(direction);
    if (message === undefined || socket === undefined || socket.destroyed) return;
    for (const bytes of message.bytes) socket.write(bytes);
  }

  /** Passes on the end of a direction. */
  end(direction: Direction): void {
    this.receiver(direction)?.end();
  }

  /** Closes the end of one server. */
  closeAt(server: number): void {
    const socket = server === this.listener ? this.upstream : this.downstream;
    socket?.end();
    setTimeout(() => socket?.destroy(), 50).unref();
  }

  /** Closes both ends. */
  destroy(): void {
    this.upstream.destroy();
    this.downstream?.destroy();
  }

  private receiver(direction: Direction): Socket | undefined {
    return direction === this.toListener ? this.upstream : this.downstream;
  }
}

const ACCEPT_MS_MAX = 10_000;

/**
 * Connects to a server in the name of another one. Resolves to the local port to which the caller redirects the
 * connect, and to undefined if the server refuses.
 */
export function openProxied(
  target: { readonly host: string; readonly port: number },
  ends: { readonly port: ProxiedPort; readonly client: number; readonly listener: number },
  rules: WireRules,
  traffic: Traffic,
): Promise<{ readonly port: number; readonly connection: ProxiedConnection } | undefined> {
  return new Promise((resolve) => {
    const upstream = connect({ host: target.host, port: target.port });
    upstream.on("error", () => resolve(undefined));
    upstream.once("connect", () => {
      upstream.pause();
      const connection = new ProxiedConnection(ends.port, ends.client, ends.listener, upstream);
      const server = createServer((downstream) => {
        server.close();
        clearTimeout(timer);
        connection.open(downstream, rules, traffic);
      });
      const timer = setTimeout(() => {
        server.close();
        upstream.destroy();
      }, ACCEPT_MS_MAX);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve({ port: typeof address === "object" && address !== null ? address.port : 0, connection });
      });
    });
  });
}
