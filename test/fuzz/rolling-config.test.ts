/** Plans that change the configuration of their servers, and the checks of shrinking that concern configurations. */
import { describe, expect, it } from "vitest";
import { allowsDisjointQuorums, commonFinalConfig } from "../../fuzz/final-config.ts";
import type { Plan } from "../../fuzz/plan.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { isPossible, simplerScenarios } from "../../fuzz/shrink/simpler.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";

const plansOf = (zookeeper: string, faults?: ["crash"]): Plan[] =>
  Array.from({ length: 300 }, (_, i) => planOfSeed(BigInt(i + 1), { zookeeper, ...(faults && { faults }) }));
const changes = ({ kinds }: Plan): boolean => kinds.includes("rolling-config");
const load = (text: string): Scenario => loadScenario(text, "config.yaml");

describe("plans that change the configuration", () => {
  const plans = plansOf("newest").filter(changes);

  it("restart every member with one configuration, in which the settled servers are a quorum", () => {
    expect(plans.length).toBeGreaterThan(10);
    for (const { kinds, scenario } of plans) {
      const settle = scenario.steps.flatMap((step) => ("settle" in step ? step.settle : []));
      const { observers = [], voters = [] } = commonFinalConfig(scenario, settle) ?? {};
      const restarted = scenario.steps.flatMap((step, i) =>
        kinds[i] === "rolling-config" && "restart" in step && typeof step.restart === "object"
          ? [step.restart.server]
          : [],
      );
      expect(restarted.toSorted()).toEqual([...voters, ...observers].toSorted());
      expect(settle.filter((sid) => voters.includes(sid)).length * 2).toBeGreaterThan(voters.length);
    }
  });

  it("never allow disjoint quorums, because the voters change by one", () => {
    expect(plans.filter(({ scenario }) => allowsDisjointQuorums(scenario))).toEqual([]);
    const sizes = plans.map(({ scenario }) => {
      const [change] = scenario.steps.flatMap((step) =>
        "restart" in step && typeof step.restart === "object" ? [step.restart.config] : [],
      );
      const before = Object.values(scenario.servers).filter(({ role }) => role === "participant").length;
      return (change?.voters.length ?? 0) - before;
    });
    expect(new Set(sizes)).toEqual(new Set([-1, 1]));
  });

  it("keep their configurations when they are written and loaded again", () => {
    const [plan] = plans;
    const { about: _about, ...scenario } = (plan as Plan).scenario;
    expect(load(writeScenario((plan as Plan).scenario))).toMatchObject({ steps: scenario.steps });
  });

  it("are not drawn for 3.4, and not if only some kinds of faults are requested", () => {
    expect(plansOf("3.4.14").filter(changes)).toEqual([]);
    expect(plansOf("newest", ["crash"]).filter(changes)).toEqual([]);
  });
});

const ROLL = `
servers: { 1: {}, 2: {}, 3: {}, 4: {} }
steps:
  - { from: 1s, restart: { server: 1, config: { voters: [1, 2, 3] } } }
  - { from: 2s, restart: { server: 2, config: { voters: [1, 2, 3] } } }
  - { from: 3s, restart: { server: 3, config: { voters: [1, 2, 3] }, settings: { syncLimit: 3 } } }
  - { from: 4s, settle: [1, 2, 3] }
`;

describe("shrinking", () => {
  it("keeps a rolling change complete if settled servers must serve", () => {
    const scenario = load(ROLL);
    expect(isPossible(scenario)).toBe(true);
    expect(isPossible({ ...scenario, steps: scenario.steps.slice(1) })).toBe(false);
    const simpler = [...simplerScenarios(scenario)];
    for (const one of simpler) {
      expect(allowsDisjointQuorums(one)).toBe(false);
      for (const step of one.steps) if ("settle" in step) expect(commonFinalConfig(one, step.settle)).toBeDefined();
    }
    expect(simpler.some(({ steps }) => JSON.stringify(steps).includes("syncLimit"))).toBe(true);
    expect(simpler.some(({ steps }) => !JSON.stringify(steps).includes("syncLimit"))).toBe(true);
  });

  it("removes a server from the configurations of the others, and renumbers it there", () => {
    const [all] = [
      load("servers: { 1: { view: [1, 3, 4] }, 3: { config: { voters: [1, 3] } }, 4: { view: [1, 3, 4] } }"),
    ];
    const servers = [...simplerScenarios(all as Scenario)].map((one) => one.servers);
    expect(servers).toContainEqual(expect.objectContaining({ 1: expect.objectContaining({ view: [1, 3] }) }));
    const renumbered = servers.find((one) => Object.keys(one).join() === "1,2,3");
    expect(renumbered?.[asServerId(2)]?.config?.voters).toEqual([1, 2]);
    expect(renumbered?.[asServerId(1)]?.view).toEqual([1, 2, 3]);
  });

  it("does not give a scenario with overlapping quorums disjoint ones", () => {
    const text = "servers: { 1: { view: [1, 2, 3] }, 2: {}, 3: {}, 4: {}, 5: {} }";
    expect(allowsDisjointQuorums(load(text))).toBe(true);
    expect(allowsDisjointQuorums(load("servers: { 1: { view: [1, 2, 3] }, 2: {}, 3: {}, 4: {} }"))).toBe(false);
  });
});
