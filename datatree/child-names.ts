/** The names of the children of a znode, in the order of the HashSet of DataNode. */
import { grownCapacity, hashOfString, inTableOrder } from "./java-order.ts";

/** The size of the first table (DataNode#addChild). */
const FIRST_CAPACITY = 8;

/** A set of names. */
export class ChildNames {
  private readonly names = new Set<string>();
  private capacity = FIRST_CAPACITY;

  add(name: string): void {
    this.names.add(name);
    this.capacity = grownCapacity(this.capacity, this.names.size);
  }

  delete(name: string): void {
    this.names.delete(name);
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  /** The number of names. */
  get size(): number {
    return this.names.size;
  }

  /** Returns the names in the order in which ZooKeeper writes them. */
  inOrder(): string[] {
    return inTableOrder(this.names, hashOfString, this.capacity);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.names.values();
  }
}
