/** Scenarios for the tests of view/. */
import { existsSync, readFileSync } from "node:fs";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

/** Returns a scenario that ships with zabsim. */
export function shipped(name: string): Scenario {
  const path = [`scenarios/bugs/${name}.yaml`, `scenarios/shipped/${name}.yaml`].find(existsSync) as string;
  return loadScenario(readFileSync(path, "utf8"), path);
}

/** Returns the plan of a campaign's seed. */
export function chaosPlan(seed: number): Scenario {
  return planOfSeed(BigInt(seed), { zookeeper: "newest" }).scenario;
}

/** Returns a plan of seven servers with many faults and writes; its run has more than 100,000 events. */
export function largeChaosPlan(): Scenario {
  const size = { servers: 7, lengthMs: 240_000, faultCount: 120, writeCount: 2500 };
  const { scenario } = planOfSeed(79n, { zookeeper: "newest", ...size });
  return { ...scenario, settings: { ...scenario.settings, tickTimeMs: 100 } };
}

/**
 * Returns the largest scenario that zabsim loads: a text of 500,000 bytes that gzip cannot make much smaller, because
 * its characters are random.
 */
export function largestScenario(): string {
  const start = "servers: 3\nuntil: 100ms\nabout: |\n";
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 16;
  };
  const line = (): string =>
    `  ${Array.from({ length: 97 }, () => String.fromCharCode(33 + (random() % 94))).join("")}\n`;
  return `${start}${Array.from({ length: 5000 }, line).join("")}`.slice(0, 500_000);
}
