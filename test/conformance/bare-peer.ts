/**
 * A Peer without a simulator. The test acts as its network, disk, threads and clock, and BarePeer records the effects
 * in lists. Disk operations complete after each input, or when the test completes them. The disk is in memory and
 * never loses data.
 *
 * Tests write ids, epochs and zxids as plain numbers; BarePeer converts them to the branded types of the core.
 */
import {
  asConnectionId,
  asEpoch,
  asServerId,
  asZxid,
  type Behavior,
  behaviorOf,
  type ConnectionId,
  configText,
  DEFAULT_SETTINGS,
  DISK_ACCEPTED_EPOCH,
  DISK_BACKGROUND_SNAPSHOT,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_OP_NAMES,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
  type DiskImage,
  type DiskOp,
  type Effects,
  ELECTION_PORT,
  type ElectionMessage,
  type Epoch,
  formatZxid,
  History,
  LOOKING,
  type LogFile,
  majority,
  makeTxn,
  makeZxid,
  type Notes,
  type Notification,
  PACKET_NAMES,
  Peer,
  type Port,
  packet,
  parseZxid,
  QUORUM_PORT,
  type QuorumPacket,
  type QuorumVerifier,
  type ServerId,
  type ServerState,
  type Settings,
  SNAPSHOT_PART,
  type Snapshot,
  type ThreadWork,
  type Timer,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";

/** Reads a zxid such as `1:2`. */
export const z = (text: string): Zxid => parseZxid(text) as Zxid;

/** Returns a quorum verifier that requires a majority. */
export const ensemble = (voters: readonly number[], observers: readonly number[] = []): QuorumVerifier =>
  majority(voters.map(asServerId), observers.map(asServerId));

/** The settings that Zab1_0Test uses. */
export const ZAB_SETTINGS: Partial<Settings> = { tickTimeMs: 2000, initLimit: 2, syncLimit: 2 };

/** The content of the disk when the peer starts. */
export interface BareDisk {
  readonly acceptedEpoch?: number | undefined;
  readonly currentEpoch?: number | undefined;
  readonly currentEpochTmp?: number;
  readonly updatingEpoch?: boolean;
  readonly snapshots?: readonly Snapshot[];
  /** The transactions in the log; there is one log file. */
  readonly log?: readonly Txn[];
}

export interface BareOptions {
  readonly myid?: number;
  readonly verifier?: QuorumVerifier;
  /** The servers that the configuration of the peer contains; default: all members. */
  readonly view?: readonly number[];
  readonly settings?: Partial<Settings>;
  readonly disk?: BareDisk;
  readonly release?: string;
  /** Behaviors that differ from those of the release. */
  readonly behavior?: Partial<Behavior>;
}

/** A notification. Fields that are left out have defaults. */
export interface BareNotification {
  readonly state?: ServerState;
  readonly leader?: number;
  readonly zxid?: number;
  readonly electionEpoch?: number;
  readonly peerEpoch?: number;
  readonly version?: number;
}

/** A disk operation that has started. */
export interface DiskOperation {
  readonly op: DiskOp;
  readonly run: () => DiskImage | Snapshot | null | false;
}

interface Connect {
  readonly connection: ConnectionId;
  readonly to: number;
  readonly port: Port;
  /** The number of the port. */
  readonly number: number | undefined;
  readonly atUs: number;
}

export class BarePeer implements Effects {
  readonly peer: Peer;
  readonly empty = History.empty();
  /** All packets that the peer has sent, oldest first. */
  readonly sent: { readonly connection: ConnectionId; readonly message: QuorumPacket | ElectionMessage }[] = [];
  readonly connects: Connect[] = [];
  readonly closed: number[] = [];
  /** The connections that the peer closed before it had read every packet. */
  readonly closedUnread: number[] = [];
  readonly failures: string[] = [];
  readonly anomalies: string[] = [];
  /** One line for each snapshot that the peer has saved, such as `snapshot 1:2 synced`. */
  readonly notes: string[] = [];
  readonly listening = new Set<Port>();
  exitCode: number | undefined;
  /** The writes to the files of the configuration, in order. */
  readonly configWrites: string[] = [];
  /** The next disk operation of this kind fails. */
  failNext: DiskOp | undefined;
  /** If true, disk operations wait until the test calls `disk`. */
  slowDisk = false;
  /** If true, thread work waits until the test calls `work`. */
  slowThreads = false;
  nowUs = 0;

  acceptedEpoch: number | undefined;
  currentEpoch: number | undefined;
  snapshots: Snapshot[];
  log: Txn[];
  /** Whether the file updatingEpoch exists. */
  updatingEpoch: boolean;
  /** The number of transactions in the log that are durable. */
  syncedTxns = 0;

  private readonly currentEpochTmp: number | undefined;
  private readonly timers = new Map<Timer, number>();
  /** The disk operations that have not completed, oldest first. */
  protected readonly operations: DiskOperation[] = [];
  /** The thread work that has not completed, oldest first. */
  protected readonly pieces: { readonly work: ThreadWork; readonly key: number }[] = [];
  private readonly callers = new Set<number>();
  private connections = 100;

  constructor(options: BareOptions = {}) {
    const { disk = {} } = options;
    const verifier = options.verifier ?? ensemble(options.view ?? [0, 1, 2]);
    this.acceptedEpoch = "acceptedEpoch" in disk ? disk.acceptedEpoch : 0;
    this.currentEpoch = "currentEpoch" in disk ? disk.currentEpoch : 0;
    this.currentEpochTmp = disk.currentEpochTmp;
    this.updatingEpoch = disk.updatingEpoch ?? false;
    this.snapshots = [...(disk.snapshots ?? [{ zxid: z("0:0"), history: this.empty }])];
    this.log = [...(disk.log ?? [])];
    const config = {
      myid: asServerId(options.myid ?? 0),
      verifier,
      settings: { ...DEFAULT_SETTINGS, ...ZAB_SETTINGS, ...options.settings },
      behavior: { ...behaviorOf(options.release ?? "newest"), ...options.behavior },
      emptyHistory: this.empty,
    };
    this.peer = new Peer(config, this, this.recorder());
  }

  /** Starts the peer, and completes the disk operations of the startup. */
  start(): this {
    this.peer.nowUs = this.nowUs;
    this.peer.start(this.image());
    return this.disk();
  }

  image(): DiskImage {
    const { acceptedEpoch, currentEpoch, currentEpochTmp, log, updatingEpoch } = this;
    const [first] = log;
    return {
      acceptedEpoch: acceptedEpoch === undefined ? undefined : asEpoch(acceptedEpoch),
      currentEpoch: currentEpoch === undefined ? undefined : asEpoch(currentEpoch),
      currentEpochTmp: currentEpochTmp === undefined ? undefined : asEpoch(currentEpochTmp),
      updatingEpoch,
      snapshots: this.snapshots,
      logFiles: first === undefined ? [] : [{ name: first.zxid, txns: [...log] }],
    };
  }

  /** Makes a history from a text such as `1:1 1:2`. */
  history(text: string): History {
    let history = this.empty;
    for (const word of text.split(" ").filter((part) => part !== "")) history = history.extend(txn(word));
    return history;
  }

  /** Advances virtual time and fires the timers that are due, in order. */
  advance(ms: number): this {
    const until = this.nowUs + ms * 1000;
    for (;;) {
      const due = [...this.timers].filter(([, at]) => at <= until).sort((a, b) => a[1] - b[1] || a[0] - b[0])[0];
      if (due === undefined) break;
      this.timers.delete(due[0]);
      this.nowUs = due[1];
      this.input(() => this.peer.timer(due[0]));
    }
    this.nowUs = until;
    this.peer.nowUs = until;
    return this;
  }

  /**
   * Performs one input. Then, unless `slowDisk` is set, completes disk operations. Then, unless `slowThreads` is set,
   * completes thread work.
   */
  input(what: () => void): this {
    this.peer.nowUs = this.nowUs;
    what();
    if (!this.slowDisk) return this.disk();
    return this.slowThreads ? this : this.work();
  }

  /**
   * Completes the next `count` pending disk operations; by default, all of them. Then completes thread work, unless
   * `slowThreads` is set.
   */
  disk(count = Number.POSITIVE_INFINITY): this {
    this.completeOperations(count);
    if (this.slowThreads) return this;
    this.work();
    return count === Number.POSITIVE_INFINITY && this.operations.length > 0 ? this.disk() : this;
  }

  private completeOperations(count: number): void {
    for (let i = 0; i < count; i++) {
      const operation = this.operations.shift();
      if (operation === undefined) return;
      this.complete(operation);
    }
  }

  /** Completes a disk operation, which must no longer be in `operations`. */
  protected complete({ op, run }: DiskOperation): void {
    const fails = this.failNext === op;
    if (fails) this.failNext = undefined;
    const result = fails ? false : run();
    this.peer.nowUs = this.nowUs;
    this.peer.diskDone(op, result !== false, result === false ? null : result);
  }

  /** Completes the pending thread work. */
  work(): this {
    for (let piece = this.pieces.shift(); piece !== undefined; piece = this.pieces.shift()) {
      this.peer.nowUs = this.nowUs;
      this.peer.workDone(piece.work, piece.key);
    }
    return this;
  }

  get pendingDisk(): string[] {
    return this.operations.map(({ op }) => DISK_OP_NAMES[op] as string);
  }

  get pendingWork(): ThreadWork[] {
    return this.pieces.map(({ work }) => work);
  }

  // ---- Other servers

  /** Lets another server connect to the quorum port. */
  accept(connection: number): this {
    return this.input(() => this.peer.accepted(asConnectionId(connection), QUORUM_PORT));
  }

  packet(connection: number, message: QuorumPacket): this {
    return this.input(() => this.peer.packet(asConnectionId(connection), message));
  }

  disconnect(connection: number, how: "closed" | "reset" = "closed"): this {
    return this.input(() => this.peer.closed(asConnectionId(connection), how));
  }

  connected(connection: number): this {
    return this.input(() => this.peer.connected(asConnectionId(connection)));
  }

  refused(connection: number): this {
    return this.input(() => this.peer.refused(asConnectionId(connection)));
  }

  /** Lets another server connect to the election port. */
  acceptElection(connection: number): this {
    return this.input(() => this.peer.accepted(asConnectionId(connection), ELECTION_PORT));
  }

  electionMessage(connection: number, message: ElectionMessage): this {
    return this.input(() => this.peer.electionMessage(asConnectionId(connection), message));
  }

  /** Lets a voter send a notification on a new connection. */
  notify(from: number, notification: BareNotification): this {
    const connection = 1000 + from;
    if (!this.callers.has(from)) {
      this.callers.add(from);
      this.acceptElection(connection).electionMessage(connection, { hello: asServerId(from) });
    }
    return this.electionMessage(connection, vote(from, notification));
  }

  /** Lets a voter send a notification that the test gives as bytes. */
  notifyBytes(from: number, bytes: Uint8Array): this {
    this.notify(from, { state: LOOKING, leader: -5 });
    return this.electionMessage(1000 + from, bytes);
  }

  /** Starts the peer, and lets all other voters vote for it. */
  becomeLeader(): this {
    return this.start().becomeLeaderAgain();
  }

  /** Lets all other voters vote for the started peer. */
  becomeLeaderAgain(): this {
    const { myid, database, currentEpoch } = this.peer;
    for (const sid of this.peer.configurations.voters.filter((voter) => voter !== myid)) {
      this.notify(sid, { leader: myid, zxid: database.lastProcessedZxid, peerEpoch: currentEpoch });
    }
    return this.advance(200);
  }

  /** Starts the peer, lets all other voters say that they follow `leader`, and returns the connection to the leader. */
  becomeLearner(leader: number, options: { peerEpoch?: number } = {}): ConnectionId {
    this.start();
    return this.becomeLearnerAgain(leader, options.peerEpoch ?? 0);
  }

  /** Does the same as `becomeLearner` for a peer that is LOOKING. */
  becomeLearnerAgain(leader: number, peerEpoch: number): ConnectionId {
    for (const sid of this.peer.configurations.voters.filter((voter) => voter !== this.peer.myid)) {
      this.notify(sid, { state: sid === leader ? 2 : 1, leader, electionEpoch: 1, peerEpoch });
    }
    const { connection } = this.connects.filter(({ port }) => port === QUORUM_PORT).at(-1) as Connect;
    this.connected(connection);
    return connection;
  }

  /** Returns the packets sent on a connection as text, such as `DIFF 1:2`. */
  sentOn(connection: number): string[] {
    return this.sent
      .filter((entry) => entry.connection === connection && "type" in entry.message)
      .map(({ message }) => packetText(message as QuorumPacket));
  }

  // ---- Effects

  connect(to: ServerId, port: Port, number?: number): ConnectionId {
    const connection = asConnectionId(++this.connections);
    this.connects.push({ connection, to, port, number, atUs: this.nowUs });
    return connection;
  }
  send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void {
    this.sent.push({ connection, message });
  }
  close(connection: ConnectionId): void {
    this.closed.push(connection);
    if (this.peer.hasUnread(connection)) this.closedUnread.push(connection);
  }
  listen(port: Port): void {
    this.listening.add(port);
  }
  unlisten(port: Port): void {
    this.listening.delete(port);
  }
  sendDatagram(): void {}
  setTimer(timer: Timer, delayUs: number): void {
    this.timers.set(timer, this.nowUs + delayUs);
  }
  cancelTimer(timer: Timer): void {
    this.timers.delete(timer);
  }
  startWork(work: ThreadWork, key: number): void {
    this.pieces.push({ work, key });
  }
  prepareTxn(zxid: Zxid, value: string | number, bytes: number): Txn {
    return makeTxn(zxid, value, bytes);
  }
  append(one: Txn): void {
    this.log.push(one);
  }
  rollLog(): void {}
  syncLog(): void {
    const upTo = this.log.length;
    this.operation(DISK_SYNC_LOG, () => {
      this.syncedTxns = upTo;
      return null;
    });
  }
  dropAllBut(): void {
    this.log = [];
  }
  truncateLog(zxid: Zxid): void {
    this.operation(DISK_TRUNCATE_LOG, () => {
      const index = this.log.findIndex((one) => one.zxid >= zxid);
      if (index < 0) return false;
      this.log = this.log.slice(0, index + 1);
      return null;
    });
  }
  writeAcceptedEpoch(epoch: Epoch): void {
    this.operation(DISK_ACCEPTED_EPOCH, () => {
      this.acceptedEpoch = epoch;
      return null;
    });
  }
  writeCurrentEpoch(epoch: Epoch): void {
    this.operation(DISK_CURRENT_EPOCH, () => {
      this.currentEpoch = epoch;
      return null;
    });
  }
  markUpdatingEpoch(updating: boolean): void {
    this.updatingEpoch = updating;
  }
  saveSnapshot(snapshot: Snapshot, synced: boolean): void {
    this.operation(DISK_SNAPSHOT, () => {
      this.notes.push(`snapshot ${formatZxid(snapshot.zxid)}${synced ? " synced" : ""}`);
      this.snapshots.push(snapshot);
      return snapshot;
    });
  }
  saveSnapshotInBackground(snapshot: Snapshot): void {
    this.operation(DISK_BACKGROUND_SNAPSHOT, () => {
      this.snapshots.push(snapshot);
      return snapshot;
    });
  }
  readLog(): readonly LogFile[] {
    return this.peer.database.logFiles;
  }
  load(): void {
    this.operation(DISK_LOAD, () => this.image());
  }
  writeNextConfig(config: QuorumVerifier): void {
    this.configWrites.push(`next ${configText(config)}`);
  }
  writeDynamicConfig(config: QuorumVerifier): void {
    this.configWrites.push(`dynamic ${configText(config)}`);
  }
  pointToDynamicConfig(config: QuorumVerifier): void {
    this.configWrites.push(`pointer ${configText(config)}`);
  }
  deleteNextConfig(): void {
    this.configWrites.push("delete next");
  }
  exit(code: number): void {
    this.exitCode = code;
  }
  random(): number {
    return 0;
  }

  protected operation(op: DiskOp, run: DiskOperation["run"]): void {
    this.operations.push({ op, run });
  }

  private recorder(): Notes {
    const record: Partial<Notes> = {
      failed: (reason, learner) => {
        this.failures.push(learner === undefined ? reason : `${learner}: ${reason}`);
      },
      anomaly: (anomaly) => {
        this.anomalies.push(anomaly);
      },
    };
    return new Proxy(record, { get: (target, property) => Reflect.get(target, property) ?? (() => {}) }) as Notes;
  }
}

function packetText({ data, type, zxid }: QuorumPacket): string {
  const part = data === SNAPSHOT_PART ? " (part)" : "";
  return `${PACKET_NAMES[type]} ${zxid < 0 ? zxid : formatZxid(zxid)}${part}`;
}

export const txn = (zxid: string, value = "one"): Txn => makeTxn(z(zxid), value);

export const proposal = (zxid: string): QuorumPacket => packet(2, z(zxid), txn(zxid));

const epochStart = (epoch: number): Zxid => makeZxid(asEpoch(epoch), 0);

export function info(serverId: number, acceptedEpoch: number, observer = false): QuorumPacket {
  const data = { serverId: asServerId(serverId), protocolVersion: 0x10000, configVersion: 0 };
  return packet(observer ? 16 : 11, epochStart(acceptedEpoch), data);
}

export const ackEpoch = (currentEpoch: number, lastZxid: string): QuorumPacket =>
  packet(18, z(lastZxid), asEpoch(currentEpoch));
export const ack = (zxid: string): QuorumPacket => packet(3, z(zxid), null);
export const leaderInfo = (epoch: number): QuorumPacket => packet(17, epochStart(epoch), 0x10000);
export const newLeader = (epoch: number): QuorumPacket => packet(10, epochStart(epoch), null);
export const commit = (zxid: string): QuorumPacket => packet(4, z(zxid), null);
export const upToDate = (): QuorumPacket => packet(12, asZxid(-1), null);
export const diff = (zxid: string): QuorumPacket => packet(13, z(zxid), null);
export const trunc = (zxid: string): QuorumPacket => packet(14, z(zxid), null);
export const snap = (zxid: string, history: History): QuorumPacket => packet(15, z(zxid), { zxid: z(zxid), history });
export const ping = (zxid: string): QuorumPacket => packet(5, z(zxid), null);

/** Makes a notification. By default the sender is LOOKING and votes for itself in round 1. */
export function vote(from: number, fields: BareNotification = {}): Notification {
  return {
    state: fields.state ?? LOOKING,
    leader: asServerId(fields.leader ?? from),
    zxid: asZxid(fields.zxid ?? 0),
    electionEpoch: fields.electionEpoch ?? 1,
    peerEpoch: asEpoch(fields.peerEpoch ?? 0),
    version: fields.version ?? 2,
  };
}

/** A learner of server 2, with the connection to its leader. */
export interface BareLearner {
  readonly bare: BarePeer;
  readonly leader: ConnectionId;
  /** Sends packets from the leader to the learner. */
  readonly send: (...packets: readonly QuorumPacket[]) => void;
}

/** Makes the peer a learner of server 2, and sends it the first packets. */
export function asLearner(bare: BarePeer, packets: readonly QuorumPacket[] = [], peerEpoch = 0): BareLearner {
  const leader = bare.becomeLearner(2, { peerEpoch });
  const send = (...more: readonly QuorumPacket[]): void => {
    for (const message of more) bare.packet(leader, message);
  };
  send(...packets);
  return { bare, leader, send };
}
