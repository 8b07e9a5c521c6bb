/**
 * The records of a run: one plain object for each note of each server, for each start and end of a process, and for
 * each step of the script, in the order in which they happen. Decision tables, timelines, explanations and expectations
 * read these records. A record holds typed values (zxids, epochs, server ids) and no rendered text, except the detail
 * that the core gives with a failure or an anomaly.
 *
 * There are no records of messages (except `received`, on request), timers or disk operations. sim/trace.ts records
 * those.
 */
import {
  type AcceptErrorEvent,
  type AckSet,
  type Anomaly,
  asZxid,
  configText,
  type ElectionLinkEvent,
  type Epoch,
  type FailureReason,
  FOLLOWING,
  type History,
  type IgnoredNotification,
  type Notes,
  type PacketType,
  PHASE_NAMES,
  type Phase,
  type QuorumVerifier,
  type ReconfigRefusal,
  type ServerId,
  type ServerState,
  type Settings,
  type SyncDecision,
  type SyncFacts,
  type SyncOperation,
  type SyncRule,
  TRUNC,
  type Txn,
  type TxnLogGap,
  type TxnLogSize,
  type Zxid,
} from "../protocol/index.ts";
import type { EnsembleConfig } from "./cluster-spec.ts";

interface Common {
  /** The virtual time in microseconds. */
  readonly atUs: number;
  /** The server to which the record belongs; -1 for a record of the script. */
  readonly server: ServerId;
  /**
   * The sequence number of the world's event during which the record was made. Explanations use it to follow causes.
   * Present only in traced runs.
   */
  readonly sequence?: number;
}

/** The events that a step of a scenario can wait for. */
export const PROTOCOL_EVENTS = [
  "looking",
  "leading",
  "following",
  "observing",
  "elected",
  "epoch-offered",
  "epoch-proposed",
  "epoch-accepted",
  "epoch-acked",
  "epoch-current",
  "sync-decided",
  "newleader-acked",
  "newleader-ack-read",
  "established",
  "active",
  "proposed",
  "logged",
  "synced",
  "committed",
  "delivered",
  "truncated",
  "snapshot-saved",
  "failed",
  "config-seen",
  "config-committed",
  "reconfig-refused",
  "leader-designated",
  "started",
  "crashed",
] as const;
/** An event that a step can wait for. */
export type ProtocolEvent = (typeof PROTOCOL_EVENTS)[number];

/**
 * A sync decision with the facts that decided it. The record has the number of packets that the leader queues, but not
 * the packets.
 */
export interface DecisionRecord {
  /** The server that is synchronized. */
  readonly learner: ServerId;
  /** Whether the learner is an observer. */
  readonly observer: boolean;
  /** Present if a follower decides, because it is the learner master of the observer (ObserverMaster). */
  readonly masterFollows?: true;
  /** What the leader sends. */
  readonly decision: SyncOperation;
  /** The zxid of the DIFF or TRUNC; the leader's lastProcessedZxid for a SNAP. */
  readonly zxid: Zxid;
  /** The rule that decided. SYNC_RULES describes it. */
  readonly rule: SyncRule;
  /** The last zxid in the learner's log. */
  readonly peerLastZxid: Zxid;
  /** The lastProcessedZxid of the leader. */
  readonly lastProcessedZxid: Zxid;
  /** The first zxid in the committedLog of the leader. */
  readonly minCommittedLog: Zxid;
  /** The last zxid in the committedLog of the leader. */
  readonly maxCommittedLog: Zxid;
  /** The argument of Leader#startForwarding: the leader also sends the learner every proposal above this zxid. */
  readonly startForwardingFrom: Zxid;
  /** Number of committed proposals that the leader sends in the synchronization. */
  readonly proposals: number;
  /** The zxid of the first of these proposals. */
  readonly firstZxid: Zxid | undefined;
  /** The zxid of the last of these proposals. */
  readonly lastZxid: Zxid | undefined;
  /** Number of proposals that Leader#startForwarding added, because they were not yet applied or not yet committed. */
  readonly forwarded: number;
  /** Present if the committedLog of the leader is empty. Its two ends are then lastProcessedZxid. */
  readonly committedLogIsEmpty?: true;
  /** The size of the log on disk and its limit, if the limit is exceeded. */
  readonly txnLogSize?: TxnLogSize;
  /** The gap between the log on disk and committedLog because of which the leader cannot use the log. */
  readonly txnLogGap?: TxnLogGap;
}

