/**
 * The synchronization of a learner with its leader (Learner#syncWithLeader): DIFF, TRUNC or SNAP, the packets up to
 * NEWLEADER, the disk operations before the ACK of NEWLEADER, and the packets up to UPTODATE.
 *
 * Releases differ most in the order of the disk operations at NEWLEADER (DiffLogging). Each step is a separate disk
 * operation, so a crash can fall between any two steps. Packets that arrive during a disk operation wait in the
 * learner's inbox.
 */
import { assertPresent } from "../assert.ts";
import type { DiffLogging } from "../behavior.ts";
import {
  type DiskImage,
  EXIT_BAD_SYNC_PACKET,
  EXIT_SNAPSHOT_ERROR,
  type ThreadWork,
  WORK_RESUME_LEARNER,
} from "../effects.ts";
import type { Anomaly, FailureReason } from "../notes.ts";
import {
  ACK,
  COMMIT,
  COMMITANDACTIVATE,
  DIFF,
  INFORM,
  INFORMANDACTIVATE,
  NEWLEADER,
  type PacketType,
  PROPOSAL,
  packet,
  type QuorumPacket,
  SNAP,
  TRUNC,
  UPTODATE,
} from "../packets.ts";
import type { QuorumVerifier } from "../quorum.ts";
import type { RoleServer } from "../role-server.ts";
import type { ReadLimit } from "../settings.ts";
import type { Txn } from "../storage/history.ts";
import type { LogUser } from "../storage/log-lock.ts";
import {
  asZxid,
  counterOf,
  type Epoch,
  epochOf,
  formatZxid,
  leavesGap,
  makeZxid,
  type ServerId,
  ZERO_ZXID,
  type Zxid,
} from "../zxid.ts";
import type { SyncRest } from "./learner-service.ts";

/** The part of QuorumPeer that the synchronization uses. */
export interface SyncServer extends RoleServer {
  /**
   * Whether the server asks for a SNAP because it could not perform a TRUNC. Always false without the fix
   * truncRemovesEverythingAbove.
   */
  needsSnap: boolean;
}

/** The part of a learner that the synchronization uses. */
export interface SyncLearner {
  readonly observer: boolean;
  /** The read timeout of the socket: initLimit or syncLimit. */
  readLimit: ReadLimit;
  send(message: QuorumPacket): void;
  /** Starts a piece of thread work. `workDone` is called when it ends. */
  startWork(work: ThreadWork): void;
  /** Reads packets again, first those in the inbox. */
  resumeReading(): void;
  /** Makes the learner fail if `ok` is false. Returns whether `ok` is false. */
  failIfDiskFailed(ok: boolean): boolean;
  /** Makes the learner fail if it can send no packet, because the connection broke. Returns whether it broke. */
  failIfConnectionBroke(): boolean;
  fail(reason: FailureReason, detail: string): void;
  /** Fails because a new configuration changes the role of this server, or its leader. */
  failReconfigured(): void;
  exit(code: number, reason: FailureReason, detail: string): void;
  /** Fails and returns false if the data of a packet cannot be read. */
  canRead(message: QuorumPacket): boolean;
  anomaly(anomaly: Anomaly, message: QuorumPacket, detail: string): void;
  /**
   * Applies a committed transaction. If the transaction leaves a gap in committedLog, makes the learner fail and
   * returns false.
   */
  deliverSynced(txn: Txn): boolean;
  /** Starts the processors (ZooKeeperServer#startup) unless they already run. Returns null for an observer. */
  startProcessors(): FollowerProcessors | null;
  /** Called when UPTODATE has arrived. Acknowledges UPTODATE and starts to serve. */
  serve(): void;
}

/** The processors of a follower, as far as the synchronization uses them. */
export interface FollowerProcessors {
  logProposal(txn: Txn): void;
  appended(txn: Txn): void;
}

/** The packets between DIFF, TRUNC or SNAP and UPTODATE whose data the learner reads. */
const READ_DATA: readonly PacketType[] = [PROPOSAL, COMMITANDACTIVATE, INFORM, INFORMANDACTIVATE];

