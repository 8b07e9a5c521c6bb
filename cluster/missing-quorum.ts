/**
 * Finds out whether settled servers may fail to serve: a configuration that is in force at one of them has no quorum
 * among them. A pending configuration without a quorum can be active on other servers, so that the settled servers must
 * not continue without it (ReconfigRecoveryTest#testNextConfigUnreachable).
 */
import { configText, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { Cluster } from "./cluster.ts";

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
  const check = (server: ServerId, config: QuorumVerifier, pending: boolean): MissingQuorum[] => {
    const available = config.voters.filter((sid) => ids.includes(sid));
    return config.containsQuorum(available) ? [] : [{ server, config: configText(config), pending, available }];
  };
  const missing = present.flatMap((sid) => {
    const { committed, pending } = cluster.configurationsOf(sid);
    return [
      ...(newest > 0 && committed.version === newest ? check(sid, committed, false) : []),
      ...(pending.version > newest ? check(sid, pending, true) : []),
    ];
  });
  return missing[0];
}
