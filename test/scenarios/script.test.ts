/** When a script is done: nothing that it has a time for is left out because all is calm before. */
import { expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario, type ScenarioRun } from "../../scenarios/run.ts";

function run(steps: string): ScenarioRun {
  const text = `{ servers: 3, network: { latency: 1ms }, steps: [${steps}] }`;
  return runScenario(loadScenario(text, "script.yaml"), { seed: 1n });
}

it("a step that waits for nobody comes, however long all has been calm", () => {
  const { endUs, steps } = run("{ from: 30s, crash: 3, for: 1s }");
  expect(steps[0]?.atUs).toBe(30_000_000);
  expect(endUs).toBeGreaterThan(31_000_000);
});

it("what lasts comes to its end", () => {
  const { servers } = run("{ at: 2s, crash: 3, for: 10s }");
  expect(servers[2]?.active).toBe(true);
});

it("one that waits for a moment from some time on is waited for until then, and no longer", () => {
  const { endUs, steps } = run("{ from: 20s, when: { event: established }, crash: 3 }");
  expect(steps[0]?.atUs).toBeUndefined();
  expect(endUs).toBeGreaterThanOrEqual(20_000_000);
  expect(endUs).toBeLessThan(22_000_000);
});

it("where all steps are in turn, a run ends a virtual second after the last of what they cause", () => {
  expect(run("{ at: 2s, write: 1 }").endUs).toBeLessThan(5_000_000);
});