/** The role that a configuration gives a server. */
export type ServerRole = "participant" | "observer";

/** The quorums that a leader counted. Present only if two configurations were in force, so it counted two. */
export interface CountedQuorums {
  /** One quorum for each configuration in force, the oldest configuration first. */
  readonly quorums?: readonly CountedQuorum[];
}

/** The voters that acknowledged, and all voters of a configuration. */
export interface CountedQuorum {
  /** The voters that acknowledged. */
  readonly servers: readonly ServerId[];
  /** All voters of the configuration. */
  readonly voters: readonly ServerId[];
}

/** The name of a phase of Zab. */
export type PhaseName = "ELECTION" | "DISCOVERY" | "SYNCHRONIZATION" | "BROADCAST";

/**
 * One record of a run: an event at a server, its time, its zxids and its epochs. The field `event` says which other
 * fields the record has.
 */
export type ProtocolRecord = Common &
  (
    | {
        readonly event: "looking" | "leading" | "following" | "observing";
        readonly phase: PhaseName;
      }
    | {
        readonly event: "voted";
        readonly round: number;
        readonly leader: ServerId;
        readonly zxid: Zxid;
        readonly peerEpoch: Epoch;
      }
    | {
        readonly event: "election-waited";
        readonly round: number;
        readonly waitedMs: number;
        readonly unheard: readonly ServerId[];
        readonly resends: boolean;
      }
    | {
        readonly event: "notification-ignored";
        readonly from: ServerId;
        readonly round: number;
        readonly reason: IgnoredNotification;
      }
    | { readonly event: "notification-delayed"; readonly to: ServerId; readonly dialing: ServerId }
    | {
        readonly event: "election-link";
        readonly peer: ServerId;
        readonly change: ElectionLinkEvent;
        readonly limitMs: number;
      }
    /** `errors`: the number of errors since the thread has accepted a connection. */
    | { readonly event: "accept-failed"; readonly change: AcceptErrorEvent; readonly errors: number }
    | { readonly event: "elected"; readonly leader: ServerId; readonly round: number }
    | {
        readonly event: "epoch-offered";
        readonly learner: ServerId;
        readonly observer: boolean;
        readonly epoch: Epoch;
      }
    | { readonly event: "epoch-proposed" | "epoch-accepted" | "epoch-current"; readonly epoch: Epoch }
    | {
        readonly event: "epoch-acked";
        readonly learner: ServerId;
        readonly currentEpoch: Epoch;
        readonly lastZxid: Zxid;
      }
    | ({ readonly event: "sync-decided" } & DecisionRecord)
    | { readonly event: "newleader-acked"; readonly epoch: Epoch; readonly zxid: Zxid }
    | { readonly event: "newleader-ack-read"; readonly learner: ServerId; readonly zxid: Zxid }
    | ({ readonly event: "established"; readonly epoch: Epoch; readonly zxid: Zxid } & CountedQuorums)
    /** `leader`: the learner master. `masterFollows`: present if it is a follower. */
    | {
        readonly event: "active";
        readonly epoch: Epoch;
        readonly leader: ServerId;
        readonly zxid: Zxid;
        readonly masterFollows?: true;
      }
    | { readonly event: "proposed" | "logged" | "delivered"; readonly zxid: Zxid; readonly value: string }
    | ({ readonly event: "committed"; readonly zxid: Zxid; readonly value: string } & CountedQuorums)
    | { readonly event: "synced"; readonly zxid: Zxid }
    /** `end`: the end of the database on disk, which is above `zxid` if a snapshot contains later transactions. */
    | { readonly event: "truncated"; readonly zxid: Zxid; readonly removed: readonly Zxid[]; readonly end: Zxid }
    | { readonly event: "snapshot-started"; readonly zxid: Zxid; readonly inBackground: boolean }
    | { readonly event: "snapshot-failed" }
    | { readonly event: "snapshot-saved"; readonly zxid: Zxid }
    /** `history`: the transactions in the database that the server loaded. */
    | { readonly event: "loaded"; readonly zxid: Zxid; readonly history: History }
    | { readonly event: "fast-forwarded"; readonly zxid: Zxid }
    | {
        readonly event: "failed";
        readonly reason: FailureReason;
        readonly learner: ServerId | undefined;
        readonly detail: string;
      }
    | {
        readonly event: "anomaly";
        readonly anomaly: Anomaly;
        readonly from: ServerId;
        /** The type of the packet that caused the anomaly; 0 if no packet caused it. */
        readonly packet: PacketType | 0;
        readonly zxid: Zxid;
        readonly detail: string;
      }
    /** `config`: the new pending or committed configuration, as text. */
    | {
        readonly event: "config-seen" | "config-committed";
        readonly config: string;
        readonly version: Zxid;
        /** The role of the server in this configuration; undefined if it is not a member. */
        readonly role: ServerRole | undefined;
      }
    | { readonly event: "reconfig-refused"; readonly reason: ReconfigRefusal; readonly zxid: Zxid }
    | { readonly event: "leader-designated"; readonly leader: ServerId; readonly version: Zxid }
    /** A process started. The core reports no note for this event, so the run of the scenario makes the record. */
    | { readonly event: "started"; readonly config?: ServerConfig }
    /**
     * A process ended. `exitCode` is undefined if the process crashed or was stopped. `lost`: the zxids of the
     * transactions that its log lost. `planned` is present if a step restarted or upgraded the server.
     */
    | {
        readonly event: "crashed";
        readonly exitCode: number | undefined;
        readonly lost: readonly Zxid[];
        readonly planned?: PlannedStop;
      }
    /**
     * A server is about to handle a message. Such a record exists only if the caller requested it. `message` is a
     * packet's name, NOTIFICATION or HELLO.
     */
    | { readonly event: "received"; readonly from: ServerId; readonly message: string; readonly zxid: Zxid }
    | ({ readonly event: "script" } & ScriptedStep)
  );

