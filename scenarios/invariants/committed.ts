/**
 * The sequence of all txns that any serving server has delivered, and the invariants about it: I-2 … I-7, I-9,
 * committed-history-grows, leader-is-complete, trunc-keeps-committed.
 *
 * Every server's deliveries must be this one sequence up to some point. It is kept as histories, one for each length, so
 * that a delivery is compared with one entry; what is walked is only what is new.
 */
import { type Epoch, epochOf, type History, sameTxn, type Txn, type Zxid } from "../../protocol/index.ts";
import { type Ensemble, endOf, type Watched } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

/** What the primary of one epoch broadcast: zxids without gaps, so that a zxid is an index. */
class Broadcasts {
  private first: Zxid = 0;
  private readonly txns: Txn[] = [];

  add(txn: Txn): void {
    if (this.txns.length === 0) this.first = txn.zxid;
    this.txns[txn.zxid - this.first] = txn;
  }

  at(zxid: Zxid): Txn | undefined {
    return this.txns[zxid - this.first];
  }

  /** What was broadcast just before; -1: nothing. */
  before(zxid: Zxid): Zxid {
    return this.txns[zxid - this.first - 1]?.zxid ?? -1;
  }
}

export class CommittedSequence {
  /** `sequence[k]` is the committed history of length k + 1. */
  private readonly sequence: History[] = [];
  /** What primaries broadcast, by epoch. */
  private readonly broadcasts = new Map<Epoch, Broadcasts>();
  /** The epoch asked for last, and how many committed txns are older: no longer changes once there is one of that epoch. */
  private older = { epoch: -1, count: 0 };
  /** The initial histories of established epochs, by length. */
  private readonly initialLength = new Map<Epoch, number>();
  /** The newest epoch of a txn that was there before the run. */
  private newestEpochBefore: Epoch = -1;
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations) {
    this.ensemble = ensemble;
    this.violations = violations;
  }

  /** A disk as a scenario made it: its txns were broadcast before the run. */
  existedBefore(history: History): void {
    this.newestEpochBefore = Math.max(this.newestEpochBefore, epochOf(history.zxid));
  }

  /** A history that clients may have read before the run. */
  startWith(history: History): void {
    this.existedBefore(history);
    this.append(history, undefined);
  }

  proposed(primary: Watched, txn: Txn): void {
    const epoch = epochOf(txn.zxid);
    this.broadcastsOf(epoch).add(txn);
    const older = this.countOlderThan(epoch);
    const initial = this.initialLength.get(epoch) ?? 0;
    if (initial < older) {
      const missing = endOf(this.sequence[older - 1]);
      this.report("I-7", primary, `broadcasts ${zxidText(txn)} without ${missing}, which others have delivered`);
    }
  }

  /** A server that serves delivered one txn; `history` is what its tree tells now. */
  delivered(server: Watched, txn: Txn, history: History): void {
    const { length } = history;
    this.checkInitial(server, txn, length);
    const known = this.sequence[length - 1];
    if (known === undefined) this.append(history, server);
    else if (!known.equals(history)) this.diverged(server, history);
  }

  /** A server starts to serve with this history: clients see all of it. */
  visible(server: Watched, history: History): void {
    const { length } = history;
    const known = length === 0 ? undefined : this.sequence[length - 1];
    if (length > this.sequence.length) this.append(history, server);
    else if (known !== undefined && !known.equals(history)) this.diverged(server, history);
  }

  /** `newest`: no newer epoch is established. A deposed leader may learn late that it had a quorum; it then serves what is stale. */
  established(leader: Watched, epoch: Epoch, history: History, newest: boolean): void {
    const last = this.sequence[this.sequence.length - 1];
    if (newest && last !== undefined && !last.isPrefixOf(history)) {
      const text = `is established in epoch ${epoch} at ${endOf(history)} without all that was committed, up to ${endOf(last)}`;
      this.report("committed-history-grows", leader, text);
    }
    this.initialLength.set(epoch, history.length);
    this.visible(leader, history);
  }

  truncated(server: Watched, before: History, after: History): void {
    const committed = this.sequence[after.length];
    if (committed === undefined || before.length <= after.length) return;
    if (before.prefix(after.length + 1).equals(committed)) {
      this.report("trunc-keeps-committed", server, `truncates ${endOf(committed)}, which is committed`);
    }
  }

  /** Adds what `history` has beyond the sequence. */
  private append(history: History, by: Watched | undefined): void {
    const from = this.sequence.length;
    const added: History[] = [];
    let at: History = history;
    while (at.length > from && at.previous !== null) {
      added.push(at);
      at = at.previous;
    }
    const last = this.sequence[from - 1];
    if (last !== undefined && !last.equals(at)) {
      if (by !== undefined) this.diverged(by, history);
      return;
    }
    for (let i = added.length - 1; i >= 0; i--) this.push(added[i] as History, by);
  }

  private push(history: History, by: Watched | undefined): void {
    const txn = history.txn as Txn;
    const { zxid } = txn;
    const before = this.sequence[this.sequence.length - 1];
    this.sequence.push(history);
    if (by === undefined) return;
    const epoch = epochOf(zxid);
    const broadcasts = this.broadcasts.get(epoch);
    const broadcast = broadcasts?.at(zxid);
    if (broadcast === undefined ? epoch > this.newestEpochBefore : broadcast !== txn && !sameTxn(broadcast, txn)) {
      this.report("I-2", by, `delivers ${zxidText(txn)} (${txn.value}), which no primary broadcast`);
    }
    const previous = broadcast === undefined ? undefined : broadcasts?.before(zxid);
    if (before !== undefined) this.checkOrder(by, txn, before.zxid, previous);
    else if (previous !== undefined && previous >= 0) {
      this.report("I-5", by, `delivers ${zxidText(txn)} without what its primary broadcast before`);
    }
    this.checkLeader(by, history);
  }

  private checkOrder(by: Watched, txn: Txn, before: Zxid, previous: Zxid | undefined): void {
    const epoch = epochOf(txn.zxid);
    const epochBefore = epochOf(before);
    if (epoch < epochBefore) {
      this.report("I-6", by, `delivers ${zxidText(txn)} after a txn of epoch ${epochBefore}`);
    } else if (previous !== undefined && (epoch === epochBefore ? previous !== before : previous >= 0)) {
      this.report("I-5", by, `delivers ${zxidText(txn)} without what its primary broadcast before`);
    }
  }

  private checkLeader(by: Watched, history: History): void {
    const leader = this.ensemble.newestLeader;
    if (leader === undefined || leader === by) return;
    const holds = (other: History | undefined): boolean => other !== undefined && history.isPrefixOf(other);
    if (!holds(leader.tree) && !holds(leader.log)) {
      const text = `leads epoch ${leader.epoch} at ${endOf(leader.tree)} without ${endOf(history)}, delivered at ${by.sid}`;
      this.report("leader-is-complete", leader, text);
    }
  }

  private checkInitial(server: Watched, txn: Txn, length: number): void {
    const initial = this.initialLength.get(epochOf(txn.zxid));
    if (initial !== undefined && length <= initial) {
      this.report("I-9", server, `delivers ${zxidText(txn)} without the initial history of its epoch`);
    }
  }

  private diverged(server: Watched, history: History): void {
    const txn = history.txn as Txn;
    // Rare, so it is searched for.
    const index = this.sequence.findLastIndex((one) => one.zxid === txn.zxid);
    const position = index < 0 ? undefined : index + 1;
    const there = this.sequence[history.length - 1];
    const elsewhere = position === undefined ? undefined : this.sequence[position - 1]?.txn;
    if (elsewhere && sameTxn(elsewhere, txn) && position !== history.length) {
      const text = `delivers ${zxidText(txn)} as number ${history.length}; elsewhere it is number ${position}`;
      this.report("I-4", server, text);
    } else {
      const text = `delivers ${zxidText(txn)} (${txn.value}) where another server delivered ${endOf(there)} (${there?.txn?.value ?? ""})`;
      this.report("I-3", server, text);
    }
  }

  /** How many committed txns are of an epoch older than this one. Only what is newer is walked. */
  private countOlderThan(epoch: Epoch): number {
    const last = this.sequence[this.sequence.length - 1];
    if (last === undefined) return 0;
    if (epochOf(last.zxid) < epoch) return this.sequence.length;
    if (this.older.epoch === epoch) return this.older.count;
    const count = this.searchOlderThan(epoch);
    this.older = { epoch, count };
    return count;
  }

  private searchOlderThan(epoch: Epoch): number {
    let low = 0;
    let high = this.sequence.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (epochOf((this.sequence[middle] as History).zxid) < epoch) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private broadcastsOf(epoch: Epoch): Broadcasts {
    let broadcasts = this.broadcasts.get(epoch);
    if (broadcasts === undefined) {
      broadcasts = new Broadcasts();
      this.broadcasts.set(epoch, broadcasts);
    }
    return broadcasts;
  }

  private report(id: Parameters<Violations["report"]>[0], server: Watched, text: string): void {
    this.violations.report(id, server.sid, text);
  }
}

function zxidText({ zxid }: Txn): string {
  return `${epochOf(zxid)}:${zxid >>> 0}`;
}
