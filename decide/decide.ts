/**
 * Answers one sync decision from what is known: the decision with its packets if the facts suffice, otherwise every
 * possible one, and the advice.
 */
import { formatZxidHex } from "../protocol/index.ts";
import { type Advice, adviceFor } from "./advice.ts";
import { answerDecision, type DecisionAnswer, formatZxid64 } from "./decision-query.ts";
import { endsOfCommittedLog, type KnownFacts } from "./known-facts.ts";
import { type PossibleDecision, possibleDecisions } from "./possible-decisions.ts";
import type { LoggedSync } from "./sync-log.ts";
import type { SyncSettings } from "./zoo-cfg.ts";

export interface DecideResult {
  /** Undefined if the decision or its packets depend on unknown facts. */
  readonly answer: DecisionAnswer | undefined;
  /** The leader's lastProcessedZxid in hex, which a SNAP contains. Used with `answer`. */
  readonly snapZxid: string;
  readonly possible: readonly PossibleDecision[];
  readonly advice: readonly Advice[];
}

/** What a log shows of the decision besides its facts. */
export type Evidence = Pick<LoggedSync, "rules" | "operation" | "txnLogSize">;

const NO_EVIDENCE: Evidence = { rules: undefined, operation: undefined, txnLogSize: undefined };

export function decideFrom(known: KnownFacts, settings: SyncSettings, evidence: Evidence = NO_EVIDENCE): DecideResult {
  const { certain, possible } = possibleDecisions(known, formatZxid64);
  const fitting = possible.filter(
    ({ operation, rule }) =>
      (evidence.rules?.includes(rule) ?? true) && (evidence.operation ?? operation) === operation,
  );
  // A log that contradicts the rules does not narrow them down.
  const remaining = fitting.length === 0 ? possible : fitting;
  const snapRules = remaining.filter(({ operation }) => operation === "SNAP").map(({ rule }) => rule);
  return {
    answer: certain === undefined ? undefined : answerDecision(certain),
    snapZxid: certain === undefined ? "" : formatZxidHex(certain.lastProcessedZxid),
    possible: remaining,
    advice: adviceFor(snapRules, {
      settings,
      // commitLogCount is a setting since 3.6.0, which also detects gaps.
      readsCommitLogCount: known.source === "txn-log-without-gaps",
      peerLastZxid: known.peerLastZxid,
      maxCommittedLog: endsOfCommittedLog(known)?.max,
      txnLogSize: evidence.txnLogSize,
    }),
  };
}
