/**
 * `zabsim run`: scenarios to their end, with verdict and sync-decision table.
 */
import { writeFileSync } from "node:fs";
import { Chalk } from "chalk";
import { runJson, violationJson } from "../reports/run-json.ts";
import { runReport } from "../reports/run-report.ts";
import { whyText } from "../reports/why.ts";
import { runScenario, type ScenarioRun, ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { checkDeterminism } from "../sim/determinism.ts";
import { Trace } from "../sim/trace.ts";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_LIVENESS, EXIT_NONDETERMINISM, EXIT_OK } from "./exit-codes.ts";
import { paintFor } from "./options.ts";
import { write } from "./output.ts";
import { Progress } from "./progress.ts";
import { nameFor, readScenario, type ScenarioFile, scenarioPaths } from "./scenario-files.ts";

export interface RunCommandOptions {
  readonly json?: boolean;
  /** Default: the scenario's, which is 1 unless it says otherwise. */
  readonly seed?: bigint;
  readonly zookeeper?: string;
  readonly set: readonly string[];
  readonly seeds?: readonly [bigint, bigint];
  readonly noise?: boolean;
  readonly checkDeterminism?: boolean;
  readonly updateGolden?: boolean;
}

export async function run(names: readonly string[], options: RunCommandOptions): Promise<number> {
  const set = options.zookeeper === undefined ? options.set : [...options.set, `zookeeper=${options.zookeeper}`];
  // All are read before the first is run: a mistake in the last file is told at once.
  const files = scenarioPaths(names).map((path) => readScenario(path, set));
  if (options.checkDeterminism) return checkAll(files, options);
  if (options.seeds !== undefined) return runSeeds(files, options.seeds, options);
  const runs: ScenarioRun[] = [];
  const paint = paintFor(process.stdout);
  for (const file of files) {
    const result = runScenario(file.scenario, {
      seed: seedFor(file.scenario, options.seed),
      noise: options.noise === true,
    });
    runs.push(result);
    if (options.updateGolden) writeFileSync(goldenPath(file.path), goldenText(result));
    if (!options.json)
      await write(`${runReport(result, paint, replayCommand(file, options))}\n\n${whyOf(result, options)}`);
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
    await write(`${runs.length} scenarios: ${runs.length - failed} ok, ${failed} failed\n`);
  }
  if (failed === 0) return EXIT_OK;
  return runs.every((one) => one.ok || isOnlyStuck(one)) ? EXIT_LIVENESS : EXIT_FINDING;
}

/** Why a run failed that should not have: made once more, with everything recorded. */
function whyOf({ ok, scenario, seed, violations }: ScenarioRun, { noise }: RunCommandOptions): string {
  if (ok || violations.length === 0) return "";
  const traced = runScenario(scenario, { seed, noise: noise === true, trace: new Trace() });
  return `${whyText(traced) ?? ""}\n\n`;
}

function isOnlyStuck({ liveness, unmet }: ScenarioRun): boolean {
  return unmet.length === 1 && liveness !== undefined && liveness.liveUs === undefined;
}

/** What a scenario is run with. */
export function seedFor(scenario: Scenario, seed: bigint | undefined): bigint {
  return seed ?? BigInt(scenario.seed ?? 1);
}

/** The golden output beside a scenario file. */
export function goldenPath(path: string): string {
  return path.replace(/\.(ya?ml|json)$/, ".golden.txt");
}

/** What a golden file holds: the report of the run with seed 1, without color. */
export function goldenText(result: ScenarioRun): string {
  return `${runReport(result, new Chalk({ level: 0 }), `zabsim replay ${result.scenario.name} --seed ${result.seed}`)}\n`;
}

function replayCommand(file: ScenarioFile, { seed, set, noise }: RunCommandOptions): string {
  const overrides = set.map((one) => ` --set '${one}'`).join("");
  return `zabsim replay ${nameFor(file.path, file.scenario)} --seed ${seedFor(file.scenario, seed)}${noise ? " --noise" : ""}${overrides}`;
}

/** Seed after seed over the scenarios in turn; told is only what fails, each with its replay command. */
async function runSeeds(
  files: readonly ScenarioFile[],
  [first, last]: readonly [bigint, bigint],
  options: RunCommandOptions,
): Promise<number> {
  const found: Record<string, unknown>[] = [];
  const progress = new Progress();
  const noise = options.noise === true;
  let runs = 0;
  let events = 0;
  for (let seed = first; seed <= last && !progress.interrupted; seed++) {
    const file = files[Number(seed % BigInt(files.length))] as ScenarioFile;
    const result = runScenario(file.scenario, { seed, noise, records: !noise, digest: false });
    runs++;
    events += result.events;
    if (!result.ok) {
      const replay = replayCommand(file, { ...options, seed });
      const { name } = file.scenario;
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
    const summary = `${runs} runs, ${events} events: ${runs - found.length} ok, ${found.length} failed`;
    await write(`${summary}${interrupted ? " (interrupted)" : ""}\n`);
  }
  if (interrupted) return EXIT_INTERRUPTED;
  return found.length === 0 ? EXIT_OK : EXIT_FINDING;
}

/** Runs each scenario twice side by side and names the first event that differs. */
async function checkAll(files: readonly ScenarioFile[], { seed, json }: RunCommandOptions): Promise<number> {
  let differing = 0;
  const lines: Record<string, unknown>[] = [];
  for (const { scenario } of files) {
    const result = checkDeterminism(() => new ScenarioRunner(scenario, { seed: seedFor(scenario, seed) }));
    if (!result.same) differing++;
    lines.push({ scenario: scenario.name, seed: String(seedFor(scenario, seed)), ...result });
    if (json) continue;
    const verdict = result.same
      ? `same twice: ${result.events} events, digest ${result.digest}`
      : `DIFFERS\n  first run:  ${result.first}\n  second run: ${result.second}`;
    await write(`${scenario.name}: ${verdict}\n`);
  }
  if (json) await write(`${JSON.stringify(lines, null, 2)}\n`);
  return differing === 0 ? EXIT_OK : EXIT_NONDETERMINISM;
}
