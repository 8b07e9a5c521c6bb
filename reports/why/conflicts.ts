/** Chooses, for each invariant, the two facts that contradict each other when the invariant is violated. */
import type { InvariantId, Violation } from "../../invariants/index.ts";
import { epochOf, type Zxid } from "../../protocol/zxid.ts";
import type { FactFinder } from "./facts.ts";
import type { Fact } from "./moment.ts";

/** Returns the two facts that contradict each other in a violation. */
export function conflictOf(violation: Violation, finder: FactFinder): Conflict {
  return CONFLICTS[violation.id](finder, violation);
}

/** Returns the transaction that a violation is about. Returns undefined if the violation is not about a transaction. */
export function subjectOf({ facts }: Violation): Zxid | undefined {
  return facts.there ?? facts.here ?? facts.truncated ?? facts.missing ?? facts.zxid;
}

export type Conflict = readonly [Fact, Fact];
type ConflictOf = (find: FactFinder, violation: Violation) => Conflict;

/**
 * Builds the conflict of a server that delivered other transactions than the other servers, or delivered them in
 * another order.
 */
const deliveriesDiverge: ConflictOf = (find, { server, facts: { here, there } }) => [
  here === undefined ? find.lacks(server, there) : find.delivers(server, here),
  find.firstDelivery(there),
];

/**
 * Builds the conflict of two servers whose histories diverge. `here` and `there` are the zxids at the first difference.
 */
const historiesDiverge: ConflictOf = (find, { server, other, facts: { here, there } }) => {
  const opponent = other ?? find.opponentOf(server, here, there);
  // If the transaction `there` has the lower zxid, and this server does not have it, this server has skipped it.
  const skips = here !== undefined && there !== undefined && there < here && find.isMissing(server, there);
  if (here === undefined || skips) return [find.lacks(server, there), find.has(opponent, there)];
  return [find.has(server, here), there === undefined ? find.lacks(opponent, here) : find.has(opponent, there)];
};

const illegalPacket: ConflictOf = (find, violation) => [find.anomalies.of(violation), find.state(violation.server)];

const CONFLICTS: Readonly<Record<InvariantId, ConflictOf>> = {
  "primary-uniqueness": (find, { server, other, facts: { epoch } }) => [
    find.establishments.of(epoch, server),
    find.establishments.of(epoch, other ?? server, { which: "first" }),
  ],
  integrity: (find, { server, facts: { zxid } }) => [find.delivers(server, zxid), find.noProposal(zxid)],
  agreement: deliveriesDiverge,
  "total-order": (find, { server, facts: { there, zxid } }) => [
    there === undefined ? find.delivers(server, zxid) : find.lacks(server, there),
    find.firstDelivery(there ?? zxid),
  ],
  "local-primary-order": (find, { server, facts: { missing, zxid } }) => [
    find.delivers(server, zxid),
    find.proposal(missing),
  ],
  "global-primary-order": (find, { server, facts: { before, zxid } }) => [
    find.delivers(server, zxid),
    find.firstDelivery(before),
  ],
  "primary-integrity": (find, { server, facts: { missing } }) => [
    find.lacks(server, missing),
    find.firstDelivery(missing),
  ],
  "initial-history-agreement": (find, { server, other, facts: { epoch, here, otherEpoch, there } }) => [
    find.establishments.apart(server, epoch, here, there),
    find.establishments.of(otherEpoch, other ?? server, { subject: there }),
  ],
  "commit-completeness": (find, { server, other, facts: { delivered, initial, there, zxid } }) =>
    delivered === undefined
      ? [find.delivers(server, zxid), find.establishments.of(zxid && epochOf(zxid))]
      : [find.memory.endsAt(server, delivered, there), find.has(other ?? server, initial)],
  "process-consistency": historiesDiverge,
  "no-bad-state": illegalPacket,
  "no-bad-ack": illegalPacket,
  "no-bad-proposal": illegalPacket,
  "no-bad-commit": illegalPacket,
  "committed-history-grows": (find, { server, facts: { epoch, here, there } }) => [
    find.establishments.apart(server, epoch, here, there),
    find.firstDelivery(there),
  ],
  "trunc-keeps-committed": (find, { server, facts: { truncated } }) => [
    find.lacks(server, truncated),
    find.firstDelivery(truncated),
  ],
  "follower-is-prefix": historiesDiverge,
  "leader-is-complete": (find, { server, other, facts: { missing } }) => [
    find.lacks(server, missing),
    find.has(other ?? server, missing),
  ],
  "memory-equals-disk": (find, { server, facts: { here, memory, there } }) =>
    here === undefined
      ? [find.has(server, there, "on its disk"), find.memory.endsAt(server, memory, there)]
      : [find.has(server, here, "in memory"), find.memory.diskLacks(server, here)],
  "claimed-quorums": (find, { server, other, facts: { holders, zxid } }) =>
    holders !== undefined && zxid !== undefined
      ? [find.commit(server, zxid), find.lostOutside(holders, zxid)]
      : [zxid === undefined ? find.state(server) : find.delivers(server, zxid), find.state(other ?? server)],
  "config-agreement": (find, { server }) => [find.configs.last(server), find.configs.rival(server)],
  "seen-config-kept": (find, { server }) => [find.configs.start(server), find.configs.newest(server)],
  "config-znode-is-committed": (find, { server }) => [find.state(server), find.state(server)],
  "newest-config-leads": (find, { server, other, facts: { epoch } }) => [
    find.establishments.of(epoch, server),
    find.state(other ?? server),
  ],
  "leader-config-adopted": (find, { server, other, facts: { epoch } }) => [
    find.state(server),
    epoch === undefined ? find.configs.newest(server) : find.establishments.of(epoch, other ?? server),
  ],
  "zxid-covers-tree": (find, { server, facts: { tree, zxid } }) => [
    find.memory.snapshotHolds(server, tree),
    find.memory.endsAt(server, zxid),
  ],
};
