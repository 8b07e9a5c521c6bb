/**
 * One connection between two real servers that goes through this process. It reads the messages of both directions, and
 * passes on only what its owner lets pass.
 */
import type { Socket } from "node:net";
import { FOLLOWERINFO, OBSERVERINFO } from "../protocol/index.ts";
import { decodePayload, type WireRules } from "../wire/index.ts";
import { messageReader, type ProxiedPort, type ReadMessage } from "./message-reader.ts";

/** A message that waits at the proxy. */
export interface WaitingMessage extends ReadMessage {
  readonly connection: ProxiedConnection;
  readonly from: number;
  readonly to: number;
}

/** What happens to connections. */
export interface Traffic {
  /** Messages have arrived, a side has ended, or a socket has closed. */
  changed(connection: ProxiedConnection): void;
}

/** The id of a client that has not sent its id yet. */
export const UNKNOWN_SERVER = -1;
/** The time that a server has to close its side after the proxy has, in milliseconds. */
const CLOSE_MS_MAX = 50;

/** The server that has connected, or the one that listens. */
export type End = "client" | "listener";

/** One direction of a connection. */
export class Direction {
  /** The messages that wait, oldest first. */
  readonly waiting: WaitingMessage[] = [];
  /** Whether the sender has ended its side. */
  isEnded = false;
  readonly receiver: End;
  private readonly connection: ProxiedConnection;

  constructor(connection: ProxiedConnection, receiver: End) {
    this.connection = connection;
    this.receiver = receiver;
  }

  get from(): number {
    return this.receiver === "listener" ? this.connection.client : this.connection.listener;
  }

  get to(): number {
    return this.receiver === "listener" ? this.connection.listener : this.connection.client;
  }
}

/** One connection between two servers. */
export class ProxiedConnection {
  readonly port: ProxiedPort;
  /** The server that listens. */
  readonly listener: number;
  /** The server that has connected; UNKNOWN_SERVER until it has sent its id. */
  client: number;
  readonly toListener: Direction;
  readonly toClient: Direction;
  private readonly sockets = new Map<End, Socket>();

  constructor(port: ProxiedPort, listener: number, client = UNKNOWN_SERVER) {
    this.port = port;
    this.listener = listener;
    this.client = client;
    this.toListener = new Direction(this, "listener");
    this.toClient = new Direction(this, "client");
  }

  get directions(): readonly Direction[] {
    return [this.toListener, this.toClient];
  }

  /** Whether all sockets are closed. */
  get isClosed(): boolean {
    return this.sockets.size > 0 && [...this.sockets.values()].every(({ destroyed }) => destroyed);
  }

  /** Whether there is a socket to the receiver of a direction. */
  isOpen({ receiver }: Direction): boolean {
    return this.sockets.get(receiver)?.destroyed === false;
  }

  /** Reads from the socket of one server, and writes to it. */
  attach(end: End, socket: Socket, rules: WireRules, traffic: Traffic): void {
    this.sockets.set(end, socket);
    const direction = end === "client" ? this.toListener : this.toClient;
    const read = messageReader(this.port, end === "listener", rules);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      for (const message of read(new Uint8Array(chunk))) {
        if (this.client === UNKNOWN_SERVER) this.client = senderOf(message, rules) ?? UNKNOWN_SERVER;
        // The reader adds the stream of a SNAP to this object.
        const place = { connection: this, from: direction.from, to: direction.to };
        direction.waiting.push(Object.assign(message, place));
      }
      traffic.changed(this);
    });
    // `close` comes after `end`, and only then is the socket closed.
    const ended = (): void => {
      direction.isEnded = true;
      traffic.changed(this);
    };
    socket.on("end", ended);
    socket.on("close", ended);
    socket.on("error", () => undefined);
  }

  /** Passes on what has arrived of the first message of a direction. Returns whether the message is complete. */
  pass({ receiver, waiting }: Direction): boolean {
    const [message] = waiting;
    if (message === undefined) return false;
    const socket = this.sockets.get(receiver);
    for (const bytes of message.bytes.splice(0)) if (socket?.destroyed === false) socket.write(bytes);
    if (message.isComplete) waiting.shift();
    return message.isComplete;
  }

  /** Passes on the end of a direction. */
  end({ receiver }: Direction): void {
    this.sockets.get(receiver)?.end();
  }

  /** Closes the end of one server. */
  closeAt(server: number): void {
    const socket = this.sockets.get(server === this.listener ? "listener" : "client");
    socket?.end();
    setTimeout(() => socket?.destroy(), CLOSE_MS_MAX).unref();
  }

  /** Closes both ends. `reset`: each server sees a reset instead of a close. */
  destroy(how: "close" | "reset" = "close"): void {
    for (const socket of this.sockets.values()) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
    }
  }
}

/** Returns the id that the first message of a client contains. */
function senderOf({ hello, packet }: ReadMessage, rules: WireRules): number | undefined {
  if (hello !== undefined) return Number(hello.serverId);
  if (packet?.type !== FOLLOWERINFO && packet?.type !== OBSERVERINFO) return undefined;
  const payload = decodePayload(packet, "learner", rules);
  return payload.kind === "learner-info" && payload.serverId !== undefined ? Number(payload.serverId) : undefined;
}
