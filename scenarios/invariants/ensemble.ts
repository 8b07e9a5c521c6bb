/**
 * What the checkers know of each server: the history its memory tells, the one its disk tells, whether it serves, and who
 * leads. All of it from notes; a crash makes it unknown until the server loads again.
 */
import type { Epoch, History, ServerId } from "../../protocol/index.ts";

export interface Watched {
  readonly sid: ServerId;
  readonly observer: boolean;
  tree: History | undefined;
  log: History | undefined;
  /** In BROADCAST: what it delivers now, clients see. */
  serving: boolean;
  /** The epoch it takes part in: NEWLEADER acknowledged, or established; -1 if none. */
  epoch: Epoch;
}

export class Ensemble {
  readonly servers = new Map<ServerId, Watched>();
  /** Who proposed an epoch. */
  readonly leaderOf = new Map<Epoch, ServerId>();
  /** The newest established epoch, -1 before the first. */
  newestEpoch: Epoch = -1;

  constructor(servers: readonly ServerId[], observers: readonly ServerId[]) {
    for (const sid of servers) {
      const observer = observers.includes(sid);
      this.servers.set(sid, { sid, observer, tree: undefined, log: undefined, serving: false, epoch: -1 });
    }
  }

  get(sid: ServerId): Watched {
    return this.servers.get(sid) as Watched;
  }

  /** The leader of the newest established epoch, while it leads. */
  get newestLeader(): Watched | undefined {
    const sid = this.leaderOf.get(this.newestEpoch);
    const leader = sid === undefined ? undefined : this.servers.get(sid);
    return leader?.epoch === this.newestEpoch ? leader : undefined;
  }
}

/** The zxid at the end of a history, for sentences. */
export function endOf(history: History | undefined): string {
  if (history === undefined) return "nothing";
  const { zxid } = history;
  return `${Math.floor(zxid / 0x1_0000_0000)}:${zxid >>> 0}`;
}
