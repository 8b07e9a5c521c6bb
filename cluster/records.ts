/**
 * The protocol's own part of a run's trace: one plain record for each note of each server, in the order they happened.
 * Decision tables, timelines and expectations read these records and nothing else.
 */
import {
  type Anomaly,
  type Epoch,
  explainSync,
  type FailureReason,
  formatZxid,
  type History,
  type Notes,
  PACKET_NAMES,
  type PacketType,
  PHASE_NAMES,
  type Phase,
  type ServerId,
  type ServerState,
  type SyncDecision,
  type SyncFacts,
  type SyncRule,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";

interface Common {
  readonly atUs: number;
  readonly server: ServerId;
  /** The event of the world during which it happened: for following causes. Only in runs that are traced. */
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
  "started",
  "crashed",
] as const;
export type ProtocolEvent = (typeof PROTOCOL_EVENTS)[number];

/** What a sync decision says to a reader of the trace; packets are counted, not kept. */
export interface DecisionRecord {
  readonly learner: ServerId;
  readonly observer: boolean;
  readonly decision: "DIFF" | "TRUNC" | "SNAP";
  /** The zxid of the DIFF or TRUNC; the leader's lastProcessedZxid for a SNAP. */
  readonly zxid: Zxid;
  readonly rule: SyncRule;
  readonly why: string;
  readonly peerLastZxid: Zxid;
  readonly lastProcessedZxid: Zxid;
  readonly minCommittedLog: Zxid;
  readonly maxCommittedLog: Zxid;
  readonly startForwardingFrom: Zxid;
  /** Committed proposals sent as part of the synchronization, with the first and last zxid. */
  readonly proposals: number;
  readonly firstZxid: Zxid | undefined;
  readonly lastZxid: Zxid | undefined;
  /** Proposals forwarded because they were under way. */
  readonly forwarded: number;
}

export type PhaseName = "ELECTION" | "DISCOVERY" | "SYNCHRONIZATION" | "BROADCAST";

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
    | { readonly event: "established"; readonly epoch: Epoch; readonly zxid: Zxid }
    | { readonly event: "active"; readonly epoch: Epoch; readonly leader: ServerId; readonly zxid: Zxid }
    | { readonly event: "proposed" | "logged" | "committed" | "delivered"; readonly zxid: Zxid; readonly value: string }
    | { readonly event: "synced"; readonly zxid: Zxid }
    | { readonly event: "truncated"; readonly zxid: Zxid; readonly removed: number; readonly end: Zxid }
    | { readonly event: "snapshot-saved"; readonly zxid: Zxid }
    | { readonly event: "loaded"; readonly zxid: Zxid }
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
        readonly packet: string;
        readonly zxid: Zxid;
        readonly detail: string;
      }
    /**
     * Not the protocol's: a process started, or ended (with its exit code if it ended itself; the txns its log lost).
     */
    | { readonly event: "started" }
    | { readonly event: "crashed"; readonly exitCode: number | undefined; readonly lost: readonly Zxid[] }
    /** A message, just before it is handled; recorded on request. */
    | { readonly event: "received"; readonly from: ServerId; readonly message: string; readonly zxid: Zxid }
    /** Not the protocol's: what the script did. */
    | { readonly event: "script"; readonly text: string }
  );

/** All kinds of records. */
export const RECORD_EVENTS = [
  ...PROTOCOL_EVENTS,
  "voted",
  "loaded",
  "fast-forwarded",
  "anomaly",
  "received",
  "script",
] as const satisfies readonly ProtocolRecord["event"][];

export type RecordOf<Event extends ProtocolRecord["event"]> = Extract<ProtocolRecord, { event: Event }>;

/** Takes records as they come: a recorder keeps them, a script waits for one of them. */
export type RecordSink = (record: ProtocolRecord) => void;

/** The events that somebody takes note of; of those that come often and are not wanted no record is made. */
export type WantedRecords = Readonly<Record<ProtocolRecord["event"], boolean>>;

export function wantedRecords(wants: (event: ProtocolRecord["event"]) => boolean): WantedRecords {
  return Object.fromEntries(RECORD_EVENTS.map((event) => [event, wants(event)])) as WantedRecords;
}

const STATE_EVENTS = ["looking", "following", "leading", "observing"] as const satisfies readonly ProtocolEvent[];

/** Turns one server's notes into records. Each is one literal: a spread costs ten times as much, here once per note. */
export class NoteRecorder implements Notes {
  private readonly server: ServerId;
  private readonly now: () => number;
  private readonly sink: RecordSink;
  private readonly wanted: WantedRecords;

