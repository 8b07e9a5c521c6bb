/**
 * What a leader does for clients during one term: it prepares their requests, tracks their sessions, and knows when a
 * sync can be answered (LeaderZooKeeperServer).
 */
import type { DataTree } from "../datatree/index.ts";
import { CLOSE_SESSION } from "../formats/op-codes.ts";
import type { ConnectionId, Txn, Zxid } from "../protocol/index.ts";
import { LeaderSessions } from "./leader-sessions.ts";
import { PrepRequests } from "./prep-requests.ts";
import type { ClientRequest } from "./requests.ts";
import { liveTxn } from "./transactions.ts";

interface PendingSync {
  readonly connection: ConnectionId;
  readonly after: Zxid;
}

/** One term of a leader. */
export class LeaderService {
  private readonly sessions = new LeaderSessions();
  private readonly prep: PrepRequests;
  private readonly syncs: PendingSync[] = [];
  private lastProposed: Zxid;

  /** `tree` contains the committed transactions, up to `zxid`. It belongs to this object from now on. */
  constructor(tree: DataTree, zxid: Zxid) {
    this.prep = new PrepRequests(tree, this.sessions, Date.now());
    this.lastProposed = zxid;
  }

  /** Returns the transaction of a request, and applies it to the tree. */
  prepare(request: ClientRequest, zxid: Zxid): Txn {
    this.lastProposed = zxid;
    return liveTxn(this.prep.prepare(request, BigInt(zxid), Date.now()));
  }

  /** Keeps a sync of a client until the leader has committed every transaction that it has proposed so far. */
  sync(connection: ConnectionId): void {
    this.syncs.push({ connection, after: this.lastProposed });
  }

  /** Whether a sync waits for its answer. */
  get hasSyncs(): boolean {
    return this.syncs.length > 0;
  }

  /** Returns the connections whose syncs can be answered now, in order. */
  takeSyncs(lastCommitted: Zxid): ConnectionId[] {
    const ready = this.syncs.findIndex(({ after }) => after > lastCommitted);
    return this.syncs.splice(0, ready < 0 ? this.syncs.length : ready).map(({ connection }) => connection);
  }

  /** Extends the time of a session. Returns whether the session is valid. */
  touch(session: bigint, timeoutMs: number): boolean {
    return this.sessions.touch(session, timeoutMs, Date.now());
  }

  /** Returns requests that close the sessions that have expired. */
  closeExpired(): ClientRequest[] {
    const request = new Uint8Array(0);
    return this.sessions.takeExpired(Date.now()).map((session) => {
      return { session, cxid: 0, opType: CLOSE_SESSION, request, authinfo: [] };
    });
  }
}
