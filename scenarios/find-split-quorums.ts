/**
 * Finds two leaders whose lists of servers allow disjoint quorums. If the configuration files of servers differ by more
 * than one server, each of two leaders can have a quorum of its own, without any fault.
 *
 * Dynamic configurations of different versions may have disjoint quorums, because the change from one to the other
 * needs a quorum of both. They are left out: a configuration that a client has requested, whose version is the zxid of
 * the request, so that its counter is above 0; and two leaders that started with files of different versions.
 */
import type { ConfigChange, EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import { quorumTest } from "../invariants/quorum-test.ts";
import { counterOf, parseZxid, type ServerId } from "../protocol/index.ts";
import { newConfigIn, newConfigOf } from "./config-change.ts";
import type { Scenario } from "./scenario.ts";

/** One of the two leaders. */
export interface LeaderConfig {
  /** The leader. */
  readonly leader: ServerId;
  /** The time at which the leader was established, in microseconds. */
  readonly establishedUs: number;
  /** The configuration of the leader. */
  readonly config: EnsembleConfig;
  /** A quorum of this configuration that shares no server with the quorum of the other leader. */
  readonly quorum: readonly ServerId[];
  /** The last step that changed the configuration of the leader. Undefined if it had it from the start of the run. */
  readonly step: RecordOf<"script"> | undefined;
}

/** A leader with the version in the name of the file with which it started; 0 if zoo.cfg had the lists. */
type EstablishedLeader = Omit<LeaderConfig, "quorum"> & { readonly startVersion: number };

/** Two established leaders whose configurations have disjoint quorums, in the order of their establishment. */
export type SplitQuorums = readonly [LeaderConfig, LeaderConfig];

/** Returns the first two such leaders. Returns undefined if there are none. */
export function findSplitQuorums(scenario: Scenario, records: readonly ProtocolRecord[]): SplitQuorums | undefined {
  if (!hasOwnConfigs(scenario)) return undefined;
  const established: EstablishedLeader[] = [];
  for (const [index, record] of records.entries()) {
    if (record.event !== "established") continue;
    const leader = leaderConfig(records.slice(0, index), record);
    if (leader === undefined) continue;
    for (const earlier of established) {
      if (isChange(earlier.startVersion, leader.startVersion)) continue;
      const quorums = disjointQuorums(earlier.config, leader.config);
      if (quorums === undefined) continue;
      return [leaderWith(earlier, quorums[0]), leaderWith(leader, quorums[1])];
    }
    established.push(leader);
  }
  return undefined;
}

/** Returns whether any server has, or gets, a configuration that is not that of the scenario. */
function hasOwnConfigs({ servers, steps }: Scenario): boolean {
  return (
    Object.values(servers).some(({ config, view }) => config !== undefined || view !== undefined) ||
    steps.some((step) => newConfigOf(step) !== undefined)
  );
}

function leaderConfig(
  before: readonly ProtocolRecord[],
  { atUs, server }: RecordOf<"established">,
): EstablishedLeader | undefined {
  const started = before.findLast(
    (one): one is RecordOf<"started"> => one.event === "started" && one.server === server,
  );
  if (started?.config === undefined || isRequested(started.config.ensemble.version)) return undefined;
  const committed = before.findLast(
    (one): one is RecordOf<"config-committed"> => one.event === "config-committed" && one.server === server,
  );
  if (committed !== undefined && counterOf(committed.version) > 0) return undefined;
  const step = before.findLast((one): one is RecordOf<"script"> => {
    if (one.event !== "script" || (one.verb !== "start" && one.verb !== "restart")) return false;
    return newConfigIn(one.argument as ServerId | ConfigChange)?.server === server;
  });
  const { dynamicFile, ensemble } = started.config;
  return { leader: server, establishedUs: atUs, config: ensemble, step, startVersion: dynamicFile?.version ?? 0 };
}

function leaderWith(
  { config, establishedUs, leader, step }: EstablishedLeader,
  quorum: readonly ServerId[],
): LeaderConfig {
  return { leader, establishedUs, config, quorum, step };
}

/** Returns whether two versions in the names of files belong to two configurations of one ensemble. */
function isChange(a: number, b: number): boolean {
  return a !== b && a > 0 && b > 0;
}

/** Returns whether a client has requested the configuration of this version. */
function isRequested(version: string | undefined): boolean {
  const zxid = version === undefined ? undefined : parseZxid(version);
  return zxid !== undefined && counterOf(zxid) > 0;
}

/** The largest number of voters of hierarchical quorums for which all sets of voters are tried. */
const VOTERS_MAX = 12;

/** Returns a quorum of each configuration such that they share no server. Returns undefined if there are none. */
export function disjointQuorums(
  a: EnsembleConfig,
  b: EnsembleConfig,
): readonly [readonly ServerId[], readonly ServerId[]] | undefined {
  if (a.groups === undefined && b.groups === undefined) return disjointMajorities(a.voters, b.voters);
  if (a.voters.length > VOTERS_MAX) return undefined;
  const [isQuorumOfA, isQuorumOfB] = [a, b].map(({ groups, voters, weights = {} }) =>
    quorumTest(voters, groups && { groups, weights }),
  ) as [ReturnType<typeof quorumTest>, ReturnType<typeof quorumTest>];
  for (let chosen = 0; chosen < 1 << a.voters.length; chosen++) {
    const quorum = a.voters.filter((_, i) => (chosen & (1 << i)) !== 0);
    const others = b.voters.filter((sid) => !quorum.includes(sid));
    if (isQuorumOfA(quorum) && isQuorumOfB(others)) return [quorum, others];
  }
  return undefined;
}

/** Chooses for each majority first the voters that the other configuration lacks. */
function disjointMajorities(
  a: readonly ServerId[],
  b: readonly ServerId[],
): readonly [readonly ServerId[], readonly ServerId[]] | undefined {
  const ownFirst = (own: readonly ServerId[], other: readonly ServerId[]): readonly ServerId[] =>
    own.toSorted((x, y) => Number(other.includes(x)) - Number(other.includes(y)) || x - y);
  const quorum = ownFirst(a, b).slice(0, Math.floor(a.length / 2) + 1);
  const others = ownFirst(b, a).filter((sid) => !quorum.includes(sid));
  const needed = Math.floor(b.length / 2) + 1;
  if (others.length < needed) return undefined;
  return [quorum, others.slice(0, needed)].map((sids) => sids.toSorted((x, y) => x - y)) as [ServerId[], ServerId[]];
}
