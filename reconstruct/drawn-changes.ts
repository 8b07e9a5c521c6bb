/** Draws what the search tries when its other phases are over: one of the best candidates, and a change of it. */
import type { Scenario } from "../scenarios/scenario.ts";
import type { Random } from "../sim/random.ts";
import type { CandidateRuns } from "./candidate-runs.ts";
import { directRepairs } from "./direct-repairs.ts";
import type { Located } from "./distance.ts";
import { mutate } from "./mutations.ts";
import type { RepairContext } from "./repair-context.ts";
import { silentFaults } from "./silent-faults.ts";
import type { Trial } from "./trial.ts";
import { usualFaults } from "./usual-faults.ts";

/** The part of the runs with the usual faults at each moment in turn, as opposed to drawn changes. */
const SYSTEMATIC_SHARE = 0.5;
/** The number of candidates of each order to which the usual faults are added. */
const RANKS = [0, 1, 2, 3];

export class DrawnChanges {
  private readonly runs: CandidateRuns;
  private readonly random: Random;
  private readonly systematic = new WeakMap<Trial, Generator<Scenario>>();
  private readonly repairs = new WeakMap<Trial, readonly Scenario[]>();

  constructor(runs: CandidateRuns, random: Random) {
    this.runs = runs;
    this.random = random;
  }

  /** Returns a changed candidate. Undefined if the drawn change does not apply. */
  next(): Scenario | undefined {
    const { random, runs } = this;
    const parent = this.parent();
    const context = { ...runs.contextOf(parent), random, focus: this.focusOf(parent) };
    if (random.chance(SYSTEMATIC_SHARE)) {
      const scenario = this.nextSystematic();
      if (scenario !== undefined) return scenario;
    }
    const scenario = random.chance(0.25) ? this.directRepair(parent) : mutate(context);
    if (scenario === undefined || random.chance(0.75)) return scenario;
    return mutate({ ...context, trial: { ...parent, scenario } }) ?? scenario;
  }

  private parent(): Trial {
    const { candidates } = this.runs;
    const { random } = this;
    if (random.chance(0.3)) return random.pick(candidates.longest);
    if (random.chance(0.6)) return candidates.kept[0] as Trial;
    return random.pick(random.chance(0.5) ? candidates.kept : candidates.deepest);
  }

  /** Returns the next of the usual faults for one of the most promising candidates. */
  private nextSystematic(): Scenario | undefined {
    const { deepest, kept, longest } = this.runs.candidates;
    for (const trial of RANKS.flatMap((rank) => [kept[rank], longest[rank], deepest[rank]])) {
      if (trial === undefined || this.random.chance(0.3)) continue;
      let faults = this.systematic.get(trial);
      if (faults === undefined) {
        faults = systematicFaults(this.runs.contextOf(trial));
        this.systematic.set(trial, faults);
      }
      const { done, value } = faults.next();
      if (!done) return value;
    }
    return undefined;
  }

  private directRepair(trial: Trial): Scenario | undefined {
    let repairs = this.repairs.get(trial);
    if (repairs === undefined) {
      repairs = directRepairs(this.runs.contextOf(trial));
      this.repairs.set(trial, repairs);
    }
    return repairs.length === 0 ? undefined : this.random.pick(repairs);
  }

  /**
   * Returns a difference to explain: the earliest, or one that follows soon. If nothing decisive differs and the run
   * violates nothing, often none, so that changes anywhere are tried.
   */
  private focusOf({ comparison: { decisive, extra, missing } }: Trial): Located | undefined {
    const { random } = this;
    if (decisive === 0 && random.chance(0.7)) return undefined;
    const all = [...missing, ...extra].sort((a, b) => a.atMs - b.atMs);
    let index = 0;
    while (random.chance(0.5) && index < all.length - 1) index++;
    return all[index];
  }
}

function* systematicFaults(context: RepairContext): Generator<Scenario> {
  if (context.trial.comparison.decisive === 0) yield* silentFaults(context);
  yield* usualFaults(context);
}
