/** The configurations that the servers of a scenario have after all its steps, and whether they fit together. */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { ensembleConfigOf } from "../cluster/verifier.ts";
import { type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import { newConfigOf } from "../scenarios/config-change.ts";
import { disjointQuorums } from "../scenarios/find-split-quorums.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationUs } from "../sim/time.ts";

/** Returns the configuration that each server has after the last step, in the order of the times of the steps. */
export function finalConfigs(scenario: Scenario): Map<ServerId, EnsembleConfig> {
  const configs = startConfigs(scenario);
  const timeOf = ({ at, from }: Step): number => durationUs(from ?? at ?? "0us");
  for (const step of scenario.steps.toSorted((a, b) => timeOf(a) - timeOf(b))) {
    // After a settle step, no step is performed.
    if ("settle" in step) break;
    const change = newConfigOf(step);
    if (change !== undefined) configs.set(change.server, change.config);
  }
  return configs;
}

/** Returns the configuration with which each server starts. */
export function startConfigs(scenario: Scenario): Map<ServerId, EnsembleConfig> {
  const { servers } = scenario;
  return new Map(serverIdsOf(servers).map((sid) => [sid, ensembleConfigOf(scenario, servers[sid] ?? {})]));
}

/** Returns whether two configurations that servers ever have in this scenario allow disjoint quorums. */
export function allowsDisjointQuorums(scenario: Scenario): boolean {
  const isCommon = Object.values(scenario.servers).every(
    ({ config, view }) => config === undefined && view === undefined,
  );
  if (isCommon && !scenario.steps.some((step) => newConfigOf(step) !== undefined)) return false;
  const changes = scenario.steps.flatMap((step) => newConfigOf(step)?.config ?? []);
  const all = [...startConfigs(scenario).values(), ...changes];
  const configs = [...new Map(all.map((config) => [JSON.stringify(config), config])).values()];
  return configs.some((a, i) => configs.slice(i + 1).some((b) => disjointQuorums(a, b) !== undefined));
}

/**
 * Returns the configuration that all these servers have at the end, apart from observers and versions. Undefined if
 * they
 * have different ones.
 */
export function commonFinalConfig(scenario: Scenario, servers: readonly ServerId[]): EnsembleConfig | undefined {
  const finals = finalConfigs(scenario);
  const [first, ...others] = servers.map((sid) => finals.get(sid));
  const quorumsOf = ({ groups, voters, weights }: Partial<EnsembleConfig>): string =>
    JSON.stringify([voters, groups, weights]);
  const isSame = (config: EnsembleConfig | undefined): boolean => quorumsOf(config ?? {}) === quorumsOf(first ?? {});
  return others.every(isSame) ? first : undefined;
}
