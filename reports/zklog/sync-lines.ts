/** The lines of a sync decision in the thread of a LearnerHandler (LearnerHandler#syncFollower, ZKDatabase). */
import type { DecisionRecord } from "../../cluster/records.ts";
import type { SyncRule } from "../../protocol/leader/sync-decision.ts";
import { DIFF } from "../../protocol/packets.ts";
import type { LoggedServer } from "./logged-server.ts";
import type { LineOptions } from "./server-log.ts";
import { isAtLeast } from "./written-release.ts";

/** Logs the facts of a decision, its rule, and the packet. */
export function writeSync(one: LoggedServer, decision: DecisionRecord, sid: number, thread: string): void {
  const { lastProcessedZxid, peerLastZxid } = decision;
  const isEmpty = decision.committedLogIsEmpty === true;
  if (one.settings.forceSnapSync) one.say("force-snapshot-sync", {}, { thread });
  if (one.settings.snapshotSizeFactor < 0) one.say("txn-log-sync-off", {}, { thread });
  else {
    const snapshotSizeFactor = String(one.settings.snapshotSizeFactor);
    one.say("txn-log-sync-on", { snapshotSizeFactor }, { thread });
  }
  const facts = {
    sid,
    maxCommittedLog: isEmpty ? 0n : BigInt(decision.maxCommittedLog),
    minCommittedLog: isEmpty ? 0n : BigInt(decision.minCommittedLog),
    lastProcessedZxid: BigInt(lastProcessedZxid),
    peerLastZxid: BigInt(peerLastZxid),
  };
  one.say("sync-started", facts, { thread });
  if (isAtLeast(one.release, "3.5.0")) writeDecision(one, decision, sid, thread);
  else writeDecision34(one, decision, thread);
}

/** Logs that a LearnerHandler sends a snapshot. */
export function writeSnapSync(one: LoggedServer, decision: DecisionRecord, thread: string): void {
  const { observer, peerLastZxid, zxid } = decision;
  const leader = BigInt(one.role?.lastProposed ?? 0);
  const rest = concurrencyText(one, observer);
  one.say("sync-snapshot", { peer: BigInt(peerLastZxid), leader, sent: BigInt(zxid), rest }, { thread });
}

/** 3.4 logs the packet for every decision. */
function writeDecision34(one: LoggedServer, { decision, peerLastZxid, rule }: DecisionRecord, thread: string): void {
  if (rule === "in-sync") one.say("sync-in-sync", { zxid: BigInt(peerLastZxid) }, { thread });
  if (rule === "behind-committed-log") one.say("sync-unhandled", {}, { thread });
  one.say("sync-sending", { operation: decision }, { thread });
}

type Say = Partial<LineOptions>;

/** What a rule logs before the packet. */
type RuleLines = (one: LoggedServer, decision: DecisionRecord, sid: number, options: Say) => void;

/** 3.5.5 to 3.5.10 can read the log on disk, find a gap, and then decide from committedLog. */
const fromCommittedLog: RuleLines = (one, { minCommittedLog, peerLastZxid }, sid, options) =>
  one.say(peerLastZxid < minCommittedLog ? "sync-from-txn-log" : "sync-from-committed-log", { sid }, options);
const fromTxnLog: RuleLines = (one, _, sid, options) => one.say("sync-from-txn-log", { sid }, options);
const crossEpoch: RuleLines = (one, _, sid, options) => one.say("sync-cross-epoch", { sid }, options);
const fallBack: RuleLines = (one, _, sid, options) => one.say("sync-fall-back", { sid }, options);
const notFound: RuleLines = (one, { peerLastZxid }, _, options) =>
  one.say("sync-not-found", { zxid: BigInt(peerLastZxid) }, options);
