/**
 * Answers how a leader synchronizes a learner. If the known facts determine the decision, the answer is the decision
 * with its packets. Otherwise, it is a list of every possible decision. Advice on how to avoid a SNAP follows.
 */
import { formatZxidHex } from "../protocol/index.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import { type Advice, adviceFor } from "./advice.ts";
import { answerDecision, type DecisionAnswer } from "./decision-query.ts";
import { endsOfCommittedLog, type KnownFacts } from "./known-facts.ts";
import { type PossibleDecision, possibleDecisions } from "./possible-decisions.ts";
import type { LoggedSync } from "./sync-log.ts";
import type { SyncSettings } from "./zoo-cfg.ts";

export interface DecideResult {
  /** The decision with its packets. Undefined if the decision or the packets depend on unknown facts. */
  readonly answer: DecisionAnswer | undefined;
  /** The leader's lastProcessedZxid in hex, which a SNAP contains. Empty if `answer` is undefined. */
  readonly snapZxid: string;
  readonly possible: readonly PossibleDecision[];
  readonly advice: readonly Advice[];
}

/** What a log says about a decision, apart from the facts that the decision depends on. */
export type Evidence = Pick<LoggedSync, "rules" | "operation" | "txnLogSize">;

const NO_EVIDENCE: Evidence = { rules: undefined, operation: undefined, txnLogSize: undefined };

export function decideFrom(known: KnownFacts, settings: SyncSettings, evidence: Evidence = NO_EVIDENCE): DecideResult {
  const { certain, possible } = possibleDecisions(known, formatZxid64);
  const fitting = possible.filter(
    ({ operation, rule }) =>
      (evidence.rules?.includes(rule) ?? true) && (evidence.operation ?? operation) === operation,
  );
  // If the lines of the log contradict every possible decision, these lines are ignored.
  const remaining = fitting.length === 0 ? possible : fitting;
  const snapRules = remaining.filter(({ operation }) => operation === "SNAP").map(({ rule }) => rule);
  return {
    answer: certain === undefined ? undefined : answerDecision(certain),
    snapZxid: certain === undefined ? "" : formatZxidHex(certain.lastProcessedZxid),
    possible: remaining,
    advice: adviceFor(snapRules, {
      settings,
      // The field `source` of the facts identifies these releases: 3.6.0 and newer releases read commitLogCount, and
      // they are also the releases that detect gaps in the log.
      readsCommitLogCount: known.source === "txn-log-without-gaps",
      peerLastZxid: known.peerLastZxid,
      maxCommittedLog: endsOfCommittedLog(known)?.max,
      txnLogSize: evidence.txnLogSize,
    }),
  };
}
