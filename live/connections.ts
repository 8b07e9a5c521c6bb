/** The sockets of a live server, each with the number by which the core knows it. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { asConnectionId, type ConnectionEnd, type ConnectionId, ELECTION_PORT, type Port } from "../protocol/index.ts";
import {
  type ElectionEvent,
  ElectionStreamDecoder,
  type QuorumEvent,
  QuorumStreamDecoder,
  type WireRules,
} from "../wire/index.ts";

/** What happens on sockets. Each call is one input. */
export interface SocketEvents {
  accepted(connection: ConnectionId, port: Port): void;
  connected(connection: ConnectionId): void;
  refused(connection: ConnectionId): void;
  election(connection: ConnectionId, event: ElectionEvent): void;
  quorum(connection: ConnectionId, event: QuorumEvent): void;
  closed(connection: ConnectionId, how: ConnectionEnd): void;
  /** A port cannot be opened. */
  cannotListen(problem: string): void;
}

/** An open connection, or one that is being opened. */
export interface Connection {
  readonly id: ConnectionId;
  readonly port: Port;
  /** Whether this server has opened the connection. On the quorum port, it is then the learner. */
  readonly isOutgoing: boolean;
  readonly socket: Socket;
}

export class Connections {
  private readonly rules: WireRules;
  private readonly events: SocketEvents;
  private readonly open = new Map<ConnectionId, Connection>();
  private readonly listeners = new Map<string, Server>();
  private last = 0;

  constructor(rules: WireRules, events: SocketEvents) {
    this.rules = rules;
    this.events = events;
  }

  get(id: ConnectionId): Connection | undefined {
    return this.open.get(id);
  }

  /** Starts to connect. `host` is undefined if the address of the server is not known. */
  connect(host: string | undefined, port: Port, number: number): ConnectionId {
    const id = this.nextId();
    if (host === undefined) {
      setImmediate(() => this.events.refused(id));
      return id;
    }
    const socket = connect({ host, port: number, noDelay: true });
    let isConnected = false;
    this.add({ id, port, isOutgoing: true, socket }, () => isConnected);
    socket.once("connect", () => {
      isConnected = true;
      if (this.open.has(id)) this.events.connected(id);
    });
    return id;
  }

  listen(host: string | undefined, port: Port, number: number): void {
    const server = createServer({ noDelay: true }, (socket) => {
      const id = this.nextId();
      this.add({ id, port, isOutgoing: false, socket }, () => true);
      this.events.accepted(id, port);
    });
    this.listeners.set(`${port} ${number}`, server);
    server.on("error", (error) => this.events.cannotListen(error.message));
    server.listen({ ...(host !== undefined && { host }), port: number });
  }

  unlisten(port: Port, number: number): void {
    this.listeners.get(`${port} ${number}`)?.close();
    this.listeners.delete(`${port} ${number}`);
  }

  send(id: ConnectionId, bytes: Uint8Array): void {
    this.open.get(id)?.socket.write(bytes);
  }

  /** Closes a connection after everything that was sent is written. Its events have no effect from now on. */
  close(id: ConnectionId): void {
    const connection = this.open.get(id);
    this.open.delete(id);
    connection?.socket.destroySoon();
  }

  /** Closes everything immediately, as the end of a process does. */
  closeAll(): void {
    for (const server of this.listeners.values()) server.close();
    for (const { socket } of this.open.values()) socket.destroy();
    this.listeners.clear();
    this.open.clear();
  }

  private nextId(): ConnectionId {
    this.last++;
    return asConnectionId(this.last);
  }

  private add(connection: Connection, isConnected: () => boolean): void {
    const { id, socket } = connection;
    this.open.set(id, connection);
    const receive = this.receiver(connection);
    socket.on("data", (chunk) => receive(chunk));
    const end = (how: ConnectionEnd): void => {
      if (!this.open.delete(id)) return;
      socket.destroy();
      if (isConnected()) this.events.closed(id, how);
      else this.events.refused(id);
    };
    socket.on("end", () => end("closed"));
    socket.on("close", () => end("closed"));
    socket.on("error", () => end("reset"));
  }

  private receiver({ id, isOutgoing, port }: Connection): (chunk: Uint8Array) => void {
    if (port === ELECTION_PORT) {
      const decoder = new ElectionStreamDecoder(this.rules, { startsWithHello: !isOutgoing });
      return (chunk) => {
        for (const event of decoder.push(chunk)) if (this.open.has(id)) this.events.election(id, event);
      };
    }
    const decoder = new QuorumStreamDecoder(isOutgoing ? "leader" : "learner", this.rules);
    return (chunk) => {
      for (const event of decoder.push(chunk)) if (this.open.has(id)) this.events.quorum(id, event);
    };
  }
}
