/**
 * A server of a real ensemble: the core of protocol/ on sockets, files and the clock of this machine.
 * It is the host of one Peer, as cluster/server.ts is in the simulator.
 *
 * The server handles its inputs one after the other. It syncs the log while it handles other inputs, because a thread
 * of its own does so in Java. All other disk operations and the work of threads are complete when the effect returns,
 * and the core gets their completion as the next input.
 */

import { diskRulesOf } from "../doctor/disk-rules.ts";
import {
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
  type ElectionMessage,
  type Epoch,
  EXIT_UNEXPECTED,
  History,
  type LogFile,
  type Notes,
  Peer,
  type Port,
  type QuorumPacket,
  type QuorumVerifier,
  type ServerId,
  type Snapshot,
  type ThreadWork,
  type Timer,
  type Truncation,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type QuorumPacket as WirePacket, type WireRules, wireRulesOf } from "../wire/index.ts";
import { DataDirectory } from "./data-directory.ts";
import { isDiskProblem } from "./disk-problem.ts";
import { type Core, InputTrace } from "./input-trace.ts";
import { LearnerClients } from "./learner-clients.ts";
import { Network, type NetworkOwner } from "./network.ts";
import { Trees } from "./trees.ts";
import type { LiveConfig } from "./zoo-cfg.ts";

/** Observes a live server. */
export interface LiveOwner {
  /** The receiver of the core's observations. */
  readonly notes: Notes;
  /** Writes one line of the trace of the inputs and outputs of the core (input-trace.ts). Default: no trace. */
  readonly trace?: ((line: string) => void) | undefined;
  /** The server has read a packet of the quorum port. `from` is -1 for a learner that is not known yet. */
  received(from: ServerId, message: QuorumPacket): void;
  /** The server has exited with an exit code of ZooKeeper. The note `failed` has the reason. */
  exited(code: number): void;
}

const NS_PER_US = 1000n;
const US_PER_MS = 1000;

export class LiveServer implements Effects, NetworkOwner {
  readonly peer: Peer;
  /** The release's form of messages. */
  readonly rules: WireRules;
  readonly trees: Trees;
  readonly network: Network;
  readonly tickTimeMs: number;
  /** The inputs of the Peer. */
  private readonly core: Core;
  private readonly owner: LiveOwner;
  private readonly clients: LearnerClients;
  private readonly data: DataDirectory;
  private readonly timers = new Map<Timer, NodeJS.Timeout>();
  /** Inputs that wait for the current one. */
  private readonly inputs: ((core: Core) => void)[] = [];
  private isHandling = false;
  private readonly work = new Set<string>();
  private hasEnded = false;

  /** Opens the data directory. Throws an error of the file system if it cannot be written. */
  constructor(config: LiveConfig, owner: LiveOwner) {
    const { dataDir, dataLogDir, myid, release, settings, verifier } = config;
    const emptyHistory = History.empty();
    const behavior = behaviorOf(release);
    const disk = diskRulesOf(release);
    this.owner = owner;
    this.rules = wireRulesOf(release);
    this.tickTimeMs = settings.tickTimeMs;
    this.trees = new Trees(disk, emptyHistory);
    this.data = new DataDirectory(dataDir, dataLogDir, disk, this.trees);
    const trace =
      owner.trace && new InputTrace(owner.trace, { release, myid, verifier, settings, startMs: Date.now() });
    const effects = trace?.effectsOf(this) ?? this;
    this.peer = new Peer({ myid, verifier, settings, emptyHistory, behavior }, effects, owner.notes);
    this.core = trace?.inputsOf(this.peer) ?? this.peer;
    this.network = new Network(config, this.rules, this.trees, this);
    this.clients = new LearnerClients(this);
  }

  /** Loads the data directory and starts the Peer. */
  start(): void {
    this.input((core) => core.start(this.data.load()));
  }

  /** Ends the server as a kill does: it flushes nothing, and connections end. */
  kill(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.peer.alive = false;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.clients.stop();
    this.inputs.length = 0;
    this.network.closeAll();
    this.data.log.close();
  }

  input(handle: (core: Core) => void): void {
    if (this.hasEnded) return;
    this.inputs.push(handle);
    if (this.isHandling) return;
    this.isHandling = true;
    try {
      for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) this.handle(next);
    } finally {
      this.isHandling = false;
    }
  }

  private handle(input: (core: Core) => void): void {
    this.peer.nowUs = Number(process.hrtime.bigint() / NS_PER_US);
    try {
      input(this.core);
      this.clients.update();
    } catch (error) {
      if (!isDiskProblem(error)) throw error;
      this.core.exit(EXIT_UNEXPECTED, "disk-error", error.message);
    }
  }

  get committedConfig(): QuorumVerifier {
    return this.peer.configurations.committed;
  }

  received(from: ServerId, message: QuorumPacket): void {
    this.owner.received(from, message);
  }

  fromLearner(connection: ConnectionId, message: QuorumPacket, wire: WirePacket): QuorumPacket | undefined {
    return this.clients.fromLearner(connection, message, wire);
  }

  // ---- effects: network

  connect(to: ServerId, port: Port, number?: number): ConnectionId {
    return this.network.connect(to, port, number);
  }

  send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void {
    this.network.send(connection, message);
  }

  close(connection: ConnectionId): void {
    this.network.close(connection);
  }

  listen(port: Port, number?: number): void {
    this.network.listen(port, number);
  }

  unlisten(port: Port, number?: number): void {
    this.network.unlisten(port, number);
  }

  /** Real servers send notifications over TCP only. */
  sendDatagram(): void {}

  // ---- effects: timers and threads

  prepareTxn(zxid: Zxid, value: string | number): Txn {
    return this.clients.prepareTxn(zxid, String(value));
  }

  setTimer(timer: Timer, delayUs: number): void {
    clearTimeout(this.timers.get(timer));
    const due = setTimeout(
      () => {
        this.timers.delete(timer);
        this.input((core) => core.timer(timer));
      },
      Math.ceil(Math.max(0, delayUs) / US_PER_MS),
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
    this.input((core) => {
      this.work.delete(name);
      core.workDone(work, key);
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
    this.data.log.sync((isDurable) => this.input((core) => core.diskDone(DISK_SYNC_LOG, isDurable, null)));
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
    this.diskOperation(
      DISK_SNAPSHOT,
      () => this.data.saveSnapshot(snapshot),
      () => snapshot,
    );
  }

  saveSnapshotInBackground(snapshot: Snapshot): void {
    this.diskOperation(
      DISK_BACKGROUND_SNAPSHOT,
      () => this.data.saveSnapshot(snapshot),
      () => snapshot,
    );
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
    resultOf: () => Snapshot | DiskImage | null = () => null,
  ): void {
    let isDone: boolean;
    try {
      isDone = perform() !== false;
    } catch (error) {
      if (!isDiskProblem(error)) throw error;
      isDone = false;
    }
    this.input((core) => core.diskDone(operation, isDone, resultOf()));
  }

  // The server writes no configuration files: it keeps the static list of its zoo.cfg.
  writeNextConfig(): void {}
  writeDynamicConfig(): void {}
  pointToDynamicConfig(): void {}
  deleteNextConfig(): void {}

  exit(code: number): void {
    this.kill();
    this.owner.exited(code);
  }
}
