/**
 * A violated invariant: which, where, when, and the facts in conflict. Kept once per invariant and server; repetitions
 * are counted.
 */
import type { ServerId } from "../protocol/index.ts";
import type { InvariantId } from "./table.ts";

/** The zxids (as `epoch:counter`), epochs and positions in conflict, by name. */
export type Facts = Readonly<Record<string, string | number>>;

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
