/**
 * A violated invariant: which, where, when, and the facts in conflict. Kept once per invariant and server; repetitions
 * are counted.
 */
import type { ServerId } from "../../protocol/index.ts";
import type { InvariantId } from "./table.ts";

export interface Violation {
  readonly id: InvariantId;
  readonly server: ServerId;
  readonly atUs: number;
  readonly text: string;
  /** How often it was violated at this server. */
  count: number;
}

export class Violations {
  readonly list: Violation[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  report(id: InvariantId, server: ServerId, text: string): void {
    const known = this.list.find((violation) => violation.id === id && violation.server === server);
    if (known !== undefined) known.count++;
    else this.list.push({ id, server, atUs: this.now(), text, count: 1 });
  }
}
