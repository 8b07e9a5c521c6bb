/** If loadScenario reads the text that writeScenario returns, the result is the same scenario. */
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { bugPaths, readScenario, shippedPaths } from "../../cli/scenario-files.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { STRATEGY_NAMES } from "../../fuzz/strategies.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";

/** Returns the scenario without its name and without the spaces around `about`, which a round trip does not keep. */
function comparable({ name: _name, seed = "1", ...scenario }: Scenario): unknown {
  return { ...scenario, seed, about: scenario.about.trim() };
}

function roundTrip(scenario: Scenario): void {
  const text = writeScenario(scenario);
  const back = loadScenario(text, "written.yaml");
  expect(comparable(back), text).toEqual(comparable(scenario));
  expect(writeScenario(back)).toBe(text);
}

describe("a round trip of the shipped scenario", () => {
  const files = [...shippedPaths(), ...bugPaths()].map((path) => [basename(path, ".yaml"), path] as const);
  it.each(files)("%s", (_name, path) => roundTrip(readScenario(path, []).scenario));
});

describe("a round trip of the plans", () => {
  it.each(STRATEGY_NAMES)("of 150 seeds of %s", (strategy) => {
    for (let seed = 1n; seed <= 150n; seed++) {
      const { scenario } = planOfSeed(seed, { zookeeper: "newest" }, strategy);
      const { until: _until, ...rest } = scenario;
      roundTrip({ ...rest, until: scenario.until ?? "1s" });
    }
  });
});
