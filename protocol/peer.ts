/**
 * One ZooKeeper server's quorum side (QuorumPeer): start-up from what the disk holds, then LOOKING, and LEADING, FOLLOWING
 * or OBSERVING until that fails, and LOOKING again.
 *
 * Synchronous: each input is one call, made after `nowUs` has been set; what the peer wants done goes to `Effects`, what
 * it has to tell to `Notes`. It reads no clock, draws nothing, waits for nothing, throws for nothing that a network or a
 * disk can do. A Peer is one process: after `exit` or a crash a new one is made.
 */
import type { Behavior } from "./behavior.ts";
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
  ELECTION_PORT,
  EXIT_UNEXPECTED,
  type Port,
  TIMER_COMMITS,
  TIMER_CONNECT,
  TIMER_DIAL,
  TIMER_ELECTION,
  TIMER_EPOCH_ACK,
  TIMER_EPOCH_PROPOSAL,
  TIMER_HANDLERS,
  TIMER_NEWLEADER_ACK,
  TIMER_PREEMPTED,
  TIMER_ROLE,
  TIMER_SNAPS,
  TIMER_TICK,
  type Timer,
} from "./effects.ts";
import { ElectionConnections } from "./election/election-connections.ts";
import { type ElectionServer, FastLeaderElection } from "./election/fast-leader-election.ts";
import { decodeNotification } from "./election/notification-wire.ts";
import type { Vote } from "./election/vote.ts";
import { Leader } from "./leader/leader.ts";
import { Learner } from "./learner/learner.ts";
import { BROADCAST, ELECTION, type FailureReason, type Notes, type Phase } from "./notes.ts";
import {
  type ElectionMessage,
  isHello,
  LEADING,
  LOOKING,
  type Notification,
  OBSERVING,
  type QuorumPacket,
  type ServerState,
  type Snapshot,
} from "./packets.ts";
import { type AckSet, countingObservers, type QuorumVerifier } from "./quorum.ts";
import { NEWEST } from "./releases.ts";
import type { Settings } from "./settings.ts";
import { Database } from "./storage/database.ts";
import type { History, Txn } from "./storage/history.ts";
import { LogLock, type LogUser } from "./storage/log-lock.ts";
import { type Epoch, epochOf, type ServerId, type Zxid } from "./zxid.ts";

export interface PeerConfig {
  readonly myid: ServerId;
  readonly verifier: QuorumVerifier;
  readonly settings: Settings;
  /** Whom this server knows of; usually all members of the verifier. */
  readonly view: readonly ServerId[];
  /** Where histories start. Servers whose histories are to be compared cheaply share it. */
  readonly emptyHistory: History;
  /** Of which release; default: the newest. */
  readonly behavior?: Behavior;
}

/** What still has to be written before a server that starts may look for a leader. */
type StartStep = "snapshot" | "log" | "current-epoch" | "accepted-epoch";

export class Peer implements ElectionServer, LogUser {
  /** Virtual or real microseconds: set by the host before each input. */
  nowUs = 0;

  readonly myid: ServerId;
  readonly verifier: QuorumVerifier;
  /** Who counts for a new epoch. */
  readonly epochVerifier: QuorumVerifier;
  readonly settings: Settings;
  readonly behavior: Behavior;
  readonly view: readonly ServerId[];
  readonly participant: boolean;
  readonly effects: Effects;
  readonly notes: Notes;
  readonly database: Database;
  readonly logLock: LogLock;
  readonly initTimeoutUs: number;
  readonly syncTimeoutUs: number;

  state: ServerState = LOOKING;
  phase: Phase = ELECTION;
  acceptedEpoch: Epoch = -1;
  currentEpoch: Epoch = -1;
  currentVote: Vote;
  /** With truncRemovesEverythingAbove: a TRUNC could not be carried out. */
  needsSnap = false;
  /** Not between an `exit` and the end of the process. */
  alive = true;

  private readonly election: FastLeaderElection;
  private readonly connections: ElectionConnections;
  private leader: Leader | null = null;
  private learner: Learner | null = null;
  private startSteps: StartStep[] | null = null;
  private startEpochs: { current: Epoch; accepted: Epoch } = { current: -1, accepted: -1 };

