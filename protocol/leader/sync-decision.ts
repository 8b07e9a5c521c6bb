/**
 * The sync decision: whether the leader synchronizes a learner with DIFF, TRUNC or SNAP, and with which packets
 * (LearnerHandler#syncFollower, #queueCommittedProposals; ZKDatabase#getProposalsFromTxnLog; Leader#startForwarding).
 *
 * `decideSync` is a pure function. Its input is the leader's view of its database and the learner's last zxid; its
 * output is the packets to queue, the zxid after which forwarding starts, and the rule that decided. It uses only the
 * order of zxids, their epochs, and whether a counter is 0, so it accepts numbers (the simulator) and bigints (all 64
 * bits, `zabsim decide`). sync-rules.ts describes each rule in words.
 */
import type { SyncSource } from "../behavior.ts";
import { COMMIT, DIFF, PROPOSAL, TRUNC } from "../packets.ts";
import type { Zxid } from "../zxid.ts";

/** A zxid as a number, or as a signed 64-bit bigint. */
export type AnyZxid = Zxid | bigint;

/** An object with a zxid: a Txn in the simulator, or an object with only a zxid in a conformance vector. */
export interface Logged<Z extends AnyZxid = Zxid> {
  /** The zxid. */
  readonly zxid: Z;
}

/** The leader's database as syncFollower sees it under the read lock of committedLog, and the learner's last zxid. */
export interface SyncFacts<Z extends AnyZxid = Zxid, T extends Logged<Z> = Logged<Z>> {
  /** The last zxid in the learner's log, from ACKEPOCH. */
  readonly peerLastZxid: Z;
  /** The data from which the leader's release synchronizes learners; default: as in the newest release. */
  readonly source?: SyncSource;
  /** The zxid of the last transaction in the leader's tree (DataTree#lastProcessedZxid). */
  readonly lastProcessedZxid: Z;
  /** The newest committed transactions in memory, ascending (ZKDatabase#getCommittedLog). */
  readonly committedLog: readonly T[];
  /** The log on disk, oldest file first. Only the txn-log rules read the files. */
  readonly txnLogFiles: readonly TxnLogFile<Z, T>[];
  /**
   * Whether a log record that cannot be read makes the LearnerHandler fail with a NullPointerException; default: false.
   * The log then ends before this record.
   */
  readonly unreadableRecordIsNull?: boolean;
  /** Whether snapshotSizeFactor is at least 0 (ZKDatabase#isTxnLogSyncEnabled). */
  readonly txnLogSyncEnabled: boolean;
  /**
   * Whether the log files after the first one that is read are together larger than the limit
   * (ZKDatabase#getProposalsFromTxnLog, #calculateTxnLogSizeLimit).
   */
  readonly txnLogExceedsSizeLimit: boolean;
  /**
   * The sizes of which txnLogExceedsSizeLimit is the result. Undefined if the limit is not exceeded, or if the sizes
   * are unknown.
   */
  readonly txnLogSize?: TxnLogSize | undefined;
  /**
   * Whether minCommittedLog must be positive for the leader to use committedLog, and a learner at minCommittedLog may
   * be synchronized from the log on disk (pull request 1745); default: false.
   */
  readonly zeroMinUsesTxnLog?: boolean;
  /** The setting zookeeper.forceSnapshotSync: whether the leader always sends SNAP. */
  readonly forceSnapSync: boolean;
  /** The zxid of the last proposal (Leader#lastProposed). */
  readonly lastProposed: Z;
  /** Transactions that are committed but not yet applied to the leader's tree. */
  readonly toBeApplied: readonly T[];
  /** Transactions that are proposed but not yet committed, in any order. */
  readonly outstandingProposals: readonly T[];
  /** Whether the learner is an observer, which gets no outstanding proposals. */
  readonly observer: boolean;
}

/** The size of the log files that a leader would read for a learner, and the limit that it exceeds, in bytes. */
export interface TxnLogSize {
  /** The total size of the files. */
  readonly bytes: number;
  /** The limit (ZKDatabase#calculateTxnLogSizeLimit). */
  readonly limitBytes: number;
}

