/**
 * Quorum verifiers (QuorumMaj, QuorumHierarchical), which say whether a set of servers is a quorum, and the set of
 * servers that have acknowledged something (SyncedLearnerTracker).
 *
 * During a reconfiguration, two configurations are in force, and each needs its own quorum.
 *
 * Not modeled: QuorumOracleMaj.
 */
import { DEFAULT_PORTS, type Ports, portsText } from "./ports.ts";
import { asZxid, formatZxid, type ServerId } from "./zxid.ts";

/** Which servers vote, and which sets of servers are a quorum (QuorumVerifier). */
export interface QuorumVerifier {
  /** The version of the configuration. */
  readonly version: number;
  /** The servers that vote, ascending. */
  readonly voters: readonly ServerId[];
  /** All servers of the ensemble, observers included, ascending. */
  readonly members: readonly ServerId[];
  /** The groups of a hierarchical quorum. Undefined for a majority. */
  readonly groups?: readonly (readonly ServerId[])[];
  /** The ports of the members whose ports are not DEFAULT_PORTS. Undefined if there are none. */
  readonly ports?: ReadonlyMap<ServerId, Ports>;
  /** Returns whether a server is a voting member. */
  isVoter(sid: ServerId): boolean;
  /**
   * Returns the weight of a server. A server of weight 0 may vote, but is never elected
   * (FastLeaderElection#totalOrderPredicate).
   */
  weightOf(sid: ServerId): number;
  /** Returns whether these servers contain a quorum. */
  containsQuorum(servers: readonly ServerId[]): boolean;
  /**
   * Returns whether a server belongs to no group although its acknowledgments are added. QuorumHierarchical then throws
   * a NullPointerException. Undefined if all servers that can be added belong to a group.
   */
  isOutsideGroups?(sid: ServerId): boolean;
}

const ascending = (a: number, b: number): number => a - b;

/** Returns the verifier for majorities: more than half of the voters are a quorum (QuorumMaj). */
export function majority(
  voters: readonly ServerId[],
  observers: readonly ServerId[] = [],
  version = 0,
): QuorumVerifier {
  const voting = new Set(voters);
  const half = Math.floor(voting.size / 2);
  return {
    version,
    voters: [...voting].sort(ascending),
    members: [...voting, ...observers].sort(ascending),
    isVoter: (sid) => voting.has(sid),
    weightOf: () => 1,
    containsQuorum: (servers) => servers.length > half,
  };
}

/**
 * Returns the verifier for hierarchical quorums (QuorumHierarchical). A quorum has more than half of the weight in more
 * than half of the groups. Groups of weight 0 do not count. As in ZooKeeper, half of an odd number is rounded down. A
 * server that belongs to no group never counts.
 */
export function hierarchical(
  groups: readonly (readonly ServerId[])[],
  weights: ReadonlyMap<ServerId, number>,
  observers: readonly ServerId[] = [],
  version = 0,
): QuorumVerifier {
  const weightOf = (sid: ServerId): number => weights.get(sid) ?? 1;
  const groupOf = new Map<ServerId, number>();
  const groupWeights = groups.map((servers, group) => {
    for (const sid of servers) groupOf.set(sid, group);
    return servers.reduce((sum, sid) => sum + weightOf(sid), 0);
  });
  const weightyGroups = groupWeights.filter((weight) => weight !== 0).length;
  const voters = groups.flat().sort(ascending);
  return {
    version,
    voters,
    members: [...voters, ...observers].sort(ascending),
    groups,
    isVoter: (sid) => groupOf.has(sid),
    weightOf,
    containsQuorum: (servers) => {
      let won = 0;
      for (const [group, groupWeight] of groupWeights.entries()) {
        let reached = 0;
        for (const sid of servers) if (groupOf.get(sid) === group) reached += weightOf(sid);
        if (reached > Math.floor(groupWeight / 2)) won++;
      }
      return won > Math.floor(weightyGroups / 2);
    },
  };
}

/**
 * Returns a verifier that adds every server, as old releases do: observers (before ZOOKEEPER-2959), and servers that
 * the configuration lacks. Toward a majority they count like voters, because QuorumMaj compares only the number of
 * servers. A hierarchical quorum with such a server ends in a NullPointerException, because the server belongs to no
 * group. The exception is modeled for the quorums of the epoch and of ACKEPOCH. In the other quorums, the server does
 * not count.
 */
export function countingObservers(verifier: QuorumVerifier): QuorumVerifier {
  const { groups, isVoter } = verifier;
  return { ...verifier, isVoter: () => true, ...(groups && { isOutsideGroups: (sid: ServerId) => !isVoter(sid) }) };
}

/** Returns the configuration with these ports. Members that the map lacks have DEFAULT_PORTS. */
export function withPorts(config: QuorumVerifier, ports: ReadonlyMap<ServerId, Ports>): QuorumVerifier {
  const changed = config.members.flatMap((sid) => {
    const own = ports.get(sid);
    return own === undefined || portsText(own) === portsText(DEFAULT_PORTS) ? [] : [[sid, own] as const];
  });
  return changed.length === 0 ? config : { ...config, ports: new Map(changed) };
}

