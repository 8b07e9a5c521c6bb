/**
 * Judges the differences between the logs and a run: those that make it another incident, and those without
 * consequence.
 */
import type { Comparison, Located } from "./distance.ts";
import { type Chance, DECISIVE } from "./observation.ts";

/**
 * Why a difference has no consequence. `order`: both have the event at almost the same time, in another order. `end`:
 * an election that has only begun when the logs end.
 */
export type HarmlessReason = Chance | "order" | "end";

/** A difference with its judgment. */
export interface JudgedDifference extends Located {
  readonly in: "logs" | "run";
  /** Whether it makes the run another incident. */
  readonly decisive: boolean;
  /** Why a difference in an important event has no consequence. */
  readonly reason?: HarmlessReason;
}

/**
 * Lines of different threads that are this close can have another order in the run. The election of a leader takes at
 * least as long (finalizeWait), so both lines belong to the same epoch.
 */
const ORDER_MS = 200;
/** The time before the end of the logs in which an election only begins: it takes at least finalizeWait, 200 ms. */
const END_MS = 50;
const BEGINS = /^(election-started|first-vote) /;

/** Returns the differences with their judgments, in the order of time. `endMs`: the end of the logs. */
export function judgedDifferences(
  { extra, missing }: Pick<Comparison, "extra" | "missing">,
  endMs: number,
): JudgedDifference[] {
  const reordered = reorderedIn(missing, extra);
  const judged =
    (side: JudgedDifference["in"]) =>
    (one: Located): JudgedDifference => {
      const isImportant = one.weight >= DECISIVE;
      const isAtEnd = BEGINS.test(one.text) && one.atMs > endMs - END_MS;
      const reason = one.chance ?? (reordered.has(one) ? "order" : isAtEnd ? "end" : undefined);
      const isHarmless = isImportant && reason !== undefined;
      return { ...one, in: side, decisive: isImportant && !isHarmless, ...(isHarmless && { reason }) };
    };
  return [...missing.map(judged("logs")), ...extra.map(judged("run"))].sort((a, b) => a.atMs - b.atMs);
}

/** Returns the events that both have at almost the same time. */
function reorderedIn(missing: readonly Located[], extra: readonly Located[]): ReadonlySet<Located> {
  const reordered = new Set<Located>();
  for (const one of missing) {
    const other = extra.find(
      ({ atMs, server, text }, index) =>
        !reordered.has(extra[index] as Located) &&
        server === one.server &&
        text === one.text &&
        Math.abs(atMs - one.atMs) <= ORDER_MS,
    );
    if (other !== undefined) reordered.add(one).add(other);
  }
  return reordered;
}