/** A log file as the leader reads it. */
export interface TxnLogFile<Z extends AnyZxid = Zxid, T extends Logged<Z> = Logged<Z>> {
  /** The zxid in the file's name. */
  readonly name: Z;
  /** The records, in the order in which they were appended. */
  readonly txns: readonly T[];
  /** The index of the first record that cannot be read. Undefined if all records can be read. */
  readonly unreadableFrom?: number | undefined;
}

/** The branch of syncFollower that decided. */
export type SyncRule =
  | "forced-snap"
  | "in-sync"
  | "ahead-of-committed-log"
  | "committed-log-diff"
  | "committed-log-diff-new-epoch"
  | "committed-log-trunc"
  | "committed-log-cross-epoch"
  | "committed-log-no-match"
  | "txn-log-diff"
  | "txn-log-diff-new-epoch"
  | "txn-log-trunc"
  | "txn-log-empty"
  | "txn-log-starts-later"
  | "txn-log-too-large"
  | "txn-log-gap"
  | "txn-log-cross-epoch"
  | "txn-log-off"
  | "new-epoch-above-committed-log"
  // Only releases before ZOOKEEPER-1413 (3.4) decide by the following rules.
  | "committed-log-empty"
  | "behind-committed-log";

/** A packet that the decision queues. Only a PROPOSAL has a transaction. */
export type SyncPacket<Z extends AnyZxid = Zxid, T extends Logged<Z> = Logged<Z>> =
  | { readonly type: typeof DIFF | typeof TRUNC | typeof COMMIT; readonly zxid: Z; readonly txn: null }
  | { readonly type: typeof PROPOSAL; readonly zxid: Z; readonly txn: T };

/** What the leader sends to synchronize a learner, and the rule that decided (LearnerHandler#syncFollower). */
export interface SyncDecision<Z extends AnyZxid = Zxid, T extends Logged<Z> = Logged<Z>> {
  /** Whether the leader sends a snapshot before the packets. */
  readonly needSnap: boolean;
  /**
   * The packets to queue, in this order: DIFF or TRUNC unless needSnap is true, committed transactions, and the packets
   * of startForwarding.
   */
  readonly packets: readonly SyncPacket<Z, T>[];
  /** The index in `packets` of the first packet that startForwarding queued; `packets.length` if it queued none. */
  readonly forwardedFrom: number;
  /** The leader forwards proposals above this zxid to the learner (Leader#startForwarding). */
  readonly startForwardingFrom: Z;
  /** The rule that decided. SYNC_RULES describes it. */
  readonly rule: SyncRule;
  /** The first zxid in committedLog; lastProcessedZxid if committedLog is empty. */
  readonly minCommittedLog: Z;
  /** The last zxid in committedLog; lastProcessedZxid if committedLog is empty. */
  readonly maxCommittedLog: Z;
  /**
   * Whether the LearnerHandler fails with a NullPointerException before it sends the packets, because it has read a
   * null proposal for a log record that cannot be read.
   */
  readonly readsNull: boolean;
  /** Why the leader cannot use the log on disk although it has read it. Absent in all other cases. */
  readonly txnLogGap?: TxnLogGap<Z>;
}

/** Transactions are missing between the log on disk and committedLog, so that the leader sends a SNAP. */
export interface TxnLogGap<Z extends AnyZxid = Zxid> {
  /** The last zxid that the leader read from the log, or the learner's last zxid if the log has none above it. */
  readonly after: Z;
  /** The DIFF or TRUNC that the leader queued before it found the gap. Undefined if it queued none. */
  readonly dropped: { readonly type: typeof DIFF | typeof TRUNC; readonly zxid: Z } | undefined;
}

/** Makes the sync decision, and adds the packets that startForwarding queues. */
export function decideSync<Z extends AnyZxid, T extends Logged<Z>>(facts: SyncFacts<Z, T>): SyncDecision<Z, T> {
  const { committedLog, lastProcessedZxid } = facts;
  const empty = committedLog.length === 0;
  const min = empty ? lastProcessedZxid : (committedLog[0] as T).zxid;
  const max = empty ? lastProcessedZxid : (committedLog[committedLog.length - 1] as T).zxid;
  const queue = new PacketQueue<Z, T>(min, max);
  const decide = facts.source === "committed-log" ? decideFromCommittedLog : decideFromLogs;
  const { current, needSnap, rule, txnLogGap } = decide(facts, queue);
  const forwardedFrom = queue.packets.length;
  if (!queue.readsNull) queue.addForwarded(facts, current);
  return {
    // If no DIFF or TRUNC is queued, the leader sends SNAP, although forwarding has already started from the peer's
    // zxid.
    needSnap: needSnap || queue.needsOp,
    packets: queue.packets,
    forwardedFrom,
    startForwardingFrom: current,
    rule,
    minCommittedLog: min,
    maxCommittedLog: max,
    readsNull: queue.readsNull,
    ...(txnLogGap !== undefined && { txnLogGap }),
  };
}

