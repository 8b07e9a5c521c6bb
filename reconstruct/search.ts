/**
 * Searches for a scenario whose run shows what the logs show. It keeps the best candidates, changes one of them at a
 * place where its run and the logs differ, and keeps the result if it is better than the worst.
 */
import { MessageChooser } from "../logs/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { type Random, RandomStreams } from "../sim/random.ts";
import { CandidateRuns } from "./candidate-runs.ts";
import type { Evidence } from "./evidence.ts";
import { withoutRepetitions } from "./repetition.ts";
import { withEndOf } from "./scenario-steps.ts";
import { PHASES, type PhaseContext } from "./search-phases.ts";
import { type Trial, tryScenario } from "./trial.ts";

/** The run that shows all repetitions may have this number of events. */
const WHOLE_EVENTS_MAX = 1_000_000;

/** A search. It can be continued run by run. */
export class Search {
  private readonly whole: Evidence;
  /** The runs are compared with the evidence without repetitions at its end. */
  private readonly candidateRuns: CandidateRuns;
  private readonly random: Random;
  private readonly wholeTrials = new WeakMap<Trial, Trial>();

  constructor(evidence: Evidence, seed: bigint | number) {
    this.whole = evidence;
    this.candidateRuns = new CandidateRuns(withoutRepetitions(evidence));
    this.random = new RandomStreams(seed).stream("reconstruct");
  }

  /** The number of runs so far. */
  get runs(): number {
    return this.candidateRuns.count;
  }

  /** The best candidate so far. Undefined before the first run. */
  get best(): Trial | undefined {
    const { best, evidence } = this.candidateRuns;
    if (best === undefined || evidence === this.whole) return best;
    let trial = this.wholeTrials.get(best);
    if (trial === undefined) {
      const scenario = withEndOf(best.scenario, this.whole);
      trial = tryScenario(scenario, this.whole, new MessageChooser(), WHOLE_EVENTS_MAX) ?? best;
      this.wholeTrials.set(best, trial);
    }
    return trial;
  }

  /** Other candidates that match everything decisive as the best one does, and violate other invariants. */
  get alternatives(): readonly Trial[] {
    return this.candidateRuns.candidates.alternatives;
  }

  /** Searches from a first scenario on. Yields after each run, and returns when more runs would change little. */
  *from(skeleton: Scenario): Generator<Trial, void> {
    const { candidateRuns: runs, random } = this;
    const first = runs.evidence === this.whole ? skeleton : withEndOf(skeleton, runs.evidence);
    const context: PhaseContext = { runs, random, first, base: first };
    for (const phase of PHASES) yield* phase(context);
  }
}
