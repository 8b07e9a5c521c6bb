/**
 * What each leader ("primary" in the Zab paper) of each epoch has: the history it began with and the transactions that
 * it broadcast. A primary stays known after its server stops leading, because a slow follower may acknowledge an epoch
 * later. Two leaders may propose the same epoch as long as at most one gets a quorum, so an epoch may have several
 * primaries.
 *
 * A primary's histories are kept one for each length, and its zxids have no gaps, so both serve as indices.
 */
import {
  asEpoch,
  asZxid,
  type Epoch,
  epochOf,
  History,
  type ServerId,
  sameTxn,
  type Txn,
  type Zxid,
} from "../protocol/index.ts";

/** What a primary needs of its server. */
export interface PrimaryServer {
  readonly sid: ServerId;
  readonly tree: History | undefined;
  /** What the server has as the leader of the epoch that it proposed last. */
  primary: EpochPrimary | undefined;
}

export class EpochPrimary {
  readonly epoch: Epoch;
  readonly leader: PrimaryServer;
  /** Undefined while it is unknown: the leader was not watched from its start. */
  initial: History | undefined;
  private readonly broadcast: History[] = [];
  private firstZxid = asZxid(0);

  constructor(epoch: Epoch, leader: PrimaryServer, initial: History | undefined) {
    this.epoch = epoch;
    this.leader = leader;
    this.initial = initial;
  }

  /** The initial history and everything broadcast since. */
  get head(): History | undefined {
    return this.broadcast[this.broadcast.length - 1] ?? this.initial;
  }

  add(txn: Txn): void {
    if (this.broadcast.length === 0) this.firstZxid = txn.zxid;
    // The leader's own log and tree extend the same node, so no history is built twice.
    this.broadcast.push((this.head ?? History.empty()).extend(txn));
  }

  /** Returns whether the leader's history begins with this one. Walks back only within the initial history. */
  has(history: History): boolean {
    const initial = this.initial?.length ?? 0;
    if (history.length > initial) return this.broadcast[history.length - initial - 1]?.equals(history) ?? false;
    return this.initial === undefined ? history.length === 0 : history.isPrefixOf(this.initial);
  }

  hasBroadcast(txn: Txn): boolean {
    const there = this.broadcast[txn.zxid - this.firstZxid]?.txn;
    return there === txn || (there != null && sameTxn(there, txn));
  }

  /** Returns the zxid that was broadcast just before this one; undefined if this one is the first. */
  zxidBefore(zxid: Zxid): Zxid | undefined {
    return this.broadcast[zxid - this.firstZxid - 1]?.zxid;
  }
}

export class EpochPrimaries {
  /** The primary of the newest epoch in which something was broadcast. */
  newestBroadcasting: EpochPrimary | undefined;
  private readonly byEpoch = new Map<Epoch, EpochPrimary[]>();

  /** A leader proposes an epoch. */
  begin(epoch: Epoch, leader: PrimaryServer, initial: History | undefined): EpochPrimary {
    const primary = new EpochPrimary(epoch, leader, initial);
    const others = this.byEpoch.get(epoch);
    if (others === undefined) this.byEpoch.set(epoch, [primary]);
    else others.push(primary);
    leader.primary = primary;
    return primary;
  }

  proposed(leader: PrimaryServer, txn: Txn): EpochPrimary {
    const epoch = epochOf(txn.zxid);
    const primary = leader.primary?.epoch === epoch ? leader.primary : this.begin(epoch, leader, leader.tree);
    primary.add(txn);
    if (primary.epoch > (this.newestBroadcasting?.epoch ?? asEpoch(-1))) this.newestBroadcasting = primary;
    return primary;
  }

  /** Returns the last primary of this epoch; if the leader is known, the last one of that leader. */
  of(epoch: Epoch, leader: ServerId | undefined): EpochPrimary | undefined {
    const primaries = this.byEpoch.get(epoch);
    const own = primaries?.findLast((primary) => primary.leader.sid === leader);
    return own ?? primaries?.[primaries.length - 1];
  }

  /** Returns the primary that broadcast this transaction. */
  broadcasterOf(txn: Txn): EpochPrimary | undefined {
    const primaries = this.byEpoch.get(epochOf(txn.zxid));
    if (primaries === undefined) return undefined;
    for (let i = primaries.length - 1; i >= 0; i--) {
      const primary = primaries[i] as EpochPrimary;
      if (primary.hasBroadcast(txn)) return primary;
    }
    return undefined;
  }
}
