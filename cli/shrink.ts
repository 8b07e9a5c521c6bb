/**
 * `zabsim shrink`: makes a failing scenario smaller and writes the result to a file. A later call can continue from
 * that file.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { explanationOf } from "../campaign/investigate.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { type ShrinkOutcome, shrinkSession } from "../campaign/shrink-session.ts";
import { printablePath } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "./exit-codes.ts";
import { overridesOf, type ScenarioOptions } from "./options.ts";
import { counted, write } from "./output.ts";
import { Progress } from "./progress.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";

export interface ShrinkOptions extends ScenarioOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly runs?: bigint;
  /** Microseconds. */
  readonly time?: number;
}

const DEFAULT_RUNS = 20_000n;

export async function shrink(name: string, options: ShrinkOptions): Promise<number> {
  const path = scenarioPath(name);
  const out = options.out ?? path.replace(/(\.min)?\.(ya?ml|json)$/, ".min.yaml");
  const { scenario } = readScenario(path, overridesOf(options));
  const seed = options.seed ?? BigInt(scenario.seed ?? 1);
  const progress = new Progress();
  const outcome = await shrinkSession({
    scenario,
    seed,
    earlier: existsSync(out) && out !== path ? readScenario(out, []).scenario : undefined,
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
      await write(`${scenario.name} does not fail with seed ${seed}: nothing to shrink\n`);
      return EXIT_OK;
    case "earlier-does-not-fail":
      await write(
        `${printablePath(out)} no longer fails with ${outcome.signature}: ` +
          `remove it to start again from ${printablePath(path)}\n`,
      );
      return EXIT_OK;
    case "shrunk":
      await report(scenario, out, outcome, options);
      return progress.interrupted ? EXIT_INTERRUPTED : EXIT_FINDING;
  }
}

/** Writes a file so that a reader finds either the complete old content or the complete new content. */
function saveWhole(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
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
  const end = complete ? "nothing simpler fails" : "not finished; run the same command again to continue";
  const size = `${counted(given.steps.length, "step")} -> ${steps}, ${counted(servers, "server")}`;
  await write(`${signature}: ${size}, ${counted(runs, "run")} (${end})\n`);
  await write(`${printablePath(file)}\n\n${writeScenario(scenario)}\n${explanationOf(scenario)}\n`);
}
