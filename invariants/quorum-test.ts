/**
 * Which sets of servers are a quorum, computed from the configuration alone. The invariants do not use
 * protocol/quorum.ts, so that they also find its defects.
 */
import type { QuorumVerifier, ServerId } from "../protocol/index.ts";

/** Returns whether these servers contain a quorum. Servers that do not vote, and repeated servers, have no effect. */
export type QuorumTest = (servers: readonly ServerId[]) => boolean;

/** The configuration of one server, as far as quorums depend on it. */
export interface Configuration {
  /** The servers that vote. */
  readonly voters: ReadonlySet<ServerId>;
  /** Returns whether a set of servers contains a quorum. */
  readonly isQuorum: QuorumTest;
  /** The version; absent for a configuration without a version of its own. */
  readonly version?: number;
  /** The configuration as the core has reported it; absent for the lists in zoo.cfg. */
  readonly verifier?: QuorumVerifier;
}

/** Returns the configuration that the core has reported. Its quorums are computed anew. */
export function configurationOf(verifier: QuorumVerifier): Configuration {
  const { groups, version, voters, weightOf } = verifier;
  const weights = Object.fromEntries(voters.map((sid) => [sid, weightOf(sid)]));
  const hierarchy = groups && { groups: Object.fromEntries(groups.entries()), weights };
  return { voters: new Set(voters), isQuorum: quorumTest(voters, hierarchy), version, verifier };
}

/** Groups of voters with weights, as in ClusterSpec.quorum. A voter without a weight has weight 1. */
export interface Groups {
  readonly groups: Readonly<Record<string, readonly ServerId[]>>;
  readonly weights: Readonly<Record<ServerId, number>>;
}

/**
 * Returns the test for majorities of `voters`, or for hierarchical quorums: more than half of the weight in more than
 * half of the groups whose weight is not 0 (QuorumMaj, QuorumHierarchical).
 */
export function quorumTest(voters: readonly ServerId[], hierarchy?: Groups): QuorumTest {
  if (hierarchy === undefined) {
    return (servers) => {
      let count = 0;
      for (const sid of voters) if (servers.includes(sid)) count++;
      return count * 2 > voters.length;
    };
  }
  const weightOf = (sid: ServerId): number => hierarchy.weights[sid] ?? 1;
  const weightIn = (sids: readonly ServerId[]): number => sids.reduce((sum, sid) => sum + weightOf(sid), 0);
  const groups = Object.values(hierarchy.groups).filter((group) => weightIn(group) > 0);
  return (servers) => {
    const won = groups.filter((group) => {
      const there = group.filter((sid) => servers.includes(sid));
      return weightIn(there) > Math.floor(weightIn(group) / 2);
    });
    return won.length > Math.floor(groups.length / 2);
  };
}
