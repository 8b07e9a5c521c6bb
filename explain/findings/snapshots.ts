/** Explains each kind of SNAP: the rule, and the setting with which the leader would have sent a DIFF. */
import { adviceFor } from "../../decide/advice.ts";
import { formatZxid64 } from "../../decide/decision-query.ts";
import { DEFAULT_SYNC_SETTINGS } from "../../decide/zoo-cfg.ts";
import { behaviorOf, SYNC_RULES, type SyncRule } from "../../protocol/index.ts";
import type { ExplainedHandshake } from "../ensemble.ts";
import { type Finding, type FindingOf, listOf, MAX_EVIDENCE } from "../finding.ts";
import type { ProcessRun } from "../history.ts";
import { releaseOfSync } from "../releases.ts";

/** One finding for each set of rules: SNAPs with the same reason belong together. */
export const snapsNotDiffs: FindingOf = ({ handshakes }) => {
  const byReason = new Map<string, ExplainedHandshake[]>();
  for (const handshake of handshakes) {
    const { check, leaderSide, operation } = handshake;
    if (operation !== "SNAP" || leaderSide === undefined || check.rules.length === 0) continue;
    const key = isEmpty(handshake) ? "empty" : check.rules.join();
    byReason.set(key, [...(byReason.get(key) ?? []), handshake]);
  }
  return [...byReason.values()].map(findingOf);
};

/** Whether the learner had no transaction, so that it needed the whole database. */
function isEmpty({ facts }: ExplainedHandshake): boolean {
  return facts?.peerLastZxid === 0n;
}

function findingOf(snaps: readonly ExplainedHandshake[]): Finding {
  const first = snaps[0] as ExplainedHandshake;
  const learners = [...new Set(snaps.map(({ learner }) => learner))].sort((a, b) => a - b);
  const count = snaps.length === 1 ? "a SNAP" : `${snaps.length} SNAPs`;
  return {
    ...{ rule: "snap-not-diff", severity: "note", certainty: "proven", servers: learners, timeMs: first.timeMs },
    title: `${count} to ${learners.length === 1 ? "server" : "servers"} ${listOf(learners)}: ${shortReason(first)}`,
    cause: causeOf(first),
    evidence: snaps.flatMap(({ leaderSide }) => leaderSide?.lines ?? []).slice(0, MAX_EVIDENCE),
    advice: adviceOf(first),
  };
}

function shortReason(handshake: ExplainedHandshake): string {
  if (isEmpty(handshake)) return "the learner's database was empty";
  return listOf(handshake.check.rules.map((rule) => SYNC_RULES[rule].summary)).replaceAll("peer", "learner");
}

function causeOf(handshake: ExplainedHandshake): string {
  const { check, facts, zxid } = handshake;
  if (facts === undefined) return "";
  if (isEmpty(handshake)) {
    const snapshot = zxid === undefined ? "" : `, here up to ${formatZxid64(zxid)}`;
    return `The learner reported 0:0. A learner without transactions needs the whole database${snapshot}.`;
  }
  const why = check.why ?? `peer zxid ${formatZxid64(facts.peerLastZxid)}: ${check.rules.join(" or ")} → SNAP`;
  return `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}

function adviceOf(handshake: ExplainedHandshake): string[] {
  const { check, facts, leaderSide } = handshake;
  if (facts === undefined || leaderSide === undefined || isEmpty(handshake)) return [];
  const source = behaviorOf(releaseOfSync(leaderSide, handshake.leaderRelease)).syncSource;
  return adviceFor(check.rules as SyncRule[], {
    settings: settingsOf(leaderSide.process),
    readsCommitLogCount: source === "txn-log-without-gaps",
    peerLastZxid: facts.peerLastZxid,
    maxCommittedLog: facts.maxCommittedLog === 0n ? undefined : facts.maxCommittedLog,
    txnLogSize: leaderSide.txnLogSize,
  }).map(({ text }) => text);
}

function settingsOf({ forceSnapshotSync, settings, txnLogSync }: ProcessRun) {
  const factor = Number(settings.snapshotSizeFactor ?? Number.NaN);
  return {
    ...DEFAULT_SYNC_SETTINGS,
    ...(Number.isFinite(factor) && { snapshotSizeFactor: factor }),
    ...(txnLogSync === false && { snapshotSizeFactor: -1 }),
    ...(settings.commitLogCount !== undefined && { commitLogCount: settings.commitLogCount }),
    ...(settings.snapRetainCount !== undefined && { "autopurge.snapRetainCount": settings.snapRetainCount }),
    ...(forceSnapshotSync && { forceSnapshotSync }),
  };
}
