/**
 * `zabsim shrink`: a failing scenario made as small as it gets. What has been reached is saved as it goes, and taken up by
 * the next call.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { whyOf } from "../campaign/campaign-worker.ts";
import { failureOf, signatureOf } from "../fuzz/shrink/failure.ts";
import { shrinkScenario } from "../fuzz/shrink/shrink-scenario.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { Progress } from "./progress.ts";
import { readScenario, scenarioPaths } from "./scenario-files.ts";

export interface ShrinkOptions {
  readonly json?: boolean;
  readonly seed?: bigint;
  readonly zookeeper?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly runs?: bigint;
  readonly time?: number;
}

const SAVE_EVERY_MS = 1000;
const DEFAULT_RUNS = 20_000n;

export async function shrink(name: string, options: ShrinkOptions): Promise<number> {
  const set = options.zookeeper === undefined ? options.set : [...options.set, `zookeeper=${options.zookeeper}`];
  const path = scenarioPaths([name])[0] as string;
  const out = options.out ?? path.replace(/(\.min)?\.(ya?ml|json)$/, ".min.yaml");
  const given = readScenario(path, set).scenario;
  const seed = options.seed ?? BigInt(given.seed ?? 1);
  const failure = failureOf(runScenario(given, { seed, digest: false }));
  if (failure === undefined) {
    await write(`${given.name} does not fail with seed ${seed}: nothing to shrink\n`);
    return EXIT_OK;
  }
  const signature = signatureOf(failure);
  const start = existsSync(out) && out !== path ? readScenario(out, []).scenario : { ...given, seed: String(seed) };
  const endMs = options.time === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.time / 1000;
  const progress = new Progress();
  const save = (scenario: Scenario): void => {
    writeFileSync(`${out}.tmp`, writeScenario(scenario, [`${signature}.`]));
    renameSync(`${out}.tmp`, out);
  };
  let savedMs = performance.now();
  const steps = shrinkScenario(start, failure, {
    maxRuns: Number(options.runs ?? DEFAULT_RUNS),
    stop: ({ value }) => {
      if (performance.now() - savedMs > SAVE_EVERY_MS) {
        savedMs = performance.now();
        save({
          ...value,
          expect: failure.kind === "stuck" ? value.expect : { ...value.expect, violates: [failure.id] },
        });
      }
      return progress.interrupted || performance.now() > endMs;
    },
  });
  let step = steps.next();
  while (!step.done) {
    const { runs, kept, value } = step.value;
    await progress.step(() => `${runs} runs, ${kept} simplifications kept: ${value.steps.length} steps left`);
    step = steps.next();
  }
  progress.done();
  const shrunk = step.value;
  if (shrunk === undefined) {
    await write(`${out} no longer fails with ${signature}: remove it to start anew\n`);
    return EXIT_OK;
  }
  const { complete, needsNoSeed, runs, scenario } = shrunk;
  save(scenario);
  const summary = {
    file: out,
    signature,
    runs,
    steps: scenario.steps.length,
    servers: Object.keys(scenario.servers).length,
    complete,
    needsNoSeed,
  };
  if (options.json) await write(`${JSON.stringify(summary)}\n`);
  else {
    const end = complete ? "nothing simpler fails" : "broken off; the same command goes on";
    await write(
      `${signature}: ${given.steps.length} steps -> ${summary.steps}, ${summary.servers} servers, ${runs} runs (${end})\n${out}\n\n`,
    );
    await write(`${writeScenario(scenario)}\n${whyOf(scenario)}\n`);
  }
  return progress.interrupted ? EXIT_INTERRUPTED : EXIT_FINDING;
}
