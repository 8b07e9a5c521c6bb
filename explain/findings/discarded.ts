/** Finds the transactions that a learner threw away: by a TRUNC, or by a SNAP because its history was another one. */
import type { Zxid64 } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import { type CommitStatus, commitStatus } from "../commit-status.ts";
import type { Ensemble, ExplainedHandshake } from "../ensemble.ts";
import {
  type BugReference,
  bugNames,
  bugsIn,
  type Certainty,
  type Finding,
  type FindingOf,
  MAX_EVIDENCE,
  type Severity,
} from "../finding.ts";
import type { Evidence } from "../history.ts";
import { isAfter } from "../line-order.ts";

/** Transactions that a learner threw away. */
export interface Discarded {
  readonly handshake: ExplainedHandshake;
  /** The last zxid that the learner kept, as far as the logs show it. */
  readonly kept: Zxid64;
  /** The last zxid that the learner threw away. */
  readonly last: Zxid64;
}

/** Returns the transactions that learners threw away. */
export function discardedIn(ensemble: Ensemble): Discarded[] {
  return ensemble.handshakes.flatMap((handshake): Discarded[] => {
    const { epoch, facts, operation, peerLastZxid, zxid } = handshake;
    // The start of an epoch is no transaction.
    if (peerLastZxid === undefined || (peerLastZxid & 0xffff_ffffn) === 0n) return [];
    if (operation === "TRUNC" && zxid !== undefined && zxid < peerLastZxid) {
      return [{ handshake, kept: zxid, last: peerLastZxid }];
    }
    if (operation !== "SNAP" || facts === undefined) return [];
    // The leader sends a SNAP for another reason, but an epoch in its history began without the transaction.
    const isFromOldEpoch = epoch !== undefined && epoch > Number(peerLastZxid >> 32n);
    // The log on disk of a leader that got a SNAP itself has a hole, so its lack of a transaction proves nothing.
    const isOtherHistory =
      handshake.check.rules.includes("committed-log-cross-epoch") ||
      (isFromOldEpoch && commitStatus(ensemble, peerLastZxid).status === "never");
    if (!isOtherHistory) return [];
    return [{ handshake, kept: peerLastZxid - 1n, last: peerLastZxid }];
  });
}

/** Bugs through which a committed transaction can be truncated. The logs alone do not distinguish them. */
const LOSING_BUGS = [
  "zookeeper-4643-current-epoch-before-diff-is-logged",
  "zookeeper-3911-newleader-acked-before-diff-is-logged",
  "zookeeper-4646-newleader-acked-before-queue-is-flushed",
  "zookeeper-4785-queue-not-read-back-higher-epoch-wins",
  "synced-diff-not-in-memory-higher-epoch-wins",
  "txns-after-trunc-missing-from-committed-log",
  "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk",
  "open-snapshot-after-trunc-never-synced",
  "open-hole-in-log-after-snap-passed-on",
  "open-hole-in-log-after-snap-committed-truncated",
  "open-observer-writes-epoch-before-diff-is-logged",
  "open-committed-txn-truncated-before-leader-applies-it",
];

const SEVERITY: Readonly<Record<CommitStatus["status"], readonly [Severity, Certainty]>> = {
  committed: ["loss", "proven"],
  likely: ["loss", "likely"],
  unknown: ["problem", "possible"],
  never: ["note", "proven"],
  again: ["note", "proven"],
};

const VERDICT: Readonly<Record<CommitStatus["status"], string>> = {
  committed: "committed",
  likely: "probably committed",
  unknown: "perhaps committed",
  never: "never committed",
  again: "the leader sends it again",
};

export const discardedData: FindingOf = (ensemble) =>
  discardedIn(ensemble).map(({ handshake, kept, last }): Finding => {
    const { leader, leaderSide, learner, learnerRelease, learnerSide, operation, timeMs, zxid } = handshake;
    const status = statusOf(ensemble, { handshake, kept, last });
    const [severity, certainty] = SEVERITY[status.status];
    const range =
      operation === "TRUNC"
        ? `every transaction after ${formatZxid64(kept)}, up to ${formatZxid64(last)}`
        : `its last transaction ${formatZxid64(last)}, and perhaps some before it`;
    const from = leader === undefined ? "the leader" : `leader ${leader}`;
    const ids = status.bugs ?? (severity === "loss" ? LOSING_BUGS : []);
    const bugs = bugsIn(ids, learnerRelease);
    // A majority can have had a transaction at different times, so a likely loss names bugs only on this condition.
    const isProven = status.status === "committed";
    const [bug] = isProven && bugs.length === 1 ? bugs : [];
    const candidates = bugs.length > 0 && bug === undefined ? ` ${candidatesText(bugs, isProven)}` : "";
    return {
      ...{ rule: "data-discarded", severity, certainty, servers: [learner], timeMs },
      title: `server ${learner} threw away ${range}: ${VERDICT[status.status]}`,
      cause:
        `${from.charAt(0).toUpperCase()}${from.slice(1)} sent ${operation}` +
        `${zxid === undefined ? "" : ` ${formatZxid64(zxid)}`}, because its history does not contain ` +
        `${formatZxid64(last)}. ${status.why}${candidates}`,
      evidence: [
        ...(leaderSide?.lines ?? []).slice(0, 4),
        ...(learnerSide === undefined ? [] : [learnerSide.at]),
        ...status.evidence,
      ].slice(0, MAX_EVIDENCE),
      advice: adviceOf(status, learner),
      ...(bug !== undefined && { bug }),
    };
  });

