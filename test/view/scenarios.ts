/** Scenarios for the tests of view/. */
import { existsSync, readFileSync } from "node:fs";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

/** Returns a scenario that ships with zabsim. */
export function shipped(name: string): Scenario {
  const path = [`scenarios/bugs/${name}.yaml`, `scenarios/shipped/${name}.yaml`].find(existsSync) as string;
  return loadScenario(readFileSync(path, "utf8"), path);
}

/** Returns the plan of a campaign's seed. */
export function chaosPlan(seed: number): Scenario {
  return planOfSeed(BigInt(seed), { zookeeper: "newest" }).scenario;
}
