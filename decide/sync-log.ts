/**
 * Reads sync decisions from the log of a leader. Knows the wording of ZooKeeper 3.4 to 3.9
 * (LearnerHandler#syncFollower, ZKDatabase#getProposalsFromTxnLog). A line "Synchronizing with …" starts a decision.
 * Later lines of the same thread show which rules are possible.
 */
import type { SyncRule } from "../protocol/index.ts";
import type { CommittedLogFacts, Zxid64 } from "./known-facts.ts";
import type { SyncOperation } from "./possible-decisions.ts";
import type { SyncSettings } from "./zoo-cfg.ts";

/** One sync decision in a log. */
export interface LoggedSync {
  /** The number, from 1, of the line that starts the decision. */
  readonly line: number;
  readonly sid: string;
  readonly peerLastZxid: Zxid64;
  /** The leader's lastProcessedZxid. Undefined in a log of ZooKeeper 3.4, which does not contain it. */
  readonly lastProcessedZxid: Zxid64 | undefined;
  readonly committedLog: CommittedLogFacts;
  /** The oldest release series that logs decisions in this wording. */
  readonly series: LogSeries;
  /**
   * The rules that are possible according to later lines of this decision. Undefined if no later line says anything
   * about the rule.
   */
  readonly rules: readonly SyncRule[] | undefined;
  /** The packet that the leader sent according to the log. Undefined if no line shows it. */
  readonly operation: SyncOperation | undefined;
  /**
   * The total size of the log files that the leader would read, and the limit for this size. Undefined if the log does
   * not contain them.
   */
  readonly txnLogSize: { readonly bytes: number; readonly limitBytes: number } | undefined;
}

export type LogSeries = "3.4" | "3.5" | "3.6";

/** For each wording of the log lines: the release whose rules decide. */
const RELEASE_OF_SERIES: Readonly<Record<LogSeries, string>> = { "3.4": "3.4.14", "3.5": "3.5.10", "3.6": "newest" };

/** Returns the release whose rules apply if only the wording of the log is known. */
export function releaseOf({ series }: LoggedSync): string {
  return RELEASE_OF_SERIES[series];
}

const HEX = "=0x([0-9a-f]{1,16})";
const START = new RegExp(
  `Synchronizing with (Follower|Learner) sid: (-?\\d+) maxCommittedLog${HEX} minCommittedLog${HEX}` +
    `(?: lastProcessedZxid${HEX})? peerLastZxid${HEX}`,
  "i",
);

/** Lines that say which rule decided. */
const RULE_LINES: readonly (readonly [RegExp, readonly SyncRule[]])[] = [
  [/Forcing snapshot sync - should not see this/, ["forced-snap"]],
  [/leader and follower are in sync, zxid=/, ["in-sync"]],
  [/Unable to find proposals from txnlog for zxid/, ["txn-log-starts-later"]],
  [/Txnlog size: \d+ exceeds sizeLimit: \d+/, ["txn-log-too-large"]],
  [/Detected gap between end of txnlog/, ["txn-log-gap"]],
  [/Cannot send TRUNC to peer sid: -?\d+ peer zxid is/, ["committed-log-cross-epoch", "txn-log-cross-epoch"]],
];

/** Lines that show what the leader sent. */
const OPERATION_LINES: readonly (readonly [RegExp, SyncOperation])[] = [
  [/Sending snapshot last zxid of peer is 0x|Sending SNAP\b|fall back to use snapshot/, "SNAP"],
  [/Sending TRUNC\b/, "TRUNC"],
  [/Sending DIFF\b/, "DIFF"],
];

/** Returns the sync decisions of a log, in the order of the log. Skips all other lines. */
export function readSyncLog(text: string): LoggedSync[] {
  return decisionsIn(text).map(({ line, match, rest }) => {
    const [, role, sid, max, min, last, peer] = match;
    const ends = { min: zxidOf(min as string), max: zxidOf(max as string) };
    return {
      line,
      sid: sid as string,
      peerLastZxid: zxidOf(peer as string),
      lastProcessedZxid: last === undefined ? undefined : zxidOf(last),
      // ZooKeeper logs 0x0 for both ends of an empty committedLog.
      committedLog: ends.max === 0n ? { txns: [] } : ends,
      series: last === undefined ? "3.4" : role === "Follower" ? "3.5" : "3.6",
      ...consequences(rest),
    };
  });
}

interface Start {
  readonly line: number;
  readonly match: RegExpExecArray;
  /** The lines after `line` that belong to this decision: those of the same thread, and those without a thread name. */
  readonly rest: string[];
}

function decisionsIn(text: string): Start[] {
  const starts: Start[] = [];
  const byThread = new Map<string | undefined, Start>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const thread = threadOf(line);
    const match = START.exec(line);
    if (match !== null) {
      const start = { line: index + 1, match, rest: [] };
      starts.push(start);
      byThread.set(thread, start);
    } else {
      const start = thread === undefined ? starts.at(-1) : (byThread.get(thread) ?? byThread.get(undefined));
      start?.rest.push(line);
    }
  }
  return starts;
}

/**
 * Returns the settings that a log contains. If a setting occurs several times, the last value counts. A negative
 * snapshotSizeFactor means that synchronization from the log on disk is off.
 */
export function readLoggedSettings(text: string): Partial<SyncSettings> {
  const last = (pattern: RegExp): string | undefined => [...text.matchAll(pattern)].at(-1)?.[1];
  const factor = last(/snapshotSizeFactor(?: =)? (-?\d+(?:\.\d+)?)/g);
  const count = last(/zookeeper\.commitLogCount ?= ?(\d+)/g);
  const isOff = text.includes("On disk txn sync disabled");
  return {
    ...(factor !== undefined && { snapshotSizeFactor: Number(factor) }),
    ...(isOff && { snapshotSizeFactor: -1 }),
    ...(count !== undefined && { commitLogCount: Number(count) }),
    ...(text.includes("Forcing snapshot sync is enabled") && { forceSnapshotSync: true }),
  };
}

function consequences(lines: readonly string[]): Pick<LoggedSync, "rules" | "operation" | "txnLogSize"> {
  const size = lines
    .map((line) => /Txnlog size: (\d+) exceeds sizeLimit: (\d+)/.exec(line))
    .find((one) => one !== null);
  return {
    rules: RULE_LINES.find(([pattern]) => lines.some((line) => pattern.test(line)))?.[1],
    operation: OPERATION_LINES.find(([pattern]) => lines.some((line) => pattern.test(line)))?.[1],
    txnLogSize: size ? { bytes: Number(size[1]), limitBytes: Number(size[2]) } : undefined,
  };
}

/**
 * Returns the thread name in a line, e.g. `LearnerHandler-/10.0.0.3:51234`. Each learner connection has its own thread.
 */
function threadOf(line: string): string | undefined {
  return /\[(LearnerHandler-[^\]]+?)(?::o\.a\.z\.[^\]]*|:LearnerHandler@\d+)?\]/.exec(line)?.[1];
}

function zxidOf(hex: string): Zxid64 {
  return BigInt.asIntN(64, BigInt(`0x${hex}`));
}