/** The reason for a stop that is not a crash. After such a stop, the server starts again immediately. */
export type PlannedStop =
  | { readonly for: "restart" }
  | { readonly for: "upgrade"; readonly from: string; readonly to: string };

/** A configuration in a file of its own: its text and its version. */
export interface ConfigInFile {
  /** The configuration as text, for example `voters 1,2,3; version 1:0`. */
  readonly config: string;
  /** The version of the configuration. */
  readonly version: Zxid;
}

/** The configuration of a server process. */
export interface ServerConfig {
  /** The ZooKeeper release of the server. */
  readonly release: string;
  /** The content of the file myid. Undefined if it is the id of the server. */
  readonly myid?: ServerId;
  /** Whether the server votes. */
  readonly role: ServerRole;
  /** The servers that this server knows. */
  readonly view: readonly ServerId[];
  /** The configuration in the file that dynamicConfigFile names. Undefined if the file zoo.cfg has the lists. */
  readonly dynamicFile?: ConfigInFile;
  /** The pending configuration in zoo.cfg.dynamic.next. Undefined if the server does not read such a file. */
  readonly nextFile?: ConfigInFile;
  /** The content of zoo.cfg.dynamic.next if zoo.cfg has the lists, so that no published release reads that file. */
  readonly unreadFile?: ConfigInFile;
  /** The servers in the configuration file of this server, by role, with their groups and weights. */
  readonly ensemble: EnsembleConfig;
  /** All settings of the server. */
  readonly settings: Settings;
  /** The settings that differ from ZooKeeper's defaults. */
  readonly changed: Partial<Settings>;
}

/**
 * A step of the scenario that the script performed or undid, as plain data. scenarios/scenario.ts has the exact types.
 */
