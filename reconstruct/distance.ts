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
  const result = { distance: 0, decisive: 0, missing: [] as Located[], extra: [] as Located[], delays: [] as number[] };
  for (const server of new Set([...logs.keys(), ...run.keys()])) {
    align(logs.get(server) ?? [], run.get(server) ?? [], server, result);
  }
  result.missing.sort((a, b) => a.atMs - b.atMs);
  result.extra.sort((a, b) => a.atMs - b.atMs);
  return result;
}

interface Sums {
  distance: number;
  decisive: number;
  readonly missing: Located[];
  readonly extra: Located[];
  readonly delays: number[];
}

function align(given: readonly Observation[], made: readonly Observation[], server: number, sums: Sums): void {
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
  sums.distance += costs[0] as number;
  walk(given, made, costs, server, sums);
}

/** Collects the observations that only one side has, along the cheapest way. */
function walk(
  given: readonly Observation[],
  made: readonly Observation[],
  costs: Float64Array,
  server: number,
  sums: Sums,
): void {
  const width = made.length + 1;
  let [i, j] = [0, 0];
  while (i < given.length || j < made.length) {
    const [one, other] = [given[i], made[j]];
    const here = costs[i * width + j] as number;
    if (one !== undefined && other !== undefined && one.text === other.text) {
      const isMatched = Math.abs(timeCost(one, other) + (costs[(i + 1) * width + j + 1] as number) - here) < 1e-9;
      if (isMatched) {
        sums.delays.push(other.atMs - one.atMs);
        i++;
        j++;
        continue;
      }
    }
    const isMissing =
      one !== undefined &&
      (other === undefined || Math.abs(one.weight + (costs[(i + 1) * width + j] as number) - here) < 1e-9);
    const [observation, list] = isMissing ? [one, sums.missing] : [other as Observation, sums.extra];
    list.push({ ...observation, server });
    if (observation.weight >= DECISIVE) sums.decisive += observation.weight;
    if (isMissing) i++;
    else j++;
  }
}

function timeCost(one: Observation, other: Observation): number {
  const steps = Math.min(ln(1 + Math.abs(one.atMs - other.atMs)), TIME_STEPS);
  return (TIME_SHARE * one.weight * steps) / TIME_STEPS;
}
