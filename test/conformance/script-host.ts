/**
 * The host of a Peer that a script drives. It plays the peers, the election, the disk and the threads, step by step,
 * and reports what the Peer does. The Java program of test/java drives ZooKeeper's own classes in the same way
 * (ScriptQuestion.java), and gives answers of the same form.
 *
 * After each step, the Peer runs until it waits for the script. Operations of a kind that the script holds wait. All
 * others complete one at a time, in the order of WAITS.
 */
import {
  type ACK,
  ACKEPOCH,
  asConnectionId,
  asEpoch,
  asServerId,
  asZxid,
  behaviorOf,
  type ConnectionId,
  DISK_ACCEPTED_EPOCH,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
  type DiffLogging,
  type DiskImage,
  type ElectionMessage,
  FOLLOWERINFO,
  FOLLOWING,
  formatZxid,
  INFORM,
  LEADERINFO,
  LEADING,
  LOOKING,
  type LogFile,
  OBSERVERINFO,
  PACKET_NAMES,
  type PacketType,
  PROPOSAL,
  PROTOCOL_VERSION,
  packet,
  QUORUM_PORT,
  type QuorumPacket,
  SERVER_STATE_NAMES,
  SNAP,
  SNAPSHOT_PART,
  TIMER_TICK,
  type Txn,
  UPTODATE,
  WORK_APPLY_COMMITS,
  WORK_QUEUE_NEWLEADER,
  WORK_RESUME_LEARNER,
  WORK_SEND_SNAPSHOT,
  type Zxid,
} from "../../protocol/index.ts";
import { type BareDisk, type BareOptions, BarePeer, ensemble, txn, vote, z } from "./bare-peer.ts";

/** The content of the disk when the script starts. */
export interface ScriptDisk {
  /** Undefined if the file is missing. */
  readonly acceptedEpoch?: number;
  /** Undefined if the file is missing. */
  readonly currentEpoch?: number;
  /** Each snapshot as its zxid and its transactions, such as `1:2=1:1 1:2`. */
  readonly snapshots: readonly string[];
  /** The transactions in the log, such as `1:1 1:2`. There is one log file. */
  readonly log: string;
}

/**
 * A script for one server of an ensemble with the voters 1, 2, 3 and the observers 4, 5. The steps are:
 *
 *   elect 2               the election ends, if there is one: the server follows or observes server 2, or leads
 *   DIFF 1:2              server 2, the leader, sends a packet; README.md lists the forms of all packets
 *   3 ACK 1:2             learner 3 sends a packet; FOLLOWERINFO and OBSERVERINFO also open its connection
 *   3 close               server 3 closes its connection
 *   hold sync             operations of this kind (WAITS) wait from now on
 *   let sync              the first waiting operation of this kind completes
 *   free sync             operations of this kind no longer wait
 *   crash                 the process ends, and starts again with its files
 *   write                 a client of the leader writes
 *   ping                  half a tick of the leader passes; only once in a script
 */
export interface Script {
  /** The id of the server. */
  readonly myid: number;
  readonly disk: ScriptDisk;
  readonly steps: readonly string[];
}

/**
 * What has changed since the step before. `sent` contains the packets that the server has sent and the connections that
 * it has closed. The other fields are `state`, `waits` (the operations that wait), `epochs` (acceptedEpoch and
 * currentEpoch in memory), `last` (lastProcessedZxid), `tree`, `committedLog`, `log`, `snapshots` and `files`
 * (acceptedEpoch and currentEpoch on disk).
 */
export type Observation = Readonly<Record<string, string | readonly string[]>>;

type Wait =
  | "load"
  | "resume"
  | "truncate"
  | "snapshot"
  | "accepted"
  | "current"
  | "sync"
  | "newleader"
  | "serialize"
  | "apply";

/** The operations that a script can hold, in the order in which they complete. A script never holds `load`. */
export const WAITS: readonly Wait[] = [
  "load",
  "resume",
  "truncate",
  "snapshot",
  "accepted",
  "current",
  "sync",
  "newleader",
  "serialize",
  "apply",
];

