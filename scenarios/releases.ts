/** The ZooKeeper releases whose behaviour a scenario may ask for. The schema lists the same ones. */
import { type Behaviour, PROFILES } from "../protocol/index.ts";
import type { Scenario } from "./scenario.ts";

export const RELEASES: readonly string[] = Object.keys(PROFILES);

/** Of one of RELEASES. */
export function behaviourOf(release: string): Behaviour {
  return PROFILES[release] as Behaviour;
}

/** All that its servers run, upgrades included, each once. */
export function releasesOf({ servers, steps, zookeeper }: Scenario): Behaviour[] {
  const names = new Set<string>();
  for (const server of Object.values(servers)) names.add(server.zookeeper ?? zookeeper);
  for (const step of steps) if ("upgrade" in step) names.add(step.upgrade.to);
  return [...new Set([...names].map(behaviourOf))];
}
