/**
 * Questions and answers about sync decisions as JSON. `zabsim decide --stdin` reads and writes them as lines, which
 * have the same fields as the conformance vectors. Zxids have 64 bits.
 */
import {
  decideSync,
  explainSync,
  formatZxid64,
  formatZxidHex,
  type Logged,
  PACKET_NAMES,
  parseZxid64,
  type SyncRule,
} from "../protocol/index.ts";
import type { DecisionFacts, Zxid64 } from "./known-facts.ts";

export interface DecisionAnswer {
  readonly needSnap: boolean;
  readonly packets: readonly { readonly type: string; readonly zxid: string }[];
  readonly startForwardingFrom: string;
  readonly rule: SyncRule;
  readonly why: string;
}

/** A query that cannot be answered. The message names the field and what is accepted. */
export class DecisionQueryError extends Error {}

export function answerDecision(facts: DecisionFacts): DecisionAnswer {
  const decision = decideSync<Zxid64, Logged<Zxid64>>(facts);
  return {
    needSnap: decision.needSnap,
    packets: decision.packets.map(({ type, zxid }) => ({
      type: PACKET_NAMES[type] as string,
      zxid: formatZxidHex(zxid),
    })),
    startForwardingFrom: formatZxidHex(decision.startForwardingFrom),
    rule: decision.rule,
    why: explainSync(facts, decision, formatZxid64),
  };
}

/** Reads a query from parsed JSON. Throws a DecisionQueryError that names the field. */
export function readDecisionQuery(value: unknown): DecisionFacts {
  const query = object(value, "the line");
  const leader = object(query.leader, "leader");
  const committedLog = zxids(leader.committedLog, "leader.committedLog");
  const toBeApplied = leader.toBeApplied === undefined ? [] : zxids(leader.toBeApplied, "leader.toBeApplied");
  // ZooKeeper sorts outstanding proposals by zxid before it forwards them. It sorts log files by name.
  const outstandingProposals =
    leader.outstandingProposals === undefined
      ? []
      : [...new Set(zxids(leader.outstandingProposals, "leader.outstandingProposals").map(({ zxid }) => zxid))]
          .sort(ascending)
          .map((zxid) => ({ zxid }));
  const files = array(leader.txnLogFiles, "leader.txnLogFiles");
  return {
    peerLastZxid: zxid(query.peerLastZxid, "peerLastZxid"),
    lastProcessedZxid: zxid(leader.lastProcessedZxid, "leader.lastProcessedZxid"),
    committedLog,
    txnLogFiles: files
      .map((file, i) => zxids(file, `leader.txnLogFiles[${i}]`))
      .filter((txns) => txns.length > 0)
      .map((txns) => ({ name: (txns[0] as Logged<Zxid64>).zxid, txns }))
      .sort((a, b) => ascending(a.name, b.name)),
    txnLogSyncEnabled: flag(leader.txnLogSyncEnabled, "leader.txnLogSyncEnabled", true),
    txnLogExceedsSizeLimit: flag(leader.txnLogExceedsSizeLimit, "leader.txnLogExceedsSizeLimit", false),
    forceSnapSync: flag(leader.forceSnapSync, "leader.forceSnapSync", false),
    lastProposed:
      leader.lastProposed === undefined
        ? highestZxid(toBeApplied, outstandingProposals)
        : zxid(leader.lastProposed, "leader.lastProposed"),
    toBeApplied,
    outstandingProposals,
    observer: learnerType(query.learnerType),
  };
}

/**
 * Returns the default of lastProposed: the highest zxid of the transactions that the leader can forward. If there are
 * none, the result is lower than every zxid.
 */
export function highestZxid(...lists: readonly (readonly Logged<Zxid64>[])[]): Zxid64 {
  let last = -(1n << 63n);
  for (const list of lists) for (const txn of list) if (txn.zxid > last) last = txn.zxid;
  return last;
}

function ascending(a: Zxid64, b: Zxid64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function wrong(field: string, value: unknown, accepted: string): never {
  const shown = value === undefined ? "missing" : shownValue(value);
  throw new DecisionQueryError(`${field}: ${shown} (accepted: ${accepted})`);
}

/**
 * Returns a value as text for an error message. Arrays and objects are only named, because JSON.stringify overflows the
 * stack if they are nested too deeply.
 */
function shownValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value).slice(0, 60);
  return Array.isArray(value) ? (value.length === 0 ? "[]" : "an array") : "an object";
}

function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(field, value, "an object");
  return value as Readonly<Record<string, unknown>>;
}

function array(value: unknown, field: string): readonly unknown[] {
  return Array.isArray(value) ? value : wrong(field, value, "an array");
}

function zxid(value: unknown, field: string): Zxid64 {
  const parsed = typeof value === "string" ? parseZxid64(value) : undefined;
  return parsed ?? wrong(field, value, 'a zxid as "0x100000002" or "1:2"');
}

function zxids(value: unknown, field: string): Logged<Zxid64>[] {
  return array(value, field).map((one, i) => ({ zxid: zxid(one, `${field}[${i}]`) }));
}

/** Reads a field that is true or false. If the field is absent, returns `byDefault`, which is ZooKeeper's default. */
function flag(value: unknown, field: string, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  return typeof value === "boolean" ? value : wrong(field, value, "true or false");
}

function learnerType(value: unknown): boolean {
  if (value === undefined || value === "PARTICIPANT") return false;
  return value === "OBSERVER" || wrong("learnerType", value, "PARTICIPANT or OBSERVER");
}
