/**
 * The host of one Peer in the simulator. It turns the events of a simulated node into inputs of the Peer, and the
 * effects of the Peer into calls on the node and its disk. It makes no decisions of its own.
 */
import {
  type AcceptingThread,
  asConnectionId,
  asServerId,
  type ConnectionEnd,
  type ConnectionId,
  DEFAULT_PORTS,
  DISK_LOAD,
  DISK_TRUNCATE_LOG,
  type DiskOp,
  type Effects,
  ELECTION_PORT,
  type ElectionMessage,
  type Epoch,
  EXIT_UNEXPECTED,
  type LogFile,
  makeTxn,
  NO_CONNECTION,
  type Notification,
  OBSERVER_MASTER_PORT,
  Peer,
  type PeerConfig,
  type Port,
  type QuorumPacket,
  type QuorumVerifier,
  type ReconfigRequest,
  type ReconfigResult,
  type ServerId,
  type Settings,
  type Snapshot,
  type ThreadWork,
  TIMER_ELECTION,
  TIMER_LISTEN,
  type Timer,
  type Truncation,
  type Txn,
  WORK_NAMES,
  type Zxid,
} from "../protocol/index.ts";
import type { Node, NodeProgram } from "../sim/index.ts";
import { AcceptQueues, isAcceptingThread } from "./accept-queues.ts";
import type { ConfigFiles } from "./config-files.ts";
import type { Watchers } from "./note-watchers.ts";
import { ServerDisk } from "./server-disk.ts";
import { FIRST_WORK_TIMER, type ThreadDurations, ThreadWorkTimers, type WorkingThread } from "./thread-work.ts";

/** A message between two servers: a packet of the quorum port, or a message of the election port. */
export type Message = QuorumPacket | ElectionMessage;

// The numbers of the host's own timers. Below are the timers of the core, except TIMER_LISTEN, and those of the thread
// work (ThreadWorkTimers#workOf).

/** Fires when a thread that accepts connections or prepares requests continues after a stall or an error. */
const TIMER_RESUMED = 13;
/** Fires when the server has loaded its database at the start. */
const TIMER_LOADED = 14;
/** Reports a failed truncation if the truncation started no disk operation. */
const TIMER_TRUNCATE_FAILED = 15;
/** Stands for TIMER_LISTEN of the core, whose number a timer of the thread work has. */
const TIMER_LISTEN_AGAIN = 16;

/** Returns the name of a timer of the host: thread work, or one of the timers above. */
export function hostTimerName(timer: number): string {
  return HOST_TIMERS[timer] ?? WORK_NAMES[timer - FIRST_WORK_TIMER] ?? `timer ${timer}`;
}

const HOST_TIMERS: Readonly<Record<number, string>> = {
  [TIMER_RESUMED]: "a thread continues after a fault",
  [TIMER_LOADED]: "the database is loaded",
  [TIMER_TRUNCATE_FAILED]: "the truncation failed",
  [TIMER_LISTEN_AGAIN]: "election port: listen again",
};

/** The name of a thread that a fault can stall. `requests` and `leader` are threads of a leader: see ThreadStall. */
export type StallableThread = WorkingThread | AcceptingThread | "requests" | "leader";

/** Observes the messages of all servers. A script uses it to wait for a message. */
export interface MessageWatcher {
  /** Called when a server sends a message. */
  sent(from: ServerId, to: ServerId, message: Message): void;
  /** Called just before the server handles the message. */
  delivered(from: ServerId, to: ServerId, message: Message): void;
}

/**
 * Counts the effect of each message. `before` and `after` are the numbers `state * 4 + phase` of the server. If the
 * process has ended, `after` is -1.
 */
export interface MessageCoverage {
  /** Counts one message that a server has handled. */
  handled(before: number, message: Message, after: number): void;
}

/** Called when a server exits. */
export type ExitWatcher = (server: ServerId, code: number, reason: string) => void;

export class Server implements NodeProgram<Message>, Effects {
  /** The id of the server in the scenario. Its peer has the same id, unless the file myid is wrong. */
  readonly id: ServerId;
  readonly peer: Peer;
  /**
   * Whether the process runs. False from the moment of a crash, even while the core finishes the input during which the
   * server crashed.
   */
  running = true;
  messageWatchers: readonly MessageWatcher[] = [];
  coverage: MessageCoverage | undefined = undefined;