/** Returns the ports of a member. */
export function portsOf({ ports }: QuorumVerifier, sid: ServerId): Ports {
  return ports?.get(sid) ?? DEFAULT_PORTS;
}

/** Returns the observers of a configuration, ascending. */
export function observersOf({ isVoter, members }: QuorumVerifier): readonly ServerId[] {
  return members.filter((sid) => !isVoter(sid));
}

/**
 * Returns whether two configurations are equal (QuorumVerifier#equals): they have the same version, or the same
 * members, roles, ports, groups and weights. A majority never equals a hierarchical quorum.
 */
export function sameConfig(a: QuorumVerifier, b: QuorumVerifier): boolean {
  if ((a.groups === undefined) !== (b.groups === undefined)) return false;
  return a.version === b.version || membersText(a) === membersText(b);
}

/** Returns a configuration as text, for example `voters 1,2,3; observers 4; version 1:3` (QuorumVerifier#toString). */
export function configText(config: QuorumVerifier): string {
  return `${membersText(config)}; version ${formatZxid(asZxid(config.version))}`;
}

function membersText(config: QuorumVerifier): string {
  const { groups, ports, voters, weightOf } = config;
  const observers = observersOf(config);
  const parts = [`voters ${voters.join(",")}`];
  if (observers.length > 0) parts.push(`observers ${observers.join(",")}`);
  if (groups !== undefined) parts.push(`groups ${groups.map((group) => group.join(",")).join(" | ")}`);
  const weights = voters.filter((sid) => weightOf(sid) !== 1).map((sid) => `${sid}=${weightOf(sid)}`);
  if (weights.length > 0) parts.push(`weights ${weights.join(",")}`);
  if (ports !== undefined) parts.push(`ports ${[...ports].map(([sid, own]) => `${sid}=${portsText(own)}`).join(", ")}`);
  return parts.join("; ");
}

/** The voters of one verifier that have acknowledged something. */
export interface CountedVoters {
  /** The verifier. */
  readonly verifier: QuorumVerifier;
  /** The voters, in the order in which they acknowledged. */
  readonly servers: readonly ServerId[];
}

/**
 * The voters that have acknowledged something, and whether they are a quorum (SyncedLearnerTracker). If two verifiers
 * are given, both need their quorum.
 */
export class AckSet {
  private readonly verifier: QuorumVerifier;
  private readonly acked: ServerId[] = [];
  private complete = false;
  /** The same for the second verifier; null if there is only one. */
  private readonly second: AckSet | null;

  constructor(verifier: QuorumVerifier, second: QuorumVerifier | null = null) {
    this.verifier = verifier;
    this.second = second === null ? null : new AckSet(second);
  }

  /** Adds a server. Returns whether the server is a voter, even if it was added before (#addAck). */
  add(sid: ServerId): boolean {
    const counted = this.second?.add(sid) ?? false;
    if (!this.verifier.isVoter(sid)) return counted;
    if (this.acked.includes(sid)) return true;
    this.acked.push(sid);
    this.complete ||= this.verifier.containsQuorum(this.acked);
    return true;
  }

  /** Removes a server, unless the quorums of all verifiers are complete. */
  forget(sid: ServerId): void {
    if (!this.hasQuorum) this.remove(sid);
  }

  private remove(sid: ServerId): void {
    this.second?.remove(sid);
    const index = this.acked.indexOf(sid);
    if (index < 0) return;
    this.acked.splice(index, 1);
    this.complete = this.verifier.containsQuorum(this.acked);
  }

  /** Returns whether a server was added as a voter of one of the verifiers. */
  has(sid: ServerId): boolean {
    return this.acked.includes(sid) || (this.second?.has(sid) ?? false);
  }

  /** Whether the servers are a quorum of each verifier. Once true, it stays true (#hasAllQuorums). */
  get hasQuorum(): boolean {
    return this.complete && (this.second === null || this.second.hasQuorum);
  }

  /** Whether QuorumVerifier#containsQuorum throws a NullPointerException for the servers that were added. */
  get isUndecidable(): boolean {
    const { isOutsideGroups } = this.verifier;
    return isOutsideGroups !== undefined && this.acked.some(isOutsideGroups);
  }

  /** The servers that were added, in order. */
  get servers(): readonly ServerId[] {
    return this.second === null ? this.acked : [...new Set([...this.acked, ...this.second.acked])];
  }

  /** The acknowledgments by voters of each verifier, the oldest configuration first. */
  get counted(): readonly CountedVoters[] {
    const { acked: servers, second, verifier } = this;
    return [{ verifier, servers }, ...(second?.counted ?? [])];
  }

  /** The servers that were added as voters of each verifier. */
  get sets(): readonly (readonly ServerId[])[] {
    return this.second === null ? [this.acked] : [this.acked, this.second.acked];
  }

  /** The same acknowledgments, of which only a quorum of the newest verifier is needed. */
  get withoutOld(): AckSet {
    return this.second ?? this;
  }

  /** The acknowledgments by voters of the newest verifier. */
  get newest(): CountedVoters {
    const { acked: servers, verifier } = this.second ?? this;
    return { verifier, servers };
  }
}
