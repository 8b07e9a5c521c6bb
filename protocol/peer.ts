/**
 * The quorum side of one ZooKeeper server (QuorumPeer). The server loads its disk and becomes LOOKING. An election
 * makes it LEADING, FOLLOWING or OBSERVING. When that role ends, the server becomes LOOKING again.
 *
 * A Peer is synchronous. The host sets `nowUs` and then makes one call per input. The Peer calls `Effects` for
 * everything it wants the host to do, and reports observations to `Notes`. It has no clock, no randomness of its own
 * and no I/O, and no network or disk fault makes it throw. A Peer stands for one process: after an `exit` or a crash,
 * the host creates a new Peer.
 *
 * Not modeled: client connections and sessions, admin server, and the clients of a
 * ReadOnlyZooKeeperServer (docs/threads.md).
 */
import { AcceptErrors, type AcceptingThread } from "./accept-errors.ts";
import type { Behavior } from "./behavior.ts";
import { type BufferLimit, bufferLimit } from "./buffer-limit.ts";
import { Configurations } from "./configurations.ts";
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
  OBSERVER_MASTER_PORT,
  type Port,
  QUORUM_PORT,
  type ThreadWork,
  TIMER_CONNECT,
  TIMER_DIAL,
  TIMER_ELECTION,
  TIMER_EPOCH_ACK,
  TIMER_EPOCH_PROPOSAL,
  TIMER_HANDLERS,
  TIMER_LISTEN,
  TIMER_NEWLEADER_ACK,
  TIMER_ROLE,
  TIMER_TICK,
  type Timer,
} from "./effects.ts";
import { ElectionConnections } from "./election/election-connections.ts";
import { ElectionListener } from "./election/election-listener.ts";
import { type ElectionServer, FastLeaderElection } from "./election/fast-leader-election.ts";
import { decodeNotification } from "./election/notification-wire.ts";
import type { Vote } from "./election/vote.ts";
import type { ConnectionEnd } from "./inbox.ts";
import type { PeerView } from "./inspect.ts";
import { Leader, type LeaderServer } from "./leader/leader.ts";
import type { ReconfigRequest, ReconfigResult } from "./leader/reconfig.ts";
import { Learner, type LearnerServer } from "./learner/learner.ts";
import { BROADCAST, ELECTION, type FailureReason, type Notes, type Phase } from "./notes.ts";
import {
  type ElectionMessage,
  FOLLOWING,
  isHello,
  LEADING,
  LOOKING,
  type Notification,
  OBSERVING,
  type QuorumPacket,
  type ServerState,
  type Snapshot,
} from "./packets.ts";
import { type AckSet, observersOf, portsOf, type QuorumVerifier } from "./quorum.ts";
import { NEWEST } from "./releases.ts";
import type { Settings } from "./settings.ts";
import { Database } from "./storage/database.ts";
import type { History, Txn } from "./storage/history.ts";
import { LogLock, type LogUser } from "./storage/log-lock.ts";
import { type Epoch, epochOf, NO_EPOCH, type ServerId, ZERO_ZXID, type Zxid } from "./zxid.ts";

/** What a Peer needs to know before it starts: zoo.cfg, myid and the release. */
export interface PeerConfig {
  /** The id of this server. */
  readonly myid: ServerId;
  /** The committed configuration in the files of the server: who votes, and which sets of voters are a quorum. */
  readonly verifier: QuorumVerifier;
  /** The content of zoo.cfg.dynamic.next; undefined if the server does not read that file. */
  readonly next?: QuorumVerifier | undefined;
  /** The settings of zoo.cfg and system properties. */
  readonly settings: Settings;
  /**
   * The empty history from which each history of this server grows. Servers with the same `emptyHistory` object also
   * share the objects of equal histories, which makes comparisons cheap.
   */
  readonly emptyHistory: History;
  /** The behaviors of the server's release; default: the newest release. */
  readonly behavior?: Behavior;
}

/** The shortest time after which a LOOKING server starts its ReadOnlyZooKeeperServer (QuorumPeer#run). */
const READ_ONLY_GRACE_MS = 2000;

