/**
 * Rules that decide about single messages: drop, delay, hold, replace, or end the connection by a reset or a close. The
 * first matching rule, in the order of installation, decides. Rules see the messages of programs, not the opening and
 * closing of connections.
 *
 * A stream cannot lose a single message: after a `drop`, no later message of that direction arrives.
 */

export type Verdict<M> =
  | { readonly kind: "drop" }
  | { readonly kind: "delay"; readonly byUs: number }
  | { readonly kind: "hold" }
  | { readonly kind: "reset" }
  | { readonly kind: "close" }
  | { readonly kind: "replace"; readonly make: (message: M, from: number, to: number) => M };

/** A rule that decides about messages of programs. Install it with Network#addRule. */
export interface NetworkRule<M> {
  /** Returns whether the rule decides about this message. */
  matches(message: M, from: number, to: number, port: number): boolean;
  /** What happens to a matching message. */
  readonly verdict: Verdict<M>;
  /** Number of messages that the rule can still match. At 0, the rule is removed. */
  remaining: number;
  /** Number of messages that the rule matched. */
  hits: number;
  /**
   * Number of messages that the rule affected: those it matched, and those that never arrive because it dropped an
   * earlier one.
   */
  affected: number;
}

/** Makes a rule. `remaining` is the number of messages that it may match; default: no limit. */
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
  /** Number of rules that can still match. At 0, messages need no check. */
  active = 0;
  /** The id of the rule that the last `judge` found. */
  matchedId = 0;
  private lastId = 0;
  private installed: Installed<M>[] = [];

  /** Installs a rule and returns its id. Ids start at 1. */
  add(rule: NetworkRule<M>): number {
    this.installed.push({ id: ++this.lastId, rule });
    this.active = this.installed.length;
    return this.lastId;
  }

  remove(id: number): void {
    this.installed = this.installed.filter((entry) => entry.id !== id);
    this.active = this.installed.length;
  }

  /** Returns the ids of all rules that were ever installed, because a removed rule may still hold messages. */
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
