/**
 * The reports in docs/findings/: scripts/reports.mjs writes their generated parts, and finding-reports.test.ts checks
 * them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bugPaths, readScenario } from "../../cli/scenario-files.ts";
import { bugOfScenario, releasesWith } from "../../fuzz/about-bugs.ts";
import { judgedBehaviorNamed } from "../../fuzz/judged-behaviors.ts";
import { PUBLISHED_RELEASES } from "../../protocol/releases.ts";
import { ensembleOf, type RecordedEnsemble } from "../../reports/ensemble-answers.ts";
import {
  type ConfirmedTry,
  type FindingFacts,
  findingsIndex,
  type Synchronization,
  withBlocks,
} from "../../reports/finding-report.ts";
import type { JudgmentSummary } from "../../reports/judgment-summary.ts";
import type { VerdictRow } from "../../reports/verdicts.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf } from "../../scenarios/scenario-run.ts";

const SCENARIOS = dirname(bugPaths()[0] as string);
/** The folder docs/, next to the folder scenarios/. */
const DOCS = join(SCENARIOS, "..", "..", "docs");
export const FINDINGS = join(DOCS, "findings");
const RELEASE = PUBLISHED_RELEASES.at(-1) as string;

function recorded<T>(path: string): readonly T[] {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T[]) : [];
}

/** The releases in which the scenario of a report fails as it expects: docs/findings/affected.json. */
type Affected = Readonly<Record<string, readonly string[]>>;

export function recordedAffected(): Affected {
  return JSON.parse(readFileSync(join(FINDINGS, "affected.json"), "utf8")) as Affected;
}

/** Returns whether the scenario of a report fails in a release as it expects, because of its bug. */
export function failsIn(name: string, release: string): boolean {
  const bug = bugOfScenario(name);
  if (bug === undefined || !releasesWith(bug).includes(release)) return false;
  const { scenario } = readScenario(join(SCENARIOS, `${name}.yaml`), []);
  const { expect } = scenario;
  const changed = { ...scenario, zookeeper: release };
  const { liveness, records, violations } = runScenario(changed, { seed: BigInt(scenario.seed ?? 1), digest: false });
  if (expect.violates.length > 0) return violations.some(({ id }) => expect.violates.includes(id));
  if (liveness !== undefined) return liveness.stuck;
  const failed = recordsOf(records, "failed");
  return (expect.failures ?? []).every(({ reason, server }) =>
    failed.some((one) => one.reason === reason && one.server === server),
  );
}

/** Runs the scenario of each report in each published release. Takes half a minute. */
export function affectedReleases(): Affected {
  const rows = reportNames().map((name) => [name, PUBLISHED_RELEASES.filter((release) => failsIn(name, release))]);
  return Object.fromEntries(rows);
}

/** Returns the names of the reports. */
export function reportNames(): string[] {
  return readdirSync(FINDINGS)
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => name.slice(0, -".md".length))
    .sort();
}

/** Returns what zabsim knows about the finding of a report. */
export function factsOf(name: string): FindingFacts {
  const bug = bugOfScenario(name);
  const fix = judgedBehaviorNamed(name)?.name;
  if (bug === undefined || fix === undefined)
    throw new Error(`docs/findings/${name}.md: no open bug has this scenario`);
  const releases = releasesWith(bug);
  const affected = recordedAffected()[name] ?? [];
  const isOfReport = ({ release, scenario }: ConfirmedTry | VerdictRow): boolean =>
    scenario === name && release === RELEASE;
  const verdict = recorded<VerdictRow>(join(DOCS, "verdicts.json")).find((row) => isOfReport(row) && row.tries > 0);
  return {
    scenario: name,
    title: /^# (.+)$/m.exec(readFileSync(join(FINDINGS, `${name}.md`), "utf8"))?.[1] ?? name,
    effect: bug.effect,
    affected: rangesText(affected),
    affectedCount: affected.length,
    alsoCaused: rangesText(releases.filter((release) => !affected.includes(release))),
    fix,
    synchronizations: synchronizationsOf(name),
    confirmedTry: recorded<ConfirmedTry>(join(FINDINGS, "confirmed.json")).find(isOfReport) ?? null,
    tries: verdict ?? null,
    ensemble:
      ensembleOf({ scenario: name, release: RELEASE }, recorded<RecordedEnsemble>(join(FINDINGS, "ensembles.json"))) ??
      null,
    judgment: recorded<JudgmentSummary>(join(FINDINGS, "judged.json")).find(({ behavior }) => behavior === fix) ?? null,
  };
}

/** Returns releases as ranges of consecutive published ones: `3.4.10 to 3.9.5`. */
function rangesText(releases: readonly string[]): string {
  const ranges: string[][] = [];
  for (const release of releases) {
    const range = ranges.at(-1);
    const isNext = range !== undefined && indexOf(range.at(-1)) + 1 === indexOf(release);
    if (isNext) range.push(release);
    else ranges.push([release]);
  }
  return ranges.map((range) => (range.length === 1 ? range[0] : `${range[0]} to ${range.at(-1)}`)).join(", ");
}

function indexOf(release: string | undefined): number {
  return PUBLISHED_RELEASES.indexOf(release ?? "");
}

function synchronizationsOf(name: string): Synchronization[] {
  const { scenario } = readScenario(join(SCENARIOS, `${name}.yaml`), []);
  const { records } = runScenario({ ...scenario, zookeeper: RELEASE }, { seed: BigInt(scenario.seed ?? 1) });
  return recordsOf(records, "sync-decided").map((record) => ({ ...record, leader: record.server }));
}

/** Returns the known bugs that real servers of the newest release show, and that no report describes. */
function bugsWithoutReport(): string[] {
  const idOf = (scenario: string): string => bugOfScenario(scenario)?.id ?? scenario;
  const reported = reportNames().map(idOf);
  const shown = recorded<VerdictRow>(join(DOCS, "verdicts.json")).filter(
    ({ release, role, verdict }) => release === RELEASE && role === "affected" && verdict === "confirmed",
  );
  return [...new Set(shown.map(({ scenario }) => idOf(scenario)))].filter((id) => !reported.includes(id)).sort();
}

/** Returns the text that each file of docs/findings/ must have, by its path. */
export function reportFiles(): Map<string, string> {
  const all = reportNames().map(factsOf);
  const pages = all.map((facts): [string, string] => {
    const path = join(FINDINGS, `${facts.scenario}.md`);
    return [path, withBlocks(readFileSync(path, "utf8"), facts)];
  });
  return new Map([...pages, [join(FINDINGS, "README.md"), findingsIndex(all, bugsWithoutReport())]]);
}