/** A write that a server must finish at startup before it starts an election, or the reason why it then exits. */
type StartupStep =
  | { readonly write: "snapshot" | "log" | "updatingEpoch" }
  | { readonly write: "currentEpoch" | "acceptedEpoch"; readonly epoch: Epoch }
  | { readonly write: undefined; readonly refusal: FailureReason; readonly detail: string };

/**
 * The quorum side of one ZooKeeper server (QuorumPeer). The host calls the inputs `start`, `timer`, `connected`,
 * `packet`, `diskDone`, … one at a time, and performs the effects that the Peer asks for. A Peer never throws because
 * of what a network or a disk does.
 */
export class Peer implements ElectionServer, LeaderServer, LearnerServer, LogUser {
  /** The current time, virtual or real. The host sets it before each input. */
  nowUs = 0;

  /** The id of this server. */
  readonly myid: ServerId;
  /** The configurations of this server, and which servers count for what. */
  readonly configurations: Configurations;
  /** The settings of this server. */
  readonly settings: Settings;
  /** The behaviors of the server's release. */
  readonly behavior: Behavior;
  /** Whether this server votes or follows; false for an observer (QuorumPeer#learnerType). */
  participant: boolean;
  /** The host. */
  readonly effects: Effects;
  /** The receiver of observations. */
  readonly notes: Notes;
  /** The tree, committedLog, the log and the snapshots. */
  readonly database: Database;
  /** The order in which threads use the log. */
  readonly logLock: LogLock;
  /** The errors of accept() in this process. */
  readonly acceptErrors = new AcceptErrors();
  /** initLimit in microseconds. */
  readonly initTimeoutUs: number;
  /** syncLimit in microseconds. */
  readonly syncTimeoutUs: number;
  /** The largest buffer that the server can read. */
  readonly bufferLimit: BufferLimit;

  /** The state of this server (QuorumPeer#getPeerState). */
  state: ServerState = LOOKING;
  /** The phase of Zab (QuorumPeer#getZabState). */
  phase: Phase = ELECTION;
  /** The acceptedEpoch in memory; -1 before the disk is loaded. */
  acceptedEpoch: Epoch = NO_EPOCH;
  /** The currentEpoch in memory; -1 before the disk is loaded. */
  currentEpoch: Epoch = NO_EPOCH;
  /** The vote that this server answers to servers that are LOOKING (QuorumPeer#getCurrentVote). */
  currentVote: Vote;
  /** Whether this server reports zxid 0 to get a SNAP (fix truncRemovesEverythingAbove). */
  needsSnap = false;
  /** Whether the server cannot resolve its own host name. The host sets it. */
  ownNameFails = false;
  /**
   * Becomes false when the Peer calls the effect `exit`. From then on, the Peer ignores inputs, because the host can
   * end the process later.
   */
  alive = true;

  private readonly election: FastLeaderElection;
  private readonly connections: ElectionConnections;
  /** Whether the server takes its next role without an election (QuorumPeer#reconfigFlag). */
  private skipsElection = false;
  private readonly listener: ElectionListener;
  private leader: Leader | null = null;
  private learner: Learner | null = null;
  /** The voters whose ObserverMaster this observer tries in turn (QuorumPeer#observerMasters); empty: the leader. */
  private readonly observerMasters: ServerId[] = [];
  private nextObserverMaster = 0;
  /** The pending reconnectDelayMs: what to do when TIMER_CONNECT fires. Null if the server is not waiting for it. */
  private afterReconnectDelay: (() => void) | null = null;
  /** The start of the last election. */
  private lookingSinceUs = 0;
  /** The number of faults that stall the main thread of a leader. */
  private mainStalls = 0;
  /** The writes that remain to be done at startup; null before and after the startup. */
  private startupSteps: StartupStep[] | null = null;

