/** Plans that change the ensemble by requests of clients or by rolls of an operator. */
import { describe, expect, it } from "vitest";
import { Coverage } from "../../fuzz/coverage.ts";
import { CHANGE_SEQUENCES, ENSEMBLE_FAULTS, FAULT_NAMES, type FaultName } from "../../fuzz/fault-kinds.ts";
import type { Plan } from "../../fuzz/plan.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { configAfter, hasQuorums, possibleConfigs } from "../../fuzz/possible-configs.ts";
import { runPlan } from "../../fuzz/run-plan.ts";
import { isPossible, simplerScenarios } from "../../fuzz/shrink/simpler.ts";
import { asServerId } from "../../protocol/index.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import { serversInStep } from "../../scenarios/servers-in-step.ts";

const SEEDS = Array.from({ length: 1000 }, (_, i) => BigInt(i + 1));
const ids = (...sids: number[]) => sids.map(asServerId);
const isChange = (kind: string): boolean => ENSEMBLE_FAULTS.some((name) => name === kind);
// A plan with mixed settings need not have a step that changes the ensemble.
const changes = ({ kinds, scenario }: Plan): boolean =>
  kinds.some(isChange) || Object.values(scenario.servers).some(({ config }) => config !== undefined);
const others: FaultName[] = FAULT_NAMES.filter((name) => !isChange(name));

describe("plans with changes of the ensemble", () => {
  const plans = SEEDS.map((seed) => planOfSeed(seed, { zookeeper: "3.9.5" }));

  it("are about a fifth of the plans from 3.5 on, not counting sequences", () => {
    const isSequence = ({ kinds }: Plan): boolean =>
      kinds.some((kind) => CHANGE_SEQUENCES.some((name) => name === kind));
    const share = plans.filter((plan) => changes(plan) && !isSequence(plan)).length / plans.length;
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.24);
  });

  it("are only rolls in 3.4, in a few plans", () => {
    const changed = SEEDS.map((seed) => planOfSeed(seed, { zookeeper: "3.4.14" })).filter(changes);
    expect(changed.length).toBeGreaterThan(10);
    expect(changed.length).toBeLessThan(50);
    expect(changed.filter(({ kinds }) => !kinds.includes("config-roll"))).toEqual([]);
  });

  it("leave the plans of all other seeds as they are", () => {
    for (const seed of SEEDS.slice(0, 200)) {
      const plan = planOfSeed(seed, { zookeeper: "3.9.5", faults: FAULT_NAMES });
      if (!changes(plan)) expect(planOfSeed(seed, { zookeeper: "3.9.5", faults: others })).toEqual(plan);
    }
  });

  it("settle a quorum of each configuration that can be in force", () => {
    for (const { scenario } of plans.filter(changes)) {
      expect(isPossible(scenario)).toBe(true);
      const settle = scenario.steps.flatMap((step) => ("settle" in step ? step.settle : []));
      if (scenario.settings.reconfigEnabled) expect(hasQuorums(possibleConfigs(scenario), settle)).toBe(true);
    }
  });

  it("have steps that shrinking can remove, each alone, and servers that it can remove and renumber", () => {
    const [plan] = plans.filter(({ kinds }) => kinds.includes("reconfig"));
    const simpler = [...simplerScenarios((plan as Plan).scenario)];
    expect(simpler.length).toBeGreaterThan(50);
    for (const { servers, steps } of simpler.filter(isPossible)) {
      const known = Object.keys(servers).map(Number);
      expect(steps.flatMap(serversInStep).filter((sid) => !known.includes(sid))).toEqual([]);
    }
  });
});

describe("a request that changes ports", () => {
  const requests = SEEDS.flatMap((seed) => {
    const { scenario } = planOfSeed(seed, { zookeeper: "3.9.5", faults: ENSEMBLE_FAULTS });
    return scenario.steps.some((step) => "reconfig" in step && step.reconfig.ports !== undefined) ? [scenario] : [];
  });

  it("is drawn, and shrinking can remove the ports alone", () => {
    expect(requests.length).toBeGreaterThan(20);
    const ports = (steps: readonly Step[]): number =>
      steps.filter((step) => "reconfig" in step && step.reconfig.ports !== undefined).length;
    const [scenario] = requests as [Scenario];
    const simpler = [...simplerScenarios(scenario)].filter(({ steps }) => steps.length === scenario.steps.length);
    expect(simpler.some(({ steps }) => ports(steps) < ports(scenario.steps))).toBe(true);
  });
});

describe("a campaign with only these faults", () => {
  it("reaches every state of a configuration", () => {
    const coverage = new Coverage();
    for (const seed of SEEDS.slice(0, 250)) {
      const run = new Coverage();
      runPlan(planOfSeed(seed, { zookeeper: "3.9.5", faults: ENSEMBLE_FAULTS }, "swarm"), run);
      coverage.add(run);
    }
    const never = coverage.neverReached("3.9.5").filter((feature) => /^(config|refusal) /.test(feature));
    expect(never).toEqual([]);
  });
});

describe("the configuration after a request", () => {
  const three = { voters: ids(1, 2, 3), observers: ids(4) };

  it("has the servers with their new roles", () => {
    expect(configAfter(three, { add: { [asServerId(4)]: "participant" }, remove: ids(1) })).toEqual({
      voters: ids(2, 3, 4),
      observers: [],
    });
  });

  it("is undefined if a leader refuses the request", () => {
    expect(configAfter(three, { remove: ids(1, 2) })).toBeUndefined();
    expect(configAfter({ ...three, groups: { a: ids(1, 2, 3) } }, { remove: ids(1) })).toBeUndefined();
  });
});
