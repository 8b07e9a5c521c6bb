/** The sessions with their timeouts (ZKDatabase.sessionsWithTimeouts). */
import { copyCapacity, hashOfLong, inTableOrder } from "./java-order.ts";

/** The size of the first table of a ConcurrentHashMap. */
const FIRST_CAPACITY = 16;

/** A map from the ids of sessions to their timeouts in milliseconds. */
export class Sessions {
  private readonly timeouts = new Map<bigint, number>();
  private capacity = FIRST_CAPACITY;

  set(id: bigint, timeoutMs: number): void {
    this.timeouts.set(id, timeoutMs);
    // ConcurrentHashMap#addCount doubles the table as soon as it is three quarters full.
    while (this.timeouts.size >= 0.75 * this.capacity) this.capacity *= 2;
  }

  delete(id: bigint): void {
    this.timeouts.delete(id);
  }

  has(id: bigint): boolean {
    return this.timeouts.has(id);
  }

  /** The number of sessions. */
  get size(): number {
    return this.timeouts.size;
  }

  /**
   * Returns the sessions in the order in which ZooKeeper writes them (SerializeUtils#serializeSnapshot): the order of a
   * copy of the table. While a table grows, Java can swap sessions of one bucket; this is not modeled.
   */
  inOrder(): { readonly id: bigint; readonly timeoutMs: number }[] {
    const ids = inTableOrder(this.timeouts.keys(), hashOfLong, this.capacity);
    const copied = inTableOrder(ids, hashOfLong, copyCapacity(ids.length));
    return copied.map((id) => ({ id, timeoutMs: this.timeouts.get(id) as number }));
  }
}