const WAIT_OF_DISK: Readonly<Record<number, Wait>> = {
  [DISK_LOAD]: "load",
  [DISK_TRUNCATE_LOG]: "truncate",
  [DISK_SNAPSHOT]: "snapshot",
  [DISK_ACCEPTED_EPOCH]: "accepted",
  [DISK_CURRENT_EPOCH]: "current",
  [DISK_SYNC_LOG]: "sync",
};

const WAIT_OF_WORK: Readonly<Record<number, Wait>> = {
  [WORK_RESUME_LEARNER]: "resume",
  [WORK_QUEUE_NEWLEADER]: "newleader",
  [WORK_SEND_SNAPSHOT]: "serialize",
  [WORK_APPLY_COMMITS]: "apply",
};

/** The releases that start the processors of a follower at NEWLEADER. */
const STARTS_AT_NEWLEADER: readonly DiffLogging[] = ["queued-before-ack", "synced-before-epoch"];

const VERIFIER = ensemble([1, 2, 3], [4, 5]);
const LEADER = 2;
/** Long enough that no timeout expires during a script, as in ScriptServer.java. */
const SETTINGS = { tickTimeMs: 600_000, initLimit: 10, syncLimit: 5, observerElectionDelayMs: 0 };
const FINALIZE_WAIT_MS = 200;

/** Returns what the core observes at the start of a script and after each of its steps. */
export function scriptAnswer({ disk, myid, steps }: Script, release: string): Observation[] {
  let last: Observation = {};
  const run = { host: new ScriptHost({ myid, release, disk: bareDiskOf(disk) }) };
  const observe = (): Observation => {
    const { sent, ...now } = run.host.observe();
    const changes = Object.entries(now).filter(([name, value]) => value !== last[name]);
    last = now;
    return Object.fromEntries(sent === undefined ? changes : [["sent", sent], ...changes]);
  };
  return ["", ...steps].map((step) => {
    if (step === "crash") run.host = run.host.restarted();
    else if (step !== "") run.host.perform(step);
    return observe();
  });
}

/**
 * Returns why zabsim is known to answer a script differently for a release; undefined if it is not.
 */
export function knownScriptDifference({ myid, steps }: Script, release: string): string | undefined {
  const behavior = behaviorOf(release);
  if (steps.includes("elect 1") && myid === 1 && behavior.syncSource === "committed-log") {
    // Each server logs and acknowledges proposals in order, so no quorum acknowledges a later proposal first.
    if (hasAcksOutOfOrder(steps)) return "3.4 commits a proposal before an earlier one if it has more ACKs";
    // A learner ignores PING in the synchronization.
    if (steps.includes("ping")) return "3.4 sends PING to a learner that is being synchronized";
    if (steps.includes("hold newleader")) return "3.4 queues NEWLEADER before a SNAP, at a point that cannot be held";
  }
  const newLeader = steps.findIndex((step) => step.includes("NEWLEADER"));
  const upToDate = steps.indexOf("UPTODATE");
  const isFromOldLeader = upToDate >= 0 && (newLeader < 0 || upToDate < newLeader);
  // Only a leader from before Zab 1.0 does that.
  if (isFromOldLeader && STARTS_AT_NEWLEADER.includes(behavior.diffLogging)) {
    return "3.5.10 to 3.9.2 have no processors after UPTODATE without NEWLEADER, and fail at the first proposal";
  }
  return undefined;
}

/** Whether a learner acknowledges a transaction before an earlier one. */
function hasAcksOutOfOrder(steps: readonly string[]): boolean {
  return VERIFIER.members.some((sid) => {
    const zxids = steps.flatMap((step) => {
      const zxid = new RegExp(`^${sid} ACK (\\d+:[1-9]\\d*)$`).exec(step)?.[1];
      return zxid === undefined ? [] : [z(zxid)];
    });
    return zxids.some((zxid, i) => zxid !== (i === 0 ? zxid : (zxids[i - 1] as number) + 1));
  });
}

function bareDiskOf({ acceptedEpoch, currentEpoch, log, snapshots }: ScriptDisk): BareDisk {
  const { empty } = new BarePeer();
  return {
    acceptedEpoch,
    currentEpoch,
    log: txnsOf(log),
    snapshots: snapshots.map((text) => {
      const [zxid = "", txns = ""] = text.split("=");
      return { zxid: z(zxid), history: txnsOf(txns).reduce((history, one) => history.extend(one), empty) };
    }),
  };
}

