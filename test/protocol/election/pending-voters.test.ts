/** Elections that need the vote of a server that votes only in a pending configuration. */
import { expect, it } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";

/** Returns whether settled servers of the `patched` release serve, perhaps without one fix. */
function serve(text: string, pendingVotersTakeOldVotes = true): boolean {
  const scenario = loadScenario(`zookeeper: patched\nsettings: { reconfigEnabled: true }\n${text}`, "test.yaml");
  const run = runScenario(scenario, { seed: 1, change: (behavior) => ({ ...behavior, pendingVotersTakeOldVotes }) });
  expect(run.liveness?.missingQuorum).toBeUndefined();
  return run.liveness?.liveUs !== undefined;
}

it("a pending voter with a later write takes the votes of old voters that lost the reconfiguration", () => {
  // Server 4, which is down, could have the write. Then a quorum of the pending configuration would have it.
  const lostReconfiguration = `
servers:
  1: &old { config: { voters: [1, 2] } }
  2: *old
  3: { empty: true, down: true, config: { voters: [1, 2, 3] } }
  4: { empty: true, down: true, config: { voters: [1, 2, 4] } }
steps:
  - { when: config-committed, start: 3 }
  - { when: { event: active, server: 3 }, after: 500ms, disk: { server: 1, sync: 5s }, for: 400ms }
  - { after: 0ms, disk: { server: 2, sync: 5s }, for: 400ms }
  - { reconfig: { add: { 3: participant, 4: participant }, remove: [2] } }
  - { write: 1 }
  - { after: 200ms, crash: { server: 1, unsynced: lost }, for: 100ms }
  - { after: 0ms, crash: { server: 2, unsynced: lost }, for: 100ms }
  - { after: 5s, settle: [1, 2, 3] }
expect: { live: 20s }
`;
  expect([serve(lostReconfiguration), serve(lostReconfiguration, false)]).toEqual([true, false]);
});
