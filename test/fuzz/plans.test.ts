/** The plans that are drawn from seeds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULT_KINDS, FAULT_NAMES, type FaultName } from "../../fuzz/fault-kinds.ts";
import { commonFinalConfig } from "../../fuzz/final-config.ts";
import { planArbitrary, planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { hasQuorums, possibleConfigs } from "../../fuzz/possible-configs.ts";
import { runPlan } from "../../fuzz/run-plan.ts";
import { isPossible } from "../../fuzz/shrink/simpler.ts";
import { STRATEGY_NAMES } from "../../fuzz/strategies.ts";
import { checkScenario } from "../../scenarios/loading/check-scenario.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Step } from "../../scenarios/scenario.ts";

const NEWEST = { zookeeper: "newest" };
const seeds = (count: number): bigint[] => Array.from({ length: count }, (_, i) => BigInt(i + 1));

describe("a seed", () => {
  it("draws the same plan every time", () => {
    for (const seed of seeds(50)) expect(planOfSeed(seed, NEWEST)).toEqual(planOfSeed(seed, NEWEST));
  });

  it("is used with all its 64 bits", () => {
    const drawn = [1n, 1n + (1n << 32n), 1n + (1n << 63n), (1n << 64n) - 1n].map((seed) =>
      JSON.stringify(planOfSeed(seed, NEWEST).scenario.steps),
    );
    expect(new Set(drawn).size).toBe(4);
  });
});

describe.each(STRATEGY_NAMES)("%s", (strategy) => {
  it("draws scenarios that load and whose initial state an ensemble can reach", () => {
    for (const seed of seeds(200)) {
      const { kinds, scenario } = planOfSeed(seed, NEWEST, strategy);
      expect(checkScenario(scenario)).toEqual([]);
      expect(isPossible(scenario), `seed ${seed}`).toBe(true);
      expect(kinds).toHaveLength(scenario.steps.length);
    }
  });
});

describe("swarm", () => {
  it("disables whole kinds of faults, and sometimes writes", () => {
    const plans = seeds(200).map((seed) => planOfSeed(seed, { ...NEWEST, faultCount: 60 }, "swarm"));
    for (const name of FAULT_NAMES) {
      const without = plans.filter(({ kinds }) => !kinds.includes(name)).length;
      expect(without, name).toBeGreaterThan(50);
    }
    expect(plans.filter(({ kinds }) => !kinds.includes("write")).length).toBeGreaterThan(20);
  });
});

describe("faults", () => {
  it("are all drawn, and each has an effect somewhere", () => {
    const effects = new Map<string, number>();
    for (const seed of seeds(500)) {
      const { faults } = runPlan(planOfSeed(seed, { ...NEWEST, faultCount: 12 }, "uniform"), undefined);
      for (const [kind, { tookEffect }] of faults) effects.set(kind, (effects.get(kind) ?? 0) + tookEffect);
    }
    const idle = FAULT_NAMES.filter((name) => (effects.get(name) ?? 0) === 0);
    expect(idle).toEqual([]);
  });

  it("are only of the requested kinds", () => {
    const asked: FaultName[] = ["partition", "crash"];
    for (const seed of seeds(100)) {
      const { kinds } = planOfSeed(seed, { ...NEWEST, faults: asked }, "swarm");
      const others = kinds.filter(
        (kind) => kind !== "write" && kind !== "settle" && !asked.includes(kind as FaultName),
      );
      expect(others).toEqual([]);
    }
  });

  it("are faults that the protocol must survive: no voter is wiped, and no majority has a damaged file", () => {
    for (const seed of seeds(1000)) {
      const { scenario } = planOfSeed(seed, { ...NEWEST, faultCount: 20 }, "uniform");
      const voters = Object.entries(scenario.servers).flatMap(([sid, { role }]) =>
        role === "participant" ? [Number(sid)] : [],
      );
      const wiped = scenario.steps.flatMap((step) => ("wipe" in step ? [step.wipe] : []));
      const damaged = new Set(scenario.steps.flatMap((step) => (isCorruption(step) ? [step.disk.server] : [])));
      const settled = scenario.steps.flatMap((step) => ("settle" in step ? step.settle : []));
      expect(wiped.filter((sid) => voters.includes(sid))).toEqual([]);
      expect(damaged.size).toBeLessThan(voters.length / 2);
      expect(settled.filter((sid) => damaged.has(sid))).toEqual([]);
      const possible = scenario.settings.reconfigEnabled
        ? possibleConfigs(scenario)
        : [commonFinalConfig(scenario, settled) ?? { voters: [], observers: [] }];
      expect(hasQuorums(possible, settled), `seed ${seed}`).toBe(true);
    }
  });

  it("of the kind accept-error are in a twentieth of the plans, and the other steps do not depend on them", () => {
    const plans = seeds(1000).map((seed) => planOfSeed(seed, NEWEST));
    const share = plans.filter(({ kinds }) => kinds.includes("accept-error")).length / plans.length;
    expect(share).toBeGreaterThan(0.03);
    expect(share).toBeLessThan(0.07);
    const faults = FAULT_NAMES.filter((name) => name !== "accept-error");
    for (const seed of seeds(100)) {
      const withErrors = planOfSeed(seed, { ...NEWEST, faults: FAULT_NAMES });
      const steps = withErrors.scenario.steps.filter((_, i) => withErrors.kinds[i] !== "accept-error");
      expect(planOfSeed(seed, { ...NEWEST, faults }).scenario).toEqual({ ...withErrors.scenario, steps });
    }
  });

  it("of the kind accept-error are not drawn if no fault is requested", () => {
    for (const seed of seeds(200))
      expect(planOfSeed(seed, { ...NEWEST, faultCount: 0 }).kinds).not.toContain("accept-error");
  });

  it("are listed with a description and the drawn values", () => {
    for (const { about, parameters } of Object.values(FAULT_KINDS)) {
      expect(about.length).toBeGreaterThan(10);
      expect(parameters.length).toBeGreaterThan(5);
    }
  });
});

function isCorruption(step: Step): step is Extract<Step, { disk: unknown }> {
  return "disk" in step && step.disk.corrupt !== undefined;
}

describe("a plan without one of its steps", () => {
  it("performs all other steps at the same times", () => {
    for (const seed of seeds(25)) {
      const { scenario } = planOfSeed(seed, NEWEST, "swarm");
      const timed = scenario.steps.filter((step) => step.when === undefined);
      if (timed.length < 3) continue;
      const whole = { ...scenario, steps: timed };
      const times = (steps: readonly Step[]): unknown[] => {
        const run = runScenario({ ...whole, steps }, { seed, digest: false });
        return run.steps.map(({ atUs, step }) => [JSON.stringify(steps[step]), atUs]);
      };
      const before = times(timed);
      const after = times(timed.toSpliced(1, 1));
      expect(after).toEqual(before.toSpliced(1, 1));
    }
  });
});

describe("the arbitrary of plans", () => {
  it("finds a counterexample of a property and shrinks it", () => {
    const noServerIsPaused = fc.property(planArbitrary(NEWEST, "uniform"), ({ steps }) =>
      steps.every((step) => !("pause" in step)),
    );
    const { counterexample, failed } = fc.check(noServerIsPaused, { seed: 1, numRuns: 200 });
    expect(failed).toBe(true);
    // The settle step remains, because the plan expects liveness from this step on.
    expect(counterexample?.[0].steps.map((step) => ("settle" in step ? "settle" : "pause"))).toEqual([
      "pause",
      "settle",
    ]);
  });
});