const wordsOf = (text: string): string[] => text.split(" ").filter((word) => word !== "");
const txnsOf = (text: string): Txn[] => wordsOf(text).map((zxid) => txn(zxid));
const zxidText = (zxid: Zxid): string => (zxid < 0 ? String(zxid) : formatZxid(zxid));
const zxidTexts = (txns: readonly Txn[]): string => txns.map(({ zxid }) => formatZxid(zxid)).join(" ");
/** The transactions of a tree, in the order of their zxids. */
const treeText = (txns: readonly Txn[]): string => zxidTexts([...txns].sort((a, b) => a.zxid - b.zxid));

class ScriptHost extends BarePeer {
  override slowDisk = true;
  override slowThreads = true;

  private readonly options: BareOptions;
  private readonly held = new Set<Wait>();
  /** The open or closed connections to the other servers, by their id. */
  private readonly peers = new Map<number, ConnectionId>();
  /** The packets that the other servers have received and that have not been observed, by connection. */
  private readonly received = new Map<ConnectionId, string[]>();
  private readonly observedCloses = new Set<ConnectionId>();
  private readonly closedByPeers = new Set<ConnectionId>();
  private files: readonly LogFile[];
  /** The file to which the next append goes; undefined if it opens a new file. */
  private openFile: LogFile | undefined;
  private accepts = 0;
  private elections = 0;
  private connectsDone = 0;
  private isTicking = false;

  constructor(options: BareOptions, files?: readonly LogFile[]) {
    super({ verifier: VERIFIER, ...options, settings: SETTINGS });
    this.options = options;
    this.files = files ?? super.image().logFiles;
    this.input(() => this.peer.start(this.image())).settle();
  }

  /** Returns a server that starts with the files of this one. */
  restarted(): ScriptHost {
    const { acceptedEpoch, currentEpoch, files, snapshots, updatingEpoch } = this;
    return new ScriptHost({ ...this.options, disk: { acceptedEpoch, currentEpoch, snapshots, updatingEpoch } }, files);
  }

  // ---- the log, in files as in FileTxnLog

  override image(): DiskImage {
    return { ...super.image(), logFiles: this.files };
  }

  override readLog(): readonly LogFile[] {
    return this.files;
  }

  override append(txn: Txn): void {
    const { zxid: name } = txn;
    // Opening a file that exists overwrites it.
    const open = this.openFile ?? { name, txns: [] };
    this.openFile = { name: open.name, txns: [...open.txns, txn] };
    this.files = [...this.files.filter((file) => file.name !== open.name), this.openFile].sort(
      (a, b) => a.name - b.name,
    );
  }

  override rollLog(): void {
    this.openFile = undefined;
  }

  override truncateLog(zxid: Zxid): void {
    this.operation(DISK_TRUNCATE_LOG, () => {
      const first = this.files.findLastIndex(({ name }) => name < zxid);
      const index = this.files.findIndex(({ txns }, i) => i >= first && txns.some((one) => one.zxid >= zxid));
      const cut = this.files[index];
      if (cut === undefined) return false;
      const txns = cut.txns.slice(0, cut.txns.findIndex((one) => one.zxid >= zxid) + 1);
      this.openFile = undefined;
      this.files = [...this.files.slice(0, index), { name: cut.name, txns }];
      return null;
    });
  }

  // ---- steps

  perform(step: string): void {
    const [word = "", ...rest] = step.split(" ");
    const kind = rest[0] as Wait;
    switch (word) {
      case "elect":
        this.elect(Number(rest[0]));
        break;
      case "hold":
        this.held.add(kind);
        break;
      case "free":
        this.held.delete(kind);
        break;
      case "let":
        this.completeNext([kind]);
        break;
      case "write":
        this.input(() => this.peer.write("one"));
        break;
      case "ping":
        if (this.isTicking) this.input(() => this.peer.timer(TIMER_TICK));
        break;
      default:
        if (/^\d/.test(word)) this.fromPeer(Number(word), rest);
        else this.fromPeer(LEADER, [word, ...rest]);
    }
    this.settle();
  }

