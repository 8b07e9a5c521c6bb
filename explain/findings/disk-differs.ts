/**
 * Finds servers whose memory and disk differ after a synchronization, or after they left their leader: the symptoms of
 * known bugs that show only in the order of several lines. A row of a table is one symptom.
 */
import type { Zxid64 } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import type { Ensemble, ExplainedHandshake } from "../ensemble.ts";
import { bugsIn, type Certainty, type Finding, type FindingOf, MAX_EVIDENCE, namedBugs } from "../finding.ts";
import type { DiskEvent, Election, Evidence, LearnerSync, ServerHistory } from "../history.ts";
import { isAfter } from "../line-order.ts";

/** The synchronization of a learner, with what its log says after it. */
interface Synced {
  readonly handshake: ExplainedHandshake;
  readonly history: ServerHistory;
  readonly sync: LearnerSync;
  /** The next election of the same process. Undefined if there is none. */
  readonly next: Election | undefined;
  /** The snapshots that the server took between the packet and the next election. */
  readonly snapshots: readonly DiskEvent[];
}

/** What a symptom found. */
interface Found {
  readonly title: string;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  readonly certainty: Certainty;
}

/** A symptom of a synchronization. It is a finding only in a release with one of the bugs. */
interface Symptom {
  readonly bugs: readonly string[];
  readonly find: (synced: Synced) => Found | undefined;
}

const SYMPTOMS: readonly Symptom[] = [
  {
    bugs: ["zookeeper-5094-interrupted-trunc-memory-ahead-of-disk"],
    find: interruptedTrunc,
  },
  { bugs: ["zookeeper-3642-interrupted-snap-kept-in-memory"], find: interruptedSnap },
  { bugs: ["open-hole-in-log-after-snap-passed-on"], find: tailAfterSnap },
  { bugs: ["open-snapshot-survives-trunc"], find: snapshotAfterTrunc },
];

export const disksThatDiffer: FindingOf = (ensemble) =>
  ensemble.handshakes.flatMap((handshake): Finding[] => {
    const synced = syncedIn(ensemble, handshake);
    if (synced === undefined) return [];
    return SYMPTOMS.flatMap(({ bugs: ids, find }): Finding[] => {
      const bugs = bugsIn(ids, handshake.learnerRelease);
      const found = bugs.length === 0 ? undefined : find(synced);
      if (found === undefined) return [];
      const { advice, ...named } = namedBugs(found.cause, bugs);
      const { learner } = handshake;
      return [
        {
          ...{ rule: "known-bug", severity: found.certainty === "possible" ? "problem" : "violation" },
          ...{ certainty: found.certainty, servers: [learner] },
          timeMs: handshake.timeMs,
          title: found.title,
          evidence: found.evidence.slice(0, MAX_EVIDENCE),
          advice: [...compareAdvice(learner), ...advice],
          ...named,
        },
      ];
    });
  });

function syncedIn({ histories }: Ensemble, handshake: ExplainedHandshake): Synced | undefined {
  const { learner, learnerSide: sync } = handshake;
  const history = histories.find(({ server }) => server === learner);
  // A DIFF is logged as it arrives.
  if (sync === undefined || sync.operation === "DIFF" || history === undefined) return undefined;
  const next = history.elections.find(
    ({ at, process }) => process === sync.period.process && isAfter(at, sync.period.at),
  );
  const snapshots = history.disk.filter(
    ({ at, kind }) => kind === "snapshot-taken" && isAfter(at, sync.at) && (next === undefined || isAfter(next.at, at)),
  );
  return { handshake, history, sync, next, snapshots };
}

function compareAdvice(server: number): string[] {
  return [
    "Compare the disks of all servers with zabsim doctor.",
    `If a majority of the other servers is up and has all data, stop server ${server}, move its folder version-2 ` +
      "away, and start it: the leader sends it a SNAP.",
  ];
}

function isInterrupted({ snapshots, sync }: Synced): boolean {
  return snapshots.length === 0 && sync.newLeaderMs === undefined && sync.upToDateMs === undefined;
}

/** After a TRUNC, a learner writes the next transactions to disk only with the snapshot at NEWLEADER. */
function interruptedTrunc(synced: Synced): Found | undefined {
  const { next, sync } = synced;
  const { learner, zxid } = sync;
  if (sync.operation !== "TRUNC" || zxid === undefined || next?.zxid === undefined) return undefined;
  if (!isInterrupted(synced) || next.zxid <= zxid) return undefined;
  return {
    title: `server ${learner} has transactions after ${formatZxid64(zxid)} in memory only`,
    cause:
      `It was truncated to ${formatZxid64(zxid)}, and lost its leader before NEWLEADER, so it took no snapshot. ` +
      `It voted with ${formatZxid64(next.zxid)} in the next election: its memory has transactions that its disk ` +
      "lacks. A leader that relies on this vote does not send them again, and the next restart loses them.",
    evidence: [sync.at, next.zxidAt],
    certainty: "likely",
  };
}

