/** Plans that stall the main thread of a new leader. */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../fuzz/plan.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { runPlan } from "../../fuzz/run-plan.ts";

const SEEDS = Array.from({ length: 600 }, (_, i) => BigInt(i + 1));
const stallsLeader = ({ scenario }: Plan): boolean =>
  scenario.steps.some((step) => "stall" in step && step.stall.thread === "leader");

describe("plans that stall the main thread of a new leader", () => {
  const stalling = SEEDS.map((seed) => planOfSeed(seed, { zookeeper: "newest" })).filter(stallsLeader);

  it("are a twentieth of all plans, and still end with their settle step", () => {
    expect(stalling.length).toBeGreaterThan(15);
    expect(stalling.length).toBeLessThan(50);
    for (const { kinds, scenario } of stalling) {
      expect([kinds.length, kinds.at(-1)]).toEqual([scenario.steps.length, "settle"]);
      expect(scenario.steps.at(-1)).toHaveProperty("settle");
    }
  });

  it("stall each voter, and sometimes crash a leader that has proposed an epoch", () => {
    const crashing = stalling.filter(({ scenario }) =>
      scenario.steps.some((step) => "crash" in step && JSON.stringify(step.when)?.includes("epoch-proposed")),
    );
    expect(crashing.length).toBeGreaterThan(0);
    expect(crashing.length).toBeLessThan(stalling.length);
    const struck = stalling.map((plan) => runPlan(plan, undefined).faults.get("stalled-thread")?.struck ?? 0);
    expect(struck.filter((count) => count > 0).length).toBeGreaterThan(stalling.length / 2);
  });

  it("are not drawn if the kinds of faults or their number are requested", () => {
    const only = (options: object): Plan[] =>
      SEEDS.slice(0, 200).map((seed) => planOfSeed(seed, { zookeeper: "newest", ...options }));
    expect(only({ faults: ["pause"] }).filter(stallsLeader)).toEqual([]);
    expect(only({ faultCount: 1 }).filter(stallsLeader)).toEqual([]);
    expect(only({ faults: ["stalled-thread"] }).filter(stallsLeader).length).toBeGreaterThan(0);
  });
});