interface Choice<Z extends AnyZxid> {
  readonly rule: SyncRule;
  readonly needSnap: boolean;
  /**
   * The zxid after which forwarding starts: usually the learner's last zxid after it has handled the queued packets.
   */
  readonly current: Z;
  readonly txnLogGap?: TxnLogGap<Z> | undefined;
}

function decideFromLogs<Z extends AnyZxid, T extends Logged<Z>>(
  facts: SyncFacts<Z, T>,
  queue: PacketQueue<Z, T>,
): Choice<Z> {
  const checksGap = facts.source !== "txn-log";
  const minMustBePositive = facts.zeroMinUsesTxnLog === true;
  const { committedLog, lastProcessedZxid, peerLastZxid: peer } = facts;
  const { max, min } = queue;

  let rule: SyncRule;
  let needSnap = true;
  let current = peer;
  let txnLogGap: TxnLogGap<Z> | undefined;
  if (facts.forceSnapSync) {
    rule = "forced-snap";
  } else if (lastProcessedZxid === peer) {
    rule = "in-sync";
    queue.op(DIFF, peer);
    needSnap = false;
  } else if (peer > max && !isNewEpoch(peer)) {
    rule = "ahead-of-committed-log";
    queue.op(TRUNC, max);
    current = max;
    needSnap = false;
  } else if (min <= peer && peer <= max && (!minMustBePositive || min > 0)) {
    current = queue.addCommitted([committedLog], peer, undefined);
    rule = queue.ruleFrom("committed-log");
    needSnap = false;
  } else if ((minMustBePositive ? peer <= min : peer < min) && facts.txnLogSyncEnabled) {
    const files = readableFrom(facts.txnLogFiles, peer);
    const isCut = facts.unreadableRecordIsNull === true && files.some(isUnreadable);
    const unusable = whyUnusable(lists(files), peer, facts.txnLogExceedsSizeLimit);
    if (unusable !== undefined) {
      rule = unusable;
    } else {
      current = queue.addCommitted(isCut ? withoutLast(lists(files)) : lists(files), peer, min, isCut);
      rule = queue.ruleFrom("txn-log");
      if (queue.readsNull) return { rule, needSnap: false, current };
      if (current < min && checksGap) {
        if (rule !== "txn-log-cross-epoch") rule = "txn-log-gap";
        txnLogGap = { after: current, dropped: queue.queuedOp };
        queue.clear();
      } else {
        const undecided = queue.needsOp && committedLog.length > 0;
        current = queue.addCommitted([committedLog], current, undefined);
        if (undecided) rule = queue.ruleFrom("committed-log");
        needSnap = false;
      }
    }
  } else {
    rule = peer < min ? "txn-log-off" : "new-epoch-above-committed-log";
  }
  if (needSnap && checksGap) current = lastProcessedZxid;
  return { rule, needSnap, current, txnLogGap };
}

/**
 * Decides as releases before ZOOKEEPER-1413 do: the leader sends transactions only from committedLog, and otherwise a
 * SNAP. Forwarding starts at the learner's zxid even for a SNAP. The zxid at the start of an epoch has no special
 * meaning, and the leader may send a TRUNC even if its next transaction is of another epoch than the peer's zxid.
 */
