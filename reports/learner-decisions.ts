/**
 * Makes the sync-decision table of one learner from its own records: what its leaders sent to it. What only the leader
 * knows, such as the rule, is not in them.
 */
import type { ChalkInstance } from "chalk";
import type { ProtocolRecord } from "../cluster/records.ts";
import { epochOf, formatZxid, type ServerId, type Zxid } from "../protocol/zxid.ts";
import { type DecisionRow, decisionRows } from "./decision-rows.ts";
import { formatSpan, formatZxidRange } from "./format.ts";

/** A synchronization as its learner saw it. An undefined field was not received. */
export interface ReceivedSync {
  readonly learner: ServerId;
  readonly isObserver: boolean;
  /** The time at which the learner entered DISCOVERY. */
  readonly startUs: number;
  leader: ServerId | undefined;
  epoch: number | undefined;
  decision: string | undefined;
  zxid: Zxid | undefined;
  /** Number of transactions that the leader sent before NEWLEADER. */
  txns: number;
  firstZxid: Zxid | undefined;
  lastZxid: Zxid | undefined;
  hasNewLeader: boolean;
  /** The time at which the learner began to serve. */
  activeUs: number | undefined;
  /** Why it ended before that. */
  failure: string | undefined;
}

const DECISIONS: readonly string[] = ["DIFF", "TRUNC", "SNAP"];

/** Returns the synchronizations of the learner whose records these are. They must contain its received packets. */
export function receivedSyncs(records: readonly ProtocolRecord[]): ReceivedSync[] {
  const all: ReceivedSync[] = [];
  let current: ReceivedSync | undefined;
  for (const record of records) {
    if ((record.event === "following" || record.event === "observing") && record.phase === "DISCOVERY") {
      current = newSync(record.server, record.event === "observing", record.atUs);
      all.push(current);
    } else if (current !== undefined) current = followed(current, record);
  }
  return all;
}

function newSync(learner: ServerId, isObserver: boolean, startUs: number): ReceivedSync {
  return {
    ...{ learner, isObserver, startUs, leader: undefined, epoch: undefined, decision: undefined, zxid: undefined },
    ...{ txns: 0, firstZxid: undefined, lastZxid: undefined, hasNewLeader: false },
    ...{ activeUs: undefined, failure: undefined },
  };
}

/** Adds a record. Returns undefined if the synchronization is over. */
function followed(sync: ReceivedSync, record: ProtocolRecord): ReceivedSync | undefined {
  switch (record.event) {
    case "received":
      received(sync, record.from, record.message, record.zxid);
      return sync;
    case "active":
      sync.activeUs = record.atUs;
      return undefined;
    case "failed":
      sync.failure = record.reason;
      return undefined;
    case "crashed":
      sync.failure = "the process ended";
      return undefined;
    default:
      return sync;
  }
}

function received(sync: ReceivedSync, from: ServerId, message: string, zxid: Zxid): void {
  sync.leader ??= from;
  if (message === "LEADERINFO") sync.epoch = epochOf(zxid);
  if (message === "NEWLEADER") sync.hasNewLeader = true;
  if (DECISIONS.includes(message)) Object.assign(sync, { decision: message, zxid });
  if (sync.hasNewLeader || (message !== "PROPOSAL" && message !== "INFORM")) return;
  sync.txns++;
  sync.firstZxid ??= zxid;
  sync.lastZxid = zxid;
}

/** Returns the table. */
export function receivedSyncTable(syncs: readonly ReceivedSync[], paint: ChalkInstance, width: number): string {
  const rows = syncs.map((sync): DecisionRow => {
    const { activeUs, decision, epoch, isObserver, leader, learner, startUs, txns, zxid } = sync;
    const reason = reasonOf(sync);
    return {
      title: `leader ${leader ?? "?"}${epoch === undefined ? "" : `, epoch ${epoch}`}`,
      cells: {
        learner: `${learner} ${isObserver ? "observer" : "follower"}`,
        decision: paint.bold(decision === undefined ? "none" : `${decision} ${formatZxid(zxid as Zxid)}`),
        sent: decision === undefined ? "-" : String(txns),
        time: activeUs === undefined ? "-" : formatSpan(activeUs - startUs),
      },
      reason,
      narrowReason: reason,
    };
  });
  return decisionRows(rows, paint, { width });
}

function reasonOf({ activeUs, decision, failure, firstZxid, lastZxid }: ReceivedSync): string {
  const parts = [decision === undefined ? "no sync decision" : "only the leader knows the rule"];
  if (firstZxid !== undefined && lastZxid !== undefined) parts.push(`sent ${formatZxidRange(firstZxid, lastZxid)}`);
  if (activeUs === undefined) parts.push(failure === undefined ? "the trace ends first" : `failed with ${failure}`);
  return parts.join("; ");
}