export interface ScriptedStep {
  /** The index of the step in the scenario, from 0. */
  readonly step: number;
  /** `start`: the script performed the step. `end`: the script undid the step because the step's duration was over. */
  readonly moment: "start" | "end";
  readonly verb: string;
  readonly argument: unknown;
  /** The value of the step's `for`: the duration of the step. */
  readonly duration: string | undefined;
}

export const RECORD_EVENTS = [
  ...PROTOCOL_EVENTS,
  "voted",
  "election-waited",
  "notification-ignored",
  "notification-delayed",
  "election-link",
  "accept-failed",
  "snapshot-started",
  "snapshot-failed",
  "loaded",
  "fast-forwarded",
  "anomaly",
  "received",
  "script",
] as const satisfies readonly ProtocolRecord["event"][];

/**
 * Events that only explain what a server does. They are neither progress nor activity: they do not delay the end of a
 * run, and no step of a scenario can wait for them.
 */
export const EXPLAINING_EVENTS: ReadonlySet<ProtocolRecord["event"]> = new Set([
  "election-waited",
  "notification-ignored",
  "notification-delayed",
  "election-link",
  "accept-failed",
  "snapshot-started",
  "snapshot-failed",
]);

export type RecordOf<Event extends ProtocolRecord["event"]> = ProtocolRecord & { readonly event: Event };

/** Receives each record at the time of its event. */
export type RecordSink = (record: ProtocolRecord) => void;

/**
 * For each kind of event, whether the run needs its records. The recorder makes no records of frequent events that the
 * run does not need.
 */
export type RecordFilter = Readonly<Record<ProtocolRecord["event"], boolean>>;

export function recordFilter(isNeeded: (event: ProtocolRecord["event"]) => boolean): RecordFilter {
  return Object.fromEntries(RECORD_EVENTS.map((event) => [event, isNeeded(event)])) as RecordFilter;
}

const ALL_EVENTS = recordFilter(() => true);

/** The event to record when a server enters a state, indexed by ServerState. */
const STATE_EVENTS = ["looking", "following", "leading", "observing"] as const satisfies readonly ProtocolEvent[];

/**
 * Turns one server's notes into records. Each record is written as one object literal, because object spread is ten
 * times slower.
 */
export class NoteRecorder implements Notes {
  private readonly server: ServerId;
  private readonly now: () => number;
  private readonly sink: RecordSink;
  private readonly needed: RecordFilter;
  private state: ServerState | undefined;

  constructor(server: ServerId, now: () => number, sink: RecordSink, needed: RecordFilter = ALL_EVENTS) {
    this.server = server;
    this.now = now;
    this.sink = sink;
    this.needed = needed;
  }