  constructor(config: PeerConfig, effects: Effects, notes: Notes) {
    this.myid = config.myid;
    this.verifier = config.verifier;
    this.settings = config.settings;
    this.behavior = config.behavior ?? NEWEST;
    this.view = config.view;
    this.epochVerifier = this.behavior.observersDoNotCount ? config.verifier : countingObservers(config.verifier);
    this.participant = config.verifier.isVoter(config.myid);
    this.effects = effects;
    this.notes = notes;
    this.database = new Database(config.settings, this.behavior, config.emptyHistory);
    this.logLock = new LogLock(effects);
    this.initTimeoutUs = config.settings.initLimit * config.settings.tickTimeMs * 1000;
    this.syncTimeoutUs = config.settings.syncLimit * config.settings.tickTimeMs * 1000;
    this.currentVote = { id: config.myid, zxid: 0, electionEpoch: 0, peerEpoch: 0, state: LOOKING, version: 0 };
    this.connections = new ElectionConnections(config, this.behavior, effects);
    this.election = new FastLeaderElection(this, this.connections, effects, notes);
  }

  // ---- start-up (QuorumPeer#start, #loadDataBase)

  /** The first input: what the disk holds. */
  start(image: DiskImage): void {
    const problem = this.database.restore(image);
    if (problem !== undefined) {
      this.exit(EXIT_UNEXPECTED, problem, "the database could not be loaded");
      return;
    }
    const { database } = this;
    const epochOfZxid = epochOf(database.lastProcessedZxid);
    let current = image.currentEpoch ?? epochOfZxid;
    const steps: StartStep[] = [];
    if (this.behavior.syncsLogAtStart) steps.push("log");
    if (this.behavior.snapReplacesLog && database.forgetLogBehindSnapshot()) {
      this.effects.dropAllBut(database.lastProcessedZxid);
    }
    if (image.snapshots.length === 0 && database.lastProcessedZxid === 0 && this.behavior.logNeedsSnapshot) {
      steps.push("snapshot");
    }
    if (image.currentEpoch === undefined) steps.push("current-epoch");
    if (epochOfZxid > current && !this.behavior.startsWithEpochOlderThanZxid) {
      const meant = this.epochMeant(image, epochOfZxid);
      if (meant === undefined) {
        const what = `currentEpoch ${current} is older than the last zxid's ${epochOfZxid}`;
        this.exit(EXIT_UNEXPECTED, "epoch-older-than-zxid", what);
        return;
      }
      current = meant;
      steps.push("current-epoch");
    }
    const accepted = image.acceptedEpoch ?? epochOfZxid;
    if (image.acceptedEpoch === undefined) steps.push("accepted-epoch");
    if (accepted < current) {
      const what = `acceptedEpoch ${accepted} is older than currentEpoch ${current}`;
      this.exit(EXIT_UNEXPECTED, "accepted-older-than-current", what);
      return;
    }
    this.startEpochs = { current, accepted };
    this.currentEpoch = current;
    this.acceptedEpoch = accepted;
    this.notes.loaded(database.history, database.logHistory, database.lastProcessedZxid);
    this.startSteps = steps;
    this.nextStartStep();
  }

  /** A crash came while currentEpoch was being written: what it should be, if the release can tell. */
  private epochMeant({ currentEpochTmp, updatingEpoch }: DiskImage, epochOfZxid: Epoch): Epoch | undefined {
    if (this.behavior.usesCurrentEpochTmp) return currentEpochTmp;
    return this.behavior.marksUpdatingEpoch && updatingEpoch ? epochOfZxid : undefined;
  }

  private nextStartStep(): void {
    const { startSteps, startEpochs } = this;
    switch (startSteps?.shift()) {
      case "snapshot":
        this.effects.saveSnapshot(this.database.snapshot(), false);
        break;
      case "log":
        this.logLock.take(this);
        break;
      case "current-epoch":
        this.effects.writeCurrentEpoch(startEpochs.current);
        break;
      case "accepted-epoch":
        this.effects.writeAcceptedEpoch(startEpochs.accepted);
        break;
      default:
        this.startSteps = null;
        this.startElection();
    }
  }

  private startElection(): void {
    const zxid = this.database.lastProcessedZxid;
    this.currentVote = { ...this.currentVote, zxid, peerEpoch: this.currentEpoch };
    this.effects.listen(ELECTION_PORT);
    this.setState(LOOKING);
    this.election.start();
  }

  // ---- changes of role (QuorumPeer#run)

  /** A role ended: LOOKING again, with what memory holds. Observers let a random while pass first. */
  look(): void {
    this.leader = null;
    this.learner = null;
    if (!this.alive) return;
    const wasObserver = this.state === OBSERVING;
    this.setState(LOOKING);
    const delayMs = wasObserver && this.behavior.observerElectionDelay ? this.settings.observerElectionDelayMs : 0;
    if (delayMs > 0) this.effects.setTimer(TIMER_CONNECT, this.effects.random(delayMs) * 1000);
    else this.lookNow();
  }

  private lookNow(): void {
    if (this.database.initialized) this.election.start();
    else this.effects.load();
  }