type Stage =
  | "reading-op" // reads DIFF, TRUNC or SNAP
  | "reading" // reads the packets after DIFF, TRUNC or SNAP
  | "truncating"
  | "reloading"
  | "saving-snapshot"
  | "syncing-log"
  | "preempted" // waits until the main thread runs again
  | "writing-epoch";

export class Synchronization implements LogUser, SyncRest {
  /**
   * Whether the database must be reloaded from disk if the synchronization is interrupted now (QuorumPeer#syncMode).
   */
  mustReload = false;
  /** Whether the tree has transactions that the log lacks: those of a SNAP, or those applied before NEWLEADER. */
  logLacksTxns = false;
  lastQueued: Zxid = ZERO_ZXID;
  notLogged: Txn[] = [];
  /** The configuration in NEWLEADER; null if there was none. */
  config: QuorumVerifier | null = null;
  committed: Zxid[] = [];

  private readonly server: SyncServer;
  private readonly learner: SyncLearner;
  private readonly newEpoch: Epoch;
  /** The configurations of the PROPOSALs. */
  private readonly proposedConfigs: QuorumVerifier[] = [];
  private stage: Stage = "reading-op";
  private snapshotNeeded = true;
  private syncSnapshot = false;
  /** Whether committed transactions are logged at NEWLEADER. If false, they are applied to the tree as they arrive. */
  private writeToTxnLog = false;
  private receivedNewLeader = false;
  /** Whether the synchronization began with a TRUNC. */
  private wasTruncated = false;
  /** The zxid in TRUNC. */
  private truncateTo: Zxid = ZERO_ZXID;

  constructor(server: SyncServer, learner: SyncLearner, newEpoch: Epoch) {
    this.server = server;
    this.learner = learner;
    this.newEpoch = newEpoch;
  }

  /**
   * The configuration in NEWLEADER if it is committed, otherwise the last one that was committed during the
   * synchronization; null if there is none. The transaction of a configuration that is pending at an established leader
   * is from its epoch, and no COMMIT of it has arrived.
   */
  get committedConfig(): QuorumVerifier | null {
    if (this.config === null) return null;
    const version = asZxid(this.config.version);
    const last = this.committed.at(-1) ?? this.server.database.lastProcessedZxid;
    const isPending = epochOf(version) === this.newEpoch && counterOf(version) > 0 && version > last;
    if (!isPending) return this.config;
    return this.proposedConfigs.findLast((config) => asZxid(config.version) <= last) ?? null;
  }

  /**
   * The order of the disk operations at NEWLEADER. An observer logs what it synchronizes only after UPTODATE, unless
   * the release has the fix observersLogBeforeEpoch.
   */
  private get diffLogging(): DiffLogging {
    const { behavior } = this.server;
    const isFixedObserver = this.learner.observer && behavior.observersLogBeforeEpoch;
    return isFixedObserver ? "committed-before-epoch" : behavior.diffLogging;
  }

  /** What the main thread does, such as `saving-snapshot`. */
  get step(): string {
    return this.stage;
  }

  get reading(): boolean {
    return this.stage === "reading" || this.stage === "reading-op";
  }

  receive(message: QuorumPacket): void {
    if (this.stage === "reading-op") this.receiveOp(message);
    else this.receiveNext(message);
  }

  // ---- DIFF, TRUNC or SNAP

