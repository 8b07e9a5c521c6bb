/** The configurations that the requests of a scenario can lead to, in any order, and with any of them refused. */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { verifierOfConfig } from "../cluster/verifier.ts";
import { parseZxid } from "../protocol/index.ts";
import { type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { ReconfigAction, Scenario } from "../scenarios/scenario.ts";
import { startConfigs } from "./final-config.ts";

/**
 * Returns the configuration after a request, without its version. Returns undefined if a leader refuses the request
 * because of this configuration, for example because it has fewer than `fewest` voters.
 */
export function configAfter(before: EnsembleConfig, request: ReconfigAction, fewest = 2): EnsembleConfig | undefined {
  const { add = {}, config, remove = [] } = request;
  if (config === undefined && before.groups !== undefined) return undefined;
  const after = config ?? changed(before, serverIdsOf(add), (sid) => add[sid] === "observer", remove);
  return after.voters.length < fewest ? undefined : after;
}

function changed(
  { observers, voters }: EnsembleConfig,
  joining: readonly ServerId[],
  isObserver: (joining: ServerId) => boolean,
  leaving: readonly ServerId[],
): EnsembleConfig {
  const stays = (sid: ServerId): boolean => !leaving.includes(sid) && !joining.includes(sid);
  const lists = (old: readonly ServerId[], added: readonly ServerId[]): ServerId[] =>
    [...old.filter(stays), ...added].sort((a, b) => a - b);
  return {
    voters: lists(
      voters,
      joining.filter((sid) => !isObserver(sid)),
    ),
    observers: lists(observers, joining.filter(isObserver)),
  };
}

/**
 * Returns the newest configurations with which the servers start, and all that requests can make of them. A request can
 * be repeated, for example by a mutation of the plan.
 */
export function possibleConfigs(scenario: Scenario): EnsembleConfig[] {
  const fewest = scenario.settings.standaloneEnabled === false ? 1 : 2;
  const found = new Map(newestConfigs(scenario).map((config) => [keyOf(config), config]));
  // A Map visits the entries that the loop adds.
  for (const config of found.values()) {
    for (const step of scenario.steps) {
      const after = "reconfig" in step ? configAfter(config, step.reconfig, fewest) : undefined;
      if (after !== undefined) found.set(keyOf(after), after);
    }
  }
  return [...found.values()];
}

function newestConfigs(scenario: Scenario): EnsembleConfig[] {
  const { servers } = scenario;
  const configs = startConfigs(scenario);
  const started = serverIdsOf(servers).flatMap((sid) => (servers[sid]?.empty ? [] : (configs.get(sid) ?? [])));
  const versionOf = ({ version = "0:0" }: EnsembleConfig): number => parseZxid(version) ?? 0;
  const newest = Math.max(...started.map(versionOf));
  const pending = Object.values(servers).flatMap(({ nextConfig }) => nextConfig ?? []);
  return [...started.filter((config) => versionOf(config) === newest), ...pending];
}

function keyOf({ version: _version, ...config }: EnsembleConfig): string {
  return JSON.stringify(config);
}

/** Returns whether the servers contain a quorum of each configuration. */
export function hasQuorums(configs: readonly EnsembleConfig[], servers: readonly ServerId[]): boolean {
  return configs.every((config) =>
    verifierOfConfig(config).containsQuorum(config.voters.filter((sid) => servers.includes(sid))),
  );
}

/**
 * Returns whether the servers can commit each configuration. A server that another configuration makes an observer does
 * not count: as long as it observes, it gets no proposals to acknowledge.
 */
export function canCommit(configs: readonly EnsembleConfig[], servers: readonly ServerId[]): boolean {
  const observers = new Set(configs.flatMap((config) => config.observers));
  return hasQuorums(
    configs,
    servers.filter((sid) => !observers.has(sid)),
  );
}
