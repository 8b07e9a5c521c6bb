/**
 * The search for a mutant: runs the default campaign seed by seed until a run fails, and shrinks the failing
 * scenario. It uses the release `patched`, in which campaigns find no bugs, so every finding comes from the mutant.
 */
import { BLOCK_SIZE, type CampaignOptions, runBlock } from "../../fuzz/block.ts";
import { shrinkScenario } from "../../fuzz/shrink/shrink-scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";

export interface SearchOptions {
  readonly runs: number;
  readonly firstSeed: number;
  readonly maxSeconds: number;
}

export interface SearchResult {
  readonly killed: boolean;
  /** The number of runs up to and including the first finding. */
  readonly runs: number;
  /** The time until the first finding in seconds, without the time for shrinking. */
  readonly seconds: number;
  /** The number of steps in the minimal scenario. */
  readonly steps: number | null;
  /** The id of an invariant, or "liveness", "nondeterminism", "exception". */
  readonly invariant: string | null;
  readonly scenario: string | null;
}

const CAMPAIGN: CampaignOptions = { zookeeper: "patched", strategy: undefined, faults: undefined, scenario: undefined };
const SHRINK_RUNS = 4000;

export function searchUntilKilled({ firstSeed, maxSeconds, runs }: SearchOptions): SearchResult {
  const startedMs = performance.now();
  const seconds = (): number => Math.round(performance.now() - startedMs) / 1000;
  const nothing = { steps: null, invariant: null, scenario: null };
  let done = 0;
  while (done < runs && seconds() < maxSeconds) {
    const first = BigInt(firstSeed + done);
    const result = attempt(() => runBlock(CAMPAIGN, { first, count: BLOCK_SIZE }));
    if (result instanceof Error) {
      return { ...nothing, killed: true, runs: done + BLOCK_SIZE, seconds: seconds(), invariant: "exception" };
    }
    const [difference] = result.nondeterministic;
    const [failed] = result.failed;
    const seed = failed?.seed ?? difference?.seed;
    if (seed === undefined) {
      done += BLOCK_SIZE;
      continue;
    }
    const found = { killed: true, runs: done + Number(seed - first) + 1, seconds: seconds() };
    if (failed === undefined) return { ...nothing, ...found, invariant: "nondeterminism" };
    const steps = shrinkScenario(failed.scenario, failed.failure, { maxRuns: SHRINK_RUNS });
    let step = steps.next();
    while (!step.done) step = steps.next();
    const small = step.value?.scenario ?? failed.scenario;
    const invariant = failed.failure.kind === "stuck" ? "liveness" : failed.failure.id;
    return { ...found, steps: small.steps.length, invariant, scenario: writeScenario(small) };
  }
  return { ...nothing, killed: false, runs: done, seconds: seconds() };
}

function attempt<Result>(what: () => Result): Result | Error {
  try {
    return what();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