  private receiveOp(message: QuorumPacket): void {
    const { learner, server } = this;
    const { behavior, database, effects, notes, settings } = server;
    switch (message.type) {
      case DIFF:
        if (server.needsSnap) {
          learner.fail("truncate-failed", "the leader has no transactions and sends no SNAP");
          return;
        }
        if (behavior.diffSetsLastProcessed) database.lastProcessedZxid = message.zxid;
        this.snapshotNeeded =
          behavior.trustingDiffSavesSnapshot && settings.trustEmptySnapshot && database.snapshots.length === 0;
        this.syncSnapshot = this.snapshotNeeded;
        this.readPackets();
        break;
      case SNAP:
        if (!learner.canRead(message)) return;
        if ("incomplete" in message.data) {
          // ZKDatabase#deserializeSnapshot has cleared the database, and reads on.
          this.mustReload = true;
          return;
        }
        this.mustReload = behavior.interruptedSnapReloads;
        this.logLacksTxns = true;
        this.syncSnapshot = behavior.syncsSnap;
        database.install(message.data, message.zxid);
        notes.loaded(database.history, database.logHistory, message.zxid);
        this.readPackets();
        break;
      case TRUNC:
        if (behavior.truncRemovesEverythingAbove && !database.canTruncateTo(message.zxid)) {
          server.needsSnap = true;
          learner.fail("truncate-failed", `no snapshot fits a log that ends at ${formatZxid(message.zxid)}`);
          return;
        }
        this.wasTruncated = true;
        this.truncateTo = message.zxid;
        this.stage = "truncating";
        this.mustReload = behavior.interruptedTruncReloads;
        effects.truncateLog(message.zxid, behavior);
        break;
      default: {
        const detail = "the packet is not DIFF, TRUNC or SNAP";
        learner.anomaly("bad-state", message, detail);
        learner.exit(EXIT_BAD_SYNC_PACKET, "unexpected-sync-packet", detail);
      }
    }
  }

  logTruncated(ok: boolean): void {
    const { behavior, database, effects } = this.server;
    database.clear();
    if (ok) {
      this.stage = "reloading";
      effects.load();
      return;
    }
    const detail = "the log could not be truncated";
    if (behavior.failedTruncExits) this.learner.exit(EXIT_BAD_SYNC_PACKET, "truncate-failed", detail);
    else this.learner.fail("truncate-failed", detail);
  }

  reloaded(image: DiskImage): void {
    const { behavior, database, notes } = this.server;
    const before = database.logHistory;
    const problem = database.restore(image, behavior.truncSkipsNewerSnapshots ? this.truncateTo : undefined);
    if (problem !== undefined) {
      this.learner.fail(problem, "the database could not be loaded after the truncation");
      return;
    }
    notes.truncated(this.truncateTo, before, database.logHistory);
    database.lastProcessedZxid = this.truncateTo;
    this.readPackets();
  }

  /** Reads the packets after DIFF, TRUNC or SNAP. */
  private readPackets(): void {
    this.server.initConfigZnode();
    this.writeToTxnLog = !this.snapshotNeeded;
    this.resumeReading();
  }

  private resumeReading(): void {
    this.stage = "reading";
    this.learner.resumeReading();
  }

  // ---- the packets after DIFF, TRUNC or SNAP

  private receiveNext(message: QuorumPacket): void {
    if (READ_DATA.includes(message.type) && !this.learner.canRead(message)) return;
    switch (message.type) {
      case PROPOSAL:
        this.propose(message.data);
        break;
      case COMMITANDACTIVATE:
        if (this.activate(this.proposalOf(message.zxid), message.zxid, message.data)) this.commit(message);
        break;
      case COMMIT:
        this.commit(message);
        break;
      case INFORMANDACTIVATE:
        if (!("designated" in message.data)) this.inform(message.data);
        else if (this.activate(message.data, message.zxid, message.data.designated)) this.activated(message.data);
        break;
      case INFORM:
        this.inform(message.data);
        break;
      case NEWLEADER:
        this.receivedNewLeader = true;
        // The learner ignores data that it cannot read as a configuration.
        if (message.data !== null && "voters" in message.data) {
          this.config = message.data;
          this.server.configurations.see(message.data);
        }
        if (this.server.behavior.marksUpdatingEpoch) this.server.effects.markUpdatingEpoch(true);
        if (this.snapshotNeeded) this.saveSnapshot();
        else this.persist();
        break;
      case UPTODATE:
        // A leader from before Zab 1.0 sends no NEWLEADER here, so the learner persists its state now.
        if (this.receivedNewLeader) this.learner.serve();
        else this.saveSnapshot();
        break;
      default:
        // A learner ignores other packets before UPTODATE, PINGs included.
        break;
    }
  }

  private propose(txn: Txn): void {
    if (!this.acceptProposal(txn)) return;
    if (txn.config !== undefined) {
      this.server.configurations.see(txn.config);
      this.proposedConfigs.push(txn.config);
    }
    this.notLogged.push(txn);
  }

