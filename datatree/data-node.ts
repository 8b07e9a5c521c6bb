/** A znode in a tree (DataNode). */
import type { Znode } from "../formats/index.ts";
import { ChildNames } from "./child-names.ts";

const NO_NAMES: readonly string[] = [];

/** A znode. Znode of formats/ explains the fields. */
export class DataNode {
  data: Uint8Array | null = new Uint8Array(0);
  aclId = -1n;
  czxid = 0n;
  mzxid = 0n;
  ctimeMs = 0n;
  mtimeMs = 0n;
  version = 0;
  cversion = 0;
  aversion = 0;
  ephemeralOwner = 0n;
  pzxid = 0n;
  /** The digest of the znode; undefined if it has changed. */
  digest: number | undefined = undefined;
  private names: ChildNames | undefined = undefined;

  /** Returns a znode with the content of a znode in a snapshot. Its data is a copy. */
  static of({ data, path: _path, ...fields }: Znode): DataNode {
    return Object.assign(new DataNode(), fields, { data: copyOf(data) });
  }

  /** Returns the content, as a snapshot has it. */
  toZnode(path: string): Znode {
    const { aclId, aversion, ctimeMs, cversion, czxid, data, ephemeralOwner, mtimeMs, mzxid, pzxid, version } = this;
    return { path, data, aclId, czxid, mzxid, ctimeMs, mtimeMs, version, cversion, aversion, ephemeralOwner, pzxid };
  }

  addChild(name: string): void {
    this.names ??= new ChildNames();
    this.names.add(name);
  }

  removeChild(name: string): void {
    this.names?.delete(name);
  }

  hasChild(name: string): boolean {
    return this.names?.has(name) ?? false;
  }

  /** The number of children. */
  get childCount(): number {
    return this.names?.size ?? 0;
  }

  /** The names of the children. */
  get children(): Iterable<string> {
    return this.names ?? NO_NAMES;
  }

  /** Returns the names of the children in the order in which ZooKeeper writes them. */
  childrenInOrder(): readonly string[] {
    return this.names?.inOrder() ?? NO_NAMES;
  }
}

/** Returns a copy of data, which can share its memory with a chunk. (The method `slice` of a Buffer does not copy.) */
export function copyOf(data: Uint8Array | null): Uint8Array | null {
  return data === null ? null : new Uint8Array(data);
}
