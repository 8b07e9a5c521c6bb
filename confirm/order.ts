/**
 * How far real servers have come in the order of a simulated run. Each server has a list of items. All items except
 * notifications are taken in order: the first one that is not done is the next item of its server.
 */
import { type Fact, type Item, isSoft, type Schedule, type VoteFacts } from "./schedule.ts";

/** An item with a fact of one kind. */
export type ItemOf<Kind extends Fact["kind"]> = Item & { readonly fact: Extract<Fact, { kind: Kind }> };

/** Returns whether an item is of one of these kinds. */
export function isKind<Kind extends Fact["kind"]>(item: Item | undefined, ...kinds: Kind[]): item is ItemOf<Kind> {
  return item !== undefined && (kinds as string[]).includes(item.fact.kind);
}

/** What happens within this virtual time can come in another order, because the servers work concurrently. */
export const CONCURRENT_US = 30_000;
const NONE: ReadonlySet<Item> = new Set();

/** The progress of all servers. */
export class Order {
  readonly schedule: Schedule;
  private readonly lists = new Map<number, readonly Item[]>();
  private readonly positions = new Map<number, number>();
  private readonly doneItems = new Set<Item>();

  constructor(schedule: Schedule) {
    this.schedule = schedule;
    for (const { server } of schedule.items) {
      if (this.lists.has(server)) continue;
      this.lists.set(
        server,
        schedule.items.filter((item) => item.server === server),
      );
      this.positions.set(server, 0);
    }
  }

  get servers(): readonly number[] {
    return [...this.lists.keys()];
  }

  /** Returns the next item of a server that is no notification; undefined if all are done. */
  next(server: number): Item | undefined {
    const list = this.lists.get(server) ?? [];
    let position = this.positions.get(server) ?? 0;
    while (position < list.length && (isSoft(list[position] as Item) || this.doneItems.has(list[position] as Item))) {
      position++;
    }
    this.positions.set(server, position);
    return list[position];
  }

  isDone(item: Item): boolean {
    return this.doneItems.has(item);
  }

  finish(item: Item): void {
    this.doneItems.add(item);
  }

  /** Returns the oldest item of all servers that is not done, except these. */
  oldest(except: ReadonlySet<Item> = NONE): Item | undefined {
    let oldest: Item | undefined;
    for (const server of this.servers) {
      const next = this.next(server);
      if (next !== undefined && except.has(next)) continue;
      if (next !== undefined && (oldest === undefined || next.place < oldest.place)) oldest = next;
    }
    return oldest;
  }

  /** Returns whether every earlier item of every server is done, except these. */
  isFirst(item: Item, except: ReadonlySet<Item> = NONE): boolean {
    return this.oldest(except) === item;
  }

  /** Returns whether everything that happened well before an item is done. */
  isDue({ atUs }: Item): boolean {
    const oldest = this.oldest();
    return oldest === undefined || atUs - oldest.atUs <= CONCURRENT_US;
  }

  /** Returns whether two items may come in another order than in the simulated run. */
  isConcurrent(a: Item, b: Item): boolean {
    return Math.abs(a.atUs - b.atUs) <= CONCURRENT_US;
  }

  /** The place that a server has reached: that of its next item. */
  place(server: number): number {
    return this.next(server)?.place ?? Number.POSITIVE_INFINITY;
  }

  /** Returns the item of a notification that may arrive now; `known` if the same one has arrived before. */
  notification(server: number, from: number, vote: VoteFacts): ItemOf<"notification"> | "known" | undefined {
    let isKnown = false;
    for (const item of this.lists.get(server) ?? []) {
      if (!isKind(item, "notification") || item.fact.from !== from || !sameVote(item.fact.vote, vote)) continue;
      if (!this.isReached(item)) break;
      if (!this.isDone(item)) return item;
      isKnown = true;
    }
    return isKnown ? "known" : undefined;
  }

  /**
   * Returns whether sender and receiver have done all that comes before a notification, and whether all servers have
   * started and crashed that do so before it.
   */
  private isReached({ fact, place, server }: ItemOf<"notification">): boolean {
    if (place > this.place(server) || place > this.place(fact.from)) return false;
    return this.schedule.items.every(
      (item) => !isKind(item, "start", "crash") || item.place > place || this.doneItems.has(item),
    );
  }

  /** Returns whether the link is cut when the next thing happens. */
  isCut(from: number, to: number): boolean {
    const place = this.oldest()?.place ?? Number.POSITIVE_INFINITY;
    const isOfLink = (cut: Schedule["cuts"][number]): boolean => cut.from === from && cut.to === to;
    return this.schedule.cuts.findLast((cut) => isOfLink(cut) && cut.place <= place)?.isCut ?? false;
  }

