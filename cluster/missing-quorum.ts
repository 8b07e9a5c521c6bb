/**
 * Finds out whether settled servers may fail to serve: a configuration that is in force at one of them has no quorum
 * among them. A pending configuration without a quorum can be active on other servers, so that the settled servers must
 * not continue without it (ReconfigRecoveryTest#testNextConfigUnreachable).
 *
 * A server that joins and restarts before its addition is committed does not start, because its files have the
 * committed configuration (zookeeperReconfig.md, "Adding servers"). If the leader then has no quorum of the pending
 * configuration without observers, which acknowledge no proposals, it cannot commit the configuration.
 *
 * A server that misses a reconfiguration of the election ports of all servers finds no other server, and no other
 * server finds it: each dials the addresses in its own configurations (QuorumCnxManager#connectOne).
 */
import { configText, observersOf, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";
import { knowsAddress } from "./election-addresses.ts";

/** A configuration in force that has no quorum among the settled servers. */
export interface MissingQuorum {
  /** A settled server at which the configuration is in force. */
  readonly server: ServerId;
  /** The configuration as text. */
  readonly config: string;
  /** Whether the configuration is pending at this server. Otherwise, it is the committed configuration. */
  readonly pending: boolean;
  /** The voters of the configuration that are settled and take part, ascending. */
  readonly available: readonly ServerId[];
  /**
   * The voters of the pending configuration without which the leader cannot commit it, ascending: they exit at their
   * start. `available` then lacks the observers of the committed configuration. Undefined if there are none.
   */
  readonly exiting?: readonly ServerId[];
  /**
   * The settled voters without which there is no quorum, ascending: they and the other settled servers do not know each
   * other's election addresses. Undefined if there are none.
   */
  readonly unreachable?: readonly ServerId[];
}

/**
 * Returns the first configuration without a quorum, in the order of the servers. A committed configuration is in force
 * if no settled server has committed a newer one, and a pending one if it is newer than that. Lists in zoo.cfg, whose
 * version is 0, are left out: the operator chooses them and the servers to settle together.
 */
export function missingQuorum(cluster: Cluster, servers: readonly ServerId[]): MissingQuorum | undefined {
  const present = servers.filter((sid) => cluster.server(sid) !== undefined || cluster.isMember(sid));
  const ids = present.map((sid) => cluster.myidOf(sid));
  const newest = Math.max(0, ...present.map((sid) => cluster.configurationsOf(sid).committed.version));
  const isolated = new Set(isolatedAmong(cluster, servers).map((sid) => cluster.myidOf(sid)));
  const check = (server: ServerId, config: QuorumVerifier, pending: boolean): MissingQuorum[] => {
    const settled = config.voters.filter((sid) => ids.includes(sid));
    const available = settled.filter((sid) => !isolated.has(sid));
    if ([available, ...settled.map((sid) => [sid])].some((some) => config.containsQuorum(some))) return [];
    const unreachable = settled.filter((sid) => isolated.has(sid));
    const isCause = unreachable.length > 0 && config.containsQuorum(settled);
    return [{ server, config: configText(config), pending, available, ...(isCause && { unreachable }) }];
  };
  const missing = present.flatMap((sid) => {
    const { committed, pending } = cluster.configurationsOf(sid);
    return [
      ...(newest > 0 && committed.version === newest ? check(sid, committed, false) : []),
      ...(pending.version > newest ? check(sid, pending, true) : []),
    ];
  });
  return missing[0] ?? uncommittable(cluster, servers, newest);
}

/** Returns the running servers whose election address no other one knows, and which know that of no other one. */
function isolatedAmong(cluster: Cluster, servers: readonly ServerId[]): ServerId[] {
  const running = servers.filter((sid) => cluster.server(sid) !== undefined);
  if (running.length < 2) return [];
  const knows = (a: ServerId, b: ServerId): boolean => {
    const peer = cluster.server(b)?.peer;
    const { committed, pending } = cluster.configurationsOf(a);
    return peer !== undefined && [committed, pending].some((config) => knowsAddress(config, peer));
  };
  return running.filter((a) => !running.some((b) => b !== a && (knows(a, b) || knows(b, a))));
}

/**
 * Returns the pending configuration of a leader that the settled servers could commit if some of its voters, which the
 * committed configuration does not list, did not exit at their start.
 */
function uncommittable(cluster: Cluster, servers: readonly ServerId[], newest: number): MissingQuorum | undefined {
  for (const server of servers) {
    const { committed, pending } = cluster.configurationsOf(server);
    if (!cluster.server(server)?.peer.leads || pending.version <= newest) continue;
    const observers = observersOf(committed);
    const isExiting = (sid: ServerId): boolean => cluster.server(sid) === undefined && !cluster.isMember(sid);
    const votersAmong = (some: readonly ServerId[]): ServerId[] =>
      some.map((sid) => cluster.myidOf(sid)).filter((myid) => pending.isVoter(myid) && !observers.includes(myid));
    const available = votersAmong(servers.filter((sid) => !isExiting(sid)));
    const exiting = votersAmong(servers.filter(isExiting));
    if (pending.containsQuorum(available) || !pending.containsQuorum([...available, ...exiting])) continue;
    return { server, config: configText(pending), pending: true, available, exiting };
  }
  return undefined;
}