  electionDone(state: ServerState, vote: Vote, supporters: AckSet): void {
    this.currentVote = vote;
    this.setState(state);
    if (state === LEADING) {
      this.leader = new Leader(this, supporters);
      this.leader.start();
    } else {
      this.learner = new Learner(this, vote.id, state === OBSERVING);
      this.learner.start();
    }
  }

  setPhase(phase: Phase): void {
    this.phase = phase;
    this.notes.stateChanged(this.state, phase);
  }

  private setState(state: ServerState): void {
    this.state = state;
    this.setPhase(ELECTION);
  }

  // ---- what roles and the election use

  get lastLoggedZxid(): Zxid {
    return this.database.lastProcessedZxid;
  }

  /** acceptedEpoch was written, or could not be. */
  epochAccepted(epoch: Epoch, ok: boolean): void {
    if (ok || !this.behavior.epochSetOnlyIfWritten) this.acceptedEpoch = epoch;
    if (ok) this.notes.epochAccepted(epoch);
  }

  epochCurrent(epoch: Epoch, ok: boolean): void {
    if (ok || !this.behavior.epochSetOnlyIfWritten) this.currentEpoch = epoch;
    if (ok) this.notes.epochCurrent(epoch);
  }

  /** ZKDatabase#append: into the log as it stands in the operating system's cache. */
  appendToLog(txn: Txn): void {
    this.effects.append(txn);
    this.database.append(txn);
    this.notes.logged(txn, this.database.logHistory);
  }

  /** QuorumPeer#updateElectionVote (ZOOKEEPER-1732): epoch only, not zxid or round. */
  updateElectionVote(epoch: Epoch): void {
    this.currentVote = { ...this.currentVote, peerEpoch: epoch };
  }

  /** ZooKeeperServer#shutdown of a server that ran: memory is brought up to the log. */
  fastForward(): void {
    const { database } = this;
    if (!this.behavior.shutdownFastForwards) return;
    const problem = database.fastForward();
    if (problem === undefined) this.notes.fastForwarded(database.history, database.logHistory);
    else this.exit(EXIT_UNEXPECTED, problem, "the log does not fit behind the database");
  }

  lookingAgain(sid: ServerId): void {
    this.leader?.lookingAgain(sid);
  }

  /** The log thread could not write. True if that is the end of the process. */
  logFailed(): boolean {
    if (!this.behavior.failedLogWriteExits) return false;
    this.exit(EXIT_UNEXPECTED, "disk-error", "the log could not be written");
    return true;
  }

  exit(code: number, reason: FailureReason, detail: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.election.stop();
    this.notes.failed(reason, undefined, detail);
    this.effects.exit(code, detail);
  }

  /** Whether this server takes writes now. */
  get serving(): boolean {
    return this.phase === BROADCAST;
  }

  /** Whether it leads an established epoch. */
  get leads(): boolean {
    return this.state === LEADING && this.serving;
  }

  // ---- inputs

  /** A client wants `value` written. False if this server does not serve now. */
  write(value: string | number): boolean {
    if (!this.alive) return false;
    return this.leader?.submit(value) ?? this.learner?.submit(value) ?? false;
  }

  timer(timer: Timer): void {
    if (!this.alive) return;
    switch (timer) {
      case TIMER_ELECTION:
        this.election.timeout();
        break;
      case TIMER_DIAL:
        this.connections.dialTimeout(this.nowUs);
        break;
      case TIMER_TICK:
        this.leader?.halfTick();
        break;
      case TIMER_HANDLERS:
        this.leader?.readTimeout();
        break;
      case TIMER_EPOCH_PROPOSAL:
        this.leader?.timer("epoch");
        break;
      case TIMER_EPOCH_ACK:
        this.leader?.timer("epoch-ack");
        break;
      case TIMER_NEWLEADER_ACK:
        this.leader?.timer("newleader-ack");
        break;
      case TIMER_ROLE:
        this.learner?.readTimeout();
        break;
      case TIMER_SNAPS:
        this.leader?.serialized();
        break;
      case TIMER_PREEMPTED:
        this.learner?.runsAgain();
        break;
      case TIMER_COMMITS:
        this.learner?.applyCommits();
        break;
      case TIMER_CONNECT:
        if (this.learner !== null) this.learner.connectTimeout();
        else if (this.state === LOOKING) this.lookNow();
        break;
      default:
        break;
    }
  }

  accepted(connection: ConnectionId, port: Port): void {
    if (!this.alive) return;
    if (port === ELECTION_PORT) this.connections.accepted(connection);
    else if (this.leader !== null) this.leader.accepted(connection);
    else this.effects.close(connection);
  }

  connected(connection: ConnectionId): void {
    if (!this.alive) return;
    if (this.connections.owns(connection)) this.connections.connected(this.nowUs, connection);
    else this.learner?.connected(connection);
  }

