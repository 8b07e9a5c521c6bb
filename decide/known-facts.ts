/**
 * The known facts about a leader and a learner before a sync decision. An operator rarely knows everything, so a fact
 * can be undefined. Undefined means unknown. It does not mean that a log or a list is empty.
 */
import type { Logged, SyncFacts } from "../protocol/index.ts";

/** A zxid as a signed 64-bit number. */
export type Zxid64 = bigint;

/**
 * The transactions in committedLog, or only its first and last zxid if the facts come from a leader's log, which
 * contains only these two.
 */
export type CommittedLogFacts =
  | { readonly txns: readonly Logged<Zxid64>[] }
  | { readonly min: Zxid64; readonly max: Zxid64 };

export type DecisionFacts = SyncFacts<Zxid64, Logged<Zxid64>>;

/** The facts of a sync decision. Some may be unknown, but ZooKeeper's settings are always known. */
export interface KnownFacts
  extends Omit<DecisionFacts, "lastProcessedZxid" | "committedLog" | "txnLogFiles" | "txnLogExceedsSizeLimit"> {
  readonly lastProcessedZxid: Zxid64 | undefined;
  readonly committedLog: CommittedLogFacts | undefined;
  readonly txnLogFiles: DecisionFacts["txnLogFiles"] | undefined;
  readonly txnLogExceedsSizeLimit: boolean | undefined;
}

/** The facts that can be unknown. */
export const UNCERTAIN_FACTS = ["lastProcessedZxid", "committedLog", "txnLog", "txnLogSize"] as const;
export type UncertainFact = (typeof UNCERTAIN_FACTS)[number];

/** Returns the names of the facts that are unknown or only partly known. */
export function unknownFacts(known: KnownFacts): UncertainFact[] {
  const isKnown: Readonly<Record<UncertainFact, boolean>> = {
    lastProcessedZxid: known.lastProcessedZxid !== undefined,
    committedLog: known.committedLog !== undefined && "txns" in known.committedLog,
    txnLog: known.txnLogFiles !== undefined,
    txnLogSize: known.txnLogExceedsSizeLimit !== undefined,
  };
  return UNCERTAIN_FACTS.filter((fact) => !isKnown[fact]);
}

/**
 * Returns the first and the last zxid of committedLog. If committedLog is empty, both are lastProcessedZxid, as in
 * ZooKeeper. Returns undefined if they are unknown.
 */
export function endsOfCommittedLog(known: KnownFacts): { min: Zxid64; max: Zxid64 } | undefined {
  const { committedLog, lastProcessedZxid } = known;
  if (committedLog === undefined) return undefined;
  if ("min" in committedLog) return committedLog;
  const [first, last] = [committedLog.txns[0], committedLog.txns.at(-1)];
  if (first !== undefined && last !== undefined) return { min: first.zxid, max: last.zxid };
  return lastProcessedZxid === undefined ? undefined : { min: lastProcessedZxid, max: lastProcessedZxid };
}