  constructor(config: PeerConfig, effects: Effects, notes: Notes) {
    const { emptyHistory, myid, next, settings, verifier } = config;
    this.myid = myid;
    this.settings = settings;
    this.behavior = config.behavior ?? NEWEST;
    this.effects = effects;
    this.notes = notes;
    this.configurations = new Configurations(this, verifier, next);
    this.participant = !observersOf(verifier).includes(myid);
    this.database = new Database(settings, this.behavior, emptyHistory);
    this.initConfigZnode();
    this.logLock = new LogLock(effects);
    this.initTimeoutUs = settings.initLimit * settings.tickTimeMs * 1000;
    this.syncTimeoutUs = settings.syncLimit * settings.tickTimeMs * 1000;
    this.bufferLimit = bufferLimit(settings, this.behavior);
    this.currentVote = {
      id: myid,
      zxid: ZERO_ZXID,
      electionEpoch: 0,
      peerEpoch: NO_EPOCH,
      state: LOOKING,
      version: 0,
    };
    this.connections = new ElectionConnections(this, effects, notes);
    this.listener = new ElectionListener(this, this.connections);
    this.election = new FastLeaderElection(this, this.connections, effects, notes);
  }

  // ---- startup (QuorumPeer#start, #loadDataBase)

  /** Starts the server with the content of its disk. This is the first input of a Peer. */
  start(image: DiskImage): void {
    const { behavior, database, effects } = this;
    if (!this.configurations.committed.members.includes(this.myid)) {
      this.exit(EXIT_UNEXPECTED, "not-in-configuration", `My id ${this.myid} not in the peer list`);
      return;
    }
    const problem = database.restore(image);
    if (problem !== undefined) {
      this.exit(EXIT_UNEXPECTED, problem, "the database could not be loaded");
      return;
    }
    const steps: StartupStep[] = [];
    if (behavior.syncsLogAtStart) steps.push({ write: "log" });
    if (behavior.snapReplacesLog && database.forgetLogBelowSnapshot()) {
      effects.dropAllBut(database.lastProcessedZxid);
    }
    if (image.snapshots.length === 0 && database.lastProcessedZxid === ZERO_ZXID && behavior.logNeedsSnapshot) {
      steps.push({ write: "snapshot" });
    }
    this.loadEpochs(image, steps);
    this.notes.loaded(database.history, database.logHistory, database.lastProcessedZxid);
    this.startupSteps = steps;
    this.nextStartupStep();
  }

  /**
   * Loads the epoch files, and adds steps that write them where needed. If the epochs are inconsistent, the last step
   * is a refusal: the server then exits, with the epoch files written so far (QuorumPeer#loadDataBase).
   */
  private loadEpochs(image: DiskImage, steps: StartupStep[]): void {
    const epochOfZxid = epochOf(this.database.lastProcessedZxid);
    let current = image.currentEpoch ?? epochOfZxid;
    if (image.currentEpoch === undefined) steps.push({ write: "currentEpoch", epoch: current });
    if (epochOfZxid > current && !this.behavior.startsWithEpochOlderThanZxid) {
      const recovered = this.recoveredEpoch(image, epochOfZxid);
      if (recovered === undefined) {
        const detail = `currentEpoch ${current} is older than epoch ${epochOfZxid} of the last zxid`;
        steps.push({ write: undefined, refusal: "epoch-older-than-zxid", detail });
        return;
      }
      current = recovered;
      steps.push({ write: "currentEpoch", epoch: current });
      if (this.behavior.marksUpdatingEpoch) steps.push({ write: "updatingEpoch" });
    }
    const accepted = image.acceptedEpoch ?? epochOfZxid;
    if (image.acceptedEpoch === undefined) steps.push({ write: "acceptedEpoch", epoch: accepted });
    if (accepted < current) {
      const detail = `acceptedEpoch ${accepted} is older than currentEpoch ${current}`;
      steps.push({ write: undefined, refusal: "accepted-older-than-current", detail });
      return;
    }
    this.currentEpoch = current;
    this.acceptedEpoch = accepted;
  }

  /** Returns the currentEpoch that a crash prevented from being written; undefined if the release cannot recover it. */
  private recoveredEpoch({ currentEpochTmp, updatingEpoch }: DiskImage, epochOfZxid: Epoch): Epoch | undefined {
    if (this.behavior.usesCurrentEpochTmp && currentEpochTmp !== undefined) return currentEpochTmp;
    return this.behavior.marksUpdatingEpoch && updatingEpoch ? epochOfZxid : undefined;
  }