const gap: RuleLines = (one, { minCommittedLog, txnLogGap }, sid, options) => {
  if (txnLogGap === undefined) return;
  const { after, dropped } = txnLogGap;
  if (dropped !== undefined) {
    writePacket(one, dropped.type === DIFF ? "DIFF" : "TRUNC", dropped.zxid, sid, options);
  }
  one.say("sync-gap", { end: BigInt(after), start: BigInt(minCommittedLog) }, options);
};
const tooLarge: RuleLines = (one, { txnLogSize }, _, options) => {
  if (txnLogSize !== undefined) one.say("sync-log-too-large", txnLogSize, options);
};
const unhandled: RuleLines = (one, decision, sid, options) => {
  const isEmpty = decision.committedLogIsEmpty === true;
  const { lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid } = decision;
  // An empty committedLog counts as one that starts and ends at lastProcessedZxid.
  const [max, min] = isEmpty ? [lastProcessedZxid, lastProcessedZxid] : [maxCommittedLog, minCommittedLog];
  one.say(
    "sync-unhandled",
    {
      ...{ sid, maxCommittedLog: BigInt(max), minCommittedLog: BigInt(min) },
      ...{ lastProcessedZxid: BigInt(lastProcessedZxid), peerLastZxid: BigInt(peerLastZxid) },
      txnLogSyncEnabled: String(one.settings.snapshotSizeFactor >= 0),
    },
    options,
  );
};
const forced: RuleLines = (one, _, __, options) => one.say("sync-forced-snap", {}, options);

/** The lines of each rule in 3.5 and later, before the line about the packet. */
const LINES_OF_RULES: Readonly<Record<SyncRule, readonly RuleLines[]>> = {
  "forced-snap": [forced],
  "in-sync": [],
  "ahead-of-committed-log": [],
  "committed-log-diff": [fromCommittedLog],
  "committed-log-diff-new-epoch": [fromCommittedLog],
  "committed-log-trunc": [fromCommittedLog],
  "committed-log-cross-epoch": [fromCommittedLog, crossEpoch, fallBack],
  "committed-log-no-match": [fromCommittedLog, fallBack],
  "txn-log-diff": [fromTxnLog],
  "txn-log-diff-new-epoch": [fromTxnLog],
  "txn-log-trunc": [fromTxnLog],
  "txn-log-empty": [],
  "txn-log-starts-later": [notFound],
  "txn-log-too-large": [tooLarge],
  "txn-log-gap": [fromTxnLog, gap],
  "txn-log-cross-epoch": [fromTxnLog, crossEpoch, gap],
  "txn-log-off": [unhandled],
  "new-epoch-above-committed-log": [unhandled],
  "committed-log-empty": [],
  "behind-committed-log": [],
};

function writeDecision(one: LoggedServer, decision: DecisionRecord, sid: number, thread: string): void {
  const { decision: operation, proposals, rule, zxid } = decision;
  for (const write of LINES_OF_RULES[rule]) write(one, decision, sid, { thread });
  // A TRUNC of a learner that is ahead is logged only at the level DEBUG.
  if (operation === "SNAP" || rule === "ahead-of-committed-log") return;
  if (rule === "in-sync") one.say("sync-sending", { operation, zxid: BigInt(zxid), sid, gap: "" }, { thread });
  else writePacket(one, rule.endsWith("new-epoch") && proposals === 0 ? "NONE" : operation, zxid, sid, { thread });
}

/**
 * Logs the packet of a decision from committedLog or from the log on disk. `NONE`: a DIFF that no transaction follows,
 * because the learner is at the start of an epoch. 3.6.0 to 3.8.6 name the wrong packet then.
 */
function writePacket(
  one: LoggedServer,
  packet: "DIFF" | "TRUNC" | "NONE",
  zxid: number,
  sid: number,
  options: Say,
): void {
  const { release } = one;
  const isWrong = isAtLeast(release, "3.6.0") && !isAtLeast(release, "3.9.0");
  const operation = packet === "NONE" ? (isWrong ? "TRUNC" : "DIFF") : packet;
  const gapText = isAtLeast(release, "3.6.0") ? " " : "";
  one.say("sync-sending", { operation, zxid: BigInt(zxid), sid, gap: gapText }, options);
}

/** The end of the line "Sending snapshot …" of 3.5 and later. */
function concurrencyText({ handlers, release }: LoggedServer, observer: boolean): string {
  const syncing = [...handlers.values()].filter(
    ({ hasAcked, isClosed, sendsSnapshot }) => sendsSnapshot && !hasAcked && !isClosed,
  );
  const exempt = observer ? "not exempt" : "exempt";
  if (!isAtLeast(release, "3.6.0")) {
    return `${syncing.length} concurrent snapshots, snapshot was ${exempt} from throttle`;
  }
  return `${syncing.length} concurrent snapshot sync, snapshot sync was ${exempt} from throttle`;
}