  private proposalOf(zxid: Zxid): Txn | undefined {
    const { activatesQueuedConfig } = this.server.behavior;
    return activatesQueuedConfig ? this.notLogged.find((txn) => txn.zxid === zxid) : this.notLogged[0];
  }

  /**
   * Makes the configuration of a transaction the committed one, if its zxid is that of the packet (ZOOKEEPER-2172).
   * Returns false if the role of this server must end: the transaction is then neither logged nor applied.
   */
  private activate(txn: Txn | undefined, zxid: Zxid, designated: ServerId): boolean {
    if (txn?.config === undefined || txn.zxid !== zxid) return true;
    if (!this.server.processReconfig(txn.config, designated, zxid, true)) return true;
    this.learner.failReconfigured();
    return false;
  }

  /**
   * Checks that a proposal follows the one before it (enforceContinuousProposal). Returns false if the proposal leaves
   * a gap and the release rejects gaps.
   */
  private acceptProposal(txn: Txn): boolean {
    const { zxid } = txn;
    if (this.lastQueued !== ZERO_ZXID && leavesGap(this.lastQueued, zxid)) {
      const detail = "the proposal does not follow the one before it";
      this.learner.anomaly("bad-proposal", packet(PROPOSAL, zxid, txn), detail);
      if (this.server.behavior.rejectsGaps) {
        this.learner.fail("proposal-gap", detail);
        return false;
      }
    }
    this.lastQueued = zxid;
    return true;
  }

  private commit(message: QuorumPacket): void {
    const { zxid } = message;
    const head = this.notLogged[0];
    if (head === undefined && this.writeToTxnLog && !this.server.behavior.commitNeedsProposal) {
      this.committed.push(zxid);
    } else if (head === undefined) {
      const detail = "no proposal is pending for the COMMIT";
      this.learner.anomaly("bad-commit", message, detail);
      this.learner.fail("commit-without-proposal", detail);
    } else if (this.writeToTxnLog) {
      this.committed.push(zxid);
    } else if (head.zxid === zxid) {
      this.notLogged.shift();
      this.apply(head);
    } else {
      this.learner.anomaly("bad-commit", message, "the COMMIT does not match the oldest pending proposal");
    }
  }

  private inform(txn: Txn): void {
    if (this.acceptProposal(txn)) this.informed(txn);
  }

  /** Without the fix, neither compares the zxid with that of the packet before it, nor stores it. */
  private activated(txn: Txn): void {
    if (this.server.behavior.activatedTxnIsQueued) this.inform(txn);
    else this.informed(txn);
  }

  private informed(txn: Txn): void {
    if (!this.writeToTxnLog) {
      this.apply(txn);
      return;
    }
    this.notLogged.push(txn);
    this.committed.push(txn.zxid);
  }

  /** Applies a transaction that only the snapshot at NEWLEADER makes durable. */
  private apply(txn: Txn): void {
    const { snapReplacesLog, truncSnapshotIsSynced } = this.server.behavior;
    this.logLacksTxns = true;
    this.syncSnapshot ||= this.wasTruncated && (snapReplacesLog || truncSnapshotIsSynced);
    this.learner.deliverSynced(txn);
  }

  // ---- NEWLEADER: the disk operations, in the order of `diffLogging`, and the ACK

  private saveSnapshot(): void {
    this.stage = "saving-snapshot";
    this.server.saveSnapshot(this.syncSnapshot);
  }

  snapshotSaved(ok: boolean): void {
    if (ok) this.persist();
    else this.learner.exit(EXIT_SNAPSHOT_ERROR, "disk-error", "the snapshot could not be written");
  }

  private persist(): void {
    const { diffLogging } = this;
    this.writeToTxnLog = true;
    if (!this.receivedNewLeader) this.writeEpoch();
    else if (diffLogging === "committed-before-epoch" && this.committed.length > 0) this.logPending();
    else if (diffLogging === "synced-before-epoch") this.logPending();
    else this.writeEpoch();
  }