  private nextStartupStep(): void {
    const step = this.startupSteps?.shift();
    switch (step?.write) {
      case "snapshot":
        this.saveSnapshot(false);
        break;
      case "log":
        this.logLock.acquire(this);
        break;
      case "currentEpoch":
        this.effects.writeCurrentEpoch(step.epoch);
        break;
      case "acceptedEpoch":
        this.effects.writeAcceptedEpoch(step.epoch);
        break;
      case "updatingEpoch":
        this.effects.markUpdatingEpoch(false);
        this.nextStartupStep();
        break;
      default:
        this.startupSteps = null;
        if (step === undefined) this.startFirstElection();
        else this.exit(EXIT_UNEXPECTED, step.refusal, step.detail);
    }
  }

  private startupStepDone(ok: boolean): void {
    if (this.startupSteps === null) return;
    if (ok) this.nextStartupStep();
    else this.exit(EXIT_UNEXPECTED, "disk-error", "an epoch file or a snapshot could not be written at startup");
  }

  private startFirstElection(): void {
    const zxid = this.database.lastProcessedZxid;
    this.currentVote = { ...this.currentVote, zxid, peerEpoch: this.currentEpoch };
    this.listener.open();
    this.listObserverMasters();
    this.setState(LOOKING);
    this.lookForLeader();
  }

  /** Called at startup when the server holds the lock on the log. Syncs the log that the server has read. */
  logAcquired(): void {
    this.logLock.sync(this);
  }

  logSynced(ok: boolean): void {
    this.startupStepDone(ok);
  }

  // ---- changes of role (QuorumPeer#run)

  /**
   * Takes the role that a new configuration gives this server. If there is none, becomes LOOKING and starts an election
   * with the database in memory. In some releases, a server that was an observer first waits for a random time.
   */
  look(): void {
    this.leader = null;
    this.learner = null;
    if (!this.alive) return;
    if (this.skipsElection) {
      if (this.database.initialized) this.skipElection();
      else this.effects.load();
      return;
    }
    const wasObserver = this.state === OBSERVING;
    this.setState(LOOKING);
    const delayMs = wasObserver && this.behavior.observerElectionDelay ? this.settings.observerElectionDelayMs : 0;
    if (delayMs > 0) this.effects.setTimer(TIMER_CONNECT, this.effects.random(delayMs) * 1000);
    else this.startElection();
  }

  private startElection(): void {
    if (this.database.initialized) this.lookForLeader();
    else this.effects.load();
  }

  /** QuorumPeer#updateServerState, if a new configuration says who leads. */
  private skipElection(): void {
    this.skipsElection = false;
    const vote = this.currentVote;
    const learning = this.participant ? FOLLOWING : OBSERVING;
    this.electionDone(vote.id === this.myid ? LEADING : learning, vote, this.configurations.votes());
  }

  processReconfig(config: QuorumVerifier, designated: ServerId | null, zxid: Zxid, restartsElection: boolean): boolean {
    if (!this.settings.reconfigEnabled) return false;
    const { configurations } = this;
    const before = configurations.committed;
    const changes = configurations.commit(config);
    this.initConfigZnode();
    if (!changes) return false;
    if (restartsElection) this.election.restart();
    const isParticipant = !observersOf(config).includes(this.myid);
    const roleChanges = isParticipant !== this.participant;
    this.participant = isParticipant;
    if (roleChanges) this.skipsElection = true;
    const { id } = this.currentVote;
    if (designated !== null) {
      if (id === designated) return roleChanges;
      this.currentVote = { ...this.currentVote, id: designated, zxid, electionEpoch: -1, peerEpoch: NO_EPOCH };
      this.skipsElection = true;
      return true;
    }
    this.skipsElection = false;
    const sameAddress = portsOf(before, id).quorum === portsOf(config, id).quorum;
    return roleChanges || !before.isVoter(id) || !config.isVoter(id) || !sameAddress;
  }

  initConfigZnode(): void {
    if (this.behavior.knowsReconfig) this.database.configZnode = this.configurations.committed;
  }