  /** Returns the leader that a server elects before its next item; undefined if it elects none. */
  electedNext(server: number): number | undefined {
    const place = this.place(server);
    const done = this.lastDonePlace(server);
    return this.schedule.elections.find(
      (election) => election.server === server && election.place > done && election.place <= place,
    )?.leader;
  }

  /** Returns whether a server has got a vote for this leader since its last item that is no notification. */
  hasVoteFor(server: number, leader: number): boolean {
    const from = this.lastDonePlace(server);
    const to = this.place(server);
    return (this.lists.get(server) ?? []).some(
      (item) =>
        isKind(item, "notification") &&
        item.place > from &&
        item.place < to &&
        item.fact.vote.leader === leader &&
        this.isDone(item),
    );
  }

  /** Returns the notifications that the server takes before this one and has not taken, from other servers. */
  earlierNotifications(item: ItemOf<"notification">): readonly Item[] {
    const list = this.lists.get(item.server) ?? [];
    const index = list.indexOf(item);
    const earlier: Item[] = [];
    for (let i = index - 1; i >= 0; i--) {
      const other = list[i] as Item;
      if (!isKind(other, "notification")) break;
      if (other.fact.from !== item.fact.from && !this.isDone(other)) earlier.push(other);
    }
    return earlier;
  }

  /** Marks a notification as taken, and older ones of its sender, which a newer one replaces. */
  takeNotification(item: ItemOf<"notification">): void {
    this.finish(item);
    for (const other of this.lists.get(item.server) ?? []) {
      if (other.place >= item.place) break;
      if (isKind(other, "notification") && other.fact.from === item.fact.from) this.finish(other);
    }
  }

  /** Returns whether a server learns later that this connection, or one with this peer, has ended. */
  closesLater(server: number, peer: number, connection: number | undefined): boolean {
    return (this.lists.get(server) ?? []).some(
      (item) =>
        isKind(item, "close") &&
        !this.isDone(item) &&
        item.fact.peer === peer &&
        (connection === undefined || item.fact.connection === connection),
    );
  }

  /**
   * Returns whether a connection of the simulated run still brings packets from one server to another. It would also
   * bring pings if more time passed before the other end closes it, a server at one end crashes, or the link is cut.
   */
  hasPings(server: number, from: number, connection: number): boolean {
    const { openAtEnd, pings } = this.schedule;
    if (openAtEnd.has(connection)) return true;
    const list = this.lists.get(server) ?? [];
    const isAwaited = (item: Item): boolean =>
      isKind(item, "packet") && item.fact.connection === connection && !this.isDone(item);
    if (list.some(isAwaited)) return true;
    const done = this.lastDonePlace(server);
    if (pings.some((ping) => ping.server === server && ping.connection === connection && ping.place > done))
      return true;
    if (this.isCut(from, server)) return false;
    return (
      this.isClosedLater(server, connection) ||
      this.isCrashedLater([server, from], connection) ||
      this.isCutLater(server, from, connection)
    );
  }

  /** Returns whether a server at one end of a connection crashes later, and the connection lasts until then. */
  private isCrashedLater(ends: readonly number[], connection: number): boolean {
    const { items } = this.schedule;
    const crash = items.find((item) => isKind(item, "crash") && ends.includes(item.server) && !this.isDone(item));
    if (crash === undefined) return false;
    const end = items.find((item) => isKind(item, "close") && item.fact.connection === connection);
    return end === undefined || end.place > crash.place;
  }

  private isClosedLater(server: number, connection: number): boolean {
    return (this.lists.get(server) ?? []).some(
      (item) => isKind(item, "close") && !item.fact.forced && item.fact.connection === connection && !this.isDone(item),
    );
  }

  /** Returns whether the first cut of a link after the last packet of a connection is still to come. */
  private isCutLater(server: number, from: number, connection: number): boolean {
    const { cuts, items, pings } = this.schedule;
    const isPacket = (item: Item): boolean =>
      item.server === server && isKind(item, "packet") && item.fact.connection === connection;
    const ping = pings.findLast((one) => one.server === server && one.connection === connection);
    const last = Math.max(items.findLast(isPacket)?.place ?? -1, ping?.place ?? -1);
    const first = cuts.find((cut) => cut.isCut && cut.from === from && cut.to === server && cut.place > last);
    return first !== undefined && first.place > (this.oldest()?.place ?? Number.POSITIVE_INFINITY);
  }

  /** Returns the place of the last done item of a server that is no notification; -1 if there is none. */
  private lastDonePlace(server: number): number {
    const place = this.place(server);
    return (this.lists.get(server) ?? []).findLast((item) => !isSoft(item) && item.place < place)?.place ?? -1;
  }
}

function sameVote(a: VoteFacts, b: VoteFacts): boolean {
  return a.state === b.state && a.leader === b.leader && a.zxid === b.zxid && a.peerEpoch === b.peerEpoch;
}
