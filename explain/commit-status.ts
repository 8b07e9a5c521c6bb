/** Finds out whether a transaction was committed, as far as logs show it. */
import type { Zxid64 } from "../logs/index.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import type { Ensemble } from "./ensemble.ts";
import { listOf } from "./finding.ts";
import type { Evidence } from "./history.ts";

/** Whether a transaction was committed, why zabsim thinks so, and the lines that show it. */
export interface CommitStatus {
  /**
   * `likely`: a quorum had it. `never`: a later leader was elected by a quorum that did not have it. `again`: the
   * leader that removes it from a learner has proposed it, and sends it again.
   */
  readonly status: "committed" | "likely" | "never" | "again" | "unknown";
  readonly why: string;
  readonly evidence: readonly Evidence[];
}

const epochOf = (zxid: Zxid64): number => Number(zxid >> 32n);

/** Returns the highest committed zxid of an epoch that a leader's log shows, with the line. */
export function highestCommitted({ handshakes }: Ensemble, epoch: number): { zxid: Zxid64; at: Evidence } | undefined {
  let highest: { zxid: Zxid64; at: Evidence } | undefined;
  for (const { leaderSide } of handshakes) {
    // A leader that has not established its epoch yet may have uncommitted transactions in its memory.
    if (leaderSide === undefined || !wasEstablished(leaderSide)) continue;
    for (const zxid of [leaderSide.facts.lastProcessedZxid, leaderSide.facts.maxCommittedLog]) {
      if (zxid === undefined || epochOf(zxid) !== epoch || leaderSide.period.epoch !== epoch) continue;
      if (highest === undefined || zxid > highest.zxid) highest = { zxid, at: leaderSide.at };
    }
  }
  return highest;
}

function wasEstablished({
  at,
  period,
}: {
  readonly at: Evidence;
  readonly period: { readonly established: Evidence | undefined };
}): boolean {
  const { established } = period;
  if (established === undefined) return false;
  return established.file !== at.file || established.line < at.line;
}

/** Returns the number of servers that is a majority of the ensemble, as far as the logs show its members. */
export function majorityOf({ members }: Pick<Ensemble, "members">): number {
  return (members.length >> 1) + 1;
}

/** Returns whether the transaction `zxid` was committed. */
export function commitStatus(ensemble: Ensemble, zxid: Zxid64): CommitStatus {
  const epoch = epochOf(zxid);
  const committed = highestCommitted(ensemble, epoch);
  if (committed !== undefined && committed.zxid >= zxid) {
    const applied = formatZxid64(committed.zxid);
    const why = `The leader of epoch ${epoch} had applied ${applied}, and a leader applies only what is committed.`;
    return { status: "committed", why, evidence: [committed.at] };
  }
  const next = ensemble.epochs.find((one) => one.epoch > epoch);
  const holders = holdersOf(ensemble, zxid);
  if (holders.length >= majorityOf(ensemble)) {
    const why = `Servers ${listOf(holders.map(({ server }) => server))} had it, which is a majority of the ensemble.`;
    return { status: "likely", why, evidence: holders.map(({ at }) => at) };
  }
  if (next !== undefined && next.supporters.length >= majorityOf(ensemble)) {
    const last = next.supporters.map((sid) => lastZxidOf(ensemble, next, sid));
    if (last.every((one) => one !== undefined && one.zxid < zxid)) {
      const highest = last.reduce((a, b) => ((a?.zxid ?? 0n) > (b?.zxid ?? 0n) ? a : b));
      const why =
        `Servers ${listOf(next.supporters)}, which established epoch ${next.epoch}, had nothing after ` +
        `${formatZxid64(highest?.zxid ?? 0n)}. A majority without it means that it was never committed, ` +
        "unless one of them had lost it before.";
      return { status: "never", why, evidence: last.flatMap((one) => (one === undefined ? [] : [one.at])) };
    }
  }
  return { status: "unknown", why: "The logs do not show whether a quorum had it.", evidence: [] };
}

interface Holder {
  readonly server: number;
  readonly at: Evidence;
}

/** Returns the servers whose votes or ACKEPOCH show that they had the transaction. */
function holdersOf({ handshakes, histories }: Ensemble, zxid: Zxid64): Holder[] {
  const epoch = epochOf(zxid);
  const has = (one: Zxid64 | undefined): boolean => one !== undefined && epochOf(one) === epoch && one >= zxid;
  const holders = new Map<number, Evidence>();
  for (const { elections, server } of histories) {
    const election = elections.find((one) => has(one.zxid));
    if (election !== undefined) holders.set(server, election.zxidAt);
  }
  for (const { leaderSide } of handshakes) {
    if (leaderSide !== undefined && has(leaderSide.facts.peerLastZxid) && !holders.has(leaderSide.learner)) {
      holders.set(leaderSide.learner, leaderSide.at);
    }
  }
  return [...holders].map(([server, at]) => ({ server, at }));
}

/** Returns the last zxid of a supporter when an epoch was established: its vote, or what it reported to the leader. */
function lastZxidOf(
  { histories }: Ensemble,
  {
    leader,
    period,
  }: {
    readonly leader: number;
    readonly period: {
      readonly election: unknown;
      readonly syncs: readonly {
        readonly learner: number;
        readonly facts: { readonly peerLastZxid: Zxid64 };
        readonly at: Evidence;
      }[];
    };
  },
  sid: number,
): { readonly zxid: Zxid64; readonly at: Evidence } | undefined {
  if (sid === leader) {
    const election = histories.find(({ server }) => server === sid)?.elections.find((one) => one === period.election);
    return election?.zxid === undefined ? undefined : { zxid: election.zxid, at: election.zxidAt };
  }
  const sync = period.syncs.find(({ learner }) => learner === sid);
  return sync === undefined ? undefined : { zxid: sync.facts.peerLastZxid, at: sync.at };
}
