/** Znodes as snapshots contain them. */

/** A znode (DataNode with StatPersisted). */
export interface Znode {
  /** The path; "" for the root. */
  readonly path: string;
  readonly data: Uint8Array | null;
  /** The id of its ACL list; -1 if anyone may do anything. */
  readonly aclId: bigint;
  readonly czxid: bigint;
  readonly mzxid: bigint;
  /** The times of creation and of the last change, in milliseconds since 1970. */
  readonly ctimeMs: bigint;
  readonly mtimeMs: bigint;
  readonly version: number;
  /** The number of children that were created. Clients see twice this number, without the children that are left. */
  readonly cversion: number;
  readonly aversion: number;
  /** The id of the session that owns the znode; 0 if it is not ephemeral. EphemeralType says what else it can be. */
  readonly ephemeralOwner: bigint;
  readonly pzxid: bigint;
}