  refused(connection: ConnectionId): void {
    if (!this.alive) return;
    if (this.connections.owns(connection)) this.connections.closed(this.nowUs, connection);
    else this.learner?.refused(connection);
  }

  closed(connection: ConnectionId, how: "closed" | "reset"): void {
    if (!this.alive) return;
    if (this.connections.owns(connection)) this.connections.closed(this.nowUs, connection);
    else if (this.leader !== null) this.leader.closed(connection);
    else this.learner?.closed(connection, how);
  }

  packet(connection: ConnectionId, message: QuorumPacket): void {
    if (!this.alive) return;
    if (this.leader !== null) this.leader.received(connection, message);
    else this.learner?.received(connection, message);
  }

  electionMessage(connection: ConnectionId, message: ElectionMessage): void {
    if (!this.alive) return;
    const from = this.connections.received(this.nowUs, connection, message);
    if (from === undefined || isHello(message)) return;
    const notification = message instanceof Uint8Array ? decodeNotification(message) : message;
    if (notification !== undefined) this.election.receive(from, notification);
  }

  /** With electionTransport "datagram". */
  notification(from: ServerId, notification: Notification): void {
    if (this.alive) this.election.receive(from, notification);
  }

  /** A disk operation is over. `result` is the image that was loaded, or the snapshot that was saved. */
  diskDone(operation: DiskOp, ok: boolean, result: DiskImage | Snapshot | null): void {
    if (!this.alive) return;
    const role = this.leader ?? this.learner;
    switch (operation) {
      case DISK_SNAPSHOT:
        if (ok) this.snapshotSaved(result as Snapshot, this.learner?.tookSnap ?? false);
        if (role !== null) role.snapshotSaved(ok);
        else this.startStepDone(ok);
        break;
      case DISK_BACKGROUND_SNAPSHOT:
        this.database.savingInBackground = false;
        if (ok) this.snapshotSaved(result as Snapshot, false);
        break;
      case DISK_ACCEPTED_EPOCH:
        if (role !== null) role.acceptedEpochWritten(ok);
        else this.startStepDone(ok);
        break;
      case DISK_CURRENT_EPOCH:
        if (role !== null) role.currentEpochWritten(ok);
        else this.startStepDone(ok);
        break;
      case DISK_SYNC_LOG:
        this.logLock.synced(ok);
        break;
      case DISK_TRUNCATE_LOG:
        this.learner?.logTruncated(ok);
        break;
      case DISK_LOAD:
        this.loaded(ok, result as DiskImage);
        break;
      default:
        break;
    }
  }

  private snapshotSaved(snapshot: Snapshot, isSnap: boolean): void {
    this.database.snapshotSaved(snapshot);
    if (isSnap) this.needsSnap = false;
    if (isSnap && this.behavior.snapReplacesLog) {
      this.database.forgetAllBut(snapshot.zxid);
      this.effects.dropAllBut(snapshot.zxid);
    }
    this.notes.snapshotSaved(snapshot.zxid, this.database.logHistory);
  }

  /** The log that was read at the start is to be synced. */
  logFree(): void {
    this.logLock.sync(this);
  }

  logSynced(ok: boolean): void {
    this.startStepDone(ok);
  }

  private startStepDone(ok: boolean): void {
    if (this.startSteps === null) return;
    if (ok) this.nextStartStep();
    else this.exit(EXIT_UNEXPECTED, "disk-error", "an epoch file or snapshot could not be written at start");
  }

  private loaded(ok: boolean, image: DiskImage): void {
    if (!ok) {
      this.exit(EXIT_UNEXPECTED, "disk-error", "the database could not be read");
      return;
    }
    if (this.learner !== null) {
      this.learner.reloaded(image);
      return;
    }
    const { database } = this;
    const problem = database.restore(image);
    if (problem !== undefined) {
      this.exit(EXIT_UNEXPECTED, problem, "the database could not be loaded");
      return;
    }
    this.notes.loaded(database.history, database.logHistory, database.lastProcessedZxid);
    this.election.start();
  }

  /** A hash of what decides this server's behavior, for the digest of a run. */
  stateHash(): number {
    const { database } = this;
    let hash = Math.imul(this.state * 4 + this.phase + 1, 0x9e37_79b1);
    hash = Math.imul(hash ^ this.acceptedEpoch, 0x85eb_ca6b) ^ this.currentEpoch;
    hash = Math.imul(hash ^ this.election.round, 0xc2b2_ae35) ^ (hash >>> 13);
    hash = Math.imul(hash ^ database.lastProcessedZxid, 0x27d4_eb2f) ^ database.history.hash;
    return Math.imul(hash ^ database.logHistory.hash, 0x1656_67b1) | 0;
  }
}