  private readonly configFiles: ConfigFiles;
  private readonly node: Node<Message>;
  private readonly disk: ServerDisk;
  private readonly onExit: ExitWatcher;
  private readonly watchers: Watchers;
  private readonly settings: Settings;
  private readonly threads: ThreadWorkTimers;
  private readonly acceptQueues = new AcceptQueues<Message>();
  /** The server at the other end of each connection; kept only while messages are watched. */
  private readonly remote = new Map<number, ServerId>();

  constructor(
    node: Node<Message>,
    config: PeerConfig,
    durations: ThreadDurations,
    configFiles: ConfigFiles,
    watchers: Watchers,
    onExit: ExitWatcher,
  ) {
    this.configFiles = configFiles;
    this.id = asServerId(node.id);
    this.node = node;
    this.threads = new ThreadWorkTimers(node, durations);
    this.onExit = onExit;
    this.watchers = watchers;
    this.settings = config.settings;
    this.peer = new Peer(config, this, watchers);
    this.disk = new ServerDisk(node.disk, this.peer.bufferLimit);
  }

  /**
   * Loads the database and then starts the Peer (QuorumPeer#start). The node must already run this program. The server
   * listens on no port before the database is loaded.
   */
  start(): void {
    const loadUs = this.threads.drawLoad();
    if (loadUs === 0) this.loaded();
    else this.node.setTimer(TIMER_LOADED, loadUs);
  }

  private loaded(): void {
    this.input();
    const { unreadable } = this;
    if (unreadable === undefined) {
      this.disk.deleteEmptyLog();
      this.peer.start(this.disk.image());
      return;
    }
    const tooLarge = this.disk.tooLarge(unreadable);
    const detail = `${unreadable} cannot be read${tooLarge === undefined ? "" : `: ${tooLarge}`}`;
    this.peer.exit(EXIT_UNEXPECTED, tooLarge === undefined ? "disk-error" : "unreasonable-length", detail);
  }

  private get unreadable(): string | undefined {
    return this.disk.unreadable(this.peer.behavior);
  }

  /** Marks the process as ended. From this time on, the host ignores the effects and notes of its core. */
  end(): void {
    this.running = false;
    this.peer.alive = false;
    this.watchers.watching = false;
  }

  write(value: string | number, bytes = 0): boolean {
    this.input();
    return this.peer.write(value, bytes);
  }

  /** Makes the log thread start a new log file and save a snapshot. Returns false if it does not run. */
  takeSnapshot(): boolean {
    this.input();
    return this.peer.takeSnapshot();
  }

  /** Handles a client's request to change the configuration. Returns what the leader does with it. */
  reconfig(request: ReconfigRequest): ReconfigResult {
    this.input();
    return this.peer.reconfig(request);
  }

  /**
   * Stalls a thread: it does no work, or accepts no connections, until `resume`. Returns false if the server does not
   * run this thread.
   */
  stall(thread: StallableThread): boolean {
    if (thread === "requests") return this.peer.stallRequests();
    if (thread === "leader") this.peer.stallLeader();
    else if (isAcceptingThread(thread)) this.acceptQueues.stall(thread);
    else this.threads.stall(thread);
    return true;
  }

  /** Ends one stall of a thread. */
  resume(thread: StallableThread): void {
    if (thread === "requests") {
      if (this.peer.resumeRequests(false)) this.node.setTimer(TIMER_RESUMED, 0);
    } else if (thread === "leader") {
      this.peer.resumeLeader(false);
      this.node.setTimer(TIMER_RESUMED, 0);
    } else if (isAcceptingThread(thread)) {
      this.acceptQueues.resume(thread);
      this.node.setTimer(TIMER_RESUMED, 0);
    } else this.threads.resume(thread);
  }

  /** The number of errors of accept() in a thread so far. */
  acceptErrors(thread: AcceptingThread): number {
    return this.peer.acceptErrors.count[thread];
  }

  /** Makes each accept() of a thread fail until `endAcceptErrors`. */
  failAccepts(thread: AcceptingThread): void {
    this.peer.failAccepts(thread);
  }

  endAcceptErrors(thread: AcceptingThread): void {
    this.peer.endAcceptErrors(thread);
    this.node.setTimer(TIMER_RESUMED, 0);
  }

  /** Ends all stalls of all threads, and all errors of accept(). */
  resumeAll(): void {
    this.threads.resumeAll();
    const accepts = this.acceptQueues.resumeAll();
    const failed = this.peer.endAllAcceptErrors();
    const leads = this.peer.leaderStalls;
    this.peer.resumeLeader(true);
    if (this.peer.resumeRequests(true) || accepts || failed || leads) this.node.setTimer(TIMER_RESUMED, 0);
  }

