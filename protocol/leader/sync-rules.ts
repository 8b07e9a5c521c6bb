/**
 * The rules of the sync decision in words: for each rule, its condition and its decision. The numbers of the rules are
 * those of the cases in the comment of LearnerHandler#syncFollower. Reports, `zabsim decide` and `zabsim list` print
 * these texts.
 */
import type { SyncSource } from "../behavior.ts";
import { DIFF, TRUNC } from "../packets.ts";
import type { AnyZxid, Logged, SyncDecision, SyncFacts, SyncRule } from "./sync-decision.ts";

/** The zxids that the explanation of a rule can name, as text. */
interface ZxidTexts {
  readonly peer: string;
  readonly last: string;
  readonly min: string;
  readonly max: string;
  /** The zxid of the DIFF or TRUNC; empty if there is none. */
  readonly op: string;
}

interface RuleText {
  /** The number of the case in syncFollower's own comment. */
  readonly case: number;
  /** The condition of the rule, as `zabsim list rules` prints it. */
  readonly summary: string;
  /** Returns the condition with the given zxids, followed by the decision. */
  readonly why: (zxids: ZxidTexts) => string;
}

/** The rules of the sync decision, by name, with their condition in words. */
export const SYNC_RULES: Readonly<Record<SyncRule, RuleText>> = {
  "forced-snap": {
    case: 1,
    summary: "zookeeper.forceSnapshotSync is on",
    why: () => "forceSnapshotSync is on → SNAP",
  },
  "in-sync": {
    case: 2,
    summary: "the peer's zxid equals the leader's lastProcessedZxid",
    why: (z) => `peer zxid ${z.peer} equals the leader's lastProcessedZxid → empty DIFF`,
  },
  "ahead-of-committed-log": {
    case: 3,
    summary: "the peer has transactions above the leader's maxCommittedLog",
    why: (z) => `peer zxid ${z.peer} is above maxCommittedLog ${z.max} → TRUNC to ${z.op}`,
  },
  "committed-log-diff": {
    case: 4,
    summary: "the peer's last transaction is in committedLog",
    why: (z) => `peer zxid ${z.peer} is in committedLog ${z.min}..${z.max} → DIFF with the transactions after it`,
  },
  "committed-log-diff-new-epoch": {
    case: 4,
    summary: "the peer's zxid is the start of an epoch within the range of committedLog",
    why: (z) => `peer zxid ${z.peer} is the start of an epoch within committedLog ${z.min}..${z.max} → DIFF`,
  },
  "committed-log-trunc": {
    case: 4,
    summary: "the peer's last zxid is within the range of committedLog, but committedLog does not contain it",
    why: (z) =>
      `peer zxid ${z.peer} is within committedLog ${z.min}..${z.max} but not in it ` +
      `→ TRUNC to ${z.op}, then later transactions`,
  },
  "committed-log-cross-epoch": {
    case: 4,
    summary: "the peer's last transaction is not in committedLog, and the next zxid there has another epoch",
    why: (z) =>
      `peer zxid ${z.peer} is not in committedLog ${z.min}..${z.max}, ` +
      "and the next zxid there has another epoch → SNAP",
  },
  "committed-log-no-match": {
    case: 4,
    summary: "no transaction in committedLog is at or above the peer's zxid",
    why: (z) => `no transaction in committedLog ${z.min}..${z.max} is at or above peer zxid ${z.peer} → SNAP`,
  },
  "txn-log-diff": {
    case: 5,
    summary: "the peer's last transaction is below committedLog, and the log on disk contains it",
    why: (z) => `peer zxid ${z.peer} is below minCommittedLog ${z.min} but in the log on disk → DIFF from the log`,
  },
  "txn-log-diff-new-epoch": {
    case: 5,
    summary: "the peer's zxid is the start of an epoch below committedLog, and the log on disk covers it",
    why: (z) =>
      `peer zxid ${z.peer} is the start of an epoch below minCommittedLog ${z.min}; the log on disk covers it → DIFF`,
  },
  "txn-log-trunc": {
    case: 5,
    summary: "the peer's last zxid is below committedLog and within the range of the log on disk, but not in the log",
    why: (z) =>
      `peer zxid ${z.peer} is below minCommittedLog ${z.min} and not in the log ` +
      `→ TRUNC to ${z.op}, then later transactions`,
  },
  "txn-log-empty": {
    case: 5,
    summary: "the peer's zxid is below committedLog, and there is no log on disk",
    why: (z) => `peer zxid ${z.peer} is below minCommittedLog ${z.min}, and there is no log on disk → SNAP`,
  },
  "txn-log-starts-later": {
    case: 5,
    summary: "the peer's zxid is below committedLog, and the log on disk starts above it",
    why: (z) => `peer zxid ${z.peer} is below minCommittedLog ${z.min}, and the log on disk starts above it → SNAP`,
  },
  "txn-log-too-large": {
    case: 5,
    summary: "the peer's zxid is below committedLog, and the log on disk is larger than snapshotSizeFactor allows",
    why: (z) => `peer zxid ${z.peer} is below minCommittedLog ${z.min}, and the log exceeds its size limit → SNAP`,
  },
  "txn-log-gap": {
    case: 5,
    summary: "the log on disk ends before committedLog starts",
    why: (z) =>
      `peer zxid ${z.peer} is below minCommittedLog ${z.min}, and the log on disk ends before it (a gap) → SNAP`,
  },
  "txn-log-cross-epoch": {
    case: 5,
    summary: "the peer's last transaction is not in the log on disk, and the next zxid there has another epoch",
    why: (z) => `peer zxid ${z.peer} is not in the log on disk, and the next zxid there has another epoch → SNAP`,
  },
  "txn-log-off": {
    case: 6,
    summary: "the peer's zxid is below committedLog, and synchronization from the log on disk is off",
    why: (z) => `peer zxid ${z.peer} is below minCommittedLog ${z.min}, and sync from the log is off → SNAP`,
  },
  "committed-log-empty": {
    case: 6,
    summary: "committedLog is empty (before ZOOKEEPER-1413)",
    why: (z) => `peer zxid ${z.peer} is not the leader's lastProcessedZxid ${z.last}, and committedLog is empty → SNAP`,
  },
  "behind-committed-log": {
    case: 6,
    summary: "the peer's zxid is below committedLog (before ZOOKEEPER-1413)",
    why: (z) => `peer zxid ${z.peer} is below minCommittedLog ${z.min} → SNAP`,
  },
  "new-epoch-above-committed-log": {
    case: 6,
    summary: "the peer's zxid is the start of an epoch above committedLog",
    why: (z) =>
      `peer zxid ${z.peer} is the start of an epoch above maxCommittedLog ${z.max} and is not ${z.last} → SNAP`,
  },
};

