/** Counts the messages of each direction between two servers. */

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

export class LinkCounts {
  private readonly links = new Map<string, LinkCount>();

  of(from: number, to: number): LinkCount {
    const key = `${from} ${to}`;
    let count = this.links.get(key);
    if (count === undefined) {
      count = { from, to, seen: 0, passed: 0, held: 0, dropped: 0, undelivered: 0, duplicated: 0 };
      this.links.set(key, count);
    }
    return count;
  }

  /** Returns the counts by sender and receiver. */
  get all(): readonly LinkCount[] {
    return [...this.links.values()].sort((a, b) => a.from - b.from || a.to - b.to);
  }
}
