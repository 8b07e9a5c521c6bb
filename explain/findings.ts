/** All rules, and the order in which their findings are printed. */
import type { Ensemble } from "./ensemble.ts";
import type { Finding, FindingOf, Severity } from "./finding.ts";
import { differingSettings, oddities } from "./findings/configuration.ts";
import { differingDecisions } from "./findings/decisions.ts";
import { diffsWithHoles } from "./findings/diff-holes.ts";
import { discardedData } from "./findings/discarded.ts";
import { disksThatDiffer } from "./findings/disk-differs.ts";
import { disksWentBack } from "./findings/disk-went-back.ts";
import { emptyDisks } from "./findings/empty-disks.ts";
import { epochsWentBack, oldEpochsRefused } from "./findings/epochs.ts";
import { exits } from "./findings/exits.ts";
import { knownBugs } from "./findings/known-bugs.ts";
import { leavesAgain } from "./findings/leaving.ts";
import { digestMismatches } from "./findings/log-holes.ts";
import { logNotInMemory } from "./findings/log-not-in-memory.ts";
import { neverJoins } from "./findings/never-joins.ts";
import { noLeader } from "./findings/no-leader.ts";
import { snapsNotDiffs } from "./findings/snapshots.ts";
import { staleLogThreads } from "./findings/stale-log-threads.ts";
import type { Evidence } from "./history.ts";

const RULES: readonly FindingOf[] = [
  ...[discardedData, differingDecisions, epochsWentBack, oldEpochsRefused, emptyDisks, logNotInMemory],
  ...[disksThatDiffer, diffsWithHoles, disksWentBack, staleLogThreads, knownBugs],
  ...[digestMismatches, noLeader, neverJoins, exits, leavesAgain, differingSettings, oddities, snapsNotDiffs],
];

const ORDER: readonly Severity[] = ["loss", "violation", "problem", "note"];

/** Returns all findings, the worst first, and in the order of time among those that are equally bad. */
export function findingsOf(ensemble: Ensemble): Finding[] {
  const findings = RULES.flatMap((rule) => rule(ensemble)).map((finding) => ({
    ...finding,
    evidence: inOrder(finding.evidence, ensemble),
  }));
  const rank = ({ severity }: Finding): number => ORDER.indexOf(severity);
  return findings.sort((a, b) => rank(a) - rank(b) || (a.timeMs ?? 0) - (b.timeMs ?? 0));
}

/** Returns each line once, in the order of time. A line without a time stays after the one before it. */
function inOrder(lines: readonly Evidence[], { aligned }: Ensemble): Evidence[] {
  let latest = Number.NEGATIVE_INFINITY;
  const timed = lines.map((at) => {
    latest = aligned(at.server, at.timeMs) ?? latest;
    return { at, timeMs: latest };
  });
  const sorted = timed.sort(
    (a, b) => a.timeMs - b.timeMs || a.at.server - b.at.server || (a.at.file === b.at.file ? a.at.line - b.at.line : 0),
  );
  const keys = sorted.map(({ at }) => `${at.line} ${at.file}`);
  return sorted.filter((_, i) => keys.indexOf(keys[i] as string) === i).map(({ at }) => at);
}

/** Returns whether a finding says that a promise of ZooKeeper is broken, or probably broken. */
export function isFault({ certainty, severity }: Finding): boolean {
  return (severity === "loss" || severity === "violation") && certainty !== "possible";
}
