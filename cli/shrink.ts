/**
 * `zabsim shrink` makes a failing scenario smaller and writes the result to a file. If that file already exists, the
 * command continues from it.
 */
import { accessSync, constants, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { explanationOf } from "../campaign/investigate.ts";
import { saveWhole, withOutputError } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { type ShrinkOutcome, shrinkSession } from "../campaign/shrink-session.ts";
import { printablePath } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { overridesOf, type ScenarioOptions } from "./options.ts";
import { counted, write } from "./output.ts";
import { Progress } from "./progress.ts";
import { nameFor, readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface ShrinkOptions extends ScenarioOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly runs?: bigint;
  /** Time limit in microseconds of wall-clock time. */
  readonly time?: number;
}

const DEFAULT_RUNS = 20_000n;

export async function shrink(name: string, options: ShrinkOptions): Promise<number> {
  const path = scenarioPath(name);
  if (options.time === 0) throw new UsageError("--time 0: runs nothing (accepted: a duration above 0, such as 30s)");
  const { scenario } = readScenario(path, overridesOf(options));
  const out = outFor(path, nameFor(path, scenario), options);
  // Shrinking works for seconds before it first writes the file, so a folder that is not writable is reported before.
  withOutputError(out, "cannot be written", () => accessSync(dirname(out), constants.W_OK));
  const seed = options.seed ?? BigInt(scenario.seed ?? 1);
  const progress = new Progress();
  const outcome = await shrinkSession({
    scenario,
    seed,
    earlier: existsSync(out) && resolve(out) !== resolve(path) ? readScenario(out, []).scenario : undefined,
    maxRuns: Number(options.runs ?? DEFAULT_RUNS),
    timeMs: options.time === undefined ? undefined : options.time / 1000,
    isInterrupted: () => progress.interrupted,
    progress: (runs, simplifications, steps) =>
      progress.step(
        () => `${counted(runs, "run")}, ${counted(simplifications, "simplification")}: ${counted(steps, "step")} left`,
      ),
    save: (value, signature) => saveWhole(out, withSchemaLine(writeScenario(value, [`${signature}.`]), out)),
  });
  progress.done();
  switch (outcome.kind) {
    case "does-not-fail":
      if (options.json) await write(`${JSON.stringify({ file: null, signature: null })}\n`);
      else await write(`${scenario.name} does not fail with seed ${seed}: nothing to shrink\n`);
      return EXIT_OK;
    case "earlier-does-not-fail":
      throw new UsageError(
        `${out}: does not fail with ${outcome.signature}, as ${path} does ` +
          "(accepted: the result of an earlier shrink; remove the file to start again, or choose another --out)",
      );
    case "shrunk":
      await report(scenario, out, outcome, options);
      return progress.exitCode ?? EXIT_FINDING;
  }
}

/**
 * Returns the path of the output file. Without --out, the output of a scenario that ships with zabsim goes to the
 * working directory.
 */
function outFor(path: string, name: string, { out }: ShrinkOptions): string {
  if (out === undefined) return `${(name === path ? path : name).replace(/(\.min)?\.(ya?ml|json)$/, "")}.min.yaml`;
  if (resolve(out) !== resolve(path)) return out;
  throw new UsageError(`--out ${out}: is the scenario to shrink itself (accepted: another file)`);
}

async function report(
  given: Scenario,
  file: string,
  { shrunk, signature }: Extract<ShrinkOutcome, { kind: "shrunk" }>,
  { json }: ShrinkOptions,
): Promise<void> {
  const { complete, needsNoSeed, runs, scenario } = shrunk;
  const steps = scenario.steps.length;
  const servers = Object.keys(scenario.servers).length;
  if (json) {
    await write(`${JSON.stringify({ file, signature, runs, steps, servers, complete, needsNoSeed })}\n`);
    return;
  }
  const end = complete ? "no simpler scenario fails" : "not finished; run the same command again to continue";
  const size = `${counted(given.steps.length, "step")} -> ${steps}, ${counted(servers, "server")}`;
  await write(`${signature}: ${size}, ${counted(runs, "run")} (${end})\n`);
  await write(`${printablePath(file)}\n\n${writeScenario(scenario)}\n${explanationOf(scenario)}\n`);
}
