/**
 * The releases that the servers of a scenario run.
 */
import type { Scenario } from "./scenario.ts";

/**
 * Returns the releases of all servers and of all upgrades, without repetitions: first those of the servers, then those
 * of the upgrade steps.
 */
export function releasesOf({ servers, steps, zookeeper }: Pick<Scenario, "servers" | "steps" | "zookeeper">): string[] {
  const names = new Set<string>();
  for (const server of Object.values(servers)) names.add(server.zookeeper ?? zookeeper);
  for (const step of steps) if ("upgrade" in step) names.add(step.upgrade.to);
  return [...names];
}