  // ---- The events of the node

  onTimer(timer: number): void {
    if (timer === TIMER_LOADED) {
      this.loaded();
      return;
    }
    this.input();
    const work = this.threads.workOf(timer);
    if (work !== undefined) this.finishWork(work);
    else if (timer === TIMER_RESUMED) this.resumed();
    else if (timer === TIMER_LISTEN_AGAIN) this.peer.timer(TIMER_LISTEN);
    else if (timer === TIMER_TRUNCATE_FAILED) this.peer.diskDone(DISK_TRUNCATE_LOG, false, null);
    else this.peer.timer(timer as Timer);
  }

  private resumed(): void {
    this.acceptWaiting();
    if (this.running) this.peer.acceptAgain();
    if (!this.running) return;
    this.peer.runLeader();
    this.peer.runRequests();
  }

  private finishWork(work: ThreadWork): void {
    for (const { key } of this.threads.finish(work)) this.peer.workDone(work, key);
  }

  onConnected(connection: number): void {
    this.input();
    this.peer.connected(asConnectionId(connection));
  }

  onRefused(connection: number): void {
    this.input();
    this.peer.refused(asConnectionId(connection));
  }

  onAccepted(connection: number, from: number, nodePort: number): void {
    this.input();
    const port = portOf(nodePort);
    if (this.acceptQueues.add(connection, from, port)) return;
    this.accept(connection, from, port);
  }

  private accept(connection: number, from: number, port: Port): void {
    this.setOptions(connection, port);
    if (this.messageWatchers.length > 0) this.remote.set(connection, asServerId(from));
    this.peer.accepted(asConnectionId(connection), port);
  }

  /** Accepts the connections that have waited for a stalled thread, and handles what has arrived on them. */
  private acceptWaiting(): void {
    for (const { connection, end, from, messages, port } of this.acceptQueues.takeReady()) {
      if (this.running) this.accept(connection, from, port);
      for (const message of messages) if (this.running) this.onMessage(connection, from, message);
      if (this.running && end !== undefined) this.onClosed(connection, end);
    }
  }

  onMessage(connection: number, from: number, message: Message): void {
    const waiting = this.acceptQueues.find(connection);
    if (waiting !== undefined) {
      waiting.messages.push(message);
      return;
    }
    this.input();
    this.watchDelivery(from, message);
    if (!this.running) return;
    const { coverage, peer } = this;
    const before = peer.state * 4 + peer.phase;
    if (isQuorumPacket(message)) peer.packet(asConnectionId(connection), message);
    else peer.electionMessage(asConnectionId(connection), message);
    coverage?.handled(before, message, this.running ? peer.state * 4 + peer.phase : -1);
  }

  onClosed(connection: number, how: ConnectionEnd): void {
    const waiting = this.acceptQueues.find(connection);
    if (waiting !== undefined) {
      waiting.end = how;
      return;
    }
    this.input();
    this.remote.delete(connection);
    this.peer.closed(asConnectionId(connection), how);
  }

  hasUnread(connection: number): boolean {
    return this.acceptQueues.find(connection) !== undefined || this.peer.hasUnread(asConnectionId(connection));
  }

  onDatagram(from: number, _port: number, message: Message): void {
    this.input();
    this.watchDelivery(from, message);
    if (this.running) this.peer.notification(asServerId(from), message as Notification);
  }

  private watchDelivery(from: number, message: Message): void {
    for (const watcher of this.messageWatchers) watcher.delivered(asServerId(from), this.id, message);
  }

  onDiskDone(operation: number, result: "ok" | "error" | "full"): void {
    this.input();
    const done = result === "ok" && (operation !== DISK_LOAD || this.unreadable === undefined);
    this.peer.diskDone(operation as DiskOp, done, this.disk.resultOf(operation));
  }

  stateHash(): number {
    return this.peer.stateHash();
  }

  /** Only the connections of the election port can have keep-alive (QuorumCnxManager#setSockOpts). */
  private setOptions(connection: number, port: number): void {
    const { behavior } = this.peer;
    const { tcpKeepAlive } = this.settings;
    if (tcpKeepAlive && behavior.knowsTcpKeepAlive && port === ELECTION_PORT) this.node.keepAlive(connection);
  }

  private input(): void {
    this.peer.nowUs = this.node.clockUs;
  }

  // ---- the Peer's effects. If the server crashes while it handles an input, the rest of the input has no effect.