function decideFromCommittedLog<Z extends AnyZxid, T extends Logged<Z>>(
  { committedLog, lastProcessedZxid, peerLastZxid: peer }: SyncFacts<Z, T>,
  queue: PacketQueue<Z, T>,
): Choice<Z> {
  const { max, min } = queue;
  let rule: SyncRule;
  let current = peer;
  if (peer === lastProcessedZxid) {
    rule = "in-sync";
    queue.op(DIFF, peer);
  } else if (committedLog.length === 0) {
    rule = "committed-log-empty";
  } else if (peer > max) {
    rule = "ahead-of-committed-log";
    queue.op(TRUNC, max);
    current = max;
  } else if (min <= peer) {
    const next = committedLog.findIndex(({ zxid }) => zxid > peer);
    const previous = next < 0 ? peer : (committedLog[next - 1] as T).zxid;
    if (previous < peer) {
      rule = "committed-log-trunc";
      queue.op(TRUNC, previous);
      current = previous;
    } else {
      rule = "committed-log-diff";
      queue.op(DIFF, max);
    }
    for (const txn of committedLog) if (txn.zxid > peer) queue.add(txn);
  } else {
    rule = "behind-committed-log";
  }
  return { rule, needSnap: queue.needsOp, current };
}

/**
 * The rule that applies if the source contains no transaction at or above the peer's zxid. For committedLog, this case
 * never occurs, because the leader uses committedLog only if the peer's zxid is at most maxCommittedLog. The rule
 * exists because LearnerHandler#syncFollower handles this case.
 */
const RULE_WITHOUT_OP = { "committed-log": "committed-log-no-match", "txn-log": "txn-log-gap" } as const;

/** The queue of packets for the learner (LearnerHandler#queuedPackets) while syncFollower fills it. */
class PacketQueue<Z extends AnyZxid, T extends Logged<Z>> {
  packets: SyncPacket<Z, T>[] = [];
  /** True while no DIFF or TRUNC is queued (LearnerHandler#needOpPacket). */
  needsOp = true;
  /**
   * Whether the last call of addCommitted queued nothing because the next transaction has another epoch than
   * the peer's zxid.
   */
  private crossEpoch = false;
  /** Whether addCommitted has read the null at the end of its lists. */
  readsNull = false;
  /** Whether a DIFF is queued because the peer's zxid is the start of an epoch. */
  private opForNewEpoch = false;
  /** The first zxid in committedLog (minCommittedLog). */
  readonly min: Z;
  /** The last zxid in committedLog (maxCommittedLog). */
  readonly max: Z;

  constructor(min: Z, max: Z) {
    this.min = min;
    this.max = max;
  }

  op(type: typeof DIFF | typeof TRUNC, zxid: Z): void {
    this.packets.push({ type, zxid, txn: null });
    this.needsOp = false;
  }

  /** Queues the PROPOSAL and the COMMIT of a committed transaction. */
  add(txn: T): void {
    const { zxid } = txn;
    this.packets.push({ type: PROPOSAL, zxid, txn }, { type: COMMIT, zxid, txn: null });
  }

  /** The DIFF or TRUNC in the queue. */
  get queuedOp(): TxnLogGap<Z>["dropped"] {
    const first = this.packets[0];
    return first?.type === DIFF || first?.type === TRUNC ? { type: first.type, zxid: first.zxid } : undefined;
  }

  clear(): void {
    this.packets = [];
    this.needsOp = true;
  }

  /**
   * Queues the transactions of `lists` that the learner lacks, up to `limit`
   * (LearnerHandler#queueCommittedProposals). Returns the zxid of the last queued transaction, or `from` if it queues
   * none. If `endsWithNull` is true, the last element of the lists is followed by a null.
   */
  addCommitted(lists: readonly (readonly T[])[], from: Z, limit: Z | undefined, endsWithNull = false): Z {
    const newEpoch = isNewEpoch(from);
    this.crossEpoch = false;
    let queued = from;
    let previous = (typeof from === "bigint" ? -1n : -1) as Z;
    for (const list of lists) {
      for (const txn of list) {
        const { zxid } = txn;
        if (limit !== undefined && zxid > limit) return this.finish(newEpoch, queued);
        if (zxid < from) {
          previous = zxid;
          continue;
        }
        if (this.needsOp) {
          if (zxid === from) {
            this.op(DIFF, this.max);
            continue;
          }
          if (newEpoch) {
            this.opForNewEpoch = true;
            this.op(DIFF, this.max);
          } else if (!sameEpoch(zxid, from)) {
            // LearnerHandler sends no TRUNC across the start of an epoch, because the learner would exit.
            this.crossEpoch = true;
            return queued;
          } else {
            this.op(TRUNC, previous);
          }
        }
        if (zxid <= queued) continue;
        this.add(txn);
        queued = zxid;
      }
    }
    this.readsNull ||= endsWithNull;
    return this.finish(newEpoch, queued);
  }

