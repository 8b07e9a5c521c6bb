/**
 * A violated invariant: which, where, when, and the facts in conflict. Kept once per invariant and server; repetitions
 * are counted.
 */
import type { ServerId } from "../../protocol/index.ts";
import type { InvariantId } from "./table.ts";

/** The zxids (as `epoch:counter`), epochs and positions in conflict, by name. */
export type Facts = Readonly<Record<string, string | number>>;

export interface Violation {
  readonly id: InvariantId;
  readonly server: ServerId;
  /** The server that is in conflict with it, where there is one. */
  readonly other?: ServerId;
  readonly atUs: number;
  readonly text: string;
  readonly facts: Facts;
  /** How often it was violated at this server. */
  count: number;
}

export class Violations {
  readonly list: Violation[] = [];
  private readonly known = new Map<string, Violation>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** `more`: facts that take a walk to find, asked for once per violation that is kept. */
  report(id: InvariantId, server: ServerId, text: string, facts: Facts, other?: ServerId, more?: () => Facts): void {
    const key = `${id} ${server}`;
    const known = this.known.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const whom = other === undefined ? {} : { other };
    const all = more === undefined ? facts : { ...facts, ...more() };
    const violation: Violation = { id, server, ...whom, atUs: this.now(), text, facts: all, count: 1 };
    this.known.set(key, violation);
    this.list.push(violation);
  }
}
