/**
 * The network of a live server: turns what arrives on its sockets into inputs of the core, and the messages of the core
 * into bytes. It keeps the stream of a snapshot until the stream is complete.
 */
import {
  type ConnectionEnd,
  type ConnectionId,
  ELECTION_PORT,
  type ElectionMessage,
  EXIT_CANNOT_BIND,
  FOLLOWERINFO,
  type LearnerInfo,
  NO_SERVER,
  OBSERVERINFO,
  type Port,
  packet,
  portsOf,
  QUORUM_PORT,
  type QuorumPacket,
  type QuorumVerifier,
  type ServerId,
  SNAP,
  SNAPSHOT_PART,
  type Snapshot,
  startsStream,
  type Zxid,
} from "../protocol/index.ts";
import {
  type ElectionEvent,
  encodeQuorumPacket,
  type QuorumEvent,
  type QuorumPacket as WirePacket,
  type WireRules,
} from "../wire/index.ts";
import { Connections, type SocketEvents } from "./connections.ts";
import { ElectionMessages } from "./election-messages.ts";
import type { Core } from "./input-trace.ts";
import { QuorumMessages } from "./quorum-messages.ts";
import type { Trees } from "./trees.ts";
import type { LiveConfig } from "./zoo-cfg.ts";

/** The server that a network belongs to. */
export interface NetworkOwner {
  /** The configuration that names the ports of the servers. */
  readonly committedConfig: QuorumVerifier;
  /** Calls `handle` with the core after all earlier inputs are handled. */
  input(handle: (core: Core) => void): void;
  /** The server has read a packet of the quorum port. `from` is -1 for a learner that is not known yet. */
  received(from: ServerId, message: QuorumPacket): void;
  /** Returns the packet that the core gets for a packet of a learner; undefined if the core does not get it. */
  fromLearner(connection: ConnectionId, message: QuorumPacket, wire: WirePacket): QuorumPacket | undefined;
}

export class Network implements SocketEvents {
  private readonly config: LiveConfig;
  private readonly trees: Trees;
  private readonly owner: NetworkOwner;
  private readonly connections: Connections;
  private readonly quorumMessages: QuorumMessages;
  private readonly electionMessages: ElectionMessages;
  /** The servers at the other ends of connections, as far as they are known. */
  private readonly peers = new Map<ConnectionId, ServerId>();
  /** The pieces of the snapshot that arrives on a connection, and the zxid of its SNAP. */
  private readonly incoming = new Map<ConnectionId, { readonly zxid: Zxid; readonly pieces: Uint8Array[] }>();
  /** The connections on which the server has sent SNAP, but not the stream yet. */
  private readonly openStreams = new Set<ConnectionId>();

  constructor(config: LiveConfig, rules: WireRules, trees: Trees, owner: NetworkOwner) {
    const { members, myid } = config;
    this.config = config;
    this.trees = trees;
    this.owner = owner;
    this.connections = new Connections(rules, this);
    this.quorumMessages = new QuorumMessages(rules, members);
    this.electionMessages = new ElectionMessages(rules, members, myid, () => members.textOf(owner.committedConfig));
  }

  // ---- what happens on sockets

  accepted(connection: ConnectionId, port: Port): void {
    this.owner.input((core) => core.accepted(connection, port));
  }

  connected(connection: ConnectionId): void {
    this.owner.input((core) => core.connected(connection));
  }

  refused(connection: ConnectionId): void {
    this.owner.input((core) => core.refused(connection));
  }

  closed(connection: ConnectionId, how: ConnectionEnd): void {
    this.forget(connection);
    this.owner.input((core) => core.closed(connection, how));
  }

  cannotListen(problem: string): void {
    this.owner.input((core) => core.exit(EXIT_CANNOT_BIND, "listener-failed", problem));
  }

  election(connection: ConnectionId, event: ElectionEvent): void {
    switch (event.kind) {
      case "hello":
        this.electionMessage(connection, this.electionMessages.helloOf(event.hello));
        break;
      case "notification":
        this.electionMessage(connection, this.electionMessages.notificationOf(event.notification));
        break;
      case "malformed":
        this.disconnect(connection);
        break;
    }
  }

  private electionMessage(connection: ConnectionId, message: ElectionMessage | undefined): void {
    if (message !== undefined) this.owner.input((core) => core.electionMessage(connection, message));
  }

