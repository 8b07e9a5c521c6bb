/**
 * A server of a real ensemble: the core of protocol/ on sockets, files and the clock of this machine.
 * It is the host of one Peer, as cluster/server.ts is in the simulator.
 *
 * Inputs are handled one after the other. The log is synced while the server goes on, because in Java, its thread works
 * in parallel. All other disk operations and the work of threads are complete when the effect returns, and the
 * core hears of it as the next input.
 */

import { diskRulesOf } from "../doctor/disk-rules.ts";
import {
  asServerId,
  type ConnectionId,
  DISK_ACCEPTED_EPOCH,
  DISK_BACKGROUND_SNAPSHOT,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
  type DiskImage,
  type DiskOp,
  type Effects,
  ELECTION_PORT,
  type ElectionMessage,
  type Epoch,
  EXIT_CANNOT_BIND,
  EXIT_UNEXPECTED,
  FOLLOWERINFO,
  History,
  LEADING,
  type LeaderView,
  type LearnerInfo,
  type LogFile,
  type Notes,
  OBSERVERINFO,
  Peer,
  type Port,
  packet,
  portsOf,
  QUORUM_PORT,
  type QuorumPacket,
  type QuorumVerifier,
  REQUEST,
  REVALIDATE,
  type ServerId,
  type Settings,
  SNAP,
  SNAPSHOT_PART,
  type Snapshot,
  SYNC,
  startsStream,
  type ThreadWork,
  type Timer,
  type Truncation,
  type Txn,
  ZERO_ZXID,
  type Zxid,
} from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import {
  decodePayload,
  type ElectionEvent,
  encodePayload,
  encodeQuorumPacket,
  type QuorumEvent,
  type QuorumPacket as WirePacket,
  type WireRules,
  wireRulesOf,
} from "../wire/index.ts";
import { Connections, type SocketEvents } from "./connections.ts";
import { DataDirectory, UnusableDataDirectory } from "./data-directory.ts";
import { ElectionMessages } from "./election-messages.ts";
import { type Core, InputTrace } from "./input-trace.ts";
import { KeptRequests, LeaderService, OP_SYNC } from "./leader-service.ts";
import type { Members } from "./members.ts";
import { QuorumMessages } from "./quorum-messages.ts";
import { Trees } from "./trees.ts";

/** What a live server needs to know before it starts. */
export interface LiveConfig {
  readonly release: string;
  readonly myid: ServerId;
  readonly verifier: QuorumVerifier;
  readonly settings: Settings;
  readonly members: Members;
  readonly dataDir: string;
  readonly dataLogDir: string;
}

/** What a live server tells its owner. */
export interface LiveOwner {
  /** The receiver of the core's observations. */
  readonly notes: Notes;
  /** Writes one line of the trace of the inputs and outputs of the core (input-trace.ts). Default: no trace. */
  readonly trace?: ((line: string) => void) | undefined;
  /** The server is about to handle a packet of the quorum port. `from` is -1 for a learner that is not known yet. */
  received(from: ServerId, message: QuorumPacket): void;
  /** The server has exited: the exit code of ZooKeeper, and the reason. */
  exited(code: number, reason: string): void;
}

const NS_PER_US = 1000n;
/** Stands for a request that the core does not get. */
const SYNC_REQUEST = "sync";
const UNKNOWN_SERVER = asServerId(-1);

export class LiveServer implements Effects, SocketEvents {
  readonly peer: Peer;
  /** The inputs of the Peer. */
  private readonly core: Core;
  readonly emptyHistory = History.empty();
  private readonly config: LiveConfig;
  private readonly owner: LiveOwner;
  private readonly rules: WireRules;
  private readonly connections: Connections;
  private readonly quorumMessages: QuorumMessages;
  private readonly electionMessages: ElectionMessages;
  private readonly trees: Trees;
  private readonly data: DataDirectory;
  private readonly timers = new Map<Timer, NodeJS.Timeout>();
  /** Inputs that wait for the current one. */
  private readonly inputs: (() => void)[] = [];
  private isHandling = false;
  private readonly work = new Set<string>();
  /** The pieces of the snapshot that arrives on a connection, and the zxid of its SNAP. */
  private readonly incoming = new Map<ConnectionId, { readonly zxid: Zxid; readonly pieces: Uint8Array[] }>();
  /** The connections to which a SNAP packet was sent and the stream was not. */
  private readonly openStreams = new Set<ConnectionId>();
  /** Defined while this server leads and serves. */
  private service: LeaderService | undefined;
  private readonly requests = new KeptRequests();
  private expiryTimer: NodeJS.Timeout | undefined;
  /** The servers at the other ends of connections, as far as they are known. */
  private readonly peers = new Map<ConnectionId, ServerId>();
  private hasEnded = false;

