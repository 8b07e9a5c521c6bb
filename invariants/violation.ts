/**
 * A violated invariant: which one, at which server, when, and the facts in conflict. Only the first violation of an
 * invariant at each server is kept; later ones are counted.
 */
import type { Epoch, PacketType, ServerId, Zxid } from "../protocol/index.ts";
import type { Fork } from "./history-facts.ts";
import type { InvariantId } from "./table.ts";

/**
 * The facts in conflict. Each invariant sets the fields that it needs. The value undefined of a zxid means that the
 * history has no transaction at that position.
 */
export interface Facts extends Partial<Fork> {
  /** The epoch in which the invariant was violated. */
  readonly epoch?: Epoch;
  /** The older or newer epoch whose initial history is in conflict with that of `epoch`. */
  readonly otherEpoch?: Epoch;
  /**
   * The zxid of the delivered or broadcast transaction, of the packet that was read, of the vote, or of the loaded
   * database.
   */
  readonly zxid?: Zxid;
  /** The transaction that another server delivered at the same position. */
  readonly otherZxid?: Zxid | undefined;
  /** The position of a transaction in a sequence of deliveries, from 1. */
  readonly position?: number;
  /** The position of the transaction in the second sequence. */
  readonly otherPosition?: number;
  /** The value of the transaction, as the client wrote it. */
  readonly value?: string | number;
  /** A transaction that a server should have but lacks. */
  readonly missing?: Zxid | undefined;
  /** The last transaction before `zxid` in the committed sequence. */
  readonly before?: Zxid | undefined;
  /** The first committed transaction that a TRUNC removed. */
  readonly truncated?: Zxid | undefined;
  /** The zxid that the TRUNC kept as the last one. */
  readonly to?: Zxid | undefined;
  /** The participants that still have the removed transaction. */
  readonly holders?: readonly ServerId[];
  /** The last zxid of the history in memory. */
  readonly memory?: Zxid | undefined;
  /** The last zxid of the history on disk. */
  readonly disk?: Zxid | undefined;
  /** The last zxid of the tree. */
  readonly tree?: Zxid | undefined;
  /** The last zxid that was delivered. */
  readonly delivered?: Zxid | undefined;
  /** The last zxid of the history of the follower. */
  readonly follower?: Zxid | undefined;
  /** The last zxid of the history of the leader. */
  readonly leader?: Zxid | undefined;
  /** The last zxid of the initial history of `epoch`. */
  readonly initial?: Zxid | undefined;
  /** The last zxid of the initial history of `otherEpoch`. */
  readonly otherInitial?: Zxid | undefined;
  /** The last zxid of the committed history. */
  readonly committed?: Zxid | undefined;
  /** The last zxid of the leader's history. */
  readonly history?: Zxid | undefined;
  /** The last zxid of a participant's log. */
  readonly log?: Zxid | undefined;
  /** The zxid in the log of another participant at the same position. */
  readonly other?: Zxid | undefined;
  /** The packet that was read; 0 if it is unknown. */
  readonly packet?: PacketType | 0;
  /** Further facts as text. */
  readonly detail?: string;
}

/** A violated invariant: which one, at which server, when, and the facts in conflict. */
export interface Violation {
  /** The invariant. */
  readonly id: InvariantId;
  /** The server that violated it. */
  readonly server: ServerId;
  /** The role of `server` at the time of the violation. */
  readonly role: Role;
  /** The server with which `server` is in conflict, if there is one. */
  readonly other?: ServerId;
  /** The role of the server `other` at the time of the violation. */
  readonly otherRole?: Role;
  /** The virtual time in microseconds. */
  readonly atUs: number;
  /** What the server did, as a clause that follows "server N". */
  readonly text: string;
  /** The zxids, epochs and histories in conflict. */
  readonly facts: Facts;
  /** Number of violations of this invariant at this server. */
  count: number;
}

/** The role of a server at one moment. */
export type Role = "down" | "looking" | "following" | "leading" | "observing";

export class Violations {
  readonly list: Violation[] = [];
  private readonly byInvariantAndServer = new Map<string, Violation>();
  private readonly now: () => number;
  private readonly roleOf: (server: ServerId) => Role;

  constructor(now: () => number, roleOf: (server: ServerId) => Role) {
    this.now = now;
    this.roleOf = roleOf;
  }

  /**
   * Reports a violation. `more` computes facts that need a walk over histories. It is called only for the first
   * violation of an invariant at a server, the only one that is kept.
   */
  report(id: InvariantId, server: ServerId, text: string, facts: Facts, other?: ServerId, more?: () => Facts): void {
    const key = `${id} ${server}`;
    const first = this.byInvariantAndServer.get(key);
    if (first !== undefined) {
      first.count++;
      return;
    }
    const role = this.roleOf(server);
    const conflict = other === undefined ? {} : { other, otherRole: this.roleOf(other) };
    const all = more === undefined ? facts : { ...facts, ...more() };
    const violation: Violation = { id, server, role, ...conflict, atUs: this.now(), text, facts: all, count: 1 };
    this.byInvariantAndServer.set(key, violation);
    this.list.push(violation);
  }
}