/** Bugs through which a leader sends TRUNC for a transaction that it commits later. */
const TRUNCATED_PROPOSAL_BUGS = [
  "open-acked-proposal-truncated-committed-lost",
  "open-committed-txn-truncated-before-leader-applies-it",
];

/** Returns whether one of the transactions was committed, and the bugs that can be the cause if they are known. */
function statusOf(
  ensemble: Ensemble,
  { handshake, kept, last }: Discarded,
): CommitStatus & { readonly bugs?: readonly string[] } {
  const { epoch, leaderSide } = handshake;
  if (epoch !== undefined && BigInt(epoch) === last >> 32n) {
    const lost = nextVoteWithout(ensemble, handshake, last);
    if (lost !== undefined) {
      const why =
        `The leader has proposed ${formatZxid64(last)} itself, in its epoch ${epoch}. The learner did not get it ` +
        `again: it then voted with ${formatZxid64(lost.zxid)}, and a later epoch continues without it.`;
      return { status: "unknown", why, evidence: [lost.at], bugs: TRUNCATED_PROPOSAL_BUGS };
    }
    const why = `The leader has proposed ${formatZxid64(last)} itself, in its epoch ${epoch}, and sends it again.`;
    return { status: "again", why, evidence: leaderSide === undefined ? [] : [leaderSide.at] };
  }
  const status = worst(commitStatus(ensemble, firstAfter(kept, last)), commitStatus(ensemble, last));
  if (status.status !== "likely" || !isPassed(zxidsOfLeader(ensemble, handshake), last)) return status;
  const why =
    `The leader has later transactions of epoch ${last >> 32n} and lacks ${formatZxid64(last)}, ` +
    `so a later zxid does not ` +
    "show that a server had it.";
  return { status: "unknown", why, evidence: [] };
}

/** Returns the learner's next vote if it lacks a truncated transaction, and a later epoch began without it. */
function nextVoteWithout(
  { epochs, histories }: Ensemble,
  { learner, learnerSide }: Discarded["handshake"],
  last: Zxid64,
): { readonly zxid: Zxid64; readonly at: Evidence } | undefined {
  const { elections = [] } = histories.find(({ server }) => server === learner) ?? {};
  const next = learnerSide && elections.find(({ at }) => isAfter(at, learnerSide.at));
  if (next?.zxid === undefined || next.zxid >= last) return undefined;
  const isReplaced = epochs.some(
    ({ epoch, period: { election } }) =>
      BigInt(epoch) > last >> 32n && election?.zxid !== undefined && election.zxid < last,
  );
  return isReplaced ? { zxid: next.zxid, at: next.zxidAt } : undefined;
}

/** Returns the zxids that the leader had when it synchronized the learner, and in its elections before. */
function zxidsOfLeader(
  { histories }: Ensemble,
  { leader, leaderSide, timeMs }: Discarded["handshake"],
): readonly (Zxid64 | undefined)[] {
  const { elections = [] } = histories.find(({ server }) => server === leader) ?? {};
  const before = elections.filter(({ zxidAt }) => timeMs === undefined || (zxidAt.timeMs ?? 0) <= timeMs);
  const { lastProcessedZxid, maxCommittedLog } = leaderSide?.facts ?? {};
  return [lastProcessedZxid, maxCommittedLog, ...before.map(({ zxid }) => zxid)];
}

/** Returns whether one of the zxids is a later one of the same epoch. */
function isPassed(zxids: readonly (Zxid64 | undefined)[], last: Zxid64): boolean {
  return zxids.some((zxid) => zxid !== undefined && zxid > last && zxid >> 32n === last >> 32n);
}

/** Returns the first transaction after `kept` in the epoch of `last`. */
function firstAfter(kept: Zxid64, last: Zxid64): Zxid64 {
  return kept >> 32n === last >> 32n ? kept + 1n : ((last >> 32n) << 32n) + 1n;
}

/**
 * Returns the status that is worse for the user: that a transaction was committed counts more than that another was
 * not.
 */
function worst(a: CommitStatus, b: CommitStatus): CommitStatus {
  const order: readonly CommitStatus["status"][] = ["committed", "likely", "unknown", "never", "again"];
  return order.indexOf(a.status) <= order.indexOf(b.status) ? a : b;
}

/** Names the bugs of the release that lose data in this way. */
function candidatesText(bugs: readonly BugReference[], isProven: boolean): string {
  return isProven
    ? `Known bugs of this release that lose data in this way, which the logs do not distinguish: ${bugNames(bugs)}.`
    : `If it was committed, one of the known bugs of this release can be the cause: ${bugNames(bugs)}.`;
}

function adviceOf({ status }: CommitStatus, learner: number): string[] {
  if (status === "never" || status === "again") return [];
  return [
    "Stop writes that depend on these transactions, and copy the data directory of every server before anything " +
      `else. The log files of server ${learner} may still contain them (a SNAP does not delete them).`,
    "Compare the disks of all servers with zabsim doctor before a server is restarted or wiped.",
  ];
}
