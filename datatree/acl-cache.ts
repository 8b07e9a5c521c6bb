/** The ACL lists of a tree, each with a number and a count of its uses (ReferenceCountedACLCache). */
import type { Acl } from "../formats/index.ts";
import { copyCapacity, grownCapacity, hashOfLong, inTableOrder } from "./java-order.ts";
import { TreeException } from "./tree-exception.ts";

/** The id of no list: anyone may do anything. */
const OPEN_ID = -1n;
const FIRST_CAPACITY = 16;

/** Maps ACL lists to ids, and drops a list when no znode uses it. */
export class AclCache {
  private readonly lists = new Map<bigint, readonly Acl[]>();
  private readonly ids = new Map<string, bigint>();
  private readonly uses = new Map<bigint, number>();
  private lastId = 0n;
  private capacity = FIRST_CAPACITY;

  /** The number of lists. */
  get size(): number {
    return this.lists.size;
  }

  /** Returns the id of a list, which is new if the list is, and counts a use (#convertAcls). */
  use(acls: readonly Acl[] | null): bigint {
    if (acls === null) return OPEN_ID;
    const key = keyOf(acls);
    let id = this.ids.get(key);
    if (id === undefined) {
      id = ++this.lastId;
      this.put(id, acls, key);
    }
    this.addUse(id);
    return id;
  }

  /** Counts a use. Ignores an id without a list, as a fuzzy snapshot can contain it (#addUsage). */
  addUse(id: bigint): void {
    if (id !== OPEN_ID && this.lists.has(id)) this.uses.set(id, (this.uses.get(id) ?? 0) + 1);
  }

  /** Ends a use, and drops the list after its last one (#removeUsage). */
  removeUse(id: bigint): void {
    if (id === OPEN_ID || !this.lists.has(id)) return;
    const uses = (this.uses.get(id) ?? 0) - 1;
    if (uses > 0) this.uses.set(id, uses);
    else this.remove(id);
  }

  /** Throws a TreeException if an id has no list (#convertLong). */
  check(id: bigint): void {
    if (id !== OPEN_ID && !this.lists.has(id)) {
      throw new TreeException("RuntimeException", `no ACL list has the id ${id}`);
    }
  }

  /** Returns the list of an id; undefined if anyone may do anything, or if there is no such list. */
  listOf(id: bigint): readonly Acl[] | undefined {
    return this.lists.get(id);
  }

  /** Drops all lists, but not the last id (#clear). */
  clear(): void {
    this.lists.clear();
    this.ids.clear();
    this.uses.clear();
  }

  /** Adds a list of a snapshot, without a use (#deserialize). */
  load(id: bigint, acls: readonly Acl[]): void {
    if (id > this.lastId) this.lastId = id;
    this.put(id, acls, keyOf(acls));
    this.uses.set(id, 0);
  }

  /** Drops lists without a use (#purgeUnused). */
  purgeUnused(): void {
    for (const [id, uses] of this.uses) if (uses <= 0) this.remove(id);
  }

  /**
   * Returns the lists in the order in which ZooKeeper writes them. `copies`: it copies its table first (from 3.6.0 on).
   */
  inOrder(copies: boolean): { readonly id: bigint; readonly acls: readonly Acl[] }[] {
    const stored = inTableOrder(this.lists.keys(), hashOfLong, this.capacity);
    const ids = copies ? inTableOrder(stored, hashOfLong, copyCapacity(stored.length)) : stored;
    return ids.map((id) => ({ id, acls: this.lists.get(id) as readonly Acl[] }));
  }

  private put(id: bigint, acls: readonly Acl[], key: string): void {
    this.lists.set(id, acls);
    this.ids.set(key, id);
    this.capacity = grownCapacity(this.capacity, this.lists.size);
  }

  private remove(id: bigint): void {
    const acls = this.lists.get(id);
    if (acls !== undefined) this.ids.delete(keyOf(acls));
    this.lists.delete(id);
    this.uses.delete(id);
  }
}

function keyOf(acls: readonly Acl[]): string {
  return JSON.stringify(acls.map(({ id, perms, scheme }) => [perms, scheme, id]));
}
