/**
 * A violated invariant: which, where, when, and the facts in conflict. Kept once per invariant and server; repetitions
 * are counted.
 */
import type { Epoch, PacketType, ServerId, Zxid } from "../protocol/index.ts";
import type { InvariantId } from "./table.ts";

/** The values in conflict, by name. An undefined zxid stands for the end of a history. */
export interface Facts {
  readonly epoch?: Epoch;
  readonly otherEpoch?: Epoch;
  /** Where two histories diverge: the first transaction that each has there. */
  readonly here?: Zxid | undefined;
  readonly there?: Zxid | undefined;
  /** The transaction that a server delivers, proposes or reads. */
  readonly zxid?: Zxid;
  readonly otherZxid?: Zxid | undefined;
  /** The transaction that a history lacks. */
  readonly missing?: Zxid | undefined;
  /** The transaction before the delivered one. */
  readonly before?: Zxid | undefined;
  readonly truncated?: Zxid;
  /** The zxid that a TRUNC leaves at the end of the log. */
  readonly to?: Zxid;
  /** The last zxids of histories. */
  readonly history?: Zxid;
  readonly committed?: Zxid;
  readonly delivered?: Zxid;
  readonly initial?: Zxid;
  readonly otherInitial?: Zxid;
  readonly follower?: Zxid;
  readonly leader?: Zxid | undefined;
  readonly log?: Zxid;
  readonly other?: Zxid | undefined;
  readonly memory?: Zxid;
  readonly disk?: Zxid;
  readonly tree?: Zxid;
  /** Positions in the sequence of delivered transactions, from 1. */
  readonly position?: number;
  readonly otherPosition?: number;
  /** Number of transactions in the initial history of an epoch. */
  readonly initialLength?: number;
  readonly value?: string | number;
  /** The servers that keep a truncated transaction. */
  readonly left?: readonly ServerId[];
  /** 0 if no packet caused the violation. */
  readonly packet?: PacketType | 0;
  readonly detail?: string;
}

export interface Violation {
  readonly id: InvariantId;
  readonly server: ServerId;
  /** What the server was then. */
  readonly role: Role;
  /** The server that is in conflict with it, where there is one. */
  readonly other?: ServerId;
  readonly otherRole?: Role;
  readonly atUs: number;
  readonly text: string;
  readonly facts: Facts;
  /** How often it was violated at this server. */
  count: number;
}

export type Role = "down" | "looking" | "following" | "leading" | "observing";

export class Violations {
  readonly list: Violation[] = [];
  private readonly known = new Map<string, Violation>();
  private readonly now: () => number;
  private readonly roleOf: (server: ServerId) => Role;

  constructor(now: () => number, roleOf: (server: ServerId) => Role) {
    this.now = now;
    this.roleOf = roleOf;
  }

  /** `more`: facts that take a walk to find, asked for once per violation that is kept. */
  report(id: InvariantId, server: ServerId, text: string, facts: Facts, other?: ServerId, more?: () => Facts): void {
    const key = `${id} ${server}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const role = this.roleOf(server);
    const whom = other === undefined ? {} : { other, otherRole: this.roleOf(other) };
    const all = more === undefined ? facts : { ...facts, ...more() };
    const violation: Violation = { id, server, role, ...whom, atUs: this.now(), text, facts: all, count: 1 };
    this.known.set(key, violation);
    this.list.push(violation);
  }
}