  private writeEpoch(): void {
    this.stage = "writing-epoch";
    this.server.effects.writeCurrentEpoch(this.newEpoch);
  }

  currentEpochWritten(ok: boolean): void {
    const { diffLogging, learner, newEpoch, server } = this;
    const { marksUpdatingEpoch } = server.behavior;
    server.currentEpochWritten(newEpoch, ok);
    if (learner.failIfDiskFailed(ok)) return;
    if (marksUpdatingEpoch && this.receivedNewLeader) server.effects.markUpdatingEpoch(false);
    if (!this.receivedNewLeader) learner.serve();
    else if (diffLogging === "queued-before-ack") this.queuePending();
    else if (diffLogging === "synced-before-ack") this.logPending();
    else this.acknowledge();
  }

  /** ZOOKEEPER-3911: starts the processors, and queues the pending proposals to their log thread. */
  private queuePending(): void {
    const processors = this.learner.startProcessors();
    if (processors === null || this.notLogged.length === 0) {
      this.acknowledge();
      return;
    }
    for (const txn of this.notLogged) processors.logProposal(txn);
    this.notLogged = [];
    // From now on the log thread runs concurrently with this thread, and either of them can send the first ACK
    // (ZOOKEEPER-4685).
    this.stage = "preempted";
    this.learner.startWork(WORK_RESUME_LEARNER);
  }

  workDone(work: ThreadWork): void {
    if (work === WORK_RESUME_LEARNER && this.stage === "preempted") this.acknowledge();
  }

  /** Writes and syncs the pending proposals in this thread: all of them, or only the committed ones. */
  private logPending(): void {
    const onlyCommitted = this.diffLogging === "committed-before-epoch";
    if (!onlyCommitted) this.learner.startProcessors();
    const isSkipped = this.learner.observer && !this.server.behavior.observersLogBeforeEpoch;
    if (isSkipped || this.notLogged.length === 0) {
      this.pendingLogged();
      return;
    }
    this.stage = "syncing-log";
    this.server.logLock.acquire(this);
  }

  logAcquired(): void {
    if (this.diffLogging !== "committed-before-epoch") this.appendAll();
    else if (!this.appendCommitted()) return;
    this.server.logLock.sync(this);
  }

  /**
   * ZOOKEEPER-4646: appends all pending proposals and hands them to the processors. A COMMIT that arrives later finds
   * no proposal in `notLogged`.
   */
  private appendAll(): void {
    const processors = assertPresent(this.learner.startProcessors(), "follower processors", this.stage);
    for (const txn of this.notLogged) {
      this.server.appendToLog(txn);
      processors.appended(txn);
    }
    this.notLogged = [];
  }

  /**
   * ZOOKEEPER-4394: appends the committed proposals and applies them; the others stay pending. Returns false if the
   * learner failed.
   */
  private appendCommitted(): boolean {
    for (const zxid of this.committed) {
      const head = this.notLogged[0];
      if (head?.zxid !== zxid) {
        const detail = "the COMMIT does not match the oldest pending proposal";
        this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), detail);
        continue;
      }
      this.notLogged.shift();
      this.server.appendToLog(head);
      if (!this.learner.deliverSynced(head)) return false;
    }
    this.committed = [];
    return true;
  }

  logSynced(ok: boolean): void {
    if (ok) this.server.notes.synced(this.server.database.logHistory);
    else if (this.server.logFailed()) return;
    if (!this.learner.failIfDiskFailed(ok)) this.pendingLogged();
  }

  private pendingLogged(): void {
    if (this.diffLogging === "synced-before-ack") this.acknowledge();
    else this.writeEpoch();
  }

  private acknowledge(): void {
    const { diffLogging, learner, newEpoch, server } = this;
    const { snapEndsWithNewLeader } = server.behavior;
    if (snapEndsWithNewLeader) this.mustReload = false;
    if (learner.failIfConnectionBroke()) return;
    server.notes.newLeaderAcked(newEpoch, server.database.logHistory);
    learner.send(packet(ACK, makeZxid(newEpoch, 0), null));
    if (diffLogging !== "after-uptodate") learner.readLimit = "syncLimit";
    this.resumeReading();
  }
}
