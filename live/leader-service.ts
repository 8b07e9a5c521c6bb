/**
 * What a leader does for the clients of its learners in addition to the core: it prepares their requests, tracks their
 * sessions and answers SYNC and REVALIDATE (LeaderZooKeeperServer, LearnerHandler#run).
 */
import { CLOSE_SESSION } from "../formats/op-codes.ts";
import type { ConnectionId, History, Txn, Zxid } from "../protocol/index.ts";
import { LeaderSessions } from "./leader-sessions.ts";
import { PrepRequests } from "./prep-requests.ts";
import type { ClientRequest } from "./requests.ts";
import { liveTxn } from "./transactions.ts";
import type { Trees } from "./trees.ts";

/** The operation sync, which becomes no transaction (ZooDefs.OpCode). */
export const OP_SYNC = 9;

interface PendingSync {
  readonly connection: ConnectionId;
  readonly after: Zxid;
}

/** Requests that the core has not proposed yet, by the values that stand for them in the core. */
export class KeptRequests {
  private readonly requests = new Map<string, ClientRequest>();
  private count = 0;

  /** Keeps a request until it is prepared. Returns the value that stands for it in the core. */
  keep(request: ClientRequest): string {
    const value = `request ${++this.count}`;
    this.requests.set(value, request);
    return value;
  }

  take(value: string): ClientRequest | undefined {
    const request = this.requests.get(value);
    this.requests.delete(value);
    return request;
  }

  clear(): void {
    this.requests.clear();
  }
}

/** One term of a leader. */
export class LeaderService {
  private readonly sessions = new LeaderSessions();
  private readonly prep: PrepRequests;
  private readonly requests: KeptRequests;
  private readonly syncs: PendingSync[] = [];
  private lastProposed: Zxid;

  /** `history` is what the leader has committed when it starts, up to `zxid`. */
  constructor(trees: Trees, requests: KeptRequests, history: History, zxid: Zxid) {
    this.requests = requests;
    this.prep = new PrepRequests(trees.newTreeOf(history), this.sessions, Date.now());
    this.lastProposed = zxid;
  }

  /** Returns the transaction of a request; undefined if the value stands for none. */
  prepare(value: string, zxid: Zxid): Txn | undefined {
    const request = this.requests.take(value);
    if (request === undefined) return undefined;
    this.lastProposed = zxid;
    return liveTxn(this.prep.prepare(request, BigInt(zxid), Date.now()));
  }

  /** Handles a sync of a client. It is answered when everything that was proposed before is committed. */
  sync(connection: ConnectionId): void {
    this.syncs.push({ connection, after: this.lastProposed });
  }

  /** Whether a sync waits. */
  get hasSyncs(): boolean {
    return this.syncs.length > 0;
  }

  /** Returns the connections whose syncs can be answered now, in order. */
  takeSyncs(lastCommitted: Zxid): ConnectionId[] {
    const ready = this.syncs.findIndex(({ after }) => after > lastCommitted);
    return this.syncs.splice(0, ready < 0 ? this.syncs.length : ready).map(({ connection }) => connection);
  }

  /** Notes that a session has given a sign of life. Returns whether it is valid. */
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
