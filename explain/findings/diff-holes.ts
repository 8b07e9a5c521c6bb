/**
 * Finds a DIFF that lacks transactions because the leader has a hole where it read them: a leader that was a learner
 * before has in its log, or in its committedLog, nothing of what an earlier SNAP, TRUNC or DIFF brought it.
 */

import type { RuleLine } from "../../decide/sync-log.ts";
import type { Zxid64 } from "../../logs/index.ts";
import type { SyncOperation } from "../../protocol/packets.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import type { Ensemble, ExplainedHandshake } from "../ensemble.ts";
import { bugsIn, type Finding, type FindingOf, MAX_EVIDENCE, namedBugs } from "../finding.ts";
import type { LeaderSync, LearnerSync, ServerHistory } from "../history.ts";
import { isAfter } from "../line-order.ts";

/** Transactions that a server lacks in a place although its database has them. */
interface Hole {
  readonly after: Zxid64;
  readonly last: Zxid64;
}

/** Where a synchronization leaves a hole. */
interface HoleSource {
  readonly operation: SyncOperation;
  readonly bugs: readonly string[];
  /** The line with which a leader says that it reads from the place. */
  readonly readBy: RuleLine;
  readonly place: string;
  /** Whether a restart fills the hole. */
  readonly isInMemory: boolean;
  readonly holeOf: (handshake: ExplainedHandshake, history: ServerHistory) => Hole | undefined;
}

const SOURCES: readonly HoleSource[] = [
  {
    ...{ operation: "SNAP", bugs: ["open-hole-in-log-after-snap-passed-on"], readBy: "sync-from-txn-log" },
    ...{ place: "its log", isInMemory: false },
    holeOf: ({ peerLastZxid, zxid }) => holeBetween(peerLastZxid, zxid),
  },
  {
    ...{ operation: "TRUNC", bugs: ["open-hole-in-log-after-snap-passed-on"], readBy: "sync-from-txn-log" },
    ...{ place: "its log", isInMemory: false },
    holeOf: ({ learnerSide, zxid }, history) => holeBetween(zxid, learnerSide && snapshotOf(learnerSide, history)),
  },
  {
    ...{ operation: "DIFF", bugs: ["zookeeper-4925-synced-txns-missing-from-committed-log"] },
    ...{ readBy: "sync-from-committed-log", place: "its committedLog", isInMemory: true },
    holeOf: ({ peerLastZxid, zxid }) => holeBetween(peerLastZxid, zxid),
  },
];

/** Returns the zxid of the snapshot that a learner took at NEWLEADER. */
function snapshotOf({ at, period }: LearnerSync, { disk, elections }: ServerHistory): Zxid64 | undefined {
  const next = elections.find((one) => isAfter(one.at, period.at));
  return disk.find(
    (one) => one.kind === "snapshot-taken" && isAfter(one.at, at) && (next === undefined || isAfter(next.at, one.at)),
  )?.zxid;
}

/** Returns the transactions between two zxids if the last one is a transaction. */
function holeBetween(after: Zxid64 | undefined, last: Zxid64 | undefined): Hole | undefined {
  if (after === undefined || last === undefined || last <= after || (last & 0xffff_ffffn) === 0n) return undefined;
  return { after, last };
}

/** A DIFF from a place with a hole. */
interface HoledDiff {
  readonly handshake: ExplainedHandshake;
  readonly leaderSide: LeaderSync;
  readonly source: HoleSource;
  readonly hole: Hole;
  /** The synchronization that left the hole. */
  readonly cause: ExplainedHandshake;
}

export const diffsWithHoles: FindingOf = (ensemble) => {
  const asLearner = new Map<number, ExplainedHandshake[]>();
  for (const handshake of ensemble.handshakes) {
    const { learner, learnerSide } = handshake;
    if (learnerSide === undefined) continue;
    const known = asLearner.get(learner);
    if (known === undefined) asLearner.set(learner, [handshake]);
    else known.push(handshake);
  }
  const groups = new Map<string, HoledDiff[]>();
  for (const handshake of ensemble.handshakes) {
    const diff = SOURCES.map((source) => holedDiff(ensemble, asLearner, handshake, source)).find(
      (one) => one !== undefined,
    );
    if (diff === undefined) continue;
    const key = `${handshake.leader} ${handshake.learner} ${diff.hole.after} ${diff.hole.last}`;
    groups.set(key, [...(groups.get(key) ?? []), diff]);
  }
  return [...groups.values()].map(findingOf);
};

function holedDiff(
  ensemble: Ensemble,
  asLearner: ReadonlyMap<number, readonly ExplainedHandshake[]>,
  handshake: ExplainedHandshake,
  source: HoleSource,
): HoledDiff | undefined {
  const { leader, leaderRelease, leaderSide, operation, peerLastZxid } = handshake;
  if (operation !== "DIFF" || leaderSide === undefined || peerLastZxid === undefined) return undefined;
  if (!leaderSide.ruleLines.has(source.readBy) || bugsIn(source.bugs, leaderRelease).length === 0) return undefined;
  const history = ensemble.histories.find(({ server }) => server === leader);
  if (history === undefined) return undefined;
  const before = (asLearner.get(leader as number) ?? []).filter(
    ({ learnerSide }) =>
      learnerSide !== undefined &&
      isAfter(leaderSide.at, learnerSide.at) &&
      (!source.isInMemory || learnerSide.period.process === leaderSide.process),
  );
  // A SNAP replaces what is in memory, also the hole.
  const since = source.isInMemory ? before.findLastIndex((one) => one.operation === "SNAP") + 1 : 0;
  for (const cause of before.slice(since).reverse()) {
    const hole = cause.operation === source.operation ? source.holeOf(cause, history) : undefined;
    if (hole !== undefined && peerLastZxid <= hole.after) return { handshake, leaderSide, source, hole, cause };
  }
  return undefined;
}

function findingOf(diffs: readonly HoledDiff[]): Finding {
  const [{ cause, handshake, hole, leaderSide, source }] = diffs as [HoledDiff, ...HoledDiff[]];
  const { leader, leaderRelease, learner, learnerSide, peerLastZxid = 0n } = handshake;
  const range = rangeText(hole);
  const { advice, ...named } = namedBugs(
    `Leader ${leader} got ${range} by ${source.operation} when it was a learner, so ${source.place} does not contain ` +
      `them. It read the DIFF for server ${learner}, which had reported ${formatZxid64(peerLastZxid)}, from there. ` +
      `If server ${learner} accepted the DIFF, its clients read different data.`,
    bugsIn(source.bugs, leaderRelease),
  );
  return {
    ...{ rule: "known-bug", severity: "violation", certainty: "likely", servers: [learner] },
    timeMs: handshake.timeMs,
    title: `server ${learner} got a DIFF that lacks ${range}${diffs.length === 1 ? "" : ` (${diffs.length} times)`}`,
    evidence: [cause.learnerSide, learnerSide]
      .flatMap((side) => side?.at ?? [])
      .concat(leaderSide.lines.slice(0, MAX_EVIDENCE - 2)),
    advice: [
      `Stop server ${learner}, move its folder version-2 away, and start it while a majority of the other servers ` +
        "is up: the leader sends it a SNAP.",
      "Compare the disks of all servers with zabsim doctor.",
      ...advice,
    ],
    ...named,
  };
}

function rangeText({ after, last }: Hole): string {
  const first = after >> 32n === last >> 32n ? after + 1n : ((last >> 32n) << 32n) + 1n;
  return first === last ? formatZxid64(last) : `${formatZxid64(first)}..${formatZxid64(last)}`;
}
