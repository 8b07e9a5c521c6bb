/**
 * Makes the rows of the sync-decision table from the handshakes of a run. Colors only repeat information that the text
 * also contains.
 */
import type { ChalkInstance } from "chalk";
import { formatZxid, NO_EPOCH, type ServerId } from "../protocol/zxid.ts";
import { type DecisionColumn, type DecisionRow, decisionRows } from "./decision-rows.ts";
import { explainDecision } from "./describe.ts";
import { formatSpan, formatZxidRange, PAGE_WIDTH } from "./format.ts";
import type { Handshake, HandshakeFailure } from "./handshakes.ts";
import type { ServerReleases } from "./server-releases.ts";

/** The layout of the table, and the releases that it names. */
export interface TableOptions {
  /** The maximum width of a line. Default: 80 columns. */
  readonly width?: number;
  /**
   * The releases of the servers. If the servers run different releases, the table names the release of each leader and
   * learner.
   */
  readonly releases?: ServerReleases | undefined;
}

/**
 * Returns the sync decisions of a run, with the leader, the learner, the result and the reason of each. `paint` colors
 * the table. For a table without color, pass `new Chalk({ level: 0 })`.
 */
export function decisionTable(
  all: readonly Handshake[],
  paint: ChalkInstance,
  { releases, width = PAGE_WIDTH }: TableOptions = {},
): string {
  if (all.length === 0) return "  no learner started a handshake with a leader";
  const releaseOf: ReleaseOf = (server, { startUs }) =>
    releases?.areMixed === true ? releases.at(server, startUs) : undefined;
  const handshakes = withoutRepetitions(all);
  const rows = handshakes.map((handshake): DecisionRow => {
    const times = handshake.times === 1 ? "" : `; ${handshake.times} times in a row`;
    return {
      title: leaderTitle(handshake, releaseOf(handshake.leader, handshake)),
      cells: cellsOf(handshake, paint, releaseOf(handshake.learner, handshake)),
      reason: reason(handshake, false) + times,
      narrowReason: reason(handshake, true) + times,
    };
  });
  const notes = SPECIAL_VALUES.filter(({ isIn }) => handshakes.some(isIn)).map(({ meaning }) => meaning);
  return decisionRows(rows, paint, { width, notes });
}

/** Returns the release of a server during a handshake. Undefined if the table does not name releases. */
type ReleaseOf = (server: ServerId, handshake: Handshake) => string | undefined;

interface RepeatedHandshake extends Handshake {
  /** Number of consecutive handshakes that this row stands for. */
  readonly times: number;
}

/** Merges consecutive incomplete handshakes that have the same leader, learner, epochs and reason. */
function withoutRepetitions(all: readonly Handshake[]): RepeatedHandshake[] {
  const result: RepeatedHandshake[] = [];
  let previous = "";
  for (const handshake of all) {
    const { leader, learner, epochOffered, epochAccepted, epochAcked } = handshake;
    const same = [leader, learner, epochOffered, epochAccepted, epochAcked, reason(handshake, true)].join();
    const isRepeated = same === previous && handshake.activeUs === undefined;
    if (isRepeated) result.push({ ...handshake, times: (result.pop()?.times ?? 0) + 1 });
    else result.push({ ...handshake, times: 1 });
    previous = same;
  }
  return result;
}

function cellsOf(
  handshake: Handshake,
  paint: ChalkInstance,
  release: string | undefined,
): Record<DecisionColumn, string> {
  const { activeUs, decision, epochAccepted, epochAcked, epochOffered, learner, observer, startUs } = handshake;
  const cells = {
    learner: `${learner} ${observer ? "observer" : "follower"}${release === undefined ? "" : ` ${release}`}`,
    epochs: [epochOffered, epochAccepted ?? "-", epochAcked ?? "-"].join("/"),
    committedLog: "-",
    last: "-",
    peer: "-",
    decision: paint.bold("none"),
    sent: "-",
    time: activeUs === undefined ? "-" : formatSpan(activeUs - startUs),
  };
  if (decision === undefined) return cells;
  return {
    ...cells,
    committedLog: formatZxidRange(decision.minCommittedLog, decision.maxCommittedLog),
    last: formatZxid(decision.lastProcessedZxid),
    peer: formatZxid(decision.peerLastZxid),
    decision: paint.bold(`${decision.decision} ${formatZxid(decision.zxid)}`),
    sent: decision.forwarded === 0 ? String(decision.proposals) : `${decision.proposals}+${decision.forwarded}`,
  };
}

/** The verb phrase for each way in which a process can end during a handshake. It follows the name of the server. */
const PROCESS_ENDED: Readonly<Partial<Record<HandshakeFailure["reason"], string>>> = {
  crash: "crashed",
  restart: "was restarted",
  upgrade: "was upgraded",
};

function leaderTitle({ config, epochAccepted, leader, masterFollows }: Handshake, release: string | undefined): string {
  const runs = release === undefined ? "" : ` runs ${release}`;
  const role = masterFollows ? "follower" : "leader";
  const epoch = epochAccepted === undefined ? "" : `, epoch ${epochAccepted}`;
  return `${role} ${leader}${runs}${epoch}${config === undefined ? "" : `, ${config}`}`;
}

function reason({ decision, failure }: Handshake, withLeaderZxids: boolean): string {
  const parts = [decision === undefined ? "no sync decision" : explainDecision(decision)];
  if (decision !== undefined && withLeaderZxids) {
    const { lastProcessedZxid, maxCommittedLog, minCommittedLog } = decision;
    const log = formatZxidRange(minCommittedLog, maxCommittedLog);
    parts.push(`committedLog ${log}, lastProcessedZxid ${formatZxid(lastProcessedZxid)}`);
  }
  if (decision?.firstZxid !== undefined) {
    parts.push(`sent ${formatZxidRange(decision.firstZxid, decision.lastZxid ?? decision.firstZxid)}`);
  }
  if (failure !== undefined) {
    const ended = PROCESS_ENDED[failure.reason];
    parts.push(ended === undefined ? `failed with ${failure.reason}` : `server ${failure.server} ${ended}`);
  }
  return parts.join("; ");
}

const SPECIAL_VALUES: readonly { readonly isIn: (handshake: Handshake) => boolean; readonly meaning: string }[] = [
  {
    isIn: ({ epochAcked }) => epochAcked === NO_EPOCH,
    meaning: "currentEpoch -1: the learner had already accepted this epoch, so its ACKEPOCH does not count",
  },
  {
    isIn: ({ masterFollows }) => masterFollows === true,
    meaning: "follower N: a follower that observers follow instead of the leader",
  },
  {
    isIn: ({ activeUs, epochAccepted, epochAcked }) => [activeUs, epochAccepted, epochAcked].includes(undefined),
    meaning: "-: the handshake ended before this value was known",
  },
];
