/**
 * `zabsim run` runs scenarios. For each scenario that the user names, it prints the verdict, the sync decisions and
 * every violated invariant. Without names, it runs all scenarios that ship with zabsim and prints a summary.
 */

import { Chalk, type ChalkInstance } from "chalk";
import { explanationOf, runForReport } from "../campaign/investigate.ts";
import { saveWhole } from "../campaign/output-files.ts";
import { aboutBug } from "../fuzz/about-bugs.ts";
import { bugsOfRun } from "../fuzz/bugs-of-run.ts";
import { type RunVerdict, runVerdict } from "../reports/reproduction.ts";
import { runJson, violationJson } from "../reports/run-json.ts";
import { runReport } from "../reports/run-report.ts";
import { shellPath, shellQuote } from "../reports/shell.ts";
import { isStuck } from "../reports/stuck.ts";
import { runScenario, ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { checkDeterminism } from "../sim/determinism.ts";
import { type Conflict, refuseConflicts } from "./conflicts.ts";
import { EXIT_FINDING, EXIT_LIVENESS, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { overridesOf, paintFor, type ScenarioOptions } from "./options.ts";
import { counted, write } from "./output.ts";
import { Progress } from "./progress.ts";
import { runReportOptions } from "./run-report-options.ts";
import { nameFor, readScenario, type ScenarioFile, scenarioPaths } from "./scenario-files.ts";
import { groupOf, SCENARIO_GROUPS } from "./scenario-groups.ts";
import { UsageError } from "./usage-error.ts";

export interface RunCommandOptions extends ScenarioOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly seeds?: readonly [bigint, bigint];
  readonly noise?: boolean;
  readonly checkDeterminism?: boolean;
  readonly updateGolden?: boolean;
}

const CONFLICTS: readonly Conflict[] = [
  ["--seeds", ["--seed"], "--seeds already says which seeds to run"],
  ["--seeds", ["--check-determinism", "--update-golden"], "only one seed can be compared or stored"],
  ["--check-determinism", ["--update-golden"], "--check-determinism prints no report that could be stored"],
  [
    "--update-golden",
    ["--seed", "--noise", "--set", "--zookeeper"],
    "a golden file contains the report of the unchanged scenario file",
  ],
];

export async function run(names: readonly string[], options: RunCommandOptions): Promise<number> {
  refuseConflicts(options, CONFLICTS);
  // All files are read before the first scenario runs, so that an error in any file is reported immediately.
  const files = filesOf(names, options);
  if (options.checkDeterminism) return checkAll(files, options);
  if (options.seeds !== undefined) return runSeeds(files, options.seeds, options);
  const isSummary = names.length === 0 && options.verbose !== true && options.json !== true;
  const runs: ScenarioRun[] = [];
  const paint = paintFor(process.stdout);
  for (const file of files) {
    const seed = seedFor(file.scenario, options.seed);
    const scenario = await planFor(file.scenario, seed, options);
    const isPrinted = ({ ok }: ScenarioRun): boolean => !options.json && !(isSummary && ok);
    const hasReport = (one: ScenarioRun): boolean => options.updateGolden === true || isPrinted(one);
    const result = runForReport(scenario, seed, hasReport);
    runs.push(result);
    if (options.updateGolden) saveWhole(goldenPath(file.path), goldenText(result));
    if (isPrinted(result)) {
      const layout = runReportOptions(result, file, options);
      await write(`${runReport(result, paint, replayCommand(file, options), layout)}\n\n${explanation(result)}`);
    }
  }
  const failed = runs.filter((one) => !one.ok).length;
  if (options.json) {
    const document = {
      seed: String(options.seed ?? "each scenario's own"),
      passed: runs.length - failed,
      failed,
      runs: runs.map(runJson),
    };
    await write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    if (isSummary) await write(`${groupLines(runs, paint).join("\n")}\n\n`);
    await write(`${counted(runs.length, "scenario")}: ${countsText(runs, paint)}\n`);
    if (isSummary && failed === 0) await write(NEXT_STEPS);
  }
  if (failed === 0) return EXIT_OK;
  return runs.every((one) => one.ok || isOnlyStuck(one)) ? EXIT_LIVENESS : EXIT_FINDING;
}

/** Returns one line for each group of scenarios, with the number of scenarios for each verdict. */
function groupLines(runs: readonly ScenarioRun[], paint: ChalkInstance): readonly string[] {
  const width = Math.max(...SCENARIO_GROUPS.map(({ title }) => title.length));
  return SCENARIO_GROUPS.map(({ title }) => ({
    title,
    own: runs.filter(({ scenario }) => groupOf(scenario.name) === title),
  }))
    .filter(({ own }) => own.length > 0)
    .map(({ own, title }) => `  ${title.padEnd(width)}  ${countsText(own, paint)}`);
}

/** Returns the number of runs for each verdict, as in `12 ok, 3 reproduced, 1 failed (1 not reproduced)`. */
function countsText(runs: readonly ScenarioRun[], paint: ChalkInstance): string {
  const verdicts = runs.map(runVerdict);
  const count = (verdict: RunVerdict): number => verdicts.filter((one) => one === verdict).length;
  const ok = count("ok");
  const reproduced = count("reproduced");
  const notReproduced = count("not reproduced");
  const failed = count("failed") + notReproduced;
  const parts = [
    ok > 0 || reproduced === 0 ? `${ok} ok` : "",
    reproduced > 0 ? `${reproduced} reproduced` : "",
    failed > 0
      ? paint.red(`${failed} failed`) + (notReproduced > 0 ? ` (${notReproduced} not reproduced)` : "")
      : "0 failed",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

const NEXT_STEPS = `
ok: the servers behave as ZooKeeper promises.
reproduced: the scenario shows a bug of ZooKeeper, as expected.

What to try next:
  npx zabsim run follower-ahead-trunc     one scenario: why DIFF, TRUNC or SNAP
  npx zabsim replay follower-ahead-trunc  the same run, event by event
  npx zabsim list scenarios               what each scenario shows
  npx zabsim run -v                       the reports of all scenarios
  npx zabsim fuzz --time 30s              search for failures with random faults
  npx zabsim matrix --time 0s             which release has which bug
`;

/** Returns the explanation of a failed run that violated an invariant. Returns an empty text for any other run. */
function explanation({ ok, scenario, seed, violations }: ScenarioRun): string {
  return ok || violations.length === 0 ? "" : `${explanationOf({ ...scenario, seed: String(seed) })}\n\n`;
}

/** Returns whether the only failure of a run is that servers did not serve again. */
export function isOnlyStuck(run: ScenarioRun): boolean {
  return run.unmet.length === 1 && isStuck(run);
}

/**
 * Reads the named scenarios. Without names, reads all scenarios that ship with zabsim. With --noise, refuses a named
 * scenario that expects a violation, and skips a shipped scenario that does.
 */
function filesOf(names: readonly string[], options: RunCommandOptions): ScenarioFile[] {
  const files = scenarioPaths(names).map((path) => readScenario(path, overridesOf(options)));
  if (!options.noise) return files;
  const isQuiet = ({ scenario }: ScenarioFile): boolean => scenario.expect.violates.length === 0;
  const refused = names.length === 0 ? undefined : files.find((file) => !isQuiet(file));
  if (refused !== undefined) throw noiseRefused(refused.scenario);
  return files.filter(isQuiet);
}

/** Returns the error for the combination of --noise and a scenario that expects a violation. */
export function noiseRefused({ name }: Scenario): UsageError {
  return new UsageError(`--noise: ${name} expects a violation (accepted: a scenario in which every invariant holds)`);
}

/**
 * Returns the scenario itself. With --noise, returns a plan that consists of the scenario and of faults and writes
 * drawn from the seed.
 */
export async function planFor(
  scenario: Scenario,
  seed: bigint,
  { noise }: { readonly noise?: boolean },
): Promise<Scenario> {
  if (!noise) return scenario;
  // Loads fast-check, which takes a tenth of the start of the command.
  const { planOver } = await import("../fuzz/plan-arbitrary.ts");
  return planOver(scenario, seed);
}

/** Returns the value of --seed. Without --seed, returns the seed in the scenario or, if the scenario has none, 1. */
export function seedFor(scenario: Scenario, seed: bigint | undefined): bigint {
  return seed ?? BigInt(scenario.seed ?? 1);
}

/** Returns the path of the golden file that belongs to a scenario file. */
export function goldenPath(path: string): string {
  return `${path.replace(/\.(ya?ml|json)$/, "")}.golden.txt`;
}

/** Returns the content of a golden file, which is the report of the run without color. */
export function goldenText(result: ScenarioRun): string {
  const replay = `zabsim replay ${result.scenario.name} --seed ${result.seed}`;
  return `${runReport(result, new Chalk({ level: 0 }), replay, { bugs: bugsOfRun(result).map(aboutBug) })}\n`;
}

/** Returns the command that replays the run of a scenario with the same options. */
export function replayCommand(file: ScenarioFile, options: RunCommandOptions): string {
  const { seed, noise } = options;
  const overrides = overridesOf(options)
    .map((one) => ` --set ${shellQuote(one)}`)
    .join("");
  const name = shellPath(nameFor(file.path, file.scenario));
  const base = `zabsim replay ${name} --seed ${seedFor(file.scenario, seed)}`;
  return `${base}${noise ? " --noise" : ""}${overrides}`;
}

/**
 * Runs one scenario with each seed. If the user names several scenarios, the first seed runs one of them, the second
 * seed the next, and so on. Prints each failing run with its replay command, and a summary.
 */
async function runSeeds(
  files: readonly ScenarioFile[],
  [first, last]: readonly [bigint, bigint],
  options: RunCommandOptions,
): Promise<number> {
  const found: Record<string, unknown>[] = [];
  const progress = new Progress();
  let runs = 0;
  let events = 0;
  let onlyStuck = true;
  for (let seed = first; seed <= last && !progress.interrupted; seed++) {
    const file = files[Number(seed % BigInt(files.length))] as ScenarioFile;
    const scenario = await planFor(file.scenario, seed, options);
    const result = runScenario(scenario, { seed, records: !options.noise, digest: false });
    runs++;
    events += result.events;
    if (!result.ok) {
      const replay = replayCommand(file, { ...options, seed });
      const { name } = file.scenario;
      if (!isOnlyStuck(result)) onlyStuck = false;
      found.push({
        scenario: name,
        seed: String(seed),
        unmet: result.unmet,
        violations: result.violations.map(violationJson),
        replay,
      });
      if (!options.json) await write(`${name} seed ${seed}: ${result.unmet.join("; ")}\n  ${replay}\n`);
    }
    await progress.step(
      (elapsedS) => `seed ${seed} of ${last}: ${Math.round(runs / elapsedS)} runs/s, ${found.length} failed`,
    );
  }
  progress.done();
  const { interrupted } = progress;
  if (options.json) {
    await write(`${JSON.stringify({ runs, events, failed: found.length, interrupted, found }, null, 2)}\n`);
  } else {
    const size = `${counted(runs, "run")}, ${counted(events, "event")}`;
    const summary = `${size}: ${runs - found.length} ok, ${found.length} failed`;
    await write(`${summary}${interrupted ? " (interrupted)" : ""}\n`);
  }
  if (progress.exitCode !== undefined) return progress.exitCode;
  if (found.length === 0) return EXIT_OK;
  return onlyStuck ? EXIT_LIVENESS : EXIT_FINDING;
}

/** Runs each scenario twice and compares the two runs event by event. Reports the first event that differs. */
async function checkAll(files: readonly ScenarioFile[], options: RunCommandOptions): Promise<number> {
  const { json } = options;
  let differing = 0;
  const lines: Record<string, unknown>[] = [];
  for (const { scenario: given } of files) {
    const seed = seedFor(given, options.seed);
    const scenario = await planFor(given, seed, options);
    const result = checkDeterminism(() => new ScenarioRunner(scenario, { seed }));
    if (!result.same) differing++;
    lines.push({ scenario: scenario.name, seed: String(seed), ...result });
    if (json) continue;
    const verdict = result.same
      ? `two identical runs: ${counted(result.events, "event")}, digest ${result.digest}`
      : `DIFFERS at this event\n  run 1: ${result.first}\n  run 2: ${result.second}`;
    await write(`${scenario.name}: ${verdict}\n`);
  }
  if (json) await write(`${JSON.stringify(lines, null, 2)}\n`);
  return differing === 0 ? EXIT_OK : EXIT_NONDETERMINISM;
}
