/** The runs of a search: each scenario runs at most once, and the best ones are kept. */
import { MessageChooser } from "../logs/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { Candidates } from "./candidates.ts";
import { isOfDisk } from "./disk-observations.ts";
import type { Evidence } from "./evidence.ts";
import { DECISIVE } from "./observation.ts";
import type { RepairContext } from "./repair-context.ts";
import { momentsOf, type Trial, tryScenario } from "./trial.ts";

/** A run with more events is given up, and one with many more than the best run. */
const EVENTS_MAX = 150_000;
const EVENTS_MIN = 20_000;
const EVENTS_FACTOR = 4;
/** The search ends after this number of scenarios in a row that have been tried before. */
const REPEATS_MAX = 10_000;
/** When everything decisive matches, the search goes on for this number of runs after each newly violated invariant. */
const REFINE_RUNS = 2000;
/** When everything decisive matches, the search looks for a violation for this number of runs. */
const VIOLATION_RUNS = 20_000;

/** Runs scenarios for a search. */
export class CandidateRuns {
  /** The number of runs so far. */
  count = 0;
  readonly evidence: Evidence;
  readonly candidates = new Candidates();
  private readonly chooser = new MessageChooser();
  private readonly tried = new Set<string>();
  /** The number of scenarios in a row that had been tried before. */
  private repeats = 0;
  /** The invariants that runs violate in which everything decisive matches. */
  private readonly violated = new Set<string>();
  /** The number of runs at which everything decisive matched, and at which such a run violated another invariant. */
  private matchedAt = Number.POSITIVE_INFINITY;
  private violatedAt = Number.POSITIVE_INFINITY;
  private readonly contexts = new WeakMap<Trial, RepairContext>();

  constructor(evidence: Evidence) {
    this.evidence = evidence;
  }

  /** The best candidate so far. Undefined if no run has been kept. */
  get best(): Trial | undefined {
    return this.candidates.kept[0];
  }

  /** Whether a run shows everything decisive. */
  get matches(): boolean {
    return this.best?.comparison.decisive === 0;
  }

  /** Whether the best run shows every decisive event of the logs. Its disks can differ from the directories. */
  get showsLogs(): boolean {
    const { best } = this;
    if (best === undefined) return false;
    const { extra, missing } = best.comparison;
    return [...missing, ...extra].every((one) => one.weight < DECISIVE || isOfDisk(one));
  }

  /** Whether more runs would change little. */
  get isDone(): boolean {
    if (this.repeats > REPEATS_MAX) return true;
    return this.count >= this.violatedAt + REFINE_RUNS || this.count >= this.matchedAt + VIOLATION_RUNS;
  }

  /** Runs a scenario and keeps it. Undefined if there is none, if it has been tried, or if its run is given up. */
  *try(scenario: Scenario | undefined): Generator<Trial, Trial | undefined> {
    if (scenario === undefined) return undefined;
    if (!this.isNew(scenario)) {
      this.repeats++;
      if (this.best !== undefined) yield this.best;
      return undefined;
    }
    this.repeats = 0;
    const trial = this.run(scenario);
    if (trial !== undefined) this.keep(trial);
    // A caller may stop the search after each run, also after one that was given up.
    if (this.best !== undefined) yield this.best;
    return trial;
  }

  /** Runs a scenario, and compares it with all of the evidence or a part of it. Undefined if the run is given up. */
  run(scenario: Scenario, evidence = this.evidence): Trial | undefined {
    this.count++;
    return tryScenario(scenario, evidence, this.chooser, this.eventsMax);
  }

  keep(trial: Trial): void {
    this.candidates.add(trial);
    if (trial.comparison.decisive > 0) return;
    this.matchedAt = Math.min(this.matchedAt, this.count);
    if (trial.violated.some((id) => !this.violated.has(id))) this.violatedAt = this.count;
    for (const id of trial.violated) this.violated.add(id);
  }

  /** Remembers a scenario. Returns false if it has been tried. */
  isNew(scenario: Scenario): boolean {
    const key = JSON.stringify(scenario);
    if (this.tried.has(key)) return false;
    this.tried.add(key);
    return true;
  }

  /** Returns what the repairs of a candidate read. */
  contextOf(trial: Trial): RepairContext {
    let context = this.contexts.get(trial);
    if (context === undefined) {
      context = { trial, moments: momentsOf(trial.run), evidence: this.evidence };
      this.contexts.set(trial, context);
    }
    return context;
  }

  private get eventsMax(): number {
    if (this.best === undefined) return EVENTS_MAX;
    return Math.min(EVENTS_MAX, Math.max(EVENTS_MIN, EVENTS_FACTOR * this.best.run.events));
  }
}
