/** The directed links between servers: the cut, the clog and the character of each, and the counts of its messages. */
import type { Blocked } from "../scenarios/network-actions.ts";
import type { LinkCharacter } from "../sim/index.ts";

/** The messages from one server to another. A message that waits at the end is seen, and nothing else. */
export interface LinkCount {
  readonly from: number;
  readonly to: number;
  seen: number;
  passed: number;
  /** Messages that a fault held or delayed. */
  held: number;
  /** Messages that never arrive because a fault dropped them or an earlier one, or ended their connection. */
  dropped: number;
  /** Messages that never arrive because a server ended the connection. */
  undelivered: number;
  /** Notifications that arrived twice. */
  duplicated: number;
}

/** Real links have a latency and losses of their own. */
const TRANSPARENT: LinkCharacter = {
  ...{ latencyMinUs: 0, latencyMaxUs: 0, lossRate: 0, duplicateRate: 0, slowRate: 0, slowExtraUs: 0 },
};

export class Link {
  readonly count: LinkCount;
  character = TRANSPARENT;
  private readonly blocks: { cut?: BlockEffect; clog?: BlockEffect } = {};

  constructor(from: number, to: number) {
    this.count = { from, to, seen: 0, passed: 0, held: 0, dropped: 0, undelivered: 0, duplicated: 0 };
  }

  get isBlocked(): boolean {
    return this.block !== undefined;
  }

  /** As in the simulator, a cut counts the messages that a clog would hold, too. */
  private get block(): BlockEffect | undefined {
    return this.blocks.cut ?? this.blocks.clog;
  }

  /** Starts a cut or a clog, and returns its effect. A second one of the same kind changes nothing. */
  start(kind: "cut" | "clog"): Blocked {
    const effect = this.blocks[kind] ?? { held: 0, lost: 0 };
    this.blocks[kind] = effect;
    return effect;
  }

  end(kind: "cut" | "clog"): void {
    delete this.blocks[kind];
  }

  /** Counts a message that waits because the link is blocked. */
  countBlocked(): void {
    if (this.block !== undefined) this.block.held++;
  }
}

/** What a cut or a clog has done. A proxy holds every message, so `lost` is 0. */
interface BlockEffect extends Blocked {
  held: number;
}

export class Links {
  private readonly links = new Map<string, Link>();

  between(from: number, to: number): Link {
    const key = `${from} ${to}`;
    let link = this.links.get(key);
    if (link === undefined) {
      link = new Link(from, to);
      this.links.set(key, link);
    }
    return link;
  }

  get all(): readonly Link[] {
    return [...this.links.values()];
  }

  /** Returns the counts of the links that had messages, by sender and receiver. */
  get counts(): readonly LinkCount[] {
    const counts = this.all.map(({ count }) => count).filter(({ seen }) => seen > 0);
    return counts.sort((a, b) => a.from - b.from || a.to - b.to);
  }
}