/** A learner writes a SNAP to disk at NEWLEADER. */
function interruptedSnap(synced: Synced): Found | undefined {
  const { next, sync } = synced;
  const { learner, zxid } = sync;
  if (sync.operation !== "SNAP" || zxid === undefined || next?.zxid === undefined) return undefined;
  if (!isInterrupted(synced) || next.zxid < zxid) return undefined;
  return {
    title: `server ${learner} kept a SNAP in memory that it had not written to disk`,
    cause:
      `It got a SNAP up to ${formatZxid64(zxid)}, and lost its leader before NEWLEADER, so it took no snapshot. ` +
      `It voted with ${formatZxid64(next.zxid)} in the next election. If it then gets a DIFF, its disk never gets ` +
      "the data of the SNAP, and the next restart loses them.",
    evidence: [sync.at, next.zxidAt],
    certainty: "likely",
  };
}

/** A SNAP does not cut the log. A start replays the records of the log after the newest snapshot. */
function tailAfterSnap({ handshake, history, sync }: Synced): Found | undefined {
  const { learner, peerLastZxid, zxid } = handshake;
  if (handshake.operation !== "SNAP" || zxid === undefined || peerLastZxid === undefined) return undefined;
  if (zxid >= peerLastZxid || counterOf(peerLastZxid) === 0n) return undefined;
  const { disk, processes } = history;
  const restart = processes[processes.indexOf(sync.period.process) + 1];
  if (restart === undefined) return undefined;
  const isCovered = disk.some(
    (one) =>
      one.kind === "snapshot-taken" &&
      one.zxid >= peerLastZxid &&
      isAfter(one.at, sync.at) &&
      isAfter(restart.at, one.at),
  );
  if (isCovered) return undefined;
  return {
    title: `server ${learner} has transactions up to ${formatZxid64(peerLastZxid)} again that a SNAP had removed`,
    cause:
      `It reported ${formatZxid64(peerLastZxid)}, and the leader sent a SNAP up to ${formatZxid64(zxid)}. A SNAP ` +
      "does not cut the log of the learner. After its restart, the server replayed the records after the snapshot, " +
      "also those that the leader did not have (ZOOKEEPER-2832).",
    evidence: [...(handshake.leaderSide?.lines ?? []).slice(0, 3), sync.at, restart.at],
    certainty: "likely",
  };
}

/** A TRUNC cuts the log, and then the server loads its newest snapshot, which can be newer than that of the TRUNC. */
function snapshotAfterTrunc({ handshake, history, sync }: Synced): Found | undefined {
  const { epoch, learner, operation, peerLastZxid, zxid } = handshake;
  if (operation !== "TRUNC" || zxid === undefined || peerLastZxid === undefined) return undefined;
  if (epoch !== undefined && BigInt(epoch) === peerLastZxid >> 32n) return undefined;
  const wiped = history.processes.findLast(
    ({ at, missingEpochFiles }) => missingEpochFiles.length > 0 && isAfter(sync.at, at),
  );
  const taken = history.disk.findLast(
    (one) =>
      one.kind === "snapshot-taken" &&
      one.zxid > zxid &&
      one.zxid <= peerLastZxid &&
      counterOf(one.zxid) > 0n &&
      isAfter(sync.at, one.at) &&
      (wiped === undefined || isAfter(one.at, wiped.at)),
  );
  if (taken === undefined) return undefined;
  return {
    title: `server ${learner} may still have the transactions after ${formatZxid64(zxid)} that a TRUNC removed`,
    cause:
      `It took a snapshot at ${formatZxid64(taken.zxid)} before, and then got TRUNC ${formatZxid64(zxid)}. A TRUNC ` +
      "cuts the log and removes no snapshot. If the server had finished the snapshot, it loaded it again and serves " +
      "its transactions.",
    evidence: [taken.at, ...(handshake.leaderSide?.lines ?? []).slice(0, 2), sync.at],
    certainty: "possible",
  };
}

/** The start of an epoch, with the counter 0, is no transaction. */
function counterOf(zxid: Zxid64): bigint {
  return zxid & 0xffff_ffffn;
}