/** Returns the rules by which a leader with this sync source can decide. */
export function rulesOf(source: SyncSource): SyncRule[] {
  const old: readonly SyncRule[] = ["committed-log-empty", "behind-committed-log"];
  const both: readonly SyncRule[] = ["in-sync", "ahead-of-committed-log", "committed-log-diff", "committed-log-trunc"];
  const all = Object.keys(SYNC_RULES) as SyncRule[];
  if (source === "committed-log") return all.filter((rule) => old.includes(rule) || both.includes(rule));
  return all.filter((rule) => !old.includes(rule));
}

/** Explains the rule that decided, in one sentence. `format` turns a zxid into text. */
export function explainSync<Z extends AnyZxid, T extends Logged<Z>>(
  facts: Pick<SyncFacts<Z, T>, "peerLastZxid" | "lastProcessedZxid">,
  decision: SyncDecision<Z, T>,
  format: (zxid: Z) => string,
): string {
  const first = decision.packets[0];
  return SYNC_RULES[decision.rule].why({
    peer: format(facts.peerLastZxid),
    last: format(facts.lastProcessedZxid),
    min: format(decision.minCommittedLog),
    max: format(decision.maxCommittedLog),
    op: first?.type === DIFF || first?.type === TRUNC ? format(first.zxid) : "",
  });
}
