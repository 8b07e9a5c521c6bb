/** Plans in which observers follow a follower. */
import { describe, expect, it } from "vitest";
import { withObserverMasters } from "../../fuzz/observer-master-plans.ts";
import type { Plan } from "../../fuzz/plan.ts";
import { planOfSeed, planOver } from "../../fuzz/plan-arbitrary.ts";
import { loadScenario } from "../../scenarios/load.ts";

const SEEDS = Array.from({ length: 1500 }, (_, i) => BigInt(i + 1));
const plansOf = (zookeeper: string): Plan[] => SEEDS.map((seed) => planOfSeed(seed, { zookeeper }));
const hasObservers = ({ scenario }: Plan): boolean =>
  Object.values(scenario.servers).some(({ role }) => role === "observer");
const hasSetting = ({ scenario }: Plan): boolean => scenario.settings.observerMasterPort !== undefined;

describe("plans with observerMasterPort", () => {
  const plans = plansOf("newest");
  const drawn = plans.filter(hasSetting);

  it("are about a tenth of the plans with observers, and all have observers", () => {
    expect(drawn.filter((plan) => !hasObservers(plan))).toEqual([]);
    const share = drawn.length / plans.filter(hasObservers).length;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.15);
  });

  it("have different limits of the transactions that an ObserverMaster keeps", () => {
    const limits = drawn.map(({ scenario }) => scenario.settings.observerMasterSizeLimitBytes);
    expect(new Set(limits)).toEqual(new Set([500, 2000, 32 * 1024 * 1024]));
  });

  it("are not drawn before 3.6.0, and otherwise differ only in the setting", () => {
    const before = plansOf("3.5.10");
    expect(before.filter(hasSetting)).toEqual([]);
    for (const [i, plan] of before.entries()) {
      const { observerMasterPort, observerMasterSizeLimitBytes, ...settings } = plans[i]?.scenario.settings ?? {};
      expect(settings).toEqual(plan.scenario.settings);
      expect(plans[i]?.scenario.steps).toEqual(plan.scenario.steps);
    }
  });

  it("are not drawn for a given scenario, whose settings stay as they are", () => {
    const seed = SEEDS[plans.findIndex(hasSetting)] as bigint;
    const given = loadScenario("servers: { 1: {}, 2: {}, 3: {}, 4: { role: observer } }", "given.yaml");
    expect(planOver(given, seed).settings).toEqual(given.settings);
    expect(hasSetting(withObserverMasters({ scenario: given, kinds: [] }, seed))).toBe(true);
  });
});