  constructor(server: ServerId, now: () => number, sink: RecordSink, wanted: WantedRecords) {
    this.server = server;
    this.now = now;
    this.sink = sink;
    this.wanted = wanted;
  }

  stateChanged(state: ServerState, phase: Phase): void {
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: STATE_EVENTS[state],
      phase: PHASE_NAMES[phase] as PhaseName,
    });
  }
  voted(round: number, leader: ServerId, zxid: Zxid, peerEpoch: Epoch): void {
    if (!this.wanted.voted) return;
    this.sink({ atUs: this.now(), server: this.server, event: "voted", round, leader, zxid, peerEpoch });
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
    if (!this.wanted["sync-decided"]) return;
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "sync-decided",
      ...summarize(learner, observer, facts, decision),
    });
  }
  newLeaderAcked(epoch: Epoch, history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "newleader-acked", epoch, zxid: history.zxid });
  }
  newLeaderAckRead(learner: ServerId, zxid: Zxid): void {
    this.sink({ atUs: this.now(), server: this.server, event: "newleader-ack-read", learner, zxid });
  }
  uptodateAckRead(): void {}
  established(epoch: Epoch, history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "established", epoch, zxid: history.zxid });
  }
  active(epoch: Epoch, leader: ServerId, history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "active", epoch, leader, zxid: history.zxid });
  }
  proposed(txn: Txn): void {
    if (!this.wanted.proposed) return;
    this.sink({ atUs: this.now(), server: this.server, event: "proposed", zxid: txn.zxid, value: String(txn.value) });
  }
  logged(txn: Txn): void {
    if (!this.wanted.logged) return;
    this.sink({ atUs: this.now(), server: this.server, event: "logged", zxid: txn.zxid, value: String(txn.value) });
  }
  synced(log: History): void {
    if (!this.wanted.synced) return;
    this.sink({ atUs: this.now(), server: this.server, event: "synced", zxid: log.zxid });
  }
  committed(txn: Txn): void {
    if (!this.wanted.committed) return;
    this.sink({ atUs: this.now(), server: this.server, event: "committed", zxid: txn.zxid, value: String(txn.value) });
  }
  delivered(txn: Txn): void {
    if (!this.wanted.delivered) return;
    this.sink({ atUs: this.now(), server: this.server, event: "delivered", zxid: txn.zxid, value: String(txn.value) });
  }
  truncated(zxid: Zxid, before: History, after: History): void {
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "truncated",
      zxid,
      removed: before.length - after.length,
      end: after.zxid,
    });
  }
  snapshotSaved(zxid: Zxid): void {
    this.sink({ atUs: this.now(), server: this.server, event: "snapshot-saved", zxid });
  }
  loaded(history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "loaded", zxid: history.zxid });
  }
  fastForwarded(history: History): void {
    this.sink({ atUs: this.now(), server: this.server, event: "fast-forwarded", zxid: history.zxid });
  }
  failed(reason: FailureReason, learner: ServerId | undefined, detail: string): void {
    if (!this.wanted.failed) return;
    this.sink({ atUs: this.now(), server: this.server, event: "failed", reason, learner, detail });
  }
  anomaly(anomaly: Anomaly, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    if (!this.wanted.anomaly) return;
    this.sink({
      atUs: this.now(),
      server: this.server,
      event: "anomaly",
      anomaly,
      from,
      packet: PACKET_NAMES[type] ?? "",
      zxid,
      detail,
    });
  }
}

function summarize(learner: ServerId, observer: boolean, facts: SyncFacts, decision: SyncDecision): DecisionRecord {
  const own = decision.packets.slice(0, decision.forwardedFrom);
  const proposals = own.filter((packet) => packet.txn !== null);
  const first = own[0];
  const kind = decision.needSnap
    ? "SNAP"
    : first !== undefined && PACKET_NAMES[first.type] === "TRUNC"
      ? "TRUNC"
      : "DIFF";
  return {
    learner,
    observer,
    decision: kind,
    zxid: kind === "SNAP" ? facts.lastProcessedZxid : (first?.zxid ?? 0),
    rule: decision.rule,
    why: explainSync(facts, decision, formatZxid),
    peerLastZxid: facts.peerLastZxid,
    lastProcessedZxid: facts.lastProcessedZxid,
    minCommittedLog: decision.minCommittedLog,
    maxCommittedLog: decision.maxCommittedLog,
    startForwardingFrom: decision.startForwardingFrom,
    proposals: proposals.length,
    firstZxid: proposals[0]?.zxid,
    lastZxid: proposals[proposals.length - 1]?.zxid,
    forwarded: decision.packets.slice(decision.forwardedFrom).filter((packet) => packet.txn !== null).length,
  };
}
