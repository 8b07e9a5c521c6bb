import { expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

const PAUSED_LEADER = `
zookeeper: patched
servers: 3
settings: { tickTimeMs: 100 }
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
threads: { queueNewLeader: 0ms..5ms }
steps:
  - { at: 316ms, pause: leader }
  - { at: 1.7s, settle: [1, 3] }
until: 3s
`;

it("accepts an ACKEPOCH that a paused leader reads after the learner has accepted a later epoch", () => {
  const { records, violations } = runScenario(loadScenario(PAUSED_LEADER, "inline.yaml"), { seed: 10516 });
  expect(violations).toEqual([]);
  // The learner has joined the leader of epoch 2 before the leader of epoch 1 continues.
  expect(records.some(({ event, server }) => event === "active" && server === 2)).toBe(true);
});
