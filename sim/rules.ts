/**
 * Fault rules that look at a message and answer what becomes of it. The first rule that matches, in order of
 * installation, decides. Rules see what programs send, not the openings and closings of connections.
 *
 * A stream cannot lose one message: `drop` there means that nothing behind it on that direction arrives any more.
 */

export type Verdict<M> =
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly byUs: number }
  | { readonly kind: "hold" }
  | { readonly kind: "reset" }
  | { readonly kind: "replace"; readonly make: (message: M) => M };

export interface NetworkRule<M> {
  matches(message: M, from: number, to: number, port: number): boolean;
  readonly verdict: Verdict<M>;
  /** How many more messages it may match; at 0 it is removed. */
  remaining: number;
  /** Messages it matched. */
  hits: number;
  /** Messages that fared differently because of it: the matched ones, and those stuck behind them. */
  affected: number;
}

export function createRule<M>(
  matches: (message: M, from: number, to: number, port: number) => boolean,
  verdict: Verdict<M>,
  remaining = Number.POSITIVE_INFINITY,
): NetworkRule<M> {
  return { matches, verdict, remaining, hits: 0, affected: 0 };
}

interface Installed<M> {
  readonly id: number;
  readonly rule: NetworkRule<M>;
}

export class RuleList<M> {
  /** Rules that may still match. 0: a message need not be looked at. */
  active = 0;
  /** The id of the rule that `judge` found last. */
  matchedId = 0;
  private lastId = 0;
  private installed: Installed<M>[] = [];

  /** Rule ids start at 1. */
  add(rule: NetworkRule<M>): number {
    this.installed.push({ id: ++this.lastId, rule });
    this.active = this.installed.length;
    return this.lastId;
  }

  remove(id: number): void {
    this.installed = this.installed.filter((entry) => entry.id !== id);
    this.active = this.installed.length;
  }

  /** Every rule that was ever installed: one that matches no more may still hold something. */
  ids(): number[] {
    return Array.from({ length: this.lastId }, (_, index) => index + 1);
  }

  judge(message: M, from: number, to: number, port: number): NetworkRule<M> | undefined {
    for (const { id, rule } of this.installed) {
      if (rule.remaining <= 0 || !rule.matches(message, from, to, port)) continue;
      rule.hits++;
      rule.affected++;
      rule.remaining--;
      if (rule.remaining <= 0) this.remove(id);
      this.matchedId = id;
      return rule;
    }
    return undefined;
  }
}
