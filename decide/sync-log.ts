/**
 * Reads sync decisions from the log of a leader. A line "Synchronizing with …" starts a decision; later lines of the
 * same thread show which rules are possible. `logs/` has the wording of each release.
 */
import { type LogEventName, type LoggedEvent, LogReader } from "../logs/index.ts";
import { SYNC_OPERATIONS, type SyncOperation, type SyncRule } from "../protocol/index.ts";
import type { CommittedLogFacts, Zxid64 } from "./known-facts.ts";
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

const COMMITTED_LOG: readonly SyncRule[] = [
  ...(["committed-log-diff", "committed-log-diff-new-epoch", "committed-log-trunc"] as const),
  ...(["committed-log-cross-epoch", "committed-log-no-match"] as const),
];
const TXN_LOG: readonly SyncRule[] = [
  ...(["txn-log-diff", "txn-log-diff-new-epoch", "txn-log-trunc", "txn-log-gap", "txn-log-cross-epoch"] as const),
];

/** The lines that show which rule decided, by event, with the rules that are possible after them. */
export const RULES_OF_LINES = {
  "sync-forced-snap": ["forced-snap"],
  "sync-in-sync": ["in-sync"],
  "sync-from-committed-log": COMMITTED_LOG,
  "sync-from-txn-log": TXN_LOG,
  "sync-not-found": ["txn-log-starts-later"],
  "sync-log-too-large": ["txn-log-too-large"],
  "sync-gap": ["txn-log-gap"],
  "sync-cross-epoch": ["committed-log-cross-epoch", "txn-log-cross-epoch"],
} as const satisfies Partial<Record<LogEventName, readonly SyncRule[]>>;

/** A line that shows which rule decided. */
export type RuleLine = keyof typeof RULES_OF_LINES;

/** Returns the rules that are possible after all these lines. Undefined if there are no lines. */
export function rulesShownBy(lines: readonly RuleLine[]): readonly SyncRule[] | undefined {
  const [first, ...rest] = lines.map((line): readonly SyncRule[] => RULES_OF_LINES[line]);
  return first?.filter((rule) => rest.every((rules) => rules.includes(rule)));
}

/** Returns what a line shows about the packet that the leader sent. */
export function operationShownBy(event: LoggedEvent): SyncOperation | undefined {
  if (event.event === "sync-snapshot" || event.event === "sync-fall-back") return "SNAP";
  if (event.event !== "sync-sending") return undefined;
  return [...SYNC_OPERATIONS.values()].find((one) => one === event.fields.operation);
}

/** The start of the line about a snapshot, for a line whose end was not copied. */
const SNAPSHOT_LINE = /Sending snapshot last zxid of peer is 0x/;

/** Returns the sync decisions of a log, in the order of the log. Skips all other lines. */
export function readSyncLog(text: string): LoggedSync[] {
  const decisions = decisionsIn(text);
  const isSnapshot = decisions.length === 1 && SNAPSHOT_LINE.test(text);
  return decisions.map(({ rest, start: { fields, line, message } }) => {
    const shown = consequences(rest);
    const { lastProcessedZxid, maxCommittedLog: max, minCommittedLog: min, peerLastZxid, sid } = fields;
    const isFollower = message.template.includes("Follower");
    return {
      ...{ line, sid: String(sid), peerLastZxid, lastProcessedZxid },
      // ZooKeeper logs 0x0 for both ends of an empty committedLog.
      committedLog: max === 0n ? { txns: [] } : { min, max },
      series: lastProcessedZxid === undefined ? "3.4" : isFollower ? "3.5" : "3.6",
      ...shown,
      operation: shown.operation ?? (isSnapshot ? "SNAP" : undefined),
    };
  });
}

type SyncStart = Extract<LoggedEvent, { readonly event: "sync-started" }>;

interface Decision {
  readonly start: SyncStart;
  /** The later events of this decision: those of the same thread, and those of lines without a thread name. */
  readonly rest: LoggedEvent[];
}

function decisionsIn(text: string): Decision[] {
  const decisions: Decision[] = [];
  const byThread = new Map<string, Decision>();
  for (const event of eventsIn(text)) {
    const { thread } = event;
    if (event.event === "sync-started") {
      const decision = { start: event, rest: [] };
      decisions.push(decision);
      byThread.set(thread, decision);
    } else {
      const decision = thread === "" ? decisions.at(-1) : (byThread.get(thread) ?? byThread.get(""));
      decision?.rest.push(event);
    }
  }
  return decisions;
}

function eventsIn(text: string): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  const reader = new LogReader((event) => void events.push(event));
  for (const line of text.split(/\r?\n/)) reader.read(line);
  reader.end();
  return events;
}

/**
 * Returns the settings that a log contains. If a setting occurs several times, the last value counts. A negative
 * snapshotSizeFactor means that synchronization from the log on disk is off.
 */
export function readLoggedSettings(text: string): Partial<SyncSettings> {
  let settings: Partial<SyncSettings> = {};
  for (const { event, fields } of eventsIn(text)) {
    if (event === "txn-log-sync-off") settings = { ...settings, snapshotSizeFactor: -1 };
    if (event === "force-snapshot-sync") settings = { ...settings, forceSnapshotSync: true };
    if (event !== "settings" && event !== "txn-log-sync-on") continue;
    if (fields.snapshotSizeFactor !== undefined) {
      settings = { ...settings, snapshotSizeFactor: Number(fields.snapshotSizeFactor) };
    }
    if (event === "settings" && fields.commitLogCount !== undefined) {
      settings = { ...settings, commitLogCount: fields.commitLogCount };
    }
  }
  return settings;
}

function consequences(events: readonly LoggedEvent[]): Pick<LoggedSync, "rules" | "operation" | "txnLogSize"> {
  const size = events.find((one) => one.event === "sync-log-too-large");
  const operations = events.map(operationShownBy).filter((one) => one !== undefined);
  return {
    rules: rulesShownBy(events.map(({ event }) => event).filter(isRuleLine)),
    // A TRUNC that the leader could not send is followed by a SNAP.
    operation: operations.includes("SNAP") ? "SNAP" : operations[0],
    txnLogSize: size?.event === "sync-log-too-large" ? size.fields : undefined,
  };
}

/** Returns whether an event is a line that shows which rule decided. */
export function isRuleLine(event: LogEventName): event is RuleLine {
  return Object.hasOwn(RULES_OF_LINES, event);
}