  private finish(newEpoch: boolean, queued: Z): Z {
    if (this.needsOp && newEpoch) {
      this.opForNewEpoch = true;
      this.op(DIFF, this.max);
    }
    return queued;
  }

  /** Queues the transactions above `from` that the leader has not applied yet (Leader#startForwarding). */
  addForwarded(facts: SyncFacts<Z, T>, from: Z): void {
    if (facts.lastProposed <= from) return;
    for (const txn of facts.toBeApplied) if (txn.zxid > from) this.add(txn);
    if (facts.observer) return;
    for (const txn of ascending(facts.outstandingProposals)) {
      if (txn.zxid > from) this.packets.push({ type: PROPOSAL, zxid: txn.zxid, txn });
    }
  }

  ruleFrom(source: "committed-log" | "txn-log"): SyncRule {
    if (this.crossEpoch) return `${source}-cross-epoch`;
    if (this.needsOp) return RULE_WITHOUT_OP[source];
    if (this.packets[0]?.type === TRUNC) return `${source}-trunc`;
    return this.opForNewEpoch ? `${source}-diff-new-epoch` : `${source}-diff`;
  }
}

/**
 * Returns the last file whose name is below `zxid` and all later files (FileTxnIterator#init), up to the first record
 * that cannot be read. If there is no such file, returns all files.
 */
function readableFrom<Z extends AnyZxid, T extends Logged<Z>>(
  files: SyncFacts<Z, T>["txnLogFiles"],
  zxid: Z,
): readonly TxnLogFile<Z, T>[] {
  const first = Math.max(
    0,
    files.findLastIndex(({ name }) => name < zxid),
  );
  const unreadable = files.findIndex((file, index) => index >= first && isUnreadable(file));
  return files.slice(first, unreadable < 0 ? undefined : unreadable + 1);
}

function isUnreadable({ unreadableFrom }: TxnLogFile<AnyZxid, Logged<AnyZxid>>): boolean {
  return unreadableFrom !== undefined;
}

function lists<Z extends AnyZxid, T extends Logged<Z>>(files: readonly TxnLogFile<Z, T>[]): (readonly T[])[] {
  return files.map(({ txns, unreadableFrom }) => (unreadableFrom === undefined ? txns : txns.slice(0, unreadableFrom)));
}

/**
 * Returns the lists without their last element. When TxnLogProposalIterator#next fails to read the record after this
 * element, it returns the element without its packet.
 */
function withoutLast<T>(lists: readonly (readonly T[])[]): (readonly T[])[] {
  const last = lists.findLastIndex((list) => list.length > 0);
  return lists.map((list, index) => (index === last ? list.slice(0, -1) : list));
}

/**
 * Returns the reason why ZKDatabase#getProposalsFromTxnLog returns an empty iterator; undefined if the iterator is not
 * empty.
 */
function whyUnusable<T extends Logged<AnyZxid>>(
  files: readonly (readonly T[])[],
  peer: AnyZxid,
  tooLarge: boolean,
): SyncRule | undefined {
  const first = files.find((txns) => txns.length > 0)?.[0];
  if (first === undefined) return "txn-log-empty";
  if (first.zxid > peer) return "txn-log-starts-later";
  return tooLarge ? "txn-log-too-large" : undefined;
}

/**
 * Returns whether the counter of the zxid is 0, as for a leader at the start of its epoch. No transaction has such a
 * zxid.
 */
function isNewEpoch(zxid: AnyZxid): boolean {
  return typeof zxid === "bigint" ? (zxid & 0xffff_ffffn) === 0n : zxid >>> 0 === 0;
}

function sameEpoch<Z extends AnyZxid>(a: Z, b: Z): boolean {
  if (typeof a === "bigint") return a >> 32n === (b as bigint) >> 32n;
  return Math.floor(a / 0x1_0000_0000) === Math.floor((b as number) / 0x1_0000_0000);
}

/** Returns the proposals in ascending order of zxid (Leader#startForwarding). */
function ascending<Z extends AnyZxid, T extends Logged<Z>>(proposals: readonly T[]): readonly T[] {
  const isSorted = proposals.every(({ zxid }, i) => i === 0 || (proposals[i - 1] as T).zxid <= zxid);
  return isSorted ? proposals : [...proposals].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}
