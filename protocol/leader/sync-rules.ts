/**
 * The rules of the sync decision in words: which fact fired, and what follows from it. One row a rule, numbered as the
 * comment in LearnerHandler#syncFollower numbers its cases. For reports, `zabsim decide` and `zabsim list`.
 */
import type { SyncSource } from "../behavior.ts";
import { DIFF, TRUNC } from "../packets.ts";
import type { AnyZxid, Logged, SyncDecision, SyncFacts, SyncRule } from "./sync-decision.ts";

/** The zxids a sentence may name, already written out. */
interface Words {
  readonly peer: string;
  readonly last: string;
  readonly min: string;
  readonly max: string;
  /** The zxid of the DIFF or TRUNC. */
  readonly op: string;
}

interface RuleText {
  /** The case in syncFollower's own comment. */
  readonly case: number;
  readonly summary: string;
  readonly why: (words: Words) => string;
}

export const SYNC_RULES: Readonly<Record<SyncRule, RuleText>> = {
  "forced-snap": {
    case: 1,
    summary: "zookeeper.forceSnapshotSync is on",
    why: () => "forceSnapshotSync is on → SNAP",
  },
  "in-sync": {
    case: 2,
    summary: "the peer is where the leader is",
    why: (w) => `peer zxid ${w.peer} is the leader's lastProcessedZxid → empty DIFF`,
  },
  "ahead-of-committed-log": {
    case: 3,
    summary: "the peer has transactions the leader never saw",
    why: (w) => `peer zxid ${w.peer} is ahead of maxCommittedLog ${w.max} → TRUNC to ${w.op}`,
  },
  "committed-log-diff": {
    case: 4,
    summary: "the peer's last transaction is in committedLog",
    why: (w) => `peer zxid ${w.peer} is in committedLog ${w.min}..${w.max} → DIFF from there`,
  },
  "committed-log-diff-new-epoch": {
    case: 4,
    summary: "the peer stands at the start of an epoch inside committedLog's range",
    why: (w) => `peer zxid ${w.peer} starts an epoch, inside committedLog ${w.min}..${w.max} → DIFF`,
  },
  "committed-log-trunc": {
    case: 4,
    summary: "the peer's last transaction is missing from committedLog, in the middle of an epoch",
    why: (w) => `peer zxid ${w.peer} is not in committedLog ${w.min}..${w.max} → TRUNC to ${w.op}, then on`,
  },
  "committed-log-cross-epoch": {
    case: 4,
    summary: "a TRUNC would have to cross an epoch",
    why: (w) => `peer zxid ${w.peer} is not in committedLog ${w.min}..${w.max}, a TRUNC would cross an epoch → SNAP`,
  },
  "committed-log-no-match": {
    case: 4,
    summary: "committedLog has nothing to begin with",
    why: (w) => `nothing in committedLog ${w.min}..${w.max} fits peer zxid ${w.peer} → SNAP`,
  },
  "txn-log-diff": {
    case: 5,
    summary: "the peer's last transaction is in the log on disk",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min} but in the log on disk → DIFF from there`,
  },
  "txn-log-diff-new-epoch": {
    case: 5,
    summary: "the peer stands at the start of an epoch that the log on disk covers",
    why: (w) => `peer zxid ${w.peer} starts an epoch, below minCommittedLog ${w.min}, covered by the log → DIFF`,
  },
  "txn-log-trunc": {
    case: 5,
    summary: "the peer's last transaction is missing from the log on disk, in the middle of an epoch",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min} and not in the log → TRUNC to ${w.op}, then on`,
  },
  "txn-log-empty": {
    case: 5,
    summary: "there is no log on disk",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min}, and there is no log on disk → SNAP`,
  },
  "txn-log-starts-later": {
    case: 5,
    summary: "the log on disk starts after the peer",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min}, and the log on disk starts later → SNAP`,
  },
  "txn-log-too-large": {
    case: 5,
    summary: "the log on disk is too large next to a snapshot",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min}, and the log exceeds its size limit → SNAP`,
  },
  "txn-log-gap": {
    case: 5,
    summary: "a gap between the end of the log on disk and the start of committedLog",
    why: (w) => `the log on disk ends before minCommittedLog ${w.min}: a gap behind peer zxid ${w.peer} → SNAP`,
  },
  "txn-log-cross-epoch": {
    case: 5,
    summary: "a TRUNC would have to cross an epoch",
    why: (w) => `peer zxid ${w.peer} is not in the log on disk, a TRUNC would cross an epoch → SNAP`,
  },
  "txn-log-off": {
    case: 6,
    summary: "the peer is behind committedLog, and syncing from the log on disk is off",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min}, sync from the log is off → SNAP`,
  },
  "committed-log-empty": {
    case: 6,
    summary: "committedLog is empty (before ZOOKEEPER-1413)",
    why: (w) => `peer zxid ${w.peer} is not the leader's ${w.last}, and committedLog is empty → SNAP`,
  },
  "behind-committed-log": {
    case: 6,
    summary: "the peer is behind committedLog (before ZOOKEEPER-1413)",
    why: (w) => `peer zxid ${w.peer} is below minCommittedLog ${w.min} → SNAP`,
  },
  "new-epoch-above-committed-log": {
    case: 6,
    summary: "the peer stands at the start of an epoch above committedLog",
    why: (w) => `peer zxid ${w.peer} starts an epoch above maxCommittedLog ${w.max}, last is ${w.last} → SNAP`,
  },
};

/** Of the rules, those by which a leader of that release may decide. */
export function rulesOf(source: SyncSource): SyncRule[] {
  const old: readonly SyncRule[] = ["committed-log-empty", "behind-committed-log"];
  const both: readonly SyncRule[] = ["in-sync", "ahead-of-committed-log", "committed-log-diff", "committed-log-trunc"];
  const all = Object.keys(SYNC_RULES) as SyncRule[];
  if (source === "committed-log") return all.filter((rule) => old.includes(rule) || both.includes(rule));
  return all.filter((rule) => !old.includes(rule));
}

/** The rule that decided, as one sentence; `format` writes a zxid. */
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
