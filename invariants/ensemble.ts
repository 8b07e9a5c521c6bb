/**
 * What the checkers know of each server: the history in its memory, the history on its disk, whether it serves, and
 * which server leads. All of it comes from notes. After a crash it is unknown until the server loads its database
 * again.
 */
import { asEpoch, type Epoch, type History, type ServerId } from "../protocol/index.ts";
import { EpochPrimaries, type EpochPrimary } from "./epoch-primaries.ts";
import type { Role } from "./violation.ts";

/** Stands for "no epoch". */
export const NO_EPOCH: Epoch = asEpoch(-1);

export interface ServerView {
  readonly sid: ServerId;
  readonly observer: boolean;
  /** Whether the server has loaded its disk at least once in this run. */
  hasLoaded: boolean;
  /** The history in memory; undefined while the server is down. */
  tree: History | undefined;
  /** The history in the log, unsynced records included; undefined while the server is down. */
  log: History | undefined;
  /** The part of the log that survives a crash. */
  durable: History | undefined;
  role: Role;
  /** Neither leads nor follows: a database that it loads now comes from its own disk, not from a leader's snapshot. */
  looking: boolean;
  /** In BROADCAST: clients see what it delivers. */
  serving: boolean;
  /** The epoch it takes part in: it acknowledged NEWLEADER of it, or is its established leader. NO_EPOCH if none. */
  epoch: Epoch;
  /** The leader that its last election chose. */
  elected: ServerId | undefined;
  /** What it has as the leader of the epoch that it proposed last. */
  primary: EpochPrimary | undefined;
  /**
   * Number of committed transactions that its leader could know of when it last decided how to synchronize this server.
   */
  committedAtDecision: number;
}

export class Ensemble {
  readonly servers = new Map<ServerId, ServerView>();
  readonly primaries = new EpochPrimaries();
  /** The established leader of the newest epoch. */
  private newest: ServerView | undefined;
  /** The newest established epoch; NO_EPOCH before the first. */
  newestEpoch = NO_EPOCH;

  constructor(servers: readonly ServerId[], observers: readonly ServerId[]) {
    for (const sid of servers) this.servers.set(sid, newServerView(sid, observers.includes(sid)));
  }

  get(sid: ServerId): ServerView {
    return this.servers.get(sid) as ServerView;
  }

  /** Records an established leader. Returns whether no newer epoch is established. */
  established(leader: ServerView, epoch: Epoch): boolean {
    if (epoch <= this.newestEpoch) return false;
    this.newestEpoch = epoch;
    this.newest = leader;
    return true;
  }

  /** The established leader of the newest epoch, while it leads. */
  get newestLeader(): ServerView | undefined {
    return this.newest?.epoch === this.newestEpoch ? this.newest : undefined;
  }

  /** Returns the participants whose disks keep this history through a crash. Walks what their logs have beyond it. */
  holdersOf(history: History): ServerId[] {
    const holders: ServerId[] = [];
    for (const { durable, observer, sid } of this.servers.values()) {
      if (!observer && durable !== undefined && history.isPrefixOf(durable)) holders.push(sid);
    }
    return holders;
  }

  /** Returns whether these servers are a majority of the participants. */
  isMajority(servers: readonly ServerId[]): boolean {
    let participants = 0;
    for (const { observer } of this.servers.values()) if (!observer) participants++;
    return servers.length > participants / 2;
  }
}

function newServerView(sid: ServerId, observer: boolean): ServerView {
  return {
    sid,
    observer,
    hasLoaded: false,
    tree: undefined,
    log: undefined,
    durable: undefined,
    role: "down",
    looking: true,
    serving: false,
    epoch: NO_EPOCH,
    elected: undefined,
    primary: undefined,
    committedAtDecision: Number.POSITIVE_INFINITY,
  };
}
