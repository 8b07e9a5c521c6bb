/** Configurations of servers that allow disjoint quorums, and scenarios that change the configuration of one server. */
import { describe, expect, it } from "vitest";
import type { EnsembleConfig } from "../../cluster/cluster-spec.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { disjointQuorums, findSplitQuorums } from "../../scenarios/find-split-quorums.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";

const voters = (...ids: number[]): EnsembleConfig => ({ voters: ids.map(asServerId), observers: [] });
const run = (text: string): ScenarioRun => runScenario(loadScenario(text, "config.yaml"), { seed: 1n });

describe("two configurations", () => {
  it.each([
    [
      "3 and 5 voters: 1 and 2 against the other three",
      [1, 2, 3],
      [1, 2, 3, 4, 5],
      [
        [1, 2],
        [3, 4, 5],
      ],
    ],
    ["3 and 4 voters, one more: every two quorums overlap", [1, 2, 3], [1, 2, 3, 4], undefined],
    ["4 and 3 voters, one less: every two quorums overlap", [1, 2, 3, 4], [2, 3, 4], undefined],
    [
      "3 voters of which two are replaced",
      [1, 2, 3],
      [3, 4, 5],
      [
        [1, 2],
        [4, 5],
      ],
    ],
    [
      "3 voters of which one is replaced",
      [1, 2, 3],
      [2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ] as const)("%s", (_, a, b, quorums) => {
    expect(disjointQuorums(voters(...a), voters(...b))).toEqual(quorums);
  });

  it("with groups: a group whose weight moved to other servers", () => {
    const groups = (a: number[], b: number[]) => ({ a: a.map(asServerId), b: b.map(asServerId) });
    const before = { ...voters(1, 2, 3, 4), groups: groups([1, 2], [3, 4]), weights: { 1: 0, 3: 0 } } as EnsembleConfig;
    const after = { ...before, weights: { 2: 0, 4: 0 } } as EnsembleConfig;
    expect(disjointQuorums(before, before)).toBeUndefined();
    expect(disjointQuorums(before, after)?.[0]).toEqual([2, 4]);
  });
});

const NEW_SERVERS_FIRST = `
servers: { 1: { view: [1, 2, 3] }, 2: { view: [1, 2, 3] }, 3: { down: true }, 4: { down: true }, 5: { down: true } }
steps:
  - { when: { event: active, server: 1 }, start: { server: 5, config: { voters: [1, 2, 3, 4, 5] } } }
  - { start: 4 }
  - { start: 3 }
until: 3s
`;

describe("a run", () => {
  it("names both leaders, a quorum of each, and the step that changed a configuration", () => {
    const { splitQuorums, violations } = run(NEW_SERVERS_FIRST);
    expect(splitQuorums).toMatchObject([
      { leader: 2, quorum: [1, 2], step: undefined },
      { leader: 5, quorum: [3, 4, 5], step: { step: 0 } },
    ]);
    expect(violations.map(({ id }) => id)).toContain("primary-uniqueness");
  });

  it("with a leader whose configuration was requested by a client has no split quorums", () => {
    const { records, splitQuorums } = run(`
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: &new { config: { voters: [1, 2, 3, 4, 5] } }
  5: *new
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 5s, reconfig: { add: { 4: participant, 5: participant }, remove: [1, 2] } }
  - { after: 1s, crash: leader, for: 1s }
until: 20s
`);
    const leaders = records.filter(({ event }) => event === "established");
    expect(leaders.length).toBeGreaterThan(1);
    expect(records.some((one) => one.event === "config-committed" && one.config.startsWith("voters 3,4,5;"))).toBe(
      true,
    );
    expect(splitQuorums).toBeUndefined();
  });

  it("with dynamic configurations of different versions has no split quorums", () => {
    const twoLeaders = (version: string): ScenarioRun =>
      run(`
servers:
  1: &old { config: { voters: [1, 2], version: "1:0" } }
  2: *old
  3: &new { config: { voters: [3, 4], version: "${version}" } }
  4: *new
settings: { reconfigEnabled: true }
steps: [{ at: 0s, partition: [[1, 2], [3, 4]] }]
until: 2s
`);
    expect(twoLeaders("2:0").records.filter(({ event }) => event === "established")).toHaveLength(2);
    expect(twoLeaders("2:0").splitQuorums).toBeUndefined();
    expect(twoLeaders("1:0").splitQuorums).toMatchObject([{ quorum: [1, 2] }, { quorum: [3, 4] }]);
  });

  it("with one configuration for all servers has no split quorums", () => {
    expect(run("servers: 3\nuntil: 2s").splitQuorums).toBeUndefined();
  });

  it("without records has no split quorums", () => {
    expect(findSplitQuorums(loadScenario(NEW_SERVERS_FIRST, "config.yaml"), [])).toBeUndefined();
  });
});

describe("a restart with changes", () => {
  it("changes the configuration, the settings and the release of this server only, also for later starts", () => {
    const { records } = run(`
servers: 3
steps:
  - at: 1s
    restart: { server: 1, config: { voters: [1, 2], observers: [3] }, settings: { tickTime: 500 }, zookeeper: 3.8.4 }
  - { at: 2s, restart: { server: 1, settings: { syncLimit: 7 } } }
  - { at: 3s, restart: 1 }
  - { at: 3s, restart: 2 }
until: 4s
`);
    const started = records.flatMap((one) => (one.event === "started" && one.atUs > 0 ? [one] : []));
    const changed = { release: "3.8.4", ensemble: { voters: [1, 2], observers: [3] } };
    expect(started.map(({ server, config }) => [server, config])).toMatchObject([
      [1, { ...changed, role: "participant", view: [1, 2, 3], changed: { tickTimeMs: 500 } }],
      [1, { ...changed, changed: { tickTimeMs: 500, syncLimit: 7 } }],
      [1, { ...changed, changed: { tickTimeMs: 500, syncLimit: 7 } }],
      [2, { release: "newest", ensemble: { voters: [1, 2, 3], observers: [] }, changed: {} }],
    ]);
  });

  it("changes the role: the server observes, and then votes again", () => {
    const { records } = run(`
servers: 3
steps:
  - { at: 1s, restart: { server: 1, config: { voters: [2, 3], observers: [1] } } }
  - { at: 2s, start: 1 }
  - { at: 3s, restart: { server: 1, config: { voters: [1, 2, 3] } } }
until: 4s
`);
    const roles = records.flatMap(({ atUs, event, server }) =>
      server === 1 && (event === "following" || event === "observing") ? [`${event} ${Math.floor(atUs / 1e6)}`] : [],
    );
    expect([...new Set(roles)]).toEqual(["following 0", "observing 1", "following 3"]);
  });

  it("without the server itself: the server refuses to start", () => {
    const { records, servers } = run(`
servers: 3
steps: [{ at: 1s, restart: { server: 1, config: { voters: [2, 3] } } }]
until: 2s
`);
    expect(servers[0]?.running).toBe(false);
    expect(records.some((one) => one.event === "failed" && one.reason === "not-in-configuration")).toBe(true);
  });

  it("in 3.4, a leader counts the ACK of a server outside its configuration, and claimed-quorums reports it", () => {
    const text = (zookeeper: string): string => `
zookeeper: ${zookeeper}
servers: { 1: { view: [1, 2, 3] }, 2: { view: [1, 2, 3] }, 3: { view: [1, 2, 3] }, 4: { down: true } }
steps:
  - { when: { event: active, server: 1 }, start: { server: 4, config: { voters: [1, 2, 3, 4] } } }
  - { when: { event: active, server: 4 }, partition: [[1, 2], [3, 4]] }
  - { write: 1 }
until: 4s
`;
    expect(run(text("3.4.14")).violations.map(({ id }) => id)).toContain("claimed-quorums");
    expect(run(text("3.5.5")).violations).toEqual([]);
  });
});
