/**
 * How everything here is measured: the contenders of a figure take turns, round after round (A B A B …), after some
 * rounds that count for nothing; the figure is the median of the rounds, and the spread is shown with it.
 *
 * Each family of figures runs in a process of its own (main.ts), so that what one compiles and leaves behind does not
 * slow down the next. No garbage collection is forced between rounds: where no cluster is alive it would throw the
 * optimized code away as well, which no campaign ever does.
 */

export interface Effort {
  /** Rounds before those that count. */
  readonly warmUps: number;
  readonly rounds: number;
  /** Part of the full number of events. */
  readonly share: number;
}

export const FULL: Effort = { warmUps: 2, rounds: 5, share: 1 };
/** Just enough to see that everything runs. The numbers mean nothing. */
export const QUICK: Effort = { warmUps: 0, rounds: 1, share: 0.002 };

/** One line of the table. */
export interface Row {
  readonly figure: string;
  readonly value: number | null;
  readonly unit: string;
  /** Lowest and highest round. */
  readonly spread: readonly [number, number] | null;
  readonly target?: string;
  readonly what: string;
}

/** A value of the JSON object: null where something needed is not there. */
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

/** Lets the contenders take turns; each call is one round and returns its measurement. */
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

/** Two contenders' rounds, pair by pair: what disturbs the machine disturbs both. */
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

/** A number of events of a round, at least one. */
export function atEffort(full: number, { share }: Effort): number {
  return Math.max(1, Math.round(full * share));
}

/** How long an action takes, in nanoseconds. */
export function nanosecondsOf(action: () => void): number {
  const start = performance.now();
  action();
  return (performance.now() - start) * 1e6;
}