  restartListener(): void {
    this.listener.restart();
  }

  private lookForLeader(): void {
    this.lookingSinceUs = this.nowUs;
    this.election.start();
  }

  electionDone(state: ServerState, vote: Vote, supporters: AckSet): void {
    this.currentVote = vote;
    this.setState(state);
    this.stopReadOnlyServer();
    if (!this.alive) return;
    // If a former role has left its log thread running, the new role waits until that thread has synced
    // (FileTxnLog#setServerStats and #commit are synchronized).
    this.logLock.whenFree(() => this.startRole(state, vote, supporters));
  }

  /**
   * Stops the ReadOnlyZooKeeperServer if the election has lasted long enough to start it. Like every server that stops,
   * it fast-forwards the database that all servers of this process share (ZooKeeperServer#shutdown).
   */
  private stopReadOnlyServer(): void {
    const { lookingSinceUs, nowUs, settings } = this;
    const graceMs = Math.max(READ_ONLY_GRACE_MS, settings.tickTimeMs);
    if (settings.readOnlyMode && nowUs - lookingSinceUs >= graceMs * 1000) this.fastForward();
  }

  private startRole(state: ServerState, vote: Vote, supporters: AckSet): void {
    if (state === LEADING) {
      this.leader = new Leader(this, supporters);
      this.leader.start();
    } else {
      if (state === OBSERVING) this.observe(vote.id);
      else this.startLearner(vote.id, QUORUM_PORT);
    }
  }

  private startLearner(master: ServerId, port: Port): void {
    this.learner = new Learner(this, master, this.state === OBSERVING, port);
    this.learner.start();
  }

  /** Shuffles the voters, one of which becomes the learner master (QuorumPeer#updateObserverMasterList). */
  private listObserverMasters(): void {
    const { behavior, configurations, observerMasters, participant, settings } = this;
    if (participant || settings.observerMasterPort <= 0 || !behavior.knowsObserverMasters) return;
    observerMasters.push(...configurations.committed.voters);
    for (let size = observerMasters.length; size > 1; size--) {
      const index = this.effects.random(size);
      const last = observerMasters[size - 1] as ServerId;
      observerMasters[size - 1] = observerMasters[index] as ServerId;
      observerMasters[index] = last;
    }
  }

  /**
   * Starts to observe: the next ObserverMaster, which may be a server that does not follow, or the leader
   * (QuorumPeer#findLearnerMaster). In some cases, waits for a random time below reconnectDelayMs before.
   */
  private observe(leader: ServerId): void {
    const { behavior, effects, observerMasters, settings } = this;
    const usesMasters = observerMasters.length > 0;
    const wraps = this.nextObserverMaster >= observerMasters.length;
    if (wraps) this.nextObserverMaster = 0;
    const start = (): void => {
      this.afterReconnectDelay = null;
      if (!usesMasters) this.startLearner(leader, QUORUM_PORT);
      else this.startLearner(observerMasters[this.nextObserverMaster++] as ServerId, OBSERVER_MASTER_PORT);
    };
    const delayMs = wraps && behavior.knowsObserverMasters ? settings.observerReconnectDelayMs : 0;
    if (delayMs === 0) {
      start();
      return;
    }
    this.afterReconnectDelay = start;
    effects.setTimer(TIMER_CONNECT, effects.random(delayMs) * 1000);
  }

  /** Changes the phase and reports it (QuorumPeer#setZabState). */
  setPhase(phase: Phase): void {
    this.phase = phase;
    this.notes.stateChanged(this.state, phase);
  }

  private setState(state: ServerState): void {
    this.state = state;
    this.setPhase(ELECTION);
  }

  // ---- called by roles and by the election

  get lastLoggedZxid(): Zxid {
    return this.database.lastProcessedZxid;
  }

  acceptedEpochWritten(epoch: Epoch, ok: boolean): void {
    if (ok || !this.behavior.epochSetOnlyIfWritten) this.acceptedEpoch = epoch;
    if (ok) this.notes.epochAccepted(epoch);
  }

