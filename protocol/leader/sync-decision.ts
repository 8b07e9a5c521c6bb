/**
 * DIFF, TRUNC or SNAP: what the leader sends a learner to bring it in line (LearnerHandler#syncFollower,
 * #queueCommittedProposals; ZKDatabase#getProposalsFromTxnLog; Leader#startForwarding).
 *
 * Pure: the leader's view of its database and the learner's last zxid in; the packets to queue, where forwarding starts,
 * and the rule that decided out. Only the order of zxids, their epochs and "is the counter 0" are used, so it answers for
 * numbers (the simulator) and for bigints (all 64 bits, `zabsim decide`) alike. sync-rules.ts tells the rules in words.
 */
import type { SyncSource } from "../behavior.ts";
import { COMMIT, DIFF, PROPOSAL, TRUNC } from "../packets.ts";

/** A zxid as a number, or as a signed 64-bit bigint. */
export type AnyZxid = number | bigint;

/** Anything that carries a zxid: a Txn in the simulator, a bare zxid in a conformance vector. */
export interface Logged<Z extends AnyZxid = number> {
  readonly zxid: Z;
}

/** The leader's database as syncFollower sees it under the committedLog's read lock, and the learner's position. */
export interface SyncFacts<Z extends AnyZxid = number, T extends Logged<Z> = Logged<Z>> {
  readonly peerLastZxid: Z;
  /** The release's way; default: the newest one's. */
  readonly source?: SyncSource;
  /** DataTree#lastProcessedZxid. */
  readonly lastProcessedZxid: Z;
  readonly committedLog: readonly T[];
  /** The on-disk log, oldest file first, and the zxid each file is named by. Read by the txnlog rules only. */
  readonly txnLogFiles: readonly { readonly name: Z; readonly txns: readonly T[] }[];
  /** snapshotSizeFactor >= 0 (ZKDatabase#isTxnLogSyncEnabled). */
  readonly txnLogSyncEnabled: boolean;
  /** ZKDatabase#getProposalsFromTxnLog: the log files behind the first one read exceed calculateTxnLogSizeLimit. */
  readonly txnLogExceedsSizeLimit: boolean;
  readonly forceSnapSync: boolean;
  readonly lastProposed: Z;
  /** Committed, not yet applied to the leader's tree. */
  readonly toBeApplied: readonly T[];
  /** Proposed, not yet committed, ascending. */
  readonly outstandingProposals: readonly T[];
  /** Observers get no outstanding proposals. */
  readonly observer: boolean;
}

/** Which branch of syncFollower decided. */
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
  // Only before ZOOKEEPER-1413 (3.4):
  | "committed-log-empty"
  | "behind-committed-log";

export interface SyncPacket<Z extends AnyZxid = number, T extends Logged<Z> = Logged<Z>> {
  readonly type: typeof DIFF | typeof TRUNC | typeof PROPOSAL | typeof COMMIT;
  readonly zxid: Z;
  /** The transaction of a PROPOSAL; null otherwise. */
  readonly txn: T | null;
}

export interface SyncDecision<Z extends AnyZxid = number, T extends Logged<Z> = Logged<Z>> {
  /** A snapshot goes out before the packets. */
  readonly needSnap: boolean;
  /** DIFF or TRUNC first unless needSnap; then what is queued behind it, forwarded proposals included. */
  readonly packets: readonly SyncPacket<Z, T>[];
  /** Index in `packets` of the first one that startForwarding queued. */
  readonly forwardedFrom: number;
  readonly startForwardingFrom: Z;
  readonly rule: SyncRule;
  /** Ends of committedLog as used; lastProcessedZxid when it is empty. */
  readonly minCommittedLog: Z;
  readonly maxCommittedLog: Z;
}

/** Decides, and queues what startForwarding adds. */
export function decideSync<Z extends AnyZxid, T extends Logged<Z>>(facts: SyncFacts<Z, T>): SyncDecision<Z, T> {
  const { committedLog, lastProcessedZxid } = facts;
  const empty = committedLog.length === 0;
  const min = empty ? lastProcessedZxid : (committedLog[0] as T).zxid;
  const max = empty ? lastProcessedZxid : (committedLog[committedLog.length - 1] as T).zxid;
  const queue = new PacketQueue<Z, T>(min, max);
  const decide = facts.source === "committed-log" ? decideFromCommittedLog : decideFromLogs;
  const { current, needSnap, rule } = decide(facts, queue);
  const forwardedFrom = queue.packets.length;
  queue.addForwarded(facts, current);
  return {
    // Nothing to lead in with: SNAP after all, but forwarding has already started from the peer's zxid.
    needSnap: needSnap || queue.needsOp,
    packets: queue.packets,
    forwardedFrom,
    startForwardingFrom: current,
    rule,
    minCommittedLog: min,
    maxCommittedLog: max,
  };
}

interface Choice<Z extends AnyZxid> {
  readonly rule: SyncRule;
  readonly needSnap: boolean;
  /** What the learner will have by then: forwarding starts behind it. */
  readonly current: Z;
}

