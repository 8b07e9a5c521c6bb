/**
 * The distance between what the logs show and what a run shows: for each server, the cheapest way to turn one sequence
 * of observations into the other.
 */
import { ln } from "../sim/exact-math.ts";
import { DECISIVE, type Observation, type Observations } from "./observation.ts";

/** A comparison of the logs with a run. */
export interface Comparison {
  /** The sum of the weights of all observations that only one side has, and of the differences in time. */
  readonly distance: number;
  /** The part of the distance that comes from decisive observations. */
  readonly decisive: number;
  /** The observations of the logs that the run lacks, in the order of time. */
  readonly missing: readonly Located[];
  /** The observations of the run that the logs lack, in the order of time. */
  readonly extra: readonly Located[];
  /** The differences in time of the observations that both have, in milliseconds: run minus logs. */
  readonly delays: readonly number[];
}

/** An observation with its server. */
export interface Located extends Observation {
  readonly server: number;
}

/** A difference in time costs at most this part of the weight. */
const TIME_SHARE = 0.15;
/** The logarithm of the difference, in milliseconds, from which on the cost stays the same. */
const TIME_STEPS = 10;

/** Compares the logs with a run. */
export function compare(logs: Observations, run: Observations): Comparison {
  const [missing, extra]: [Located[], Located[]] = [[], []];
  const delays: number[] = [];
  let distance = 0;
  for (const server of new Set([...logs.keys(), ...run.keys()])) {
    const [given, made] = [logs.get(server) ?? [], run.get(server) ?? []];
    const { cost, pairs } = alignmentOf(given, made);
    distance += cost;
    for (const [i, j] of pairs) delays.push((made[j] as Observation).atMs - (given[i] as Observation).atMs);
    const matched = [new Set(pairs.map(([i]) => i)), new Set(pairs.map(([, j]) => j))] as const;
    for (const [i, one] of given.entries()) if (!matched[0].has(i)) missing.push({ ...one, server });
    for (const [j, one] of made.entries()) if (!matched[1].has(j)) extra.push({ ...one, server });
  }
  missing.sort((a, b) => a.atMs - b.atMs);
  extra.sort((a, b) => a.atMs - b.atMs);
  const weights = [...missing, ...extra].map(({ weight }) => weight);
  const decisive = weights.filter((weight) => weight >= DECISIVE).reduce((sum, weight) => sum + weight, 0);
  return { distance, decisive, missing, extra, delays };
}

/** The cheapest way to turn one sequence of observations into another. */
export interface Alignment {
  readonly cost: number;
  /** The indexes of the observations that are the same in both, in order. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** Returns the cheapest alignment of what the logs show with what a run shows. */
export function alignmentOf(given: readonly Observation[], made: readonly Observation[]): Alignment {
  const [rows, columns] = [given.length, made.length];
  const width = columns + 1;
  const costs = new Float64Array((rows + 1) * width);
  for (let j = columns - 1; j >= 0; j--) {
    costs[rows * width + j] = (costs[rows * width + j + 1] as number) + (made[j] as Observation).weight;
  }
  for (let i = rows - 1; i >= 0; i--) {
    const one = given[i] as Observation;
    const [row, below] = [i * width, (i + 1) * width];
    costs[row + columns] = (costs[below + columns] as number) + one.weight;
    for (let j = columns - 1; j >= 0; j--) {
      const other = made[j] as Observation;
      let cost = Math.min(one.weight + (costs[below + j] as number), other.weight + (costs[row + j + 1] as number));
      if (one.text === other.text) cost = Math.min(cost, timeCost(one, other) + (costs[below + j + 1] as number));
      costs[row + j] = cost;
    }
  }
  return { cost: costs[0] as number, pairs: pairsIn(given, made, costs) };
}

/** Returns the pairs along the cheapest way. */
function pairsIn(given: readonly Observation[], made: readonly Observation[], costs: Float64Array): [number, number][] {
  const width = made.length + 1;
  const pairs: [number, number][] = [];
  const isCheapest = (cost: number, [i, j]: readonly [number, number], here: number): boolean =>
    Math.abs(cost + (costs[i * width + j] as number) - here) < 1e-9;
  let [i, j] = [0, 0];
  while (i < given.length && j < made.length) {
    const [one, other] = [given[i] as Observation, made[j] as Observation];
    const here = costs[i * width + j] as number;
    if (one.text === other.text && isCheapest(timeCost(one, other), [i + 1, j + 1], here)) pairs.push([i++, j++]);
    else if (isCheapest(one.weight, [i + 1, j], here)) i++;
    else j++;
  }
  return pairs;
}

function timeCost(one: Observation, other: Observation): number {
  const steps = Math.min(ln(1 + Math.abs(one.atMs - other.atMs)), TIME_STEPS);
  return (TIME_SHARE * one.weight * steps) / TIME_STEPS;
}
