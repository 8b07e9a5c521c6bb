/**
 * A server in a world: the core on one side, a simulated node on the other. What the node reports becomes the Peer's
 * inputs; the Peer's effects become calls on the node and its disk. Nothing is decided here.
 */
import {
  DISK_LOAD,
  DISK_TRUNCATE_LOG,
  type DiskOp,
  type Effects,
  ELECTION_PORT,
  type ElectionMessage,
  EXIT_UNEXPECTED,
  type Notification,
  Peer,
  type PeerConfig,
  type Port,
  type QuorumPacket,
  type ServerId,
  type Snapshot,
  type Timer,
  type Truncation,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";
import type { Node, NodeProgram } from "../sim/index.ts";
import type { Watchers } from "./note-watchers.ts";
import { ServerDisk } from "./server-disk.ts";

export type Message = QuorumPacket | ElectionMessage;

/** Beyond the Peer's own: a truncation that fails at once is told of as if it had been tried. */
const TIMER_TRUNCATE_FAILED = 15;

/** Who sees messages come and go: a script that waits for one. */
export interface MessageWatcher {
  sent(from: ServerId, to: ServerId, message: Message): void;
  /** Just before it is handled. */
  delivered(from: ServerId, to: ServerId, message: Message): void;
}

/** Counts what came of each message. `before`, `after`: state * 4 + phase; -1 after the end of the process. */
export interface MessageCoverage {
  handled(before: number, message: Message, after: number): void;
}

/** Told when a server ends itself. */
export type ExitWatcher = (server: ServerId, code: number, reason: string) => void;

export class Server implements NodeProgram<Message>, Effects {
  readonly peer: Peer;
  /** False from a crash on, also for the rest of the input that is being handled. */
  running = true;
  messageWatchers: readonly MessageWatcher[] = [];
  coverage: MessageCoverage | undefined = undefined;

  private readonly node: Node<Message>;
  private readonly disk: ServerDisk;
  private readonly onExit: ExitWatcher;
  private readonly watchers: Watchers;
  /** Whom a connection leads to; only kept while messages are watched. */
  private readonly remote = new Map<number, ServerId>();

  constructor(node: Node<Message>, config: PeerConfig, watchers: Watchers, onExit: ExitWatcher) {
    this.node = node;
    this.disk = new ServerDisk(node.disk);
    this.onExit = onExit;
    this.watchers = watchers;
    this.peer = new Peer(config, this, watchers);
  }

  /** To be called once the node runs this program. */
  start(): void {
    this.input();
    const { unreadable } = this;
    if (unreadable === undefined) this.peer.start(this.disk.image());
    else this.peer.exit(EXIT_UNEXPECTED, "disk-error", `${unreadable} cannot be read`);
  }

  private get unreadable(): string | undefined {
    return this.disk.unreadable(this.peer.behavior.corruptSnapshotExits);
  }

  /** The process is gone. */
  end(): void {
    this.running = false;
    this.peer.alive = false;
    this.watchers.watching = false;
  }

  write(value: string | number): boolean {
    this.input();
    return this.peer.write(value);
  }

  // ---- from the node

  onTimer(timer: number): void {
    this.input();
    if (timer === TIMER_TRUNCATE_FAILED) this.peer.diskDone(DISK_TRUNCATE_LOG, false, null);
    else this.peer.timer(timer);
  }

  onConnected(connection: number): void {
    this.input();
    this.peer.connected(connection);
  }

  onRefused(connection: number): void {
    this.input();
    this.peer.refused(connection);
  }

  onAccepted(connection: number, from: ServerId, port: number): void {
    this.input();
    if (this.messageWatchers.length > 0) this.remote.set(connection, from);
    this.peer.accepted(connection, port as Port);
  }

  onMessage(connection: number, from: ServerId, message: Message): void {
    this.input();
    for (const watcher of this.messageWatchers) watcher.delivered(from, this.peer.myid, message);
    if (!this.running) return;
    const { coverage, peer } = this;
    const before = peer.state * 4 + peer.phase;
    if ((message as QuorumPacket).type !== undefined) peer.packet(connection, message as QuorumPacket);
    else peer.electionMessage(connection, message as ElectionMessage);
    coverage?.handled(before, message, this.running ? peer.state * 4 + peer.phase : -1);
  }

  onClosed(connection: number, how: "closed" | "reset"): void {
    this.input();
    this.remote.delete(connection);
    this.peer.closed(connection, how);
  }

  onDatagram(from: ServerId, _port: number, message: Message): void {
    this.input();
    for (const watcher of this.messageWatchers) watcher.delivered(from, this.peer.myid, message);
    if (this.running) this.peer.notification(from, message as Notification);
  }

  onDiskDone(operation: number, result: "ok" | "error" | "full"): void {
    this.input();
    const done = result === "ok" && (operation !== DISK_LOAD || this.unreadable === undefined);
    this.peer.diskDone(operation as DiskOp, done, this.disk.resultOf(operation));
  }

  stateHash(): number {
    return this.peer.stateHash();
  }

  private input(): void {
    this.peer.nowUs = this.node.clockUs;
  }

  // ---- from the core. After a crash in the middle of an input the rest of it has no effect.

  connect(to: ServerId, port: Port): number {
    if (!this.running) return 0;
    const connection = this.node.connect(to, port);
    if (this.messageWatchers.length > 0) this.remote.set(connection, to);
    return connection;
  }

  send(connection: number, message: Message): void {
    if (!this.running) return;
    this.node.send(connection, message);
    if (this.messageWatchers.length === 0) return;
    const to = this.remote.get(connection);
    if (to === undefined) return;
    for (const watcher of this.messageWatchers) watcher.sent(this.peer.myid, to, message);
  }

  close(connection: number): void {
    this.remote.delete(connection);
    if (this.running) this.node.close(connection);
  }

  listen(port: Port): void {
    if (this.running) this.node.listen(port);
  }

  unlisten(port: Port): void {
    if (this.running) this.node.unlisten(port);
  }

  sendDatagram(to: ServerId, notification: Notification): void {
    if (!this.running) return;
    this.node.datagram(to, ELECTION_PORT, notification);
    for (const watcher of this.messageWatchers) watcher.sent(this.peer.myid, to, notification);
  }

  setTimer(timer: Timer, delayUs: number): void {
    if (this.running) this.node.setTimer(timer, Math.max(0, delayUs));
  }

  cancelTimer(timer: Timer): void {
    if (this.running) this.node.cancelTimer(timer);
  }

  append(txn: Txn): void {
    if (this.running) this.disk.append(txn);
  }

  rollLog(): void {
    if (this.running) this.disk.rollLog();
  }

  syncLog(): void {
    if (this.running) this.disk.syncLog();
  }

  dropAllBut(snapshotZxid: Zxid): void {
    if (this.running) this.disk.dropAllBut(snapshotZxid);
  }

  truncateLog(zxid: Zxid, how: Truncation): void {
    if (this.running && !this.disk.truncateLog(zxid, how)) this.node.setTimer(TIMER_TRUNCATE_FAILED, 0);
  }

  writeAcceptedEpoch(epoch: number): void {
    if (this.running) this.disk.writeAcceptedEpoch(epoch);
  }

  writeCurrentEpoch(epoch: number): void {
    if (this.running) this.disk.writeCurrentEpoch(epoch);
  }

  markUpdatingEpoch(updating: boolean): void {
    if (this.running) this.disk.markUpdatingEpoch(updating);
  }

  saveSnapshot(snapshot: Snapshot, synced: boolean): void {
    if (this.running) this.disk.saveSnapshot(snapshot, synced);
  }

  saveSnapshotInBackground(snapshot: Snapshot): void {
    if (this.running) this.disk.saveSnapshotInBackground(snapshot);
  }

  load(): void {
    if (this.running) this.disk.load();
  }

  exit(code: number, reason: string): void {
    if (this.running) this.onExit(this.peer.myid, code, reason);
  }

  random(bound: number): number {
    return this.node.random.below(bound);
  }
}
