/**
 * Finds partitions of the network that can make two leaders: one has a quorum of the old list, the other one of the new
 * list, and the two quorums share no server. Not every such partition is harmful, because a server with the old list
 * follows no leader outside it, so `judge-orders.ts` runs them.
 */
import type { Violation } from "../invariants/index.ts";
import { quorumTest } from "../invariants/quorum-test.ts";
import type { ServerId } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type Ensemble, type Order, type Roll, runningAfter } from "./ensemble.ts";

/** Two sides of a partition. */
export interface SplitByPartition {
  /** The index of the action after which the quorums exist. */
  readonly action: number;
  readonly old: readonly ServerId[];
  readonly fresh: readonly ServerId[];
  /** What the simulator found in a run with this partition. Undefined if there were too many runs. */
  readonly violation?: Violation | undefined;
}

/** Returns two such quorums after these actions. Returns undefined if there are none. */
export function splitAfter({ from, to, zookeeper }: Roll, done: Order): SplitByPartition | undefined {
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
      return { action: done.length - 1, old: one, fresh: other };
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
