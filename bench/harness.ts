/**
 * The method of measurement. The programs that a figure compares take turns, round after round (A B A B …). The first
 * rounds are warm-ups and do not count. The figure is the median of the other rounds, and the table shows it with its
 * spread.
 *
 * Each family of figures runs in a separate process (main.ts), so that the compiled code and the garbage of one family
 * do not slow down the next. The harness forces no garbage collection between rounds, because a collection without a
 * living cluster would also discard optimized code. This does not happen in a campaign.
 */

export interface Effort {
  /** Number of warm-up rounds, which do not count. */
  readonly warmUps: number;
  readonly rounds: number;
  /** The fraction of the full number of events, 0 to 1. */
  readonly share: number;
}

export const FULL: Effort = { warmUps: 2, rounds: 5, share: 1 };
/** An effort that only checks that everything runs. Its figures are meaningless. */
export const QUICK: Effort = { warmUps: 0, rounds: 1, share: 0.002 };

/** One line of the table. */
export interface Row {
  readonly figure: string;
  readonly value: number | null;
  readonly unit: string;
  /** The results of the lowest and of the highest round. */
  readonly spread: readonly [number, number] | null;
  readonly target?: string;
  readonly what: string;
}

/** A value of the JSON object. Null if a tool or package that the figure needs is missing. */
export type FigureValue = number | null | Readonly<Record<string, number>>;

export interface FamilyResult {
  readonly figures: Readonly<Record<string, FigureValue>>;
  readonly rows: readonly Row[];
}

export interface Family {
  readonly name: string;
  readonly measure: (effort: Effort) => FamilyResult | Promise<FamilyResult>;
}

export interface Sample {
  readonly median: number;
  readonly spread: readonly [number, number];
  readonly rounds: readonly number[];
}

/**
 * Runs the compared programs in turns. Each call of a program is one round and returns the measurement of this round.
 */
export function takeTurns<Name extends string>(
  contenders: Readonly<Record<Name, () => number>>,
  { warmUps, rounds }: Effort,
): Record<Name, Sample> {
  const names = Object.keys(contenders) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -warmUps; round < rounds; round++) {
    for (const name of names) {
      const value = contenders[name]();
      if (round >= 0) measured[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, sampleOf(measured[name])])) as Record<Name, Sample>;
}

/**
 * Returns the ratio of two measurements for each round. If something disturbs the machine, it affects both measurements
 * of a round, so that the ratio changes little.
 */
export function ratioOf(numerator: Sample, denominator: Sample): Sample {
  return sampleOf(numerator.rounds.map((value, round) => value / (denominator.rounds[round] as number)));
}

export function sampleOf(rounds: readonly number[]): Sample {
  const sorted = rounds.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
  return { median, spread: [sorted[0] as number, sorted[sorted.length - 1] as number], rounds };
}

export function rowOf(sample: Sample, row: Omit<Row, "value" | "spread">): Row {
  return { ...row, value: sample.median, spread: sample.spread };
}

/** Returns how many runs or events to measure: this share of the number in a full benchmark, and at least 1. */
export function atEffort(full: number, { share }: Effort): number {
  return Math.max(1, Math.round(full * share));
}

/** Runs an action and returns its duration in nanoseconds. */
export function nanosecondsOf(action: () => void): number {
  const start = performance.now();
  action();
  return (performance.now() - start) * 1e6;
}
