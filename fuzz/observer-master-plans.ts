/**
 * Draws observerMasterPort for plans with observers, so that observers follow a follower. The values come from a random
 * stream of their own: without the setting, the plan of a seed is the same as if the setting was never drawn.
 */
import { behaviorOf } from "../protocol/releases.ts";
import { RandomStreams } from "../sim/index.ts";
import type { Plan } from "./plan.ts";

/** The share of the plans with observers that get the setting. */
const SHARE = 0.1;

/** Any port above 0; a scenario names servers and not ports. */
const PORT = 2191;

/**
 * The sizes of the transactions that an ObserverMaster keeps, in bytes. The small ones are a few transactions, so that
 * an observer can need a transaction that its ObserverMaster has dropped. 32 MiB is ZooKeeper's default.
 */
const SIZE_LIMITS = [32 * 1024 * 1024, 32 * 1024 * 1024, 500, 2000] as const;

/** Returns the plan with observerMasterPort at all servers, or the plan itself if its seed draws no such setting. */
export function withObserverMasters(plan: Plan, seed: bigint): Plan {
  const { scenario } = plan;
  const hasObservers = Object.values(scenario.servers).some(({ role }) => role === "observer");
  if (!hasObservers || !behaviorOf(scenario.zookeeper).knowsObserverMasters) return plan;
  const random = new RandomStreams(seed).stream("observer-masters");
  if (!random.chance(SHARE)) return plan;
  const observerMasterSizeLimitBytes = random.pick(SIZE_LIMITS);
  const settings = { ...scenario.settings, observerMasterPort: PORT, observerMasterSizeLimitBytes };
  return { ...plan, scenario: { ...scenario, settings } };
}
