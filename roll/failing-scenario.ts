/** Makes a scenario that repeats the failure of an order: the actions until the failure, and an expectation. */
import type { ServerId } from "../protocol/index.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationUs } from "../sim/time.ts";
import { type Order, type Roll, runningAfter } from "./ensemble.ts";
import { failureText } from "./explain.ts";
import type { Failure } from "./judge-orders.ts";
import { scenarioOf } from "./simulate-roll.ts";

/** The time within which the servers must serve and commit writes after the last action. */
const LIVE = "20s";

/**
 * Returns the scenario. If a client can lose data, it violates an invariant. If the servers lose availability, they are
 * stuck. Returns undefined if no expectation shows the failure: if a server uses an old list, or if a server is
 * standalone, because `settle` would connect it with the others.
 */
export function failingScenario(roll: Roll, order: Order, failure: Failure): Scenario | undefined {
  const { action, kind, options } = failure;
  const done = order.slice(0, action + 1);
  const scenario = scenarioOf(roll, done, options);
  const about = failureText(roll, order, failure);
  const seed = String(options.seed);
  if (kind === "unsafe") return { ...scenario, name: kind, about, seed };
  if (kind === "ineffective" || scenario.steps.some((step) => "isolate" in step)) return undefined;
  const { until: end = "0ms" } = scenario;
  const endMs = durationUs(end) / 1000;
  const steps = [...scenario.steps, settled(runningAfter(roll.from, done), endMs)];
  const until = `${endMs + durationUs(LIVE) / 1000}ms`;
  return { ...scenario, name: kind, about, seed, steps, until, expect: { violates: [], live: LIVE } };
}

function settled(servers: readonly ServerId[], endMs: number): Step {
  return { from: `${endMs}ms`, settle: servers };
}
