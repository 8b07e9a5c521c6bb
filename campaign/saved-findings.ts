/**
 * Runs the findings that earlier campaigns saved in the same folder. A campaign does this first, and reports which of
 * them still fail.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { failureOf } from "../fuzz/shrink/failure.ts";
import { loadScenario } from "../scenarios/load.ts";
import { runScenario } from "../scenarios/run.ts";
import type { FoundFile } from "./campaign.ts";
import { findingOf } from "./investigate.ts";
import { UNSHRUNK } from "./journal.ts";
import { withOutputError } from "./output-files.ts";

export interface SavedFinding {
  /** Name of the file in the folder. */
  readonly file: string;
  /** The finding. Undefined if the saved scenario does not fail. */
  readonly finding: FoundFile | undefined;
}

/** Runs each finding in the folder, except for the files `skip`. Throws a ScenarioError if a file is not a scenario. */
export function* runSavedFindings(folder: string, skip: readonly string[] = []): Generator<SavedFinding> {
  if (!existsSync(folder)) return;
  const files = withOutputError(folder, "cannot be used as a folder", () => readdirSync(folder));
  for (const file of files.filter((name) => name.endsWith(".yaml") && !name.endsWith(UNSHRUNK)).sort()) {
    const path = join(folder, file);
    if (!skip.includes(path)) yield { file, finding: savedFinding(path) };
  }
}

function savedFinding(path: string): FoundFile | undefined {
  const yaml = withOutputError(path, "cannot be read", () => readFileSync(path, "utf8"));
  const scenario = loadScenario(yaml, path);
  const seed = scenario.seed ?? "1";
  const failure = failureOf(runScenario(scenario, { seed: BigInt(seed), digest: false }));
  if (failure === undefined) return undefined;
  const shrinking = { shrinkRuns: 0, shrinkComplete: true, needsNoSeed: scenario.seed === undefined };
  return { ...findingOf(scenario, failure), ...shrinking, seed, yaml, file: path };
}
