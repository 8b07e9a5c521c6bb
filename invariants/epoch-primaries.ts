/**
 * The primaries of all epochs. A primary (a term of the Zab paper) is the leader of one epoch, together with its
 * initial history and the transactions that it broadcast. A primary stays known after its server stops leading, because
 * a slow follower may acknowledge the epoch later. Two leaders may propose the same epoch as long as at most one gets a
 * quorum, so an epoch may have several primaries.
 *
 * A primary keeps one history for each length, and its zxids have no gaps. A length or a zxid therefore gives the index
 * of a history.
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

/** The fields of a server's view that this module reads or updates. */
export interface PrimaryServer {
  readonly sid: ServerId;
  readonly tree: History | undefined;
  /** The state of the server as the primary of the epoch that it proposed last. */
  primary: EpochPrimary | undefined;
}

export class EpochPrimary {
  readonly epoch: Epoch;
  readonly leader: PrimaryServer;
  /**
   * The history with which the leader began the epoch. Undefined if the checkers did not receive the leader's notes at
   * that time.
   */
  initial: History | undefined;
  /**
   * The zxid of the last transaction that the leader has committed, whether or not it has applied it; 0 before the
   * first.
   */
  lastCommitted: Zxid = asZxid(0);
  /** The number of newest leaders that had been established when this primary began. */
  readonly newestBefore: number;
  private readonly broadcast: History[] = [];
  private firstZxid = asZxid(0);

  constructor(epoch: Epoch, leader: PrimaryServer, initial: History | undefined, newestBefore: number) {
    this.epoch = epoch;
    this.leader = leader;
    this.initial = initial;
    this.newestBefore = newestBefore;
  }

  /** The initial history with all transactions that the primary has broadcast since. */
  get head(): History | undefined {
    return this.broadcast.at(-1) ?? this.initial;
  }

  add(txn: Txn): void {
    if (this.broadcast.length === 0) this.firstZxid = txn.zxid;
    // The leader's own log and tree extend the same History node, so each extended history exists only once.
    this.broadcast.push((this.head ?? History.empty()).extend(txn));
  }

  /** Returns whether this history is a prefix of the primary's history. Only the initial history needs a walk. */
  has(history: History): boolean {
    const initial = this.initial?.length ?? 0;
    if (history.length > initial) return this.broadcast[history.length - initial - 1]?.equals(history) ?? false;
    return this.initial === undefined ? history.length === 0 : history.isPrefixOf(this.initial);
  }

  /** Returns the leader's history up to a transaction that it has broadcast; undefined if it has not. */
  upTo(zxid: Zxid): History | undefined {
    return this.broadcast[zxid - this.firstZxid];
  }

  hasBroadcast(txn: Txn): boolean {
    const there = this.broadcast[txn.zxid - this.firstZxid]?.txn;
    return there === txn || (there != null && sameTxn(there, txn));
  }

  /** Returns the zxid that was broadcast just before this one; undefined if this one is the first. */
  zxidBefore(zxid: Zxid): Zxid | undefined {
    return zxid === this.firstZxid ? undefined : this.broadcast[zxid - this.firstZxid - 1]?.zxid;
  }
}

export class EpochPrimaries {
  /** The primary of the newest epoch in which a transaction was broadcast. */
  newestBroadcasting: EpochPrimary | undefined;
  /** The number of leaders that were the newest when they were established. */
  newestCount = 0;
  private readonly byEpoch = new Map<Epoch, EpochPrimary[]>();

  /** Adds the primary of an epoch that a leader proposes. */
  begin(epoch: Epoch, leader: PrimaryServer, initial: History | undefined): EpochPrimary {
    const primary = new EpochPrimary(epoch, leader, initial, this.newestCount);
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

  /**
   * Returns the last primary of this epoch at server `leader`. If this server was no primary of the epoch, returns the
   * last primary of the epoch at any server.
   */
  of(epoch: Epoch, leader: ServerId | undefined): EpochPrimary | undefined {
    const primaries = this.byEpoch.get(epoch);
    const own = primaries?.findLast((primary) => primary.leader.sid === leader);
    return own ?? primaries?.at(-1);
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
