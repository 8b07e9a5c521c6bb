/**
 * Reads and writes trees as snapshots. Reading takes bytes in any cuts, and keeps a copy of each znode.
 *
 * Writing is synchronous: the pieces must be taken before the next transaction is applied. They can be kept and written
 * to a file later, so that transactions wait only for the encoding. ZooKeeper instead writes in a thread while
 * transactions go on, so that its snapshots are fuzzy. A snapshot of this tree never is.
 */
import {
  encodeSnapshotFile,
  readSnapshotBody,
  type SnapshotBody,
  type SnapshotBodyDamage,
  type SnapshotContent,
  type SnapshotDamage,
  SnapshotDecoder,
  type SnapshotReader,
  type SnapshotSink,
  type SnapshotSource,
  type Znode,
} from "../formats/index.ts";
import { ByteQueue, Damage, type Steps } from "../jute/index.ts";
import { checkSnapshotDigest, type DigestCheck } from "./apply-txn.ts";
import { DataNode } from "./data-node.ts";
import { DataTree } from "./data-tree.ts";
import { DIGEST_VERSION } from "./digest.ts";
import { type JavaException, TreeException } from "./tree-exception.ts";
import type { TreeRules } from "./tree-rules.ts";

/** Returns the content of a tree, for a snapshot file or for the stream after a SNAP packet. */
export function snapshotSource(tree: DataTree): SnapshotSource {
  return {
    sessions: tree.sessions.inOrder(),
    aclLists: tree.acls.inOrder(tree.rules.copiesAclLists),
    nodes: { [Symbol.iterator]: () => nodesOf(tree, "") },
  };
}

/** DataTree#serializeNode, without recursion: a path can have any number of names. */
function* nodesOf(tree: DataTree, start: string): Generator<Znode> {
  const paths = [start];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const node = tree.nodes.get(path);
    if (node === undefined) continue;
    yield node.toZnode(path);
    for (const name of node.childrenInOrder().toReversed()) paths.push(`${path}/${name}`);
  }
}

/**
 * Returns the bytes of the snapshot file of a tree in pieces. Its name is `snapshotFileName` of lastProcessedZxid.
 * `hasLastZxid`: see DiskFormat.
 */
export function encodeTreeFile(
  tree: DataTree,
  { hasLastZxid }: { readonly hasLastZxid: boolean },
): Generator<Uint8Array> {
  const none = { zxid: 0n, version: DIGEST_VERSION, treeDigest: 0n };
  return encodeSnapshotFile(snapshotSource(tree), {
    digest: tree.rules.hasDigest ? (tree.lastDigest ?? none) : null,
    lastZxid: hasLastZxid ? tree.lastProcessedZxid : null,
  });
}

/** The reasons why bytes are no tree. */
export interface UnusableTree {
  readonly kind: "damage";
  readonly reason: SnapshotDamage;
  /** The position in the uncompressed bytes. */
  readonly offset: number;
}

/** A RuntimeException while a tree is loaded: the server ends. */
export interface LoadException {
  readonly kind: "exception";
  readonly exception: JavaException;
  readonly detail: string;
}

/** A loaded tree. */
export interface LoadedTree {
  readonly kind: "tree";
  readonly tree: DataTree;
  /** Whether the tree has the digest in the snapshot. It is unchecked if the snapshot is fuzzy. */
  readonly digest: DigestCheck;
}

/** Puts the content of a snapshot into a new tree. */
class TreeSink implements SnapshotSink {
  readonly tree: DataTree;

  constructor(rules: TreeRules) {
    this.tree = new DataTree(rules);
    this.tree.clear();
  }

  session(id: bigint, timeoutMs: number): void {
    this.tree.sessions.set(id, timeoutMs);
  }

  aclList(...[id, acls]: Parameters<SnapshotSink["aclList"]>): void {
    this.tree.acls.load(id, acls);
  }

  znode(znode: Znode): void {
    this.tree.load(znode.path, DataNode.of(znode));
  }
}

