/**
 * A Peer without a world: the test is its network, its disk and its clock. Effects are kept as lists; disk operations
 * complete when told to, on a disk in memory that loses nothing.
 */
import {
  type Behavior,
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
  History,
  LOOKING,
  type LogFile,
  majority,
  makeTxn,
  type Notes,
  type Notification,
  PACKET_NAMES,
  Peer,
  type Port,
  PROFILES,
  packet,
  parseZxid,
  QUORUM_PORT,
  type QuorumPacket,
  type QuorumVerifier,
  type ServerId,
  type Settings,
  type Snapshot,
  type Timer,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";

export const z = (text: string): Zxid => parseZxid(text) as Zxid;

/** Zab1_0Test's configuration. */
export const ZAB_SETTINGS: Partial<Settings> = { tickTimeMs: 2000, initLimit: 2, syncLimit: 2 };

export interface BareOptions {
  readonly myid?: ServerId;
  readonly verifier?: QuorumVerifier;
  readonly settings?: Partial<Settings>;
  readonly disk?: Partial<DiskImage>;
  readonly release?: string;
}

export class BarePeer implements Effects {
  readonly peer: Peer;
  readonly empty = History.empty();
  /** Everything sent, oldest first. */
  readonly sent: { readonly connection: number; readonly message: QuorumPacket | ElectionMessage }[] = [];
  readonly connects: {
    readonly connection: number;
    readonly to: ServerId;
    readonly port: Port;
    readonly atUs: number;
  }[] = [];
  readonly closed: number[] = [];
  readonly failures: string[] = [];
  readonly notes: string[] = [];
  readonly listening = new Set<Port>();
  exitCode: number | undefined;
  /** Fails the next operation of this kind. */
  failNext: DiskOp | undefined;

  acceptedEpoch: number | undefined;
  currentEpoch: number | undefined;
  snapshots: Snapshot[];
  log: Txn[];
  /** How much of the log is durable. */
  syncedTxns = 0;

  private readonly timers = new Map<Timer, number>();
  private readonly operations: { readonly op: DiskOp; readonly run: () => DiskImage | Snapshot | null | false }[] = [];
  private connections = 100;

  constructor(options: BareOptions = {}) {
    const { disk = {}, myid = 0 } = options;
    const verifier = options.verifier ?? majority([0, 1, 2]);
    const settings = { ...DEFAULT_SETTINGS, ...ZAB_SETTINGS, ...options.settings };
    this.acceptedEpoch = "acceptedEpoch" in disk ? disk.acceptedEpoch : 0;
    this.currentEpoch = "currentEpoch" in disk ? disk.currentEpoch : 0;
    this.snapshots = [...(disk.snapshots ?? [{ zxid: 0, history: this.empty }])];
    this.log = (disk.logFiles ?? []).flatMap((file) => [...file.txns]);
    this.tmp = disk.currentEpochTmp;
    const behavior = PROFILES[options.release ?? "newest"] as Behavior;
    const config = { myid, verifier, settings, behavior, view: verifier.members, emptyHistory: this.empty };
    this.peer = new Peer(config, this, this.recorder());
  }

  private readonly tmp: number | undefined;

  /** Starts, and does what the disk is asked for. */
  start(): this {
    this.peer.nowUs = this.nowUs;
    this.peer.start(this.image());
    return this.disk();
  }

  image(): DiskImage {
    const logFiles: LogFile[] = this.log.length === 0 ? [] : [{ name: (this.log[0] as Txn).zxid, txns: [...this.log] }];
    return {
      acceptedEpoch: this.acceptedEpoch,
      currentEpoch: this.currentEpoch,
      currentEpochTmp: this.tmp,
      updatingEpoch: false,
      snapshots: this.snapshots,
      logFiles,
    };
  }

  /** A history such as `1:1 1:2`. */
  history(text: string): History {
    let history = this.empty;
    for (const word of text.split(" ").filter((part) => part !== "")) history = history.extend(txn(word));
    return history;
  }

  nowUs = 0;

  /** Lets virtual time pass; timers fire in order. Disk operations complete at once unless `slowDisk`. */
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

  slowDisk = false;

  input(what: () => void): this {
    this.peer.nowUs = this.nowUs;
    what();
    if (!this.slowDisk) this.disk();
    return this;
  }

  /** Completes what the disk was asked for: all, or the next `count`. */
  disk(count = Number.POSITIVE_INFINITY): this {
    for (let i = 0; i < count && this.operations.length > 0; i++) {
      const { op, run } = this.operations.shift() as { op: DiskOp; run: () => DiskImage | Snapshot | null | false };
      const fails = this.failNext === op;
      if (fails) this.failNext = undefined;
      const result = fails ? false : run();
      this.peer.nowUs = this.nowUs;
      this.peer.diskDone(op, result !== false, result === false ? null : result);
    }
    return this;
  }

  get pendingDisk(): string[] {
    return this.operations.map(({ op }) => DISK_OP_NAMES[op] as string);
  }

  // ---- the other ends

  /** Someone connects to the quorum port. */
  accept(connection: number): this {
    return this.input(() => this.peer.accepted(connection, QUORUM_PORT));
  }

  packet(connection: number, message: QuorumPacket): this {
    return this.input(() => this.peer.packet(connection, message));
  }

  /** A notification of a voter, over a connection of its own. */
  notify(from: ServerId, notification: Partial<Notification>): this {
    const connection = 1000 + from;
    if (!this.callers.has(from)) {
      this.callers.add(from);
      this.input(() => this.peer.accepted(connection, ELECTION_PORT));
      this.input(() => this.peer.electionMessage(connection, { hello: from }));
    }
    const full: Notification = {
      state: LOOKING,
      leader: from,
      zxid: 0,
      electionEpoch: 1,
      peerEpoch: 0,
      version: 2,
      ...notification,
    };
    return this.input(() => this.peer.electionMessage(connection, full));
  }

  /** The same, as bytes. */
  notifyBytes(from: ServerId, bytes: Uint8Array): this {
    this.notify(from, { state: LOOKING, leader: -5 });
    return this.input(() => this.peer.electionMessage(1000 + from, bytes));
  }

  private readonly callers = new Set<ServerId>();

  /** Elected by the votes of others for it. */
  becomeLeader(): this {
    this.start();
    const { myid, database, currentEpoch } = this.peer;
    for (const sid of this.peer.verifier.voters.filter((voter) => voter !== myid)) {
      this.notify(sid, { leader: myid, zxid: database.lastProcessedZxid, peerEpoch: currentEpoch });
    }
    return this.advance(200);
  }

  /** Follows a leader that the others say they have; answers with the connection to it. */
  becomeLearner(leader: ServerId, options: { peerEpoch?: number } = {}): number {
    this.start();
    const peerEpoch = options.peerEpoch ?? 0;
    for (const sid of this.peer.verifier.voters.filter((voter) => voter !== this.peer.myid)) {
      const state = sid === leader ? 2 : 1;
      this.notify(sid, { state, leader, electionEpoch: 1, peerEpoch });
    }
    const connection = this.connects.filter(({ port }) => port === QUORUM_PORT).at(-1)?.connection as number;
    this.input(() => this.peer.connected(connection));
    return connection;
  }

  /** What was sent on a connection, in words: `DIFF 1:2`. */
  sentOn(connection: number): string[] {
    return this.sent
      .filter((entry) => entry.connection === connection && "type" in entry.message)
      .map(({ message }) => inWords(message as QuorumPacket));
  }

  // ---- Effects

  connect(to: ServerId, port: Port): number {
    const connection = ++this.connections;
    this.connects.push({ connection, to, port, atUs: this.nowUs });
    return connection;
  }
  send(connection: number, message: QuorumPacket | ElectionMessage): void {
    this.sent.push({ connection, message });
  }
  close(connection: number): void {
    this.closed.push(connection);
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
  writeAcceptedEpoch(epoch: number): void {
    this.operation(DISK_ACCEPTED_EPOCH, () => {
      this.acceptedEpoch = epoch;
      return null;
    });
  }
  markUpdatingEpoch(): void {}

  writeCurrentEpoch(epoch: number): void {
    this.operation(DISK_CURRENT_EPOCH, () => {
      this.currentEpoch = epoch;
      return null;
    });
  }
  saveSnapshot(snapshot: Snapshot, synced: boolean): void {
    this.operation(DISK_SNAPSHOT, () => {
      this.notes.push(`snapshot ${snapshot.zxid === 0 ? "0:0" : name(snapshot.zxid)}${synced ? " synced" : ""}`);
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
  load(): void {
    this.operation(DISK_LOAD, () => this.image());
  }
  exit(code: number): void {
    this.exitCode = code;
  }
  random(): number {
    return 0;
  }

  private operation(op: DiskOp, run: () => DiskImage | Snapshot | null | false): void {
    this.operations.push({ op, run });
  }

  private recorder(): Notes {
    const record: Partial<Notes> = {
      failed: (reason, learner) => {
        this.failures.push(learner === undefined ? reason : `${learner}: ${reason}`);
      },
    };
    return new Proxy(record, { get: (target, property) => Reflect.get(target, property) ?? (() => {}) }) as Notes;
  }
}

const name = (zxid: Zxid): string => `${Math.floor(zxid / 0x1_0000_0000)}:${zxid >>> 0}`;

export function inWords(message: QuorumPacket): string {
  return `${PACKET_NAMES[message.type]} ${message.zxid < 0 ? message.zxid : name(message.zxid)}`;
}

export const txn = (zxid: string, value = "one"): Txn => makeTxn(z(zxid), value);

export const proposal = (zxid: string): QuorumPacket => packet(2, z(zxid), txn(zxid));

export function info(serverId: ServerId, acceptedEpoch: number, observer = false): QuorumPacket {
  return packet(observer ? 16 : 11, acceptedEpoch * 2 ** 32, { serverId, protocolVersion: 0x10000, configVersion: 0 });
}

export const ackEpoch = (currentEpoch: number, lastZxid: string): QuorumPacket => packet(18, z(lastZxid), currentEpoch);
export const ack = (zxid: string): QuorumPacket => packet(3, z(zxid), null);
export const leaderInfo = (epoch: number): QuorumPacket => packet(17, epoch * 2 ** 32, 0x10000);
export const newLeader = (epoch: number): QuorumPacket => packet(10, epoch * 2 ** 32, null);
export const commit = (zxid: string): QuorumPacket => packet(4, z(zxid), null);
export const upToDate = (): QuorumPacket => packet(12, -1, null);
