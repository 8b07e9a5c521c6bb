/** Tests what a run reports about the actions `reconfig` and `crashAtConfigWrite`. */
import { expect, it } from "vitest";
import { stepsWithoutEffect } from "../../reports/steps.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";

const run = (steps: string, until = "3s"): ScenarioRun =>
  runScenario(
    loadScenario(`servers: 3\nsettings: { reconfigEnabled: true }\nsteps: ${steps}\nuntil: ${until}`, "steps.yaml"),
    { seed: 1 },
  );

it.each([
  [
    "[{ when: established, reconfig: { remove: 1, refused: BadVersion } }]",
    "step 1: expected BadVersion, got proposed",
  ],
  ["[{ when: established, reconfig: { remove: [1, 2] } }]", "step 1: expected proposed, got BadArguments"],
  ["[{ reconfig: { remove: 1 } }]", "step 1: no server leads"],
  [
    `[{ when: established, stall: { server: leader, thread: requests } },
      { reconfig: { remove: 1, refused: BadVersion } }]`,
    "step 2: expected BadVersion, got queued",
  ],
])("%s: %s", (steps, problem) => {
  expect(run(steps).unmet).toEqual([problem]);
});

it("a planned crash that does not happen has no effect, and the settle step cancels it", () => {
  const planned = "{ when: established, crashAtConfigWrite: { server: 2, write: next } }";
  expect(stepsWithoutEffect(run(`[${planned}]`))).toEqual([
    "step 1 (crashAtConfigWrite server=2 write=next) had no effect: the server did not make this write",
  ]);
  const reconfig = "{ after: 500ms, reconfig: { add: { 1: observer } } }";
  expect(stepsWithoutEffect(run(`[${planned}, ${reconfig}]`))).toEqual([]);
  expect(run(`[${planned}, { settle: [1, 2, 3] }]`, "5s").servers.map(({ running }) => running)).toEqual([
    true,
    true,
    true,
  ]);
});