  stateChanged(state: ServerState, phase: Phase): void {
    this.state = state;
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: STATE_EVENTS[state],
      phase: PHASE_NAMES[phase] as PhaseName,
    });
  }
  voted(round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void {
    if (!this.needed.voted) return;
    this.sink({ atUs: this.now(), server: this.server, event: "voted", round, leader, zxid, peerEpoch });
  }
  electionWaited(round: number, waitedMs: number, unheard: readonly ServerId[], resends: boolean): void {
    if (!this.needed["election-waited"]) return;
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "election-waited",
      round,
      waitedMs,
      unheard,
      resends,
    });
  }
  notificationIgnored(from: ServerId, round: number, reason: IgnoredNotification): void {
    if (!this.needed["notification-ignored"]) return;
    this.sink({ atUs: this.now(), server: this.server, event: "notification-ignored", from, round, reason });
  }
  voteCounted(): void {}
  notificationDelayed(to: ServerId, dialing: ServerId): void {
    if (!this.needed["notification-delayed"]) return;
    this.sink({ atUs: this.now(), server: this.server, event: "notification-delayed", to, dialing });
  }
  electionLink(peer: ServerId, change: ElectionLinkEvent, limitMs: number): void {
    if (!this.needed["election-link"]) return;
    this.sink({ atUs: this.now(), server: this.server, event: "election-link", peer, change, limitMs });
  }
  acceptFailed(change: AcceptErrorEvent, errors: number): void {
    if (!this.needed["accept-failed"]) return;
    this.sink({ atUs: this.now(), server: this.server, event: "accept-failed", change, errors });
  }
  elected(leader: ServerId, round: number): void {
    this.sink({ atUs: this.now(), server: this.server, event: "elected", leader, round });
  }
  epochOffered(learner: ServerId, observer: boolean, epoch: Epoch): void {
    this.sink({ atUs: this.now(), server: this.server, event: "epoch-offered", learner, observer, epoch });
  }
  epochProposed(epoch: Epoch): void {
    this.sink({ atUs: this.now(), server: this.server, event: "epoch-proposed", epoch });
  }
  epochAccepted(epoch: Epoch): void {
    this.sink({ atUs: this.now(), server: this.server, event: "epoch-accepted", epoch });
  }
  epochAcked(learner: ServerId, currentEpoch: Epoch, lastZxid: Zxid): void {
    this.sink({ atUs: this.now(), server: this.server, event: "epoch-acked", learner, currentEpoch, lastZxid });
  }
  epochCurrent(epoch: Epoch): void {
    this.sink({ atUs: this.now(), server: this.server, event: "epoch-current", epoch });
  }
  syncDecided(learner: ServerId, observer: boolean, facts: SyncFacts, decision: SyncDecision): void {
    if (!this.needed["sync-decided"]) return;
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "sync-decided",
      ...summarize(learner, observer, facts, decision),
      ...(this.state === FOLLOWING && { masterFollows: true }),
    });
  }
  newLeaderAcked(epoch: Epoch, history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "newleader-acked", epoch, zxid: history.zxid });
  }
  newLeaderAckRead(learner: ServerId, zxid: Zxid): void {
    this.sink({ atUs: this.now(), server: this.server, event: "newleader-ack-read", learner, zxid });
  }
  uptodateAckRead(): void {}
  established(epoch: Epoch, { zxid }: History, acks?: AckSet): void {
    const record = { atUs: this.now(), server: this.server, event: "established", epoch, zxid } as const;
    this.sink(withQuorums(record, acks));
  }
  active(epoch: Epoch, leader: ServerId, { zxid }: History, masterFollows: boolean): void {
    const record = { atUs: this.now(), server: this.server, event: "active", epoch, leader, zxid } as const;
    this.sink(masterFollows ? { ...record, masterFollows } : record);
  }
  proposed(txn: Txn): void {
    if (!this.needed.proposed) return;
    this.sink({ atUs: this.now(), server: this.server, event: "proposed", zxid: txn.zxid, value: String(txn.value) });
  }
  logged(txn: Txn): void {
    if (!this.needed.logged) return;
    this.sink({ atUs: this.now(), server: this.server, event: "logged", zxid: txn.zxid, value: String(txn.value) });
  }
  synced(log: History): void {
    if (!this.needed.synced) return;
    this.sink({ atUs: this.now(), server: this.server, event: "synced", zxid: log.zxid });
  }
  committed({ value, zxid }: Txn, acks?: AckSet): void {
    if (!this.needed.committed) return;
    const record = { atUs: this.now(), server: this.server, event: "committed", zxid, value: String(value) } as const;
    this.sink(withQuorums(record, acks));
  }
  commitRead(): void {}
  delivered(txn: Txn): void {
    if (!this.needed.delivered) return;
    this.sink({ atUs: this.now(), server: this.server, event: "delivered", zxid: txn.zxid, value: String(txn.value) });
  }
  truncated(zxid: Zxid, before: History, after: History): void {
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "truncated",
      zxid,
      removed: removedFrom(before, after),
      end: after.zxid,
    });
  }
  snapshotStarted(zxid: Zxid, inBackground: boolean): void {
    if (!this.needed["snapshot-started"]) return;
    this.sink({ atUs: this.now(), server: this.server, event: "snapshot-started", zxid, inBackground });
  }
  snapshotFailed(): void {
    if (!this.needed["snapshot-failed"]) return;
    this.sink({ atUs: this.now(), server: this.server, event: "snapshot-failed" });
  }
  snapshotSaved(zxid: Zxid): void {
    this.sink({ atUs: this.now(), server: this.server, event: "snapshot-saved", zxid });
  }
  loaded(history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "loaded", zxid: history.zxid, history });
  }
  fastForwarded(history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "fast-forwarded", zxid: history.zxid });
  }
  failed(reason: FailureReason, learner: ServerId | undefined, detail: string): void {
    if (!this.needed.failed) return;
    this.sink({ atUs: this.now(), server: this.server, event: "failed", reason, learner, detail });
  }
  configSeen(config: QuorumVerifier): void {
    this.configChanged("config-seen", config);
  }
  configCommitted(config: QuorumVerifier): void {
    this.configChanged("config-committed", config);
  }
  private configChanged(event: "config-seen" | "config-committed", config: QuorumVerifier): void {
    const role = roleIn(config, this.server);
    this.sink({ atUs: this.now(), server: this.server, event, ...configInFile(config), role });
  }
  configShown(): void {}
  reconfigRefused(reason: ReconfigRefusal, zxid: Zxid): void {
    this.sink({ atUs: this.now(), server: this.server, event: "reconfig-refused", reason, zxid });
  }
  leaderDesignated(leader: ServerId, config: QuorumVerifier): void {
    const version = asZxid(config.version);
    this.sink({ atUs: this.now(), server: this.server, event: "leader-designated", leader, version });
  }
  anomaly(anomaly: Anomaly, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    if (!this.needed.anomaly) return;
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "anomaly",
      anomaly,
      from,
      packet: type,
      zxid,
      detail,
    });
  }
}

