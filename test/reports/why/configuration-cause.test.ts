/** Tests the root causes of violations in the configurations of the servers. */
import { describe, expect, it } from "vitest";
import { readScenario, scenarioPaths } from "../../../cli/scenario-files.ts";
import type { Violation } from "../../../invariants/index.ts";
import { configurationCause, configurationCauseSentences } from "../../../reports/why/configuration-cause.ts";
import { runScenario } from "../../../scenarios/run.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { runOf } from "../records.ts";

function runNamed(name: string): ScenarioRun {
  return runScenario(readScenario(scenarioPaths([name])[0] as string, []).scenario, { seed: 1 });
}

describe("the sentence about the cause", () => {
  it.each([
    [
      "open-pending-configuration-forgotten-at-second-restart",
      "the cause: two leaders, because servers 1 and 2 forgot their pending configuration at their second restart: " +
        "voters 1,2,3,4,5; version 2:0",
    ],
    [
      "open-pending-configuration-not-read-with-lists",
      "the cause: two leaders, because server 2 forgot its pending configuration at a restart with the lists in " +
        "zoo.cfg: voters 2,3,4,5; version 1:1",
    ],
    [
      "open-newleader-names-replaced-configuration",
      "the cause: two leaders, because NEWLEADER replaced the pending configuration of server 1 by an older one: " +
        "voters 3,4,5; version 2:2",
    ],
    [
      "open-joining-learner-activates-pending-configuration",
      "the cause: server 2 leads with an old configuration, because server 4 activated a configuration before it was " +
        "committed: voters 3,4,5; version 1:2",
    ],
    [
      "expansion-new-servers-elect-before-the-roll",
      "the lists of servers are the cause: two configurations allow disjoint quorums: servers 1 and 2 are a quorum " +
        "in the configuration of leader 2 (voters 1, 2 and 3), and servers 3, 4 and 5 are a quorum in the " +
        "configuration of leader 5 (voters 1, 2, 3, 4 and 5)",
    ],
  ])("of %s", (name, sentence) => {
    expect(configurationCauseSentences(runNamed(name))).toEqual([sentence]);
  });

  it("is absent if the violation has another cause, or if there is none", () => {
    expect(configurationCauseSentences(runNamed("open-snapshot-survives-trunc"))).toEqual([]);
    expect(configurationCauseSentences(runOf("servers: 3\nuntil: 2s\n"))).toEqual([]);
  });
});

describe("the cause of a violation", () => {
  const run = runOf(`
servers:
  0: { empty: true, down: true, config: { voters: [0, 1, 2] } }
  1: { config: { voters: [1, 2] } }
  2: { config: { voters: [1, 2] } }
settings: { reconfigEnabled: true }
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
steps:
  - { from: 0ms, when: config-committed, reconfig: { add: { 0: participant }, refused: any } }
  - { at: 0ms, start: 0 }
  - { from: 0ms, when: { event: config-committed, server: 0 }, after: 0ms, restart: 0 }
  - { at: 500ms, restart: 0 }
until: 501ms
`);
  const kept = run.violations[0] as Violation;

  it("names the two starts of a server that forgot its configuration", () => {
    expect(kept).toMatchObject({ id: "seen-config-kept", server: 0, atUs: 500_000 });
    const starts = run.records.filter(({ event, server }) => event === "started" && server === 0);
    expect(configurationCause(run, kept)).toEqual({
      text: "server 0 forgot its pending configuration at its second restart: voters 0,1,2; version 1:1",
      atUs: 500_000,
      causes: [
        { text: "server 0 starts again without zoo.cfg.dynamic.next", atUs: 500_000 },
        {
          text: "server 0 reads zoo.cfg.dynamic.next at its start, and deletes it",
          atUs: starts[1]?.atUs,
          isRoot: true,
        },
      ],
    });
    expect(starts).toHaveLength(3);
  });

  it("is not a lost configuration of another server, or if the violation is of another kind", () => {
    expect(configurationCause(run, { ...kept, server: 2 as Violation["server"] })).toBeUndefined();
    const lost = runNamed("open-pending-configuration-forgotten-at-second-restart");
    const [violation] = lost.violations as readonly [Violation];
    expect(configurationCause(lost, violation)?.text).toMatch(/^two leaders, because/);
    expect(configurationCause(lost, { ...violation, id: "memory-equals-disk" })).toBeUndefined();
  });
});