  private elect(leader: number): void {
    const { peer } = this;
    if (peer.state !== LOOKING || !this.peer.database.initialized || this.exitCode !== undefined) return;
    this.elections++;
    for (const sid of VERIFIER.voters.filter((voter) => voter !== peer.myid)) {
      const electionEpoch = this.elections * 100;
      const notification =
        leader === peer.myid
          ? vote(sid, { leader, zxid: peer.database.lastProcessedZxid, peerEpoch: peer.currentEpoch, electionEpoch })
          : vote(sid, { leader, state: sid === leader ? LEADING : FOLLOWING, electionEpoch });
      this.input(() => peer.notification(sid, notification));
    }
    if (leader === peer.myid) this.advance(FINALIZE_WAIT_MS);
  }

  private fromPeer(sid: number, words: readonly string[]): void {
    const isInfo = words[0] === "FOLLOWERINFO" || words[0] === "OBSERVERINFO";
    let connection = this.peers.get(sid);
    if (
      isInfo &&
      (connection === undefined || this.closed.includes(connection) || this.closedByPeers.has(connection))
    ) {
      if (!this.listening.has(QUORUM_PORT)) return;
      this.accepts++;
      connection = asConnectionId(1_000_000 + this.accepts);
      this.peers.set(sid, connection);
      this.accept(connection);
    }
    if (connection === undefined || this.closed.includes(connection) || this.closedByPeers.has(connection)) return;
    if (words[0] === "close") {
      this.closedByPeers.add(connection);
      this.disconnect(connection);
    } else {
      this.packet(connection, this.packetOf(words, sid));
    }
  }

  private packetOf([name = "", first = "", ...rest]: readonly string[], sid: number): QuorumPacket {
    const type = PACKET_NAMES.indexOf(name) as PacketType;
    const zxid = type === UPTODATE ? asZxid(-1) : z(first);
    switch (type) {
      case PROPOSAL:
      case INFORM:
        return packet(type, zxid, txn(first));
      case SNAP:
        return packet(type, zxid, { zxid, history: this.history(rest.join(" ")) });
      case FOLLOWERINFO:
      case OBSERVERINFO:
        return packet(type, zxid, { serverId: asServerId(sid), protocolVersion: PROTOCOL_VERSION, configVersion: 0 });
      case LEADERINFO:
        return packet(type, zxid, PROTOCOL_VERSION);
      case ACKEPOCH:
        return packet(type, zxid, asEpoch(Number(rest[0])));
      default:
        return packet(type as typeof ACK, zxid, null);
    }
  }

  // ---- the order in which operations complete

  private settle(): void {
    while (this.exitCode === undefined && (this.connectNext() || this.completeNext(this.free))) {}
  }

  private get free(): readonly Wait[] {
    return WAITS.filter((wait) => !this.held.has(wait));
  }

  /** Lets the leader accept the next connection of this server. Returns false if there is none. */
  private connectNext(): boolean {
    const connect = this.connects[this.connectsDone];
    if (connect === undefined) return false;
    this.connectsDone++;
    if (connect.port === QUORUM_PORT) {
      this.peers.set(connect.to, connect.connection);
      this.connected(connect.connection);
    }
    return true;
  }

  /** Completes the first operation of the first kind that has one. Returns false if there is none. */
  private completeNext(kinds: readonly Wait[]): boolean {
    for (const kind of kinds) {
      const index = this.operations.findIndex(({ op }) => WAIT_OF_DISK[op] === kind);
      const [operation] = index < 0 ? [] : this.operations.splice(index, 1);
      if (operation !== undefined) {
        this.complete(operation);
        return true;
      }
      const [piece] = this.pieces.filter(({ work }) => WAIT_OF_WORK[work] === kind).sort((a, b) => a.key - b.key);
      if (piece === undefined) continue;
      this.pieces.splice(this.pieces.indexOf(piece), 1);
      this.input(() => this.peer.workDone(piece.work, piece.key));
      return true;
    }
    return false;
  }