  connect(to: ServerId, port: Port, number?: number): ConnectionId {
    if (!this.running) return NO_CONNECTION;
    const connection = asConnectionId(this.node.connect(to, nodePort(port, number)));
    this.setOptions(connection, port);
    if (this.messageWatchers.length > 0) this.remote.set(connection, to);
    return connection;
  }

  send(connection: ConnectionId, message: Message): void {
    if (!this.running) return;
    this.node.send(connection, message);
    if (this.messageWatchers.length === 0) return;
    const to = this.remote.get(connection);
    if (to === undefined) return;
    for (const watcher of this.messageWatchers) watcher.sent(this.id, to, message);
  }

  close(connection: ConnectionId): void {
    this.remote.delete(connection);
    if (this.running) this.node.close(connection);
  }

  listen(port: Port, number?: number): void {
    if (this.running) this.node.listen(nodePort(port, number));
  }

  unlisten(port: Port, number?: number): void {
    if (!this.running) return;
    this.node.unlisten(nodePort(port, number));
    for (const connection of this.acceptQueues.waitingFor(port)) this.node.close(connection);
    this.acceptQueues.portClosed(port);
  }

  sendDatagram(to: ServerId, notification: Notification): void {
    if (!this.running) return;
    this.node.datagram(to, ELECTION_PORT, notification);
    for (const watcher of this.messageWatchers) watcher.sent(this.id, to, notification);
  }

  setTimer(timer: Timer, delayUs: number): void {
    if (!this.running) return;
    const lateUs = timer === TIMER_ELECTION ? this.threads.drawElectionWakeUp() : 0;
    this.node.setTimer(nodeTimer(timer), Math.max(0, delayUs) + lateUs);
  }

  cancelTimer(timer: Timer): void {
    if (this.running) this.node.cancelTimer(nodeTimer(timer));
  }

  startWork(work: ThreadWork, key: number): void {
    if (this.running) this.threads.start(work, key);
  }

  prepareTxn(zxid: Zxid, value: string | number, bytes: number): Txn {
    return makeTxn(zxid, value, bytes);
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

  writeAcceptedEpoch(epoch: Epoch): void {
    if (this.running) this.disk.writeAcceptedEpoch(epoch);
  }

  writeCurrentEpoch(epoch: Epoch): void {
    if (this.running) this.disk.writeCurrentEpoch(epoch);
  }

  markUpdatingEpoch(updating: boolean): void {
    if (this.running) this.disk.markUpdatingEpoch(updating);
  }

  readLog(): readonly LogFile[] {
    return this.disk.readLog(this.peer.behavior.deletesEmptyLog);
  }

  saveSnapshot(snapshot: Snapshot, synced: boolean): void {
    if (this.running) this.disk.saveSnapshot(snapshot, synced);
  }

  saveSnapshotInBackground(snapshot: Snapshot): void {
    if (this.running) this.disk.saveSnapshotInBackground(snapshot);
  }

  writeNextConfig(config: QuorumVerifier): void {
    if (this.running) this.configFiles.writeNext(config);
  }

  writeDynamicConfig(): void {
    if (this.running) this.configFiles.writeDynamic();
  }

  pointToDynamicConfig(config: QuorumVerifier): void {
    if (this.running) this.configFiles.pointTo(config);
  }

  deleteNextConfig(): void {
    if (this.running) this.configFiles.deleteNext();
  }

  load(): void {
    if (this.running) this.disk.load();
  }

  exit(code: number, reason: string): void {
    if (this.running) this.onExit(this.id, code, reason);
  }

  random(bound: number): number {
    return this.node.random.below(bound);
  }
}

const PORTS = OBSERVER_MASTER_PORT + 1;
const DEFAULT_NUMBERS: readonly (number | undefined)[] = [DEFAULT_PORTS.quorum, DEFAULT_PORTS.election];

/** Returns the port of the node for a port of the core with this number. */
function nodePort(port: Port, number = DEFAULT_NUMBERS[port]): number {
  return number === undefined || number === DEFAULT_NUMBERS[port] ? port : port + PORTS * number;
}

/** Returns the port of the core for a port of the node. */
function portOf(nodePort: number): Port {
  return (nodePort % PORTS) as Port;
}

/** Returns the number of a timer of the core at the node. */
function nodeTimer(timer: Timer): number {
  return timer === TIMER_LISTEN ? TIMER_LISTEN_AGAIN : timer;
}

function isQuorumPacket(message: Message): message is QuorumPacket {
  return (message as QuorumPacket).type !== undefined;
}