/** Returns the role that a configuration gives a server; undefined if the server is not a member. */
export function roleIn(config: QuorumVerifier, server: ServerId): ServerRole | undefined {
  if (!config.members.includes(server)) return undefined;
  return config.isVoter(server) ? "participant" : "observer";
}

/** Returns a configuration as records name it. */
export function configInFile(config: QuorumVerifier): ConfigInFile {
  return { config: configText(config), version: asZxid(config.version) };
}

/** Returns the transactions of a history that a later history lacks, oldest first. */
function removedFrom(before: History, after: History): Zxid[] {
  const removed = after.isPrefixOf(before)
    ? before.txns(after.length)
    : before.txns().filter((txn) => !after.contains(txn));
  return removed.map(({ zxid }) => zxid);
}

/** Adds the quorums to a record if two configurations are in force. Without a reconfiguration, a record has none. */
function withQuorums<Record extends object>(record: Record, acks: AckSet | undefined): Record & CountedQuorums {
  const counted = acks?.counted ?? [];
  if (counted.length < 2) return record;
  return { ...record, quorums: counted.map(({ servers, verifier }) => ({ servers, voters: verifier.voters })) };
}

function summarize(learner: ServerId, observer: boolean, facts: SyncFacts, decision: SyncDecision): DecisionRecord {
  const { forwardedFrom, maxCommittedLog, minCommittedLog, needSnap, packets, rule, startForwardingFrom } = decision;
  const proposals = packets.slice(0, forwardedFrom).filter(({ txn }) => txn !== null);
  const first = packets[0];
  return {
    learner,
    observer,
    decision: needSnap ? "SNAP" : first?.type === TRUNC ? "TRUNC" : "DIFF",
    zxid: needSnap || first === undefined ? facts.lastProcessedZxid : first.zxid,
    rule,
    peerLastZxid: facts.peerLastZxid,
    lastProcessedZxid: facts.lastProcessedZxid,
    minCommittedLog: minCommittedLog,
    maxCommittedLog: maxCommittedLog,
    startForwardingFrom: startForwardingFrom,
    proposals: proposals.length,
    firstZxid: proposals[0]?.zxid,
    lastZxid: proposals[proposals.length - 1]?.zxid,
    forwarded: packets.slice(forwardedFrom).filter(({ txn }) => txn !== null).length,
    ...(facts.committedLog.length === 0 && { committedLogIsEmpty: true }),
    ...(facts.txnLogSize !== undefined && { txnLogSize: facts.txnLogSize }),
    ...(decision.txnLogGap !== undefined && { txnLogGap: decision.txnLogGap }),
  };
}
