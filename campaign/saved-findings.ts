/**
 * Findings of earlier campaigns in the same folder: a campaign runs them first and reports which of them still fail.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadScenario } from "../scenarios/load.ts";
import { runScenario } from "../scenarios/run.ts";

export interface SavedFinding {
  /** Name of the file in the folder. */
  readonly file: string;
  /** Whether the scenario still violates an invariant or leaves servers stuck. */
  readonly fails: boolean;
}

/** Runs each finding in the folder. Throws a ScenarioError if a file is not a scenario. */
export function* runSavedFindings(folder: string): Generator<SavedFinding> {
  if (!existsSync(folder)) return;
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml") && !file.endsWith(".unshrunk.yaml"));
  for (const file of files.sort()) {
    const path = join(folder, file);
    const scenario = loadScenario(readFileSync(path, "utf8"), path);
    const run = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1), digest: false });
    yield { file, fails: run.violations.length > 0 || run.liveness?.liveUs === undefined };
  }
}