/**
 * Loads a tree from a snapshot file (FileSnap#deserialize). `push` adds bytes, which are uncompressed, `end` says that
 * no more follow, and `result` is set when the outcome is clear. Never throws.
 */
export class TreeFileLoader {
  /** The outcome; undefined if more bytes are needed. */
  result: LoadedTree | UnusableTree | LoadException | undefined;
  private readonly sink: TreeSink;
  private readonly decoder: SnapshotDecoder;
  private readonly nameZxid: bigint;

  /** `nameZxid`: the zxid in the name of the file, which becomes the last processed one. */
  constructor(rules: TreeRules, reader: SnapshotReader, nameZxid: bigint) {
    this.sink = new TreeSink(rules);
    this.nameZxid = nameZxid;
    this.decoder = new SnapshotDecoder(reader, this.sink);
  }

  /** Adds the next bytes. The caller must not change them later. */
  push(chunk: Uint8Array): void {
    this.advance(() => this.decoder.push(chunk));
  }

  /** Says that no more bytes follow. `isBroken`: because the compressed stream is damaged. */
  end(isBroken = false): void {
    this.advance(() => this.decoder.end(isBroken));
  }

  private advance(step: () => void): void {
    if (this.result !== undefined) return;
    this.result = catchException(() => {
      step();
      const content = this.decoder.result;
      if (content === undefined) return undefined;
      return content.kind === "damage" ? content : this.finish(content);
    });
  }

  private finish(content: SnapshotContent): LoadedTree {
    const { tree } = this.sink;
    tree.endLoading();
    tree.lastProcessedZxid = this.nameZxid;
    if (tree.rules.hasDigest && content.digest !== undefined && content.digest.zxid >= this.nameZxid) {
      tree.snapshotDigest = content.digest;
    }
    return { kind: "tree", tree, digest: checkSnapshotDigest(tree, this.nameZxid) ?? "unchecked" };
  }
}

/**
 * Loads a tree from the stream after a SNAP packet (ZKDatabase#deserializeSnapshot). The bytes are those of the events
 * `snapshot-part` of wire/. They end with a signature, which is not read here. Never throws.
 */
export class TreeStreamLoader {
  /** The outcome; undefined if more bytes are needed. The tree is complete when the path "/" has arrived. */
  result: LoadedTree | UnusableTree | LoadException | undefined;
  private readonly sink: TreeSink;
  private readonly bytes = new ByteQueue();
  private readonly steps: Steps<SnapshotBody>;
  private readonly lastZxid: bigint;
  private needed = 0;

  /** `lastZxid`: the zxid of the SNAP packet, which becomes the last processed one. */
  constructor(rules: TreeRules, lastZxid: bigint) {
    this.sink = new TreeSink(rules);
    this.lastZxid = lastZxid;
    this.steps = readSnapshotBody(this.bytes, rules.maxBytes, this.sink);
  }

  /** Adds the next bytes. The caller must not change them later. */
  push(chunk: Uint8Array): void {
    if (this.result !== undefined) return;
    this.bytes.push(chunk);
    if (this.bytes.available >= this.needed) this.advance(true);
  }

  /** Says that no more bytes follow. */
  end(): void {
    if (this.result === undefined) this.advance(false);
  }

  private advance(hasMore: boolean): void {
    this.result = catchException(() => {
      try {
        for (let step = this.steps.next(hasMore); ; step = this.steps.next(hasMore)) {
          if (step.done) return this.finish();
          this.needed = step.value;
          if (hasMore && this.bytes.available < this.needed) return undefined;
        }
      } catch (error) {
        if (!(error instanceof Damage)) throw error;
        return { kind: "damage", reason: error.reason as SnapshotBodyDamage, offset: this.bytes.position };
      }
    });
  }

  private finish(): LoadedTree {
    const { tree } = this.sink;
    tree.endLoading();
    tree.lastProcessedZxid = this.lastZxid;
    return { kind: "tree", tree, digest: "unchecked" };
  }
}

function catchException<Result>(load: () => Result): Result | LoadException {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof TreeException)) throw error;
    return { kind: "exception", exception: error.exception, detail: error.detail };
  }
}
