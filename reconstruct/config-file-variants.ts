/**
 * Other configuration files with which the servers may have started: lists that explain the logs as well, and a pending
 * configuration in zoo.cfg.dynamic.next, of which no log shows the list.
 */
import type { EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asServerId, formatZxid64, type ServerId, serverIdsOf } from "../protocol/index.ts";
import { parseZxid64 } from "../protocol/zxid.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { FileFacts } from "./config-file-facts.ts";
import { withoutContact } from "./cut-links.ts";
import type { Evidence } from "./evidence.ts";
import { showsVersions, versionAtStart } from "./reconfigurations.ts";
import { explains, possibleLists } from "./start-config-files.ts";

/** The number of lists that are tried for servers with equal files. */
const LISTS_MAX = 24;

/** The servers whose first processes have equal files. */
type Group = readonly ServerId[];

/** Returns the groups of servers with equal files. */
export function fileGroups({ servers }: Pick<Scenario, "servers">): Group[] {
  const groups = new Map<string, ServerId[]>();
  for (const sid of serverIdsOf(servers)) {
    const { config } = servers[sid] as ServerSpec;
    if (config === undefined) continue;
    const key = JSON.stringify(config);
    groups.set(key, [...(groups.get(key) ?? []), sid]);
  }
  return [...groups.values()];
}

/** Returns the scenarios with another list of voters for the servers of a group. */
export function withOtherLists(scenario: Scenario, group: Group, evidence: Evidence): Scenario[] {
  const facts = evidence.configurations.files.filter(({ server }, i, all) => {
    return group.some((sid) => sid === server) && all.findIndex((one) => one.server === server) === i;
  });
  const config = scenario.servers[group[0] as ServerId]?.config;
  if (config === undefined) return [];
  const near = (list: readonly number[]): number =>
    list.filter((sid) => !config.voters.some((one) => one === sid)).length;
  return possibleLists(evidence)
    .filter((list) => list.length > 1 && facts.every((one) => explains(list, one)))
    .filter((list) => list.join() !== config.voters.join())
    .sort((a, b) => near(a) - near(b))
    .slice(0, LISTS_MAX)
    .map((list) =>
      withSpecs(scenario, (sid, { config: now = config }) => {
        if (!group.includes(sid)) return {};
        const observers = now.observers.filter((one) => !list.includes(one));
        return { config: { ...now, voters: list.map((one) => asServerId(one)), observers } };
      }),
    );
}

/**
 * Returns scenarios in which the servers that start later are not in the files of the first ones: with files that list
 * all servers, that list the first ones and the server itself, and that list only the later ones. Returns none if no
 * log shows a version: different files violate invariants easily, so they need a reason.
 */
export function withLateServersOutside(scenario: Scenario, evidence: Evidence): Scenario[] {
  if (!showsVersions(evidence)) return [];
  const ids = serverIdsOf(scenario.servers);
  const late = ids.filter((sid) => specOf(scenario, sid).down);
  const first = ids.filter((sid) => !late.includes(sid));
  if (late.length === 0 || first.length === 0) return [];
  const lists = [() => ids, (sid: ServerId) => [...first, sid], () => late];
  return lists.map((listOf) =>
    withSpecs(scenario, (sid) => ({
      config: configOf(scenario, late.includes(sid) ? listOf(sid) : first, versionAtStart(sid, evidence)),
    })),
  );
}

/**
 * Returns the scenarios in which some servers have stopped with a newer configuration in zoo.cfg.dynamic.next. It is
 * the configuration of other servers, or one of which a log shows only the version.
 */
export function withPendingFiles(scenario: Scenario, evidence: Evidence): Scenario[] {
  if (!showsVersions(evidence)) return [];
  const groups = fileGroups(scenario);
  const found = groups.flatMap((group) =>
    pendingFor(scenario, group, evidence).map((nextConfig) =>
      withSpecs(scenario, (sid) => (group.includes(sid) ? { nextConfig } : {})),
    ),
  );
  // A server that has seen a newer configuration dials its servers, so it joins them unless it is cut off.
  const apart = found.flatMap((one) => withoutContact(one, evidence) ?? []);
  return [...found, ...apart];
}

function pendingFor(scenario: Scenario, group: Group, evidence: Evidence): EnsembleConfig[] {
  const [first] = group;
  const spec = first === undefined ? undefined : scenario.servers[first];
  if (first === undefined || spec?.config === undefined) return [];
  const own = versionAtStart(first, evidence) ?? 0n;
  const heard = group.flatMap((sid) => heardBeyond(sid, spec.config as EnsembleConfig, evidence));
  const others = serverIdsOf(scenario.servers).flatMap((sid) => {
    const config = scenario.servers[sid]?.config;
    const isNewer = config?.version !== undefined && (parseZxid64(config.version) ?? 0n) > own;
    return config !== undefined && isNewer && heard.every((one) => config.voters.includes(one)) ? [config] : [];
  });
  if (others.length > 0) return [...new Map(others.map((config) => [JSON.stringify(config), config])).values()];
  const versions = [...new Set(evidence.configurations.versions.map(({ version }) => version))].filter(
    (one) => one > own,
  );
  if (heard.length === 0) return [];
  const version = versions[0] ?? own + 1n;
  return possibleLists(evidence)
    .filter((list) => list.length > 1 && heard.every((sid) => list.includes(sid)))
    .slice(0, LISTS_MAX)
    .map((voters) => ({ voters: voters.map((sid) => asServerId(sid)), observers: [], version: formatZxid64(version) }));
}

/** Returns the voters of a server's first process that its list lacks: they are in the pending configuration. */
function heardBeyond(sid: ServerId, { voters }: EnsembleConfig, { configurations }: Evidence): ServerId[] {
  const facts: FileFacts | undefined = configurations.files.find(({ server }) => server === sid);
  return ([...(facts?.voters ?? [])] as ServerId[]).filter((one) => !voters.includes(one));
}

/** Returns a server of a scenario. */
export function specOf({ servers }: Scenario, sid: ServerId): ServerSpec {
  return servers[sid] as ServerSpec;
}

/** Returns a configuration with some servers, in the roles that they have. */
export function configOf(scenario: Scenario, members: readonly ServerId[], version?: Zxid64): EnsembleConfig {
  const isObserver = (sid: ServerId): boolean => specOf(scenario, sid).role === "observer";
  return {
    voters: members.filter((sid) => !isObserver(sid)),
    observers: members.filter(isObserver),
    ...versionOf(version),
  };
}

/** Returns the version of a configuration, if a server with dynamic reconfiguration has given one to it. */
export function versionOf(version: Zxid64 | undefined): { version?: string } {
  return version !== undefined && version > 0n ? { version: formatZxid64(version) } : {};
}

/** Returns the scenario with other fields of its servers. */
export function withSpecs(
  scenario: Scenario,
  fieldsOf: (sid: ServerId, spec: ServerSpec) => Partial<ServerSpec>,
): Scenario {
  const servers = Object.fromEntries(
    serverIdsOf(scenario.servers).map((sid) => {
      const spec = specOf(scenario, sid);
      return [sid, { ...spec, ...fieldsOf(sid, spec) }];
    }),
  );
  return { ...scenario, servers };
}
