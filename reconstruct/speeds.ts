/** The speeds of the network, the disks and the threads that the search tries. */
import type { Scenario } from "../scenarios/scenario.ts";

const SPEEDS: Readonly<Record<string, readonly string[]>> = {
  latency: ["0.2ms..1ms", "1us", "0.4ms", "1ms"],
  sync: ["1ms..4ms", "0.01ms", "1ms", "2ms", "4ms", "20ms"],
  write: ["0.1ms..1ms", "1ms", "5ms"],
  electionWakeUp: ["0ms..1ms", "0ms"],
  queueNewLeader: ["0ms..0.5ms", "0ms"],
  resumeLearner: ["0ms..2ms", "0ms"],
  serializeSnapshot: ["0ms..50ms", "0ms", "1ms"],
  applyLatency: ["0ms..0.5ms", "0ms"],
};

/** The names of the speeds. */
export const SPEED_NAMES: readonly string[] = Object.keys(SPEEDS);

/** Returns the scenario with each value of one speed. */
export function scenariosWithOtherSpeed(scenario: Scenario, name: string): Scenario[] {
  return (SPEEDS[name] ?? []).map((value) => withSpeed(scenario, name, value));
}

/** Returns the scenario with a value of one speed. */
export function withSpeed(scenario: Scenario, name: string, value: string): Scenario {
  if (name === "latency") return { ...scenario, network: { ...scenario.network, latency: value } };
  if (name === "sync" || name === "write") return { ...scenario, disk: { ...scenario.disk, [name]: value } };
  return { ...scenario, threads: { ...scenario.threads, [name]: value } };
}
