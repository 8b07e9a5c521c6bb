/** The best candidates of a search, in three orders. One that is worse as a whole can be the better start. */
import type { Trial } from "./trial.ts";

/** The number of candidates that are kept by score. */
const KEPT = 10;
/** The number of candidates that are kept in each of the other orders. */
const LONGEST = 5;

type Order = (a: Trial, b: Trial) => number;

const byScore: Order = (a, b) => a.score - b.score;
const byPrefix: Order = (a, b) => b.matchedPrefix - a.matchedPrefix || byScore(a, b);
// Two infinite times are equal, and their difference is not a number.
const byTime: Order = (a, b) =>
  (a.matchedUntilMs === b.matchedUntilMs ? 0 : b.matchedUntilMs - a.matchedUntilMs) || byScore(a, b);

/** The best candidates so far. The first one of each order is the best. */
export class Candidates {
  /** The candidates with the lowest score. */
  kept: readonly Trial[] = [];
  /** The candidates whose first decisive difference is the latest. */
  longest: readonly Trial[] = [];
  /** The candidates in which the servers match the logs for the longest, each by itself. */
  deepest: readonly Trial[] = [];

  add(trial: Trial): void {
    this.kept = withBest(this.kept, trial, KEPT, byScore);
    this.longest = withBest(this.longest, trial, LONGEST, byTime);
    this.deepest = withBest(this.deepest, trial, LONGEST, byPrefix);
  }

  /**
   * Candidates that match everything decisive as the best one does, and violate invariants that neither it nor a closer
   * one violates: the logs hardly show which of these scenarios happened. The closest one comes first.
   */
  get alternatives(): readonly Trial[] {
    const [best, ...others] = this.kept;
    if (best === undefined || best.comparison.decisive > 0) return [];
    const seen = new Set(best.violated);
    return others.filter(({ comparison, violated }) => {
      const isOther = comparison.decisive === 0 && violated.some((id) => !seen.has(id));
      if (isOther) for (const id of violated) seen.add(id);
      return isOther;
    });
  }
}

/** Returns the best candidates, with at most one for each set of decisive differences and violated invariants. */
function withBest(trials: readonly Trial[], trial: Trial, count: number, order: Order): readonly Trial[] {
  const alike = trials.find(({ differences }) => differences === trial.differences);
  if (alike !== undefined && order(alike, trial) <= 0) return trials;
  return [...trials.filter((one) => one !== alike), trial].sort(order).slice(0, count);
}
