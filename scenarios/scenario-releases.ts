/**
 * The releases that the servers of a scenario run.
 */
import type { Scenario, Step } from "./scenario.ts";

/**
 * Returns the releases of all servers and of all steps that change a release, without repetitions: first those of the
 * servers, then those of the steps.
 */
export function releasesOf({ servers, steps, zookeeper }: Pick<Scenario, "servers" | "steps" | "zookeeper">): string[] {
  const names = new Set<string>();
  for (const server of Object.values(servers)) names.add(server.zookeeper ?? zookeeper);
  for (const step of steps) {
    const release = newReleaseOf(step);
    if (release !== undefined) names.add(release);
  }
  return [...names];
}

function newReleaseOf(step: Step): string | undefined {
  if ("upgrade" in step) return step.upgrade.to;
  const start = "start" in step ? step.start : "restart" in step ? step.restart : undefined;
  return typeof start === "object" ? start.zookeeper : undefined;
}