  /** Opens the data directory. Throws an error of the file system if it cannot be written. */
  constructor(config: LiveConfig, owner: LiveOwner) {
    const { dataDir, dataLogDir, members, myid, release, settings, verifier } = config;
    const behavior = behaviorOf(release);
    this.config = config;
    this.owner = owner;
    this.rules = wireRulesOf(release);
    const disk = diskRulesOf(release);
    this.trees = new Trees(disk);
    this.data = new DataDirectory(dataDir, dataLogDir, disk, this.trees, this.emptyHistory);
    this.connections = new Connections(this.rules, this);
    this.quorumMessages = new QuorumMessages(this.rules, members);
    const trace = owner.trace && new InputTrace(owner.trace, { release, myid, verifier, settings });
    const effects = trace?.effectsOf(this) ?? this;
    this.peer = new Peer({ myid, verifier, settings, emptyHistory: this.emptyHistory, behavior }, effects, owner.notes);
    this.core = trace?.inputsOf(this.peer) ?? this.peer;
    const ownConfig = (): Uint8Array => members.textOf(this.peer.configurations.committed);
    this.electionMessages = new ElectionMessages(this.rules, members, myid, ownConfig);
  }

  /** Loads the data directory and starts the Peer. */
  start(): void {
    this.input(() => {
      try {
        this.core.start(this.data.load());
      } catch (error) {
        if (!(error instanceof UnusableDataDirectory)) throw error;
        this.core.exit(EXIT_UNEXPECTED, "disk-error", error.message);
      }
    });
  }

  /** Ends the process as a kill does: nothing is flushed, and connections end. */
  kill(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.peer.alive = false;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.stopService();
    this.inputs.length = 0;
    this.connections.closeAll();
    this.data.log.close();
  }

