/**
 * `zabsim fuzz` runs a campaign and reports each finding as soon as it is shrunk.
 */

import { join } from "node:path";
import { CampaignRunner, type CampaignSettings, type FoundFile } from "../campaign/campaign.ts";
import { lockFolder } from "../campaign/folder-lock.ts";
import { Journal } from "../campaign/journal.ts";
import { makeFolder } from "../campaign/output-files.ts";
import { runSavedFindings } from "../campaign/saved-findings.ts";
import { summaryOf } from "../campaign/summary.ts";
import { type Verdict, verdictOf } from "../reports/verdict.ts";
import { CampaignProgress } from "./campaign-progress.ts";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_LIVENESS, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { FuzzReports } from "./fuzz-reports.ts";
import { type FuzzOptions, reportersOf, settingsOf } from "./fuzz-settings.ts";
import { type Interruption, interruptible } from "./interrupt.ts";
import { counted, hint, pause } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export type { FuzzOptions } from "./fuzz-settings.ts";

const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  ok: EXIT_OK,
  violated: EXIT_FINDING,
  stuck: EXIT_LIVENESS,
  nondeterministic: EXIT_NONDETERMINISM,
  interrupted: EXIT_INTERRUPTED,
};

export async function fuzz(given: string | undefined, options: FuzzOptions): Promise<number> {
  const name = options.from === undefined ? given : await scenarioFromDisks(given, options.from, options);
  const settings = settingsOf(name, options);
  const reports = new FuzzReports(name, options, reportersOf(options));
  const journal = new Journal(options.out);
  if (options.resume && !journal.exists) {
    throw new UsageError(
      `--resume: ${options.out} contains no campaign (accepted: the --out folder of an earlier zabsim fuzz)`,
    );
  }
  makeFolder(options.out);
  const unlock = lockFolder(options.out);
  try {
    return await interruptible((interruption) => runCampaign(settings, journal, reports, options, interruption));
  } finally {
    unlock();
  }
}

/** Writes the data directories as a scenario in the folder --out. Returns its path. */
async function scenarioFromDisks(
  given: string | undefined,
  folders: readonly string[],
  { out, zookeeper }: FuzzOptions,
): Promise<string> {
  if (given !== undefined) {
    throw new UsageError(`--from cannot be combined with the scenario ${given} (accepted: either of the two)`);
  }
  const { readEnsembleDisks } = await import("./ensemble-disks.ts");
  const { saveScenario } = await import("./doctor.ts");
  const isNamed = (folder: string): boolean => /^\d{1,3}=/.test(folder);
  const { ensemble } = await readEnsembleDisks(
    folders.filter((folder) => !isNamed(folder)),
    { ...(zookeeper !== undefined && { zookeeper }), server: folders.filter(isNamed) },
  );
  const folder = join(out, "from");
  makeFolder(folder);
  return saveScenario(ensemble, join(folder, "disks.yaml"));
}

async function runCampaign(
  settings: CampaignSettings,
  journal: Journal,
  reports: FuzzReports,
  options: FuzzOptions,
  interruption: Interruption,
): Promise<number> {
  const runner = new CampaignRunner(settings, journal, {
    found: (finding) => reports.found({ ...finding, count: runner.counts.get(finding.signature) ?? 1 }),
    nondeterministic: (difference) => reports.nondeterministic(difference),
  });
  if (options.resume) await resume(runner, journal, reports);
  const saved = await savedFindings(runner, options.out, reports, interruption);
  if (!options.resume) runner.begin();

  const resumedRuns = runner.totals.runs;
  const startedMs = performance.now();
  const progress = new CampaignProgress(runner, settings);
  try {
    await runner.run(interruption.signal);
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const summary = summaryOf(runner, settings, { seconds, resumedRuns }, options.strict, saved);
  await reports.summary(summary, runner.totals, journal);
  const verdict = verdictOf(summary);
  return (verdict === "interrupted" ? interruption.exitCode : undefined) ?? EXIT_CODES[verdict];
}

async function resume(runner: CampaignRunner, { path }: Journal, reports: FuzzReports): Promise<void> {
  const dropped = runner.resume();
  if (dropped.length > 0) {
    const lines = counted(dropped.length, "line");
    hint(`${path}: dropped ${lines} that a crash cut short or repeated (the first is line ${dropped[0]})`);
  }
  await reports.resumed(runner);
}

/** Runs the findings that earlier campaigns saved in the folder. Returns the findings that still fail. */
async function savedFindings(
  { findings }: CampaignRunner,
  folder: string,
  reports: FuzzReports,
  { signal }: Interruption,
): Promise<readonly FoundFile[]> {
  const failing: FoundFile[] = [];
  const own = findings.map(({ file }) => file);
  for (const { file, finding } of runSavedFindings(folder, own)) {
    await reports.saved(file, finding);
    if (finding !== undefined) failing.push(finding);
    await pause();
    if (signal.aborted) break;
  }
  return failing;
}