  currentEpochWritten(epoch: Epoch, ok: boolean): void {
    if (ok || !this.behavior.epochSetOnlyIfWritten) this.currentEpoch = epoch;
    if (ok) this.notes.epochCurrent(epoch);
  }

  appendToLog(txn: Txn): void {
    this.effects.append(txn);
    this.database.append(txn);
    this.notes.logged(txn, this.database.logHistory);
  }

  /** Changes the epoch of the current vote, but not its zxid or round. */
  updateElectionVote(epoch: Epoch): void {
    this.currentVote = { ...this.currentVote, peerEpoch: epoch };
  }

  fastForward(): void {
    const { database } = this;
    if (!this.behavior.shutdownFastForwards) return;
    const problem = database.fastForward();
    if (problem === undefined) this.notes.fastForwarded(database.history, database.logHistory);
    else this.exit(EXIT_UNEXPECTED, problem, "the log does not follow the end of committedLog");
  }

  lookingAgain(sid: ServerId): void {
    this.leader?.lookingAgain(sid);
  }

  logFailed(): boolean {
    if (!this.behavior.failedLogWriteExits) return false;
    this.exit(EXIT_UNEXPECTED, "disk-error", "the log could not be written");
    return true;
  }

  /** Ends the process with an exit code (ServiceUtils#requestSystemExit). Reports the reason. */
  exit(code: number, reason: FailureReason, detail: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.election.stop();
    this.notes.failed(reason, undefined, detail);
    this.effects.exit(code, detail);
  }

  /** Whether this server accepts writes. */
  get serving(): boolean {
    return this.phase === BROADCAST;
  }

  /** Whether this server is an established leader. */
  get leads(): boolean {
    return this.state === LEADING && this.serving;
  }

  // ---- inputs

  /** Handles a client's write. Returns false if this server does not serve. */
  write(value: string | number, bytes = 0): boolean {
    // The server closes the connection of a client that sends a larger request (NIOServerCnxn#readLength).
    if (!this.alive || bytes > this.settings.juteMaxBuffer) return false;
    return this.leader?.submit(value, bytes) ?? this.learner?.submit(value, bytes) ?? false;
  }

  /**
   * Input: the log thread starts a new log file and saves a snapshot, as after snapCount transactions
   * (SyncRequestProcessor#run). Returns false if the server does not serve, or if its log thread does not run.
   */
  takeSnapshot(): boolean {
    if (!this.alive || !this.serving) return false;
    return (this.leader ?? this.learner)?.takeSnapshot() ?? false;
  }

  /**
   * Input: a client's request to change the configuration. A learner would forward it; here only a leader takes it.
   */
  reconfig(request: ReconfigRequest): ReconfigResult {
    return this.alive && this.leader !== null ? this.leader.reconfig(request) : "none";
  }

  /**
   * Input: the leader's thread of PrepRequestProcessor stalls. The thread ends when the server stops leading, and the
   * requests that wait are lost (PrepRequestProcessor#shutdown). Returns false if the server does not lead.
   */
  stallRequests(): boolean {
    this.leader?.stallRequests();
    return this.leader !== null;
  }

  /**
   * Input: one stall of the thread of PrepRequestProcessor is over, or all. Returns whether requests wait. If so, the
   * host must call `runRequests`.
   */
  resumeRequests(all: boolean): boolean {
    return this.leader?.resumeRequests(all) ?? false;
  }

  /** Input: the thread of PrepRequestProcessor runs after a stall. */
  runRequests(): void {
    this.leader?.runRequests();
  }

  /**
   * Input: from now on, each accept() of this thread fails when a connection arrives. The errors end with the process
   * at the latest.
   */
  failAccepts(thread: AcceptingThread): void {
    this.acceptErrors.begin(thread);
  }

  /** Input: one fault that `failAccepts` has begun is over. The host must then call `acceptAgain`. */
  endAcceptErrors(thread: AcceptingThread): void {
    this.acceptErrors.end(thread);
  }

  /** Input: all errors of accept() are over. Returns whether there was one. The host must then call `acceptAgain`. */
  endAllAcceptErrors(): boolean {
    return this.acceptErrors.endAll();
  }

