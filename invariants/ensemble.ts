/**
 * What the checkers know of each server: the history its memory tells, the one its disk tells, whether it serves, and who
 * leads. All of it from notes; a crash makes it unknown until the server loads again.
 */
import { type Epoch, formatZxid, type History, type ServerId, type Zxid } from "../protocol/index.ts";
import { type Reign, Reigns } from "./reigns.ts";
import type { Role } from "./violation.ts";

export interface Watched {
  readonly sid: ServerId;
  readonly observer: boolean;
  tree: History | undefined;
  log: History | undefined;
  /** The part of its log that survives a crash. */
  durable: History | undefined;
  role: Role;
  /** Neither leads nor learns: what it loads now is its own disk, not a leader's snapshot. */
  looking: boolean;
  /** In BROADCAST: what it delivers now, clients see. */
  serving: boolean;
  /** The epoch it takes part in: NEWLEADER acknowledged, or established; -1 if none. */
  epoch: Epoch;
  /** Whom its last election made leader. */
  elected: ServerId | undefined;
  /** The last epoch that it proposed. */
  reign: Reign | undefined;
  /** How many txns were committed, as far as its leader could know, when that last decided how to bring it in line. */
  committedAtDecision: number;
}

export class Ensemble {
  readonly servers = new Map<ServerId, Watched>();
  readonly reigns = new Reigns();
  /** The leader that was established in the newest epoch. */
  private newest: Watched | undefined;
  /** The newest established epoch, -1 before the first. */
  newestEpoch: Epoch = -1;

  constructor(servers: readonly ServerId[], observers: readonly ServerId[]) {
    for (const sid of servers) this.servers.set(sid, watched(sid, observers.includes(sid)));
  }

  get(sid: ServerId): Watched {
    return this.servers.get(sid) as Watched;
  }

  /** Returns whether no newer epoch is established. */
  established(leader: Watched, epoch: Epoch): boolean {
    if (epoch <= this.newestEpoch) return false;
    this.newestEpoch = epoch;
    this.newest = leader;
    return true;
  }

  /** The leader of the newest established epoch, while it leads. */
  get newestLeader(): Watched | undefined {
    return this.newest?.epoch === this.newestEpoch ? this.newest : undefined;
  }

  /** Those whose disks keep this history through a crash. Walks what they have beyond it. */
  keeping(history: History): ServerId[] {
    const keeping: ServerId[] = [];
    for (const { durable, observer, sid } of this.servers.values()) {
      if (!observer && durable !== undefined && history.isPrefixOf(durable)) keeping.push(sid);
    }
    return keeping;
  }

  /** A majority of the participants. */
  isMajority(servers: readonly ServerId[]): boolean {
    let participants = 0;
    for (const { observer } of this.servers.values()) if (!observer) participants++;
    return servers.length > participants / 2;
  }
}

function watched(sid: ServerId, observer: boolean): Watched {
  return {
    sid,
    observer,
    tree: undefined,
    log: undefined,
    durable: undefined,
    role: "down",
    looking: true,
    serving: false,
    epoch: -1,
    elected: undefined,
    reign: undefined,
    committedAtDecision: Number.POSITIVE_INFINITY,
  };
}

/** Where two histories part: the first txn that each has there. For violations only, as it walks both. */
export function fork(one: History, other: History): { here: Zxid | undefined; there: Zxid | undefined } {
  let here = one.prefix(other.length);
  let there = other.prefix(one.length);
  if (here.equals(there)) {
    const next = here.length + 1;
    return { here: nthZxid(one, next), there: nthZxid(other, next) };
  }
  while (here.previous !== null && there.previous !== null && !here.previous.equals(there.previous)) {
    here = here.previous;
    there = there.previous;
  }
  return { here: here.zxid, there: there.zxid };
}

function nthZxid(history: History, length: number): Zxid | undefined {
  return history.length < length ? undefined : history.prefix(length).zxid;
}

/** The zxid at the end of a history, for sentences. */
export function endOf(history: History | undefined): string {
  return history === undefined ? "nothing" : formatZxid(history.zxid);
}
