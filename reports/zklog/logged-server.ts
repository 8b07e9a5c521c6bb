/**
 * A simulated server as its log shows it: the facts about its process and its role that the messages contain. The
 * writers of lines read it and keep it up to date.
 */
import type { RecordOf, ServerConfig } from "../../cluster/records.ts";
import type { LogEventName, LogEvents } from "../../logs/index.ts";
import type { Settings } from "../../protocol/settings.ts";
import type { LearnerReader } from "./learner-reader.ts";
import { MAIN_THREAD, peerThreadOf } from "./line-pattern.ts";
import { type LineOptions, type MessageSink, ServerLog } from "./server-log.ts";
import { writtenRelease } from "./written-release.ts";

/** A role of a server, in the words of the log. */
export type LoggedState = "looking" | "leading" | "following" | "observing";

/** The thread of a leader or of an ObserverMaster for one learner (LearnerHandler). */
export interface Handler {
  readonly connection: number;
  /** The server at the other end. */
  readonly peer: number;
  /** The id that the learner has sent. Undefined before its first packet. */
  offered: number | undefined;
  /** The id under which the handler is registered. Undefined before the leader has read the first packet. */
  sid: number | undefined;
  /** Whether the decision was a SNAP. */
  sendsSnapshot: boolean;
  hasAcked: boolean;
  isClosed: boolean;
}

/** The role that a learner or a leader has since the last election. */
export interface LoggedRole {
  readonly sinceUs: number;
  /** The elected server. */
  readonly leader: number;
  /** The connection to the leader or to the ObserverMaster. Undefined while there is none. */
  connection: number | undefined;
  /** The server at the other end of the connection. */
  master: number;
  /** The time at which the connection was opened. */
  connectedUs: number | undefined;
  /** The number of attempts to connect that failed. */
  tries: number;
  hasSynced: boolean;
  /** The learner's reading of packets. Undefined at a leader. */
  reader: LearnerReader | undefined;
  /** The time at which a leader begins to serve. */
  establishedUs?: number;
  /** The epoch that a leader has proposed. */
  epoch: number | undefined;
  /** The servers that have acknowledged NEWLEADER. */
  readonly acks: Set<number>;
  /** The zxid of a leader's last proposal. */
  lastProposed: number;
}

/** One server. */
export class LoggedServer {
  readonly log: ServerLog;
  /** The number of the server in the scenario. */
  readonly server: number;
  /** The content of the file myid. */
  sid: number;
  config: ServerConfig | undefined;
  /** Whether the process has started an election. */
  hasStarted = false;
  startedUs = 0;
  state: LoggedState = "looking";
  phase = "ELECTION";
  /** The packet of the last synchronization, until NEWLEADER is handled (QuorumPeer#syncMode). */
  syncMode: "" | "diff" | "snap" | "trunc" = "";
  /** The time at which the current election began. */
  lookingSinceUs = 0;
  /** Whether the current election has begun with a vote. */
  hasVoted = false;
  /** The current vote. */
  vote: Pick<RecordOf<"voted">, "round" | "leader" | "zxid" | "peerEpoch"> | undefined;
  /** The leader of the last election that ended. */
  elected: number | undefined;
  role: LoggedRole | undefined;
  readonly handlers = new Map<number, Handler>();
  /** Whether the last role was that of a follower that served and lost its leader: its log thread can send no ACK. */
  hasLostLeader = false;
  /** The last known content of currentEpoch. */
  currentEpoch: number | undefined;
  /** The last zxid in the database when the process started. */
  loadedZxid = 0;
  /** The files with epochs that the process has written before its first election. */
  readonly startFiles = new Set<string>();
  /** The voters, the observers and the version of the committed configuration, and the voters of the pending one. */
  committedVoters: readonly number[] = [];
  committedObservers: readonly number[] = [];
  committedVersion = 0n;
  pendingVoters: readonly number[] = [];
  /** The version of the newest configuration that the server has seen. */
  seenVersion = 0n;
  /** Whether the thread that receives notifications has ended because of another configuration, until the next vote. */
  hasEndedReceiver = false;
  /** Whether the server has the role of an observer (QuorumPeer#getLearnerType). */
  isObserver = false;
  /** The zxid of the last TRUNC that a learner has read. */
  truncatedTo: number | undefined;
  /** The last proposal of a synchronization that did not follow the one before it. */
  lastGap: { readonly zxid: number; readonly last: number } | undefined;
  /** Whether the log thread has a file open. It creates a file for the first transaction that it then logs. */
  hasOpenLog = false;
  /** Whether the log contains the release of this process. */
  hasVersion = false;

  constructor(server: number, sink: MessageSink) {
    this.log = new ServerLog(server, sink);
    this.server = server;
    this.sid = server;
  }

  get settings(): Settings {
    if (this.config === undefined) throw new Error(`server ${this.server} has not started`);
    return this.config.settings;
  }

  get release(): string {
    return writtenRelease(this.config?.release ?? "newest");
  }

  isVoter(sid: number): boolean {
    return this.committedVoters.includes(sid) || this.pendingVoters.includes(sid);
  }

  /** The thread of QuorumPeer#run. */
  get peerThread(): string {
    return this.hasStarted ? peerThreadOf(this.sid, this.release) : MAIN_THREAD;
  }

  /** Logs an event in the main thread of the server. */
  say<E extends LogEventName>(event: E, fields: LogEvents[E], options: Partial<LineOptions> = {}): boolean {
    return this.log.write(event, fields, { thread: this.peerThread, ...options });
  }

  /** The class of a learner's role. */
  get learnerClass(): "Follower" | "Observer" {
    return this.state === "observing" ? "Observer" : "Follower";
  }

  /** Logs the state, as QuorumPeer#getDetailedPeerState words it. */
  sayState(): void {
    const phase = this.phase === "ELECTION" ? "" : ` - ${this.phase.toLowerCase()}`;
    const mode = this.syncMode === "" ? "" : ` - ${this.syncMode}`;
    this.say("state-changed", { state: this.state + phase + mode });
  }
}