  /** Input: a thread that has called accept() again and again calls it after the end of a fault. */
  acceptAgain(): void {
    if (this.alive) this.learner?.acceptAgain();
  }

  get leaderStalls(): boolean {
    return this.mainStalls > 0;
  }

  /**
   * Input: the main thread of a leader stalls before it next counts itself, for the epoch or for ACKEPOCH
   * (Leader#getEpochToPropose, #waitForEpochAck). The acceptor and the handlers continue.
   */
  stallLeader(): void {
    this.mainStalls++;
  }

  /** Input: one stall of the main thread of a leader is over, or all. The host must then call `runLeader`. */
  resumeLeader(all: boolean): void {
    this.mainStalls = all ? 0 : Math.max(0, this.mainStalls - 1);
  }

  /** Input: the main thread of a leader runs after a stall. */
  runLeader(): void {
    this.leader?.resumeMain();
  }

  /** Input: a timer that `setTimer` has set is due. */
  timer(timer: Timer): void {
    if (!this.alive) return;
    switch (timer) {
      case TIMER_ELECTION:
        this.election.timeout();
        break;
      case TIMER_DIAL:
        this.connections.dialTimeout(this.nowUs);
        break;
      case TIMER_LISTEN:
        this.listener.pauseEnded();
        break;
      case TIMER_TICK:
        if (this.leader !== null) this.leader.halfTick();
        else this.learner?.halfTick();
        break;
      case TIMER_HANDLERS:
        if (this.leader !== null) this.leader.readTimeout();
        else this.learner?.handlerReadTimeout();
        break;
      case TIMER_EPOCH_PROPOSAL:
        this.leader?.epochProposalTimeout();
        break;
      case TIMER_EPOCH_ACK:
        this.leader?.epochAckTimeout();
        break;
      case TIMER_NEWLEADER_ACK:
        this.leader?.newLeaderAckTimeout();
        break;
      case TIMER_ROLE:
        this.learner?.readTimeout();
        break;
      case TIMER_CONNECT:
        if (this.afterReconnectDelay !== null) this.afterReconnectDelay();
        else if (this.learner !== null) this.learner.connectTimeout();
        else if (this.state === LOOKING) this.startElection();
        break;
    }
  }

  /** Input: another server has connected to one of the ports. */
  accepted(connection: ConnectionId, port: Port): void {
    if (!this.alive) return;
    if (port === ELECTION_PORT) this.listener.accept(connection);
    else if (port === OBSERVER_MASTER_PORT && this.learner?.accepted(connection)) return;
    else if (port === QUORUM_PORT && this.leader !== null) this.leader.accepted(connection);
    else this.effects.close(connection);
  }

  /** Input: a connection that `connect` has started is open. */
  connected(connection: ConnectionId): void {
    if (!this.alive) return;
    if (this.connections.owns(connection)) this.connections.connected(this.nowUs, connection);
    else this.learner?.connected(connection);
  }

  /** Input: a connection that `connect` has started could not be opened. */
  refused(connection: ConnectionId): void {
    if (!this.alive) return;
    if (this.connections.owns(connection)) this.connections.closed(this.nowUs, connection);
    else this.learner?.refused(connection);
  }

  /**
   * Whether packets have arrived on a connection that no thread of this server has read. If so, the kernel of a real
   * host resets the connection when the server closes it or ends.
   */
  hasUnread(connection: ConnectionId): boolean {
    if (this.listener.hasUnread(connection)) return true;
    return (this.leader ?? this.learner)?.hasUnread(connection) ?? false;
  }

  /** Input: the other end has closed a connection, or the connection was reset. */
  closed(connection: ConnectionId, how: ConnectionEnd): void {
    if (!this.alive) return;
    if (this.connections.owns(connection)) this.connections.closed(this.nowUs, connection);
    else if (this.leader !== null) this.leader.closed(connection);
    else this.learner?.closed(connection, how);
  }

  /** Input: a packet has arrived on the quorum port. */
  packet(connection: ConnectionId, message: QuorumPacket): void {
    if (!this.alive) return;
    if (this.leader !== null) this.leader.received(connection, message);
    else this.learner?.received(connection, message);
  }

