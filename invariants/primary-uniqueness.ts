/** primary-uniqueness: at most one leader is established in an epoch. */
import type { Epoch } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

export class PrimaryUniqueness {
  private readonly leaders = new Map<Epoch, ServerView>();
  private readonly violations: Violations;

  constructor(violations: Violations) {
    this.violations = violations;
  }

  established(leader: ServerView, epoch: Epoch): void {
    const other = this.leaders.get(epoch);
    this.leaders.set(epoch, leader);
    if (other === undefined) return;
    const first = other === leader ? "it" : `server ${other.sid}`;
    const text = `is established in epoch ${epoch}, in which ${first} was established before`;
    this.violations.report("primary-uniqueness", leader.sid, text, { epoch }, other.sid);
  }
}
