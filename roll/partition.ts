/**
 * Finds a step of a roll after which a partition of the network can make two leaders: one has a quorum of the old list,
 * the other one of the new list, and the two quorums share no server. This needs no run of the simulator, so it is
 * known for every order. `judge-orders.ts` runs the partitions of the order to use.
 */
import type { Violation } from "../invariants/index.ts";
import { quorumTest } from "../invariants/quorum-test.ts";
import type { ServerId } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type Ensemble, type Order, type Roll, runningAfter } from "./ensemble.ts";

/** Two disjoint quorums of running servers. */
export interface SplitByPartition {
  /** The index of the action after which the quorums exist. */
  readonly action: number;
  readonly old: readonly ServerId[];
  readonly fresh: readonly ServerId[];
  /** What the simulator found in a run with this partition. Undefined if no run was made, or if it found nothing. */
  readonly violation?: Violation | undefined;
}

/** Returns the first such step of an order. Returns undefined if there is none. */
export function splitByPartition(roll: Roll, order: Order): SplitByPartition | undefined {
  for (let action = 0; action < order.length; action++) {
    const split = splitAfter(roll, order.slice(0, action + 1));
    if (split !== undefined) return { action, ...split };
  }
  return undefined;
}

function splitAfter({ from, to, zookeeper }: Roll, done: Order): Omit<SplitByPartition, "action"> | undefined {
  const running = runningAfter(from, done);
  const isChanged = (sid: ServerId): boolean => done.some(({ server }) => server === sid);
  const commitsIn = behaviorOf(zookeeper).onlyVotersAcknowledge ? isQuorumOf : isQuorumWithOthers;
  const [isOld, isFresh] = [commitsIn(from), commitsIn(to)];
  for (let chosen = 1; chosen < 1 << running.length; chosen++) {
    const one = running.filter((_, i) => (chosen & (1 << i)) !== 0);
    const other = running.filter((sid) => !one.includes(sid));
    // The leader of each side has the list of that side.
    const canLead = !one.every(isChanged) && other.some(isChanged);
    if (canLead && isOld(one) && isFresh(other)) {
      return { old: one, fresh: other };
    }
  }
  return undefined;
}

/** Returns each way to divide these servers into two sides. */
export function divisionsOf(servers: readonly ServerId[]): [ServerId[], ServerId[]][] {
  const [first, ...others] = servers;
  if (first === undefined) return [];
  const divisions: [ServerId[], ServerId[]][] = [];
  for (let chosen = 0; chosen < (1 << others.length) - 1; chosen++) {
    const isChosen = (_: ServerId, i: number): boolean => (chosen & (1 << i)) !== 0;
    divisions.push([[first, ...others.filter(isChosen)], others.filter((sid, i) => !isChosen(sid, i))]);
  }
  return divisions;
}

/** Returns a test for quorums of the voters of an ensemble. It ignores other servers. */
export function isQuorumOf({ config: { groups, voters, weights = {} } }: Ensemble): QuorumTest {
  const isQuorum = quorumTest(voters, groups && { groups, weights });
  return (servers) => isQuorum(servers.filter((sid) => voters.includes(sid)));
}

/** A leader of 3.4 also counts the ACKs of servers outside its list: only their number matters. */
function isQuorumWithOthers(ensemble: Ensemble): QuorumTest {
  const { groups, voters } = ensemble.config;
  if (groups !== undefined) return isQuorumOf(ensemble);
  return (servers) => servers.length > voters.length / 2 && servers.some((sid) => voters.includes(sid));
}

type QuorumTest = (servers: readonly ServerId[]) => boolean;