  /** Input: a message has arrived on the election port. Bytes that are no notification are ignored. */
  electionMessage(connection: ConnectionId, message: ElectionMessage): void {
    if (!this.alive) return;
    const from = this.connections.received(this.nowUs, connection, message);
    if (from === undefined || isHello(message)) return;
    const notification = message instanceof Uint8Array ? decodeNotification(message) : message;
    if (notification !== undefined) this.election.receive(from, notification);
  }

  /** Handles a notification that arrived as a datagram (electionTransport "datagram"). */
  notification(from: ServerId, notification: Notification): void {
    if (this.alive) this.election.receive(from, notification);
  }

  /** Handles the end of the piece of work that `startWork` started with this key. */
  workDone(work: ThreadWork, key: number): void {
    if (!this.alive) return;
    this.leader?.workDone(work, key);
    this.learner?.workDone(work, key);
  }

  /**
   * Handles the end of a disk operation. `result` is the loaded image or the saved snapshot, or null for other
   * operations.
   */
  diskDone(operation: DiskOp, ok: boolean, result: DiskImage | Snapshot | null): void {
    if (!this.alive) return;
    const role = this.leader ?? this.learner;
    switch (operation) {
      case DISK_SNAPSHOT:
        if (ok) this.snapshotSaved(result as Snapshot, this.learner?.logLacksTxns ?? false);
        else this.notes.snapshotFailed();
        if (role !== null) role.snapshotSaved(ok);
        else this.startupStepDone(ok);
        break;
      case DISK_BACKGROUND_SNAPSHOT:
        this.database.savingInBackground = false;
        if (ok) this.snapshotSaved(result as Snapshot, false);
        else this.notes.snapshotFailed();
        break;
      case DISK_ACCEPTED_EPOCH:
        if (role !== null) role.acceptedEpochWritten(ok);
        else this.startupStepDone(ok);
        break;
      case DISK_CURRENT_EPOCH:
        if (role !== null) role.currentEpochWritten(ok);
        else this.startupStepDone(ok);
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
    }
  }

  saveSnapshot(synced: boolean): void {
    const snapshot = this.database.snapshot();
    this.notes.snapshotStarted(snapshot.zxid, false);
    this.effects.saveSnapshot(snapshot, synced);
  }

  private snapshotSaved(snapshot: Snapshot, logLacksTxns: boolean): void {
    this.database.snapshotSaved(snapshot);
    if (logLacksTxns) this.needsSnap = false;
    if (logLacksTxns && this.behavior.snapReplacesLog) {
      this.database.forgetAllBut(snapshot.zxid);
      this.effects.dropAllBut(snapshot.zxid);
    }
    this.notes.snapshotSaved(snapshot.zxid, this.database.logHistory);
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
    if (this.skipsElection) this.skipElection();
    else this.lookForLeader();
  }

  /** Returns the state of this server. */
  inspect(): PeerView {
    const { database } = this;
    return {
      state: this.state,
      phase: this.phase,
      acceptedEpoch: this.acceptedEpoch,
      currentEpoch: this.currentEpoch,
      lastProcessedZxid: database.lastProcessedZxid,
      tree: database.history,
      log: database.logHistory,
      committedLog: database.committedLogRange,
      election: this.election.inspect(),
      leader: this.leader?.inspect(),
      learner: this.learner?.inspect(),
    };
  }

  /** Returns a hash of the state that decides this server's behavior, for the digest of a run. */
  stateHash(): number {
    const { database } = this;
    let hash = Math.imul(this.state * 4 + this.phase + 1, 0x9e37_79b1);
    hash = Math.imul(hash ^ this.acceptedEpoch, 0x85eb_ca6b) ^ this.currentEpoch;
    hash = Math.imul(hash ^ this.election.round, 0xc2b2_ae35) ^ (hash >>> 13);
    hash = Math.imul(hash ^ database.lastProcessedZxid, 0x27d4_eb2f) ^ database.history.hash;
    return Math.imul(hash ^ database.logHistory.hash, 0x1656_67b1) | 0;
  }
}
