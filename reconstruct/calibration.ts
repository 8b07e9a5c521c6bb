/**
 * Fits the speeds of a scenario to the times in the logs, before the search looks for faults: with the right speeds, a
 * fault that happens at a time in the logs hits the same moment of the protocol in the run. Only the part of the logs
 * up to the first established epoch counts, because faults explain what is slow later.
 */
import type { Scenario } from "../scenarios/scenario.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { withSpeed } from "./speeds.ts";

/** The values that are tried, by what they set. Later entries depend on the speeds that earlier ones fit. */
const CHOICES: readonly (readonly [string, readonly string[]])[] = [
  ["latency", ["0.2ms..1ms", "1us", "0.1ms", "0.4ms", "1ms", "2ms", "5ms"]],
  ["write", ["0.1ms..1ms", "0.01ms", "1ms", "2ms", "5ms"]],
  ["sync", ["1ms..4ms", "0.01ms", "1ms", "2ms", "4ms", "10ms", "20ms"]],
  ["seed", ["1", "2", "3", "4", "5"]],
];

/** The number of times that all values are tried. */
export const CALIBRATION_ROUNDS = 2;

/** The first events of a leader. If the next one comes later than this, a fault may have delayed it. */
const MILESTONES = ["learner-registered", "sync-started", "established"];
const NEXT_WITHIN_MS = 60;
/** The time after the last event that counts, in milliseconds. */
const AFTER_MS = 5;

/** Returns the part of the evidence to which the speeds are fitted. */
export function startOfEvidence(evidence: Evidence): Evidence {
  const firstOf = (name: string): number =>
    Math.min(
      ...[...evidence.observations.values()].flatMap((list) =>
        list.flatMap(({ atMs, text }) => (text.startsWith(name) ? [atMs] : [])),
      ),
    );
  const times = MILESTONES.map(firstOf);
  const last = times.findIndex((ms, index) => !((times[index + 1] ?? Infinity) - ms <= NEXT_WITHIN_MS));
  const endMs = Math.min(evidence.endMs, (times[last] ?? 0) + (last === MILESTONES.length - 1 ? AFTER_MS : 0));
  const observations = new Map(
    [...evidence.observations].map(([server, list]) => [server, list.filter(({ atMs }) => atMs <= endMs)]),
  );
  return { ...evidence, endMs, observations, disks: [] };
}

/** The factors by which a speed that fits is changed to fit better. */
const FACTORS = [0.6, 0.8, 0.9, 1.1, 1.25, 1.5];

/** Returns the scenarios with each value of each speed, one list for each speed. */
export function speedChoices(): readonly ((scenario: Scenario) => Scenario[])[] {
  return CHOICES.map(
    ([name, values]) =>
      (scenario) =>
        [...values, ...nearValues(scenario, name)].map((value) => withChoice(scenario, name, value)),
  );
}

function nearValues({ disk, network }: Scenario, name: string): string[] {
  const value = name === "latency" ? network.latency : name === "seed" ? "" : (disk[name as "sync"] ?? "");
  return /^[\d.]+(us|ms)$/.test(value) ? FACTORS.map((factor) => msText(msOf(value) * factor)) : [];
}

function withChoice(scenario: Scenario, name: string, value: string): Scenario {
  return name === "seed" ? { ...scenario, seed: value } : withSpeed(scenario, name, value);
}
