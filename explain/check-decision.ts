/**
 * Checks a sync decision in a log against the decision of the core for the leader's release.
 */
import { highestZxid } from "../decide/decision-query.ts";
import type { KnownFacts } from "../decide/known-facts.ts";
import { type PossibleDecision, possibleDecisions } from "../decide/possible-decisions.ts";
import { RULES_OF_LINES, type RuleLine, rulesShownBy } from "../decide/sync-log.ts";
import { behaviorOf, SYNC_RULES, type SyncRule } from "../protocol/index.ts";
import type { SyncOperation } from "../protocol/packets.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import type { LeaderSync } from "./history.ts";
import type { Join } from "./joins.ts";

/** The result of the check of one decision. */
export interface DecisionCheck {
  /**
   * `agrees`: the core decides the same. `possible`: the core decides the same for some values of the facts that the
   * log does not contain, and otherwise for others. `differs`: the core never decides so. `unknown`: the log does not
   * contain the facts or the decision.
   */
  readonly verdict: "agrees" | "possible" | "differs" | "unknown";
  /** The rules by which the core decides as the leader did. Empty if there are none. */
  readonly rules: readonly SyncRule[];
  /** The reason, as a sentence. Undefined if several rules are possible, or none. */
  readonly why: string | undefined;
  /** What the core decides instead, if the verdict is `differs` or `possible`. */
  readonly others: readonly SyncOperation[];
}

const UNKNOWN: DecisionCheck = { verdict: "unknown", rules: [], why: undefined, others: [] };

/** Decides again what the leader decided. `release` has a profile (see `profileFor`). */
export class DecisionChecker {
  /** Enumerating the cases takes milliseconds, and many joins have the same facts. */
  private readonly cache = new Map<string, readonly PossibleDecision[]>();

  /** Checks one decision. */
  check({ leaderSide, learnerSide }: Join, release: string): DecisionCheck {
    if (leaderSide === undefined) return UNKNOWN;
    const operation = operationOf(leaderSide, learnerSide?.operation);
    const zxid = learnerSide?.zxid ?? leaderSide.zxid;
    if (operation === undefined) return UNKNOWN;
    const all = this.possible(leaderSide, release);
    const left = withLines(all, leaderSide.ruleLines, release);
    const fitting = left.filter(
      (one) =>
        one.operation === operation &&
        (operation === "SNAP" || zxid === undefined || one.zxid === undefined || one.zxid === zxid),
    );
    const others = [...new Set(left.map((one) => one.operation))].filter((one) => one !== operation);
    if (fitting.length === 0) return { verdict: "differs", rules: [], why: undefined, others };
    const [only] = fitting;
    const facts = { ...leaderSide.facts, zxid };
    return {
      verdict: others.length === 0 ? "agrees" : "possible",
      rules: fitting.map(({ rule }) => rule),
      why: fitting.length === 1 && only !== undefined ? whyOf(only, facts) : undefined,
      others,
    };
  }

  private possible(sync: LeaderSync, release: string): readonly PossibleDecision[] {
    const { lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid } = sync.facts;
    const { txnLogSync } = sync.process;
    // The line of the decision shows it, too.
    const forceSnapshotSync = sync.process.forceSnapshotSync || sync.ruleLines.has("sync-forced-snap");
    const tooLarge = sync.txnLogSize !== undefined;
    const key = [
      ...[release, lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid],
      ...[txnLogSync, forceSnapshotSync, tooLarge],
    ].join();
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const known: KnownFacts = {
      ...{ source: behaviorOf(release).syncSource, peerLastZxid, lastProcessedZxid },
      // ZooKeeper logs 0x0 for both ends of an empty committedLog.
      committedLog: maxCommittedLog === 0n ? { txns: [] } : { min: minCommittedLog, max: maxCommittedLog },
      ...{ txnLogFiles: undefined, txnLogExceedsSizeLimit: tooLarge ? true : undefined },
      ...{ txnLogSyncEnabled: txnLogSync ?? true, forceSnapSync: forceSnapshotSync },
      ...{ lastProposed: highestZxid(), toBeApplied: [], outstandingProposals: [], observer: false },
    };
    const decisions = possibleDecisions(known, formatZxid64).possible;
    if (this.cache.size > 1000) this.cache.clear();
    this.cache.set(key, decisions);
    return decisions;
  }
}

/**
 * Returns what the leader sent. The learner's log decides: from 3.5.5 on, a leader does not log a TRUNC of a learner
 * that is ahead of it, and 3.6.0 to 3.8.6 log TRUNC in one case in which they send DIFF.
 */
export function operationOf(
  { operation }: Pick<LeaderSync, "operation">,
  atLearner: SyncOperation | undefined,
): SyncOperation | undefined {
  return atLearner ?? operation;
}

/** Returns the rule as a sentence with the zxids of the log. */
function whyOf({ rule }: PossibleDecision, facts: LeaderSync["facts"] & { readonly zxid: bigint | undefined }): string {
  const text = (zxid: bigint | undefined): string => (zxid === undefined ? "(not logged)" : formatZxid64(zxid));
  const { lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid, zxid } = facts;
  // An empty committedLog is logged as 0x0; the rules use lastProcessedZxid in its place.
  const isEmpty = maxCommittedLog === 0n;
  return SYNC_RULES[rule].why({
    peer: text(peerLastZxid),
    last: text(lastProcessedZxid),
    min: text(isEmpty ? lastProcessedZxid : minCommittedLog),
    max: text(isEmpty ? lastProcessedZxid : maxCommittedLog),
    op: text(zxid),
  });
}

/**
 * The lines that a release writes whenever one of their rules decides. If the line is missing, no such rule decided.
 */
const ALWAYS_WRITTEN: readonly (readonly [line: RuleLine, source: "3.4" | "3.5"])[] = [
  ["sync-in-sync", "3.4"],
  ["sync-from-committed-log", "3.5"],
  ["sync-log-too-large", "3.5"],
  ["sync-not-found", "3.5"],
];

/** Returns the decisions that the lines of the log leave. If they contradict every decision, they are ignored. */
function withLines(
  all: readonly PossibleDecision[],
  lines: ReadonlySet<RuleLine>,
  release: string,
): readonly PossibleDecision[] {
  const shown = rulesShownBy([...lines]);
  const source = behaviorOf(release).syncSource === "committed-log" ? "3.4" : "3.5";
  const missing = ALWAYS_WRITTEN.filter(([line, one]) => one === source && !lines.has(line)).flatMap(
    ([line]): readonly SyncRule[] => RULES_OF_LINES[line],
  );
  const left = all.filter(({ rule }) => (shown?.includes(rule) ?? true) && !missing.includes(rule));
  return left.length === 0 ? all : left;
}
