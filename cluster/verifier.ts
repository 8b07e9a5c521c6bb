/**
 * The quorum verifier of a server: which servers vote, in which groups and with which weights (QuorumMaj,
 * QuorumHierarchical).
 */
import {
  asZxid,
  DEFAULT_PORTS,
  formatZxid,
  hierarchical,
  majority,
  observersOf,
  parseZxid,
  portsOf,
  type QuorumVerifier,
  type ServerId,
  serverIdsOf,
  withPorts,
} from "../protocol/index.ts";
import type { ClusterSpec, EnsembleConfig, ServerSpec } from "./cluster-spec.ts";

type Servers = Pick<ClusterSpec, "servers" | "quorum">;

/** Returns the verifier of a server that knows only the servers in `view`. By default, the server knows all servers. */
export function verifierOf(spec: Servers, view?: readonly ServerId[]): QuorumVerifier {
  return verifierOfConfig(configOfView(spec, view));
}

/** Returns the configuration of a server: that of its spec, or the part that it knows of the cluster's. */
export function ensembleConfigOf(spec: Servers, { config, view }: Pick<ServerSpec, "config" | "view">): EnsembleConfig {
  return config ?? configOfView(spec, view);
}

function configOfView(spec: Servers, view: readonly ServerId[] = serverIdsOf(spec.servers)): EnsembleConfig {
  const { quorum, servers } = spec;
  const isObserver = (sid: ServerId): boolean => servers[sid]?.role === "observer";
  const lists = { voters: view.filter((sid) => !isObserver(sid)), observers: view.filter(isObserver) };
  if (quorum === undefined) return lists;
  const groups = Object.entries(quorum.groups).map(([name, group]) => [
    name,
    group.filter((sid) => view.includes(sid)),
  ]);
  return { ...lists, groups: Object.fromEntries(groups), weights: quorum.weights };
}

/** Returns the configuration of a verifier. Its groups have numbers as names. */
export function configOfVerifier(verifier: QuorumVerifier): EnsembleConfig {
  const { groups, members, version, voters, weightOf } = verifier;
  const ports = verifier.ports && Object.fromEntries(members.map((sid) => [sid, portsOf(verifier, sid)]));
  const lists = {
    ...{ voters, observers: observersOf(verifier), version: formatZxid(asZxid(version)) },
    ...(ports && { ports }),
  };
  if (groups === undefined) return lists;
  const weights = Object.fromEntries(voters.filter((sid) => weightOf(sid) !== 1).map((sid) => [sid, weightOf(sid)]));
  return { ...lists, groups: Object.fromEntries(groups.entries()), weights };
}

/** Returns the verifier of a server with this configuration. */
export function verifierOfConfig(config: EnsembleConfig): QuorumVerifier {
  const { ports = {} } = config;
  const complete = serverIdsOf(ports).map((sid) => [sid, { ...DEFAULT_PORTS, ...ports[sid] }] as const);
  return withPorts(verifierOfMembers(config), new Map(complete));
}

function verifierOfMembers(config: EnsembleConfig): QuorumVerifier {
  const { groups, observers, voters, weights = {} } = config;
  const version = config.version === undefined ? 0 : (parseZxid(config.version) ?? 0);
  if (groups === undefined) return majority(voters, observers, version);
  const weightOf = new Map(serverIdsOf(weights).map((sid) => [sid, weights[sid] as number]));
  return hierarchical(Object.values(groups), weightOf, observers, version);
}
