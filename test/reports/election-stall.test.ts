/**
 * Tests the reasons why no leader is elected. test/reports/why/ticket-steps.test.ts covers their sentences for the
 * shipped scenarios.
 */
import { describe, expect, it } from "vitest";
import { readScenario, scenarioPaths } from "../../cli/scenario-files.ts";
import { ELECTION_PORT as PORT } from "../../protocol/effects.ts";
import { ELECTION_PORT, electionStalls } from "../../reports/election-stall.ts";
import { runScenario } from "../../scenarios/run.ts";
import { runOf } from "./records.ts";

describe("electionStalls", () => {
  it("is empty if a server leads", () => {
    expect(electionStalls(runOf("servers: 3\n"))).toEqual([]);
  });

  it("knows without a trace that a server gives up before its leader is elected", () => {
    const [path] = scenarioPaths(["zookeeper-3756-unreachable-voter-holds-up-votes"]);
    const sentences = electionStalls(runScenario(readScenario(path as string, []).scenario, { seed: 1 }));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^server 1 elects server 3 in round 4 .* This happens in 4 rounds\.$/);
  });

  it("says that too few voters run, and that too few groups of voters do", () => {
    expect(electionStalls(runOf("servers: { 1: {}, 2: { down: true }, 3: { down: true } }\nuntil: 2s\n"))).toEqual([
      "1 of 3 voters (1) runs; a quorum needs 2",
    ]);
    const quorum = "quorum: { groups: { a: [1], b: [2], c: [3] }, weights: { 3: 0 } }\n";
    expect(electionStalls(runOf(`servers: { 1: {}, 2: { down: true }, 3: {} }\n${quorum}until: 2s\n`))).toEqual([
      "more than half of the weight runs in 1 of 2 groups of voters; a quorum needs 2 groups",
    ]);
  });

  it("does not call a vote for no server the best one", () => {
    const run = runOf(`
servers:
  1: &old { config: { voters: [1, 2] } }
  2: *old
  3: { empty: true, down: true, config: { voters: [1, 2, 3] } }
settings: { reconfigEnabled: true }
steps:
  - { when: config-committed, start: 3 }
  - { at: 1s, reconfig: { add: { 3: participant }, remove: [1] } }
  - { when: { event: config-seen, server: 3 }, crash: 2, for: 100ms }
  - { after: 0ms, crash: 1, for: 100ms }
  - { at: 5s, settle: [1, 2, 3] }
expect: { stuck: 9s }
`);
    const last = run.records.findLast((one) => one.event === "voted" && one.server === 3);
    expect(last).toMatchObject({ zxid: 0x1_0000_0001 });
    expect(electionStalls(run).join()).not.toContain("is the best one");
  });

  it("recognizes election connections by their port", () => {
    expect(ELECTION_PORT).toBe(PORT);
  });
});
