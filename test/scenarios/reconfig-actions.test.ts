/** Tests what a run reports about the actions `reconfig` and `crashAtConfigWrite`, and writes during a request. */
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

/** Leader 2 acknowledges the request and three writes long before server 1 acknowledges the request. */
const SLOW_OLD_VOTER = `
zookeeper: patched
servers: 2
settings: { reconfigEnabled: true, standaloneEnabled: false, tickTimeMs: 200 }
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
steps:
  - { when: established, write: 1 }
  - { after: 1s, disk: { server: 1, sync: 100ms } }
  - { reconfig: { add: { 1: observer } } }
  - { write: { count: 3, every: 5ms } }
  - { after: 2s, settle: [1, 2] }
expect: { live: 5s }
`;

it("the commit of a request also commits all later writes that have a quorum of the new configuration", () => {
  expect(runScenario(loadScenario(SLOW_OLD_VOTER, "slow-old-voter.yaml"), { seed: 1 }).unmet).toEqual([]);
});
