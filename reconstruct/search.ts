/**
 * Searches for a scenario whose run shows what the logs show. It keeps the best candidates, changes one of them at a
 * place where its run and the logs differ, and keeps the result if it is better than the worst.
 */
import { MessageChooser } from "../logs/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { RandomStreams } from "../sim/random.ts";
import type { Located } from "./distance.ts";
import type { Evidence } from "./evidence.ts";
import { mutate, SPEED_NAMES, speedsOf } from "./mutations.ts";
import { momentsOf, type RunMoment, type Trial, tryScenario } from "./trial.ts";

/** Options of a search. */
export interface SearchOptions {
  readonly seed: bigint | number;
  /** Returns whether the search must stop, for example because its time is over. */
  readonly isOver: (runs: number) => boolean;
  /** Called after each run. */
  readonly onRun?: (runs: number, best: Trial) => void;
}

/** The result of a search. */
export interface SearchResult {
  readonly best: Trial;
  readonly runs: number;
}

const KEPT = 8;
/** A run with this many times the events of the first one is given up. */
const EVENTS_FACTOR = 6;
const EVENTS_MIN = 20_000;

/** Searches, starting with a first scenario. */
export function search(first: Scenario, evidence: Evidence, options: SearchOptions): SearchResult {
  return new Search(first, evidence, options).run();
}

class Search {
  private readonly evidence: Evidence;
  private readonly options: SearchOptions;
  private readonly chooser = new MessageChooser();
  private readonly random;
  private kept: Trial[] = [];
  private runs = 0;
  private readonly maxEvents: number;
  private readonly moments = new WeakMap<Trial, readonly RunMoment[]>();

  constructor(first: Scenario, evidence: Evidence, options: SearchOptions) {
    this.evidence = evidence;
    this.options = options;
    this.random = new RandomStreams(options.seed).stream("reconstruct");
    this.maxEvents = EVENTS_MIN * EVENTS_FACTOR;
    this.try(first);
  }

  private get best(): Trial {
    return this.kept[0] as Trial;
  }

  run(): SearchResult {
    this.fitSpeeds();
    while (!this.isOver) {
      const parent = this.random.chance(0.6) ? this.best : this.random.pick(this.kept);
      const focus = this.focusOf(parent);
      const context = {
        ...{ trial: parent, moments: this.momentsOf(parent), random: this.random, evidence: this.evidence, focus },
      };
      let scenario = mutate(context);
      if (scenario === undefined) continue;
      if (this.random.chance(0.2)) {
        scenario = mutate({ ...context, trial: { ...parent, scenario } }) ?? scenario;
      }
      this.try(scenario);
    }
    return { best: this.best, runs: this.runs };
  }

  private momentsOf(trial: Trial): readonly RunMoment[] {
    let moments = this.moments.get(trial);
    if (moments === undefined) {
      moments = momentsOf(trial.run);
      this.moments.set(trial, moments);
    }
    return moments;
  }

  private get isOver(): boolean {
    return this.options.isOver(this.runs);
  }

  /** Fits the speeds of the network, the disks and the threads to the times in the logs. */
  private fitSpeeds(): void {
    for (const name of SPEED_NAMES) {
      if (this.isOver) return;
      for (const scenario of speedsOf(this.best.scenario, name)) this.try(scenario);
    }
  }

  private try(scenario: Scenario): void {
    this.runs++;
    const trial = tryScenario(scenario, this.evidence, this.chooser, this.maxEvents);
    if (trial === undefined) {
      if (this.kept.length === 0) throw new Error("the first scenario has too many events");
      return;
    }
    const isKnown = this.kept.some(({ score }) => Math.abs(score - trial.score) < 1e-6);
    if (!isKnown) {
      this.kept.push(trial);
      this.kept.sort((a, b) => a.score - b.score);
      this.kept.length = Math.min(this.kept.length, KEPT);
    }
    this.options.onRun?.(this.runs, this.best);
  }

  /** Returns a difference to explain: the earliest, or one that follows soon. */
  private focusOf({ comparison: { extra, missing } }: Trial): Located | undefined {
    const [random, all] = [this.random, [...missing, ...extra].sort((a, b) => a.atMs - b.atMs)];
    let index = 0;
    while (random.chance(0.5) && index < all.length - 1) index++;
    return all[index];
  }
}