  quorum(connection: ConnectionId, event: QuorumEvent): void {
    switch (event.kind) {
      case "packet":
        this.quorumPacket(connection, event.packet);
        break;
      case "snapshot-part":
        this.incoming.get(connection)?.pieces.push(event.bytes.slice());
        break;
      case "snapshot":
        this.snapshotArrived(connection);
        break;
      case "malformed":
        this.disconnect(connection);
        break;
    }
  }

  private quorumPacket(connection: ConnectionId, wire: WirePacket): void {
    const isFromLeader = this.connections.get(connection)?.isOutgoing === true;
    const message = this.quorumMessages.fromWire(wire, isFromLeader ? "leader" : "learner");
    if (message === "unknown-type") return;
    if (typeof message === "string") {
      this.disconnect(connection);
      return;
    }
    this.owner.received(this.senderOf(connection, message), message);
    if (message.type === SNAP) {
      this.incoming.set(connection, { zxid: message.zxid, pieces: [] });
      this.owner.input((core) => core.packet(connection, packet(SNAP, message.zxid, SNAPSHOT_PART)));
      return;
    }
    this.owner.input((core) => {
      const forCore = isFromLeader ? message : this.owner.fromLearner(connection, message, wire);
      if (forCore !== undefined) core.packet(connection, forCore);
    });
  }

  private senderOf(connection: ConnectionId, { data, type }: QuorumPacket): ServerId {
    if (type === FOLLOWERINFO || type === OBSERVERINFO) {
      this.peers.set(connection, data === null ? NO_SERVER : (data as LearnerInfo).serverId);
    }
    return this.peers.get(connection) ?? NO_SERVER;
  }

  private snapshotArrived(connection: ConnectionId): void {
    const arrived = this.incoming.get(connection);
    this.incoming.delete(connection);
    if (arrived === undefined) return;
    const { pieces, zxid } = arrived;
    const history = this.trees.adoptStream(pieces, zxid);
    this.owner.input((core) => core.packet(connection, packet(SNAP, zxid, { zxid, history })));
  }

  /** Ends a connection because of what has arrived on it. */
  private disconnect(connection: ConnectionId): void {
    this.connections.close(connection);
    this.closed(connection, "closed");
  }

  private forget(connection: ConnectionId): void {
    this.peers.delete(connection);
    this.incoming.delete(connection);
    this.openStreams.delete(connection);
  }

  // ---- the effects of the core. Without a `number`, the committed configuration or zoo.cfg names the port

  connect(to: ServerId, port: Port, number?: number): ConnectionId {
    const host = this.config.members.hostOf(to);
    const connection = this.connections.connect(host, port, number ?? this.numberOf(port, to));
    this.peers.set(connection, to);
    return connection;
  }

  listen(port: Port, number?: number): void {
    const { members, myid } = this.config;
    this.connections.listen(members.hostOf(myid), port, number ?? this.numberOf(port, myid));
  }

  unlisten(port: Port, number?: number): void {
    this.connections.unlisten(port, number ?? this.numberOf(port, this.config.myid));
  }

  private numberOf(port: Port, sid: ServerId): number {
    const { election, quorum } = portsOf(this.owner.committedConfig, sid);
    if (port === ELECTION_PORT) return election;
    return port === QUORUM_PORT ? quorum : this.config.settings.observerMasterPort;
  }

  send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void {
    const to = this.connections.get(connection);
    if (to === undefined) return;
    if (!isQuorumPacket(message)) {
      this.connections.send(connection, this.electionMessages.bytesOf(message));
      return;
    }
    if (message.type === SNAP && this.openStreams.has(connection)) {
      this.sendStream(connection, message.data as Snapshot);
      return;
    }
    this.sendWire(connection, this.quorumMessages.toWire(message, to.isOutgoing ? "learner" : "leader"));
    if (message.type !== SNAP || !startsStream(message.data)) return;
    this.openStreams.add(connection);
    if ("history" in message.data) this.sendStream(connection, message.data);
  }

  /** Sends a packet that does not come from the core. */
  sendWire(connection: ConnectionId, wire: WirePacket): void {
    this.connections.send(connection, encodeQuorumPacket(wire));
  }

  private sendStream(connection: ConnectionId, { history }: Snapshot): void {
    this.openStreams.delete(connection);
    for (const piece of this.trees.streamOf(history)) this.connections.send(connection, piece);
  }

  close(connection: ConnectionId): void {
    this.forget(connection);
    this.connections.close(connection);
  }

  /** Closes all sockets immediately, as the end of a process does. */
  closeAll(): void {
    this.connections.closeAll();
  }
}

function isQuorumPacket(message: QuorumPacket | ElectionMessage): message is QuorumPacket {
  return "type" in message;
}