function decideFromLogs<Z extends AnyZxid, T extends Logged<Z>>(
  facts: SyncFacts<Z, T>,
  queue: PacketQueue<Z, T>,
): Choice<Z> {
  const checksGap = facts.source !== "txn-log";
  const { committedLog, lastProcessedZxid, peerLastZxid: peer } = facts;
  const { max, min } = queue;

  let rule: SyncRule;
  let needSnap = true;
  let current = peer;
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
  } else if (min <= peer && peer <= max) {
    current = queue.addCommitted([committedLog], peer, undefined);
    rule = queue.ruleFrom("committed-log");
    needSnap = false;
  } else if (peer < min && facts.txnLogSyncEnabled) {
    const files = filesFrom(facts.txnLogFiles, peer);
    const unusable = whyUnusable(files, peer, facts.txnLogExceedsSizeLimit);
    if (unusable !== undefined) {
      rule = unusable;
    } else {
      current = queue.addCommitted(files, peer, min);
      rule = queue.ruleFrom("txn-log");
      if (current < min && checksGap) {
        if (rule !== "txn-log-cross-epoch") rule = "txn-log-gap";
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
  return { rule, needSnap, current };
}

/**
 * Before ZOOKEEPER-1413: from committedLog, or a SNAP. Forwarding starts at the learner's zxid even then. The start of an
 * epoch is a zxid like any other, and a TRUNC may cross epochs.
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

/** LearnerHandler#queuedPackets while syncFollower fills it, with its needOpPacket flag. */
class PacketQueue<Z extends AnyZxid, T extends Logged<Z>> {
  packets: SyncPacket<Z, T>[] = [];
  needsOp = true;
  private crossEpoch = false;
  private opForNewEpoch = false;
  /** The ends of committedLog. */
  readonly min: Z;
  readonly max: Z;

  constructor(min: Z, max: Z) {
    this.min = min;
    this.max = max;
  }

  op(type: typeof DIFF | typeof TRUNC, zxid: Z): void {
    this.packets.push({ type, zxid, txn: null });
    this.needsOp = false;
  }

  /** A committed one: its proposal, and its commit. */
  add(txn: T): void {
    const { zxid } = txn;
    this.packets.push({ type: PROPOSAL, zxid, txn }, { type: COMMIT, zxid, txn: null });
  }

  clear(): void {
    this.packets = [];
    this.needsOp = true;
  }

  /** queueCommittedProposals: returns the last zxid queued, or `from` when none was. */
  addCommitted(lists: readonly (readonly T[])[], from: Z, limit: Z | undefined): Z {
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
            // A TRUNC must not cross an epoch: the learner would exit.
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
    return this.finish(newEpoch, queued);
  }

  private finish(newEpoch: boolean, queued: Z): Z {
    if (this.needsOp && newEpoch) {
      this.opForNewEpoch = true;
      this.op(DIFF, this.max);
    }
    return queued;
  }

  /** Leader#startForwarding. */
  addForwarded(facts: SyncFacts<Z, T>, from: Z): void {
    if (facts.lastProposed <= from) return;
    for (const txn of facts.toBeApplied) if (txn.zxid > from) this.add(txn);
    if (facts.observer) return;
    for (const txn of facts.outstandingProposals) {
      if (txn.zxid > from) this.packets.push({ type: PROPOSAL, zxid: txn.zxid, txn });
    }
  }

  ruleFrom(source: "committed-log" | "txn-log"): SyncRule {
    if (this.crossEpoch) return `${source}-cross-epoch`;
    if (this.needsOp) return source === "committed-log" ? "committed-log-no-match" : "txn-log-gap";
    if (this.packets[0]?.type === TRUNC) return `${source}-trunc`;
    return this.opForNewEpoch ? `${source}-diff-new-epoch` : `${source}-diff`;
  }
}

/** FileTxnIterator#init: the last file named below `zxid` and all files after it; all files when there is none. */
function filesFrom<Z extends AnyZxid, T extends Logged<Z>>(
  files: SyncFacts<Z, T>["txnLogFiles"],
  zxid: Z,
): (readonly T[])[] {
  let first = 0;
  for (let i = files.length - 1; i >= 0; i--) {
    if ((files[i] as { name: Z }).name < zxid) {
      first = i;
      break;
    }
  }
  return files.slice(first).map((file) => file.txns);
}

/** Why ZKDatabase#getProposalsFromTxnLog gives an empty iterator; undefined if it does not. */
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

/** The zxid a leader takes for itself at the start of its epoch; no transaction carries it. */
function isNewEpoch(zxid: AnyZxid): boolean {
  return typeof zxid === "bigint" ? (zxid & 0xffff_ffffn) === 0n : zxid >>> 0 === 0;
}

function sameEpoch<Z extends AnyZxid>(a: Z, b: Z): boolean {
  if (typeof a === "bigint") return a >> 32n === (b as bigint) >> 32n;
  return Math.floor(a / 0x1_0000_0000) === Math.floor((b as number) / 0x1_0000_0000);
}