  override send(connection: ConnectionId, message: QuorumPacket | ElectionMessage): void {
    if (!("type" in message) || message.data === SNAPSHOT_PART || this.closedByPeers.has(connection)) return;
    const texts = this.received.get(connection) ?? [];
    this.received.set(connection, [...texts, packetText(message)]);
  }

  override setTimer(...args: Parameters<BarePeer["setTimer"]>): void {
    super.setTimer(...args);
    if (args[0] === TIMER_TICK) this.isTicking = true;
  }

  override cancelTimer(...args: Parameters<BarePeer["cancelTimer"]>): void {
    super.cancelTimer(...args);
    if (args[0] === TIMER_TICK) this.isTicking = false;
  }

  // ---- observations

  observe(): Observation {
    const sent = this.newlySent();
    return { ...(sent.length === 0 ? {} : { sent }), ...this.observeServer(), ...this.observeFiles() };
  }

  private newlySent(): string[] {
    const sent: string[] = [];
    for (const [sid, connection] of [...this.peers].sort(([a], [b]) => a - b)) {
      const packets = this.received.get(connection) ?? [];
      sent.push(...packets.map((text) => `${sid} ${text}`));
      this.received.delete(connection);
      if (this.closed.includes(connection) && !this.observedCloses.has(connection)) {
        sent.push(`${sid} closed`);
        this.observedCloses.add(connection);
      }
    }
    return sent;
  }

  private observeServer(): Observation {
    if (this.exitCode !== undefined) return { state: `exit ${this.exitCode}` };
    const { peer } = this;
    const waits = [
      ...this.operations.map(({ op }) => WAIT_OF_DISK[op] as Wait),
      ...this.pieces.map(({ work }) => WAIT_OF_WORK[work] as Wait),
    ];
    const server = {
      state: `${SERVER_STATE_NAMES[peer.state]}${this.serves ? " serving" : ""}`,
      waits: waits.sort((a, b) => WAITS.indexOf(a) - WAITS.indexOf(b)).join(" "),
      epochs: `${peer.acceptedEpoch} ${peer.currentEpoch}`,
    };
    const { database } = peer;
    // Java clears its database before a truncation, and zabsim after it.
    if (!database.initialized || waits.includes("truncate")) return server;
    return {
      ...server,
      last: zxidText(database.lastProcessedZxid),
      tree: treeText(database.history.txns()),
      // Up to 3.9.3, the entries that an observer adds have zxid 0 or -1. Only a leader reads committedLog.
      ...(peer.participant ? { committedLog: zxidTexts(database.committedLog) } : {}),
    };
  }

  /** Whether the server serves. A server that shuts down still is in the phase BROADCAST. */
  private get serves(): boolean {
    if (!this.peer.serving) return false;
    if (this.peer.leads) return this.listening.has(QUORUM_PORT);
    return [...this.peers.values()].some((connection) => !this.closed.includes(connection));
  }

  private observeFiles(): Observation {
    const { acceptedEpoch, currentEpoch, files, snapshots } = this;
    const contents = new Map(snapshots.map(({ history, zxid }) => [zxid, treeText(history.txns())]));
    const sorted = [...contents].sort(([a], [b]) => a - b);
    return {
      log: zxidTexts(files.flatMap(({ txns }) => txns)),
      snapshots: sorted.map(([zxid, text]) => `${zxidText(zxid)}=${text}`).join(","),
      files: `${acceptedEpoch ?? "-"} ${currentEpoch ?? "-"}`,
    };
  }
}

/** Returns the text of a packet, such as `PROPOSAL 1:2 1:2` or `ACKEPOCH 1:2 epoch=1`. */
function packetText(message: QuorumPacket): string {
  const head = `${PACKET_NAMES[message.type]} ${zxidText(message.zxid)}`;
  switch (message.type) {
    case FOLLOWERINFO:
    case OBSERVERINFO:
      return `${head} sid=${message.data?.serverId}`;
    case ACKEPOCH:
      return `${head} epoch=${message.data}`;
    case PROPOSAL:
    case INFORM:
      return `${head} ${zxidText(message.data.zxid)}`;
    case SNAP:
      return "history" in message.data ? `${head} [${treeText(message.data.history.txns())}]` : head;
    default:
      return head;
  }
}
