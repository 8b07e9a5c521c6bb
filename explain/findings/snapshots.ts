/** Explains each kind of SNAP: the rule, and the setting with which the leader would have sent a DIFF. */
import { adviceFor } from "../../decide/advice.ts";
import { DEFAULT_SYNC_SETTINGS } from "../../decide/zoo-cfg.ts";
import { formatTimeMs } from "../../logs/index.ts";
import { behaviorOf, SYNC_RULES, type SyncRule } from "../../protocol/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import type { ExplainedHandshake } from "../ensemble.ts";
import { type Finding, type FindingOf, listOf, MAX_EVIDENCE } from "../finding.ts";
import type { Evidence, ProcessRun, ServerHistory } from "../history.ts";
import { releaseOfSync } from "../releases.ts";

/** One finding for each set of rules: SNAPs with the same reason belong together. */
export const snapsNotDiffs: FindingOf = ({ handshakes, histories }) => {
  const byReason = new Map<string, ExplainedHandshake[]>();
  for (const handshake of handshakes) {
    const { check, leaderSide, operation } = handshake;
    if (operation !== "SNAP" || leaderSide === undefined || check.rules.length === 0) continue;
    const key = isEmpty(handshake) ? "empty" : check.rules.join();
    byReason.set(key, [...(byReason.get(key) ?? []), handshake]);
  }
  return [...byReason.values()].map((snaps) => findingOf(snaps, histories));
};

/** Whether the learner had no transaction, so that it needed the whole database. */
function isEmpty({ facts }: ExplainedHandshake): boolean {
  return facts?.peerLastZxid === 0n;
}

function findingOf(snaps: readonly ExplainedHandshake[], histories: readonly ServerHistory[]): Finding {
  const first = snaps[0] as ExplainedHandshake;
  const learners = [...new Set(snaps.map(({ learner }) => learner))].sort((a, b) => a - b);
  const count = snaps.length === 1 ? "a SNAP" : `${snaps.length} SNAPs`;
  return {
    ...{ rule: "snap-not-diff", severity: "note", certainty: "proven", servers: learners, timeMs: first.timeMs },
    title: `${count} to ${learners.length === 1 ? "server" : "servers"} ${listOf(learners)}: ${shortReason(first)}`,
    cause: snaps.length === 1 ? causeOf(first) : causeOfEach(snaps, histories),
    evidence: linesOf(snaps),
    advice: snapAdvice(first),
  };
}

/** Returns the first lines of each SNAP, so that every one of them is shown as far as possible. */
function linesOf(snaps: readonly ExplainedHandshake[]): Evidence[] {
  const each = Math.max(1, Math.floor(MAX_EVIDENCE / snaps.length));
  return snaps.flatMap(({ leaderSide }) => (leaderSide?.lines ?? []).slice(0, each)).slice(0, MAX_EVIDENCE);
}

/** The largest number of SNAPs that a finding explains one by one. */
const MAX_EACH = 6;

/** Says for each start of a server why it got a SNAP. */
function causeOfEach(snaps: readonly ExplainedHandshake[], histories: readonly ServerHistory[]): string {
  const each = snaps
    .slice(0, MAX_EACH)
    .map((snap) => `${joinText(snap, histories)}: ${lowered(causeOf(snap))}`.replace(/\.$/, ""));
  const rest = snaps.length - each.length;
  return `${each.join("; ")}${rest === 0 ? "" : `; and ${rest} more`}.`;
}

/** Returns which start of which server this was, and when, for example `Server 2, start 3 at 18:06:17.270`. */
function joinText({ learner, learnerSide, timeMs }: ExplainedHandshake, histories: readonly ServerHistory[]): string {
  const processes = histories.find(({ server }) => server === learner)?.processes ?? [];
  const run = learnerSide?.period.process;
  const index = run === undefined ? -1 : processes.indexOf(run);
  const start = index < 0 ? "" : `, start ${index + 1}`;
  return `server ${learner}${start}${timeMs === undefined ? "" : ` at ${formatTimeMs(timeMs).slice(11)}`}`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
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

/** Returns with which settings the leader would have sent a DIFF. Empty if the packet was no SNAP, or if none helps. */
export function snapAdvice(handshake: ExplainedHandshake): string[] {
  const { check, facts, leaderSide, operation } = handshake;
  if (operation !== "SNAP" || facts === undefined || leaderSide === undefined || isEmpty(handshake)) return [];
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
