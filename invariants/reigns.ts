/**
 * What each leader of each epoch has: the history it began with, and what it broadcast behind that. It outlives the leader:
 * a slow follower may acknowledge an epoch whose leader has since lost it, and two may propose the same epoch as long as no
 * more than one gets its quorum.
 *
 * A leader's histories are kept one for each length, and its zxids have no gaps, so that both are indices.
 */
import { type Epoch, epochOf, History, type ServerId, sameTxn, type Txn, type Zxid } from "../protocol/index.ts";
import type { Watched } from "./ensemble.ts";

export class Reign {
  readonly epoch: Epoch;
  readonly leader: Watched;
  /** Undefined while it is not known: the leader was not watched from its start. */
  initial: History | undefined;
  private readonly broadcast: History[] = [];
  private firstZxid: Zxid = 0;

  constructor(epoch: Epoch, leader: Watched, initial: History | undefined) {
    this.epoch = epoch;
    this.leader = leader;
    this.initial = initial;
  }

  /** Everything up to what was broadcast last. */
  get head(): History | undefined {
    return this.broadcast[this.broadcast.length - 1] ?? this.initial;
  }

  add(txn: Txn): void {
    if (this.broadcast.length === 0) this.firstZxid = txn.zxid;
    // The node is the one that the leader's own log and tree will come to: nothing is made twice.
    this.broadcast.push((this.head ?? History.empty()).extend(txn));
  }

  /** Whether the leader has this as the beginning of its history. Walks back only within what it began with. */
  has(history: History): boolean {
    const initial = this.initial?.length ?? 0;
    if (history.length > initial) return this.broadcast[history.length - initial - 1]?.equals(history) ?? false;
    return this.initial === undefined ? history.length === 0 : history.isPrefixOf(this.initial);
  }

  hasBroadcast(txn: Txn): boolean {
    const there = this.broadcast[txn.zxid - this.firstZxid]?.txn;
    return there === txn || (there != null && sameTxn(there, txn));
  }

  /** What was broadcast just before; -1: nothing. */
  before(zxid: Zxid): Zxid {
    return this.broadcast[zxid - this.firstZxid - 1]?.zxid ?? -1;
  }
}

export class Reigns {
  /** The newest epoch in which something was broadcast. */
  newestBroadcasting: Reign | undefined;
  private readonly byEpoch = new Map<Epoch, Reign[]>();

  /** A leader proposes an epoch. */
  begin(epoch: Epoch, leader: Watched, initial: History | undefined): Reign {
    const reign = new Reign(epoch, leader, initial);
    const others = this.byEpoch.get(epoch);
    if (others === undefined) this.byEpoch.set(epoch, [reign]);
    else others.push(reign);
    leader.reign = reign;
    return reign;
  }

  proposed(leader: Watched, txn: Txn): Reign {
    const epoch = epochOf(txn.zxid);
    const reign = leader.reign?.epoch === epoch ? leader.reign : this.begin(epoch, leader, leader.tree);
    reign.add(txn);
    if (reign.epoch > (this.newestBroadcasting?.epoch ?? -1)) this.newestBroadcasting = reign;
    return reign;
  }

  /** The last one of this epoch, by this leader if it is known. */
  of(epoch: Epoch, leader: ServerId | undefined): Reign | undefined {
    const reigns = this.byEpoch.get(epoch);
    const own = reigns?.findLast((reign) => reign.leader.sid === leader);
    return own ?? reigns?.[reigns.length - 1];
  }

  /** Who broadcast this txn. */
  broadcasterOf(txn: Txn): Reign | undefined {
    const reigns = this.byEpoch.get(epochOf(txn.zxid));
    if (reigns === undefined) return undefined;
    for (let i = reigns.length - 1; i >= 0; i--) {
      const reign = reigns[i] as Reign;
      if (reign.hasBroadcast(txn)) return reign;
    }
    return undefined;
  }
}