  private input(handle: () => void): void {
    if (this.hasEnded) return;
    this.inputs.push(handle);
    if (this.isHandling) return;
    this.isHandling = true;
    try {
      for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
        this.peer.nowUs = Number(process.hrtime.bigint() / NS_PER_US);
        next();
        this.lead();
      }
    } finally {
      this.isHandling = false;
    }
  }

  // ---- leading

  /** Starts and ends the service for clients with the term of the leader, and answers syncs. */
  private lead(): void {
    const { leads } = this.peer;
    if (!leads && this.service !== undefined) this.stopService();
    if (leads && this.service === undefined) this.startService();
    if (!this.service?.hasSyncs) return;
    const { lastCommitted } = this.peer.inspect().leader as LeaderView;
    for (const connection of this.service.takeSyncs(lastCommitted))
      this.send(connection, packet(SYNC, ZERO_ZXID, null));
  }

  private startService(): LeaderService {
    const { history, lastProcessedZxid } = this.peer.database;
    this.service = new LeaderService(this.trees, this.requests, history, lastProcessedZxid);
    this.expiryTimer = setInterval(() => this.closeExpired(), this.config.settings.tickTimeMs);
    return this.service;
  }

  private stopService(): void {
    clearInterval(this.expiryTimer);
    this.service = undefined;
    this.requests.clear();
  }

  private closeExpired(): void {
    const { service } = this;
    for (const request of service?.closeExpired() ?? []) {
      const value = this.requests.keep(request);
      this.input(() => this.core.write(value, 0));
    }
  }

  /** Handles what packets of learners contain for clients. Returns the value of a request, or SYNC_REQUEST. */
  private serveClients(connection: ConnectionId, wire: WirePacket): string | undefined {
    if (this.peer.state !== LEADING) return undefined;
    const { service } = this;
    const payload = decodePayload(wire, "learner", this.rules);
    if (payload.kind === "sessions") {
      for (const { session, timeoutMs } of payload.sessions) service?.touch(session, timeoutMs);
    } else if (payload.kind === "session-question") {
      const { session, timeoutMs } = payload;
      const data = encodePayload({
        kind: "session-answer",
        session,
        isValid: service?.touch(session, timeoutMs) ?? false,
        rest: new Uint8Array(0),
      });
      this.connections.send(connection, encodeQuorumPacket({ type: REVALIDATE, zxid: -1n, data, authinfo: null }));
    } else if (payload.kind === "request") {
      if (payload.opType === OP_SYNC) {
        service?.sync(connection);
        return SYNC_REQUEST;
      }
      return this.requests.keep({ ...payload, authinfo: wire.authinfo ?? [] });
    }
    return undefined;
  }

  prepareTxn(zxid: Zxid, value: string | number): Txn | undefined {
    return (this.service ?? this.startService()).prepare(String(value), zxid);
  }

  // ---- what happens on sockets

  accepted(connection: ConnectionId, port: Port): void {
    this.input(() => this.core.accepted(connection, port));
  }

  connected(connection: ConnectionId): void {
    this.input(() => this.core.connected(connection));
  }

  refused(connection: ConnectionId): void {
    this.input(() => this.core.refused(connection));
  }

  closed(connection: ConnectionId, how: "closed" | "reset"): void {
    this.forget(connection);
    this.input(() => this.core.closed(connection, how));
  }

  cannotListen(_port: Port, problem: string): void {
    this.input(() => this.core.exit(EXIT_CANNOT_BIND, "listener-failed", problem));
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
        this.connections.close(connection);
        this.closed(connection, "closed");
        break;
    }
  }

  private electionMessage(connection: ConnectionId, message: ElectionMessage | undefined): void {
    if (message !== undefined) this.input(() => this.core.electionMessage(connection, message));
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
        this.connections.close(connection);
        this.closed(connection, "closed");
        break;
    }
  }

  private quorumPacket(connection: ConnectionId, wire: WirePacket): void {
    const isLearner = this.connections.get(connection)?.isOutgoing === true;
    const message = this.quorumMessages.fromWire(wire, isLearner ? "leader" : "learner");
    if (message === "unknown-type") return;
    if (typeof message === "string") {
      this.connections.close(connection);
      this.closed(connection, "closed");
      return;
    }
    this.owner.received(this.senderOf(connection, message), message);
    if (message.type !== SNAP) {
      this.input(() => {
        const value = isLearner ? undefined : this.serveClients(connection, wire);
        if (value === SYNC_REQUEST) return;
        const isRequest = value !== undefined && message.type === REQUEST;
        this.core.packet(connection, isRequest ? { ...message, data: { ...message.data, value } } : message);
      });
      return;
    }
    this.incoming.set(connection, { zxid: message.zxid, pieces: [] });
    this.input(() => this.core.packet(connection, packet(SNAP, message.zxid, SNAPSHOT_PART)));
  }

  private senderOf(connection: ConnectionId, { data, type }: QuorumPacket): ServerId {
    if (type === FOLLOWERINFO || type === OBSERVERINFO) {
      this.peers.set(connection, data === null ? UNKNOWN_SERVER : (data as LearnerInfo).serverId);
    }
    return this.peers.get(connection) ?? UNKNOWN_SERVER;
  }

  private snapshotArrived(connection: ConnectionId): void {
    const arrived = this.incoming.get(connection);
    this.incoming.delete(connection);
    if (arrived === undefined) return;
    const { pieces, zxid } = arrived;
    const history = this.data.historyOf(zxid, "SNAP");
    this.trees.adoptStream(history, pieces, zxid);
    this.input(() => this.core.packet(connection, packet(SNAP, zxid, { zxid, history })));
  }

  private forget(connection: ConnectionId): void {
    this.peers.delete(connection);
    this.incoming.delete(connection);
    this.openStreams.delete(connection);
  }

  // ---- effects: network

  connect(to: ServerId, port: Port, number?: number): ConnectionId {
    const host = this.config.members.hostOf(to);
    const connection = this.connections.connect(host, port, number ?? this.numberOf(port, to));
    this.peers.set(connection, to);
    return connection;
  }

  private numberOf(port: Port, sid: ServerId): number {
    const { election, quorum } = portsOf(this.peer.configurations.committed, sid);
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
    const wire = this.quorumMessages.toWire(message, to.isOutgoing ? "learner" : "leader");
    this.connections.send(connection, encodeQuorumPacket(wire));
    if (message.type !== SNAP || !startsStream(message.data)) return;
    this.openStreams.add(connection);
    if ("history" in message.data) this.sendStream(connection, message.data);
  }

  private sendStream(connection: ConnectionId, { history }: Snapshot): void {
    this.openStreams.delete(connection);
    for (const piece of this.trees.streamOf(history)) this.connections.send(connection, piece);
  }

  close(connection: ConnectionId): void {
    this.forget(connection);
    this.connections.close(connection);
  }

  listen(port: Port, number?: number): void {
    const { members, myid } = this.config;
    this.connections.listen(members.hostOf(myid), port, number ?? this.numberOf(port, myid));
  }

  unlisten(port: Port, number?: number): void {
    this.connections.unlisten(port, number ?? this.numberOf(port, this.config.myid));
  }

  /** Real servers send notifications over TCP only. */
  sendDatagram(): void {}

  // ---- effects: timers and threads

  setTimer(timer: Timer, delayUs: number): void {
    clearTimeout(this.timers.get(timer));
    const due = setTimeout(
      () => {
        this.timers.delete(timer);
        this.input(() => this.core.timer(timer));
      },
      Math.ceil(Math.max(0, delayUs) / 1000),
    );
    this.timers.set(timer, due);
  }

  cancelTimer(timer: Timer): void {
    clearTimeout(this.timers.get(timer));
    this.timers.delete(timer);
  }

  startWork(work: ThreadWork, key: number): void {
    const name = `${work} ${key}`;
    if (this.work.has(name)) return;
    this.work.add(name);
    this.input(() => {
      this.work.delete(name);
      this.core.workDone(work, key);
    });
  }

  random(bound: number): number {
    return Math.floor(Math.random() * bound);
  }

  // ---- effects: disk

  append(txn: Txn): void {
    this.data.append(txn);
  }

  rollLog(): void {
    this.data.log.roll();
  }

  syncLog(): void {
    this.data.log.sync((isDurable) => this.input(() => this.core.diskDone(DISK_SYNC_LOG, isDurable, null)));
  }

  truncateLog(zxid: Zxid, how: Truncation): void {
    this.diskOperation(DISK_TRUNCATE_LOG, () => this.data.truncate(zxid, how));
  }

  dropAllBut(snapshotZxid: Zxid): void {
    this.data.dropAllBut(snapshotZxid);
  }

  writeAcceptedEpoch(epoch: Epoch): void {
    this.diskOperation(DISK_ACCEPTED_EPOCH, () => this.data.writeEpoch("acceptedEpoch", epoch));
  }

  writeCurrentEpoch(epoch: Epoch): void {
    this.diskOperation(DISK_CURRENT_EPOCH, () => this.data.writeEpoch("currentEpoch", epoch));
  }

  markUpdatingEpoch(updating: boolean): void {
    this.data.markUpdatingEpoch(updating);
  }

  saveSnapshot(snapshot: Snapshot): void {
    this.diskOperation(DISK_SNAPSHOT, () => this.data.saveSnapshot(snapshot), snapshot);
  }

  saveSnapshotInBackground(snapshot: Snapshot): void {
    this.diskOperation(DISK_BACKGROUND_SNAPSHOT, () => this.data.saveSnapshot(snapshot), snapshot);
  }

  readLog(): readonly LogFile[] {
    return this.data.log.logFiles();
  }

  load(): void {
    let image: DiskImage | null = null;
    this.diskOperation(
      DISK_LOAD,
      () => {
        image = this.data.load();
      },
      () => image,
    );
  }

  /** Performs an operation now, and reports its end as the next input. It fails if it throws or returns false. */
  private diskOperation(
    operation: DiskOp,
    perform: () => unknown,
    result: Snapshot | null | (() => DiskImage | null) = null,
  ): void {
    let isDone: boolean;
    try {
      isDone = perform() !== false;
    } catch {
      isDone = false;
    }
    this.input(() => this.core.diskDone(operation, isDone, typeof result === "function" ? result() : result));
  }

  // Configurations in files are not written: a live server keeps the static list of its zoo.cfg.
  writeNextConfig(): void {}
  writeDynamicConfig(): void {}
  pointToDynamicConfig(): void {}
  deleteNextConfig(): void {}

  exit(code: number, reason: string): void {
    this.kill();
    this.owner.exited(code, reason);
  }
}

function isQuorumPacket(message: QuorumPacket | ElectionMessage): message is QuorumPacket {
  return "type" in message;
}
