/**
 * Searches for a scenario whose run shows what the logs show. It keeps the best candidates, changes one of them at a
 * place where its run and the logs differ, and keeps the result if it is better than the worst.
 */
import { MessageChooser } from "../logs/index.ts";
import { serverIdsOf } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { type Random, RandomStreams } from "../sim/random.ts";
import { withAlignedHandshakes } from "./align-handshakes.ts";
import { withBrokenConnections } from "./broken-connections.ts";
import { CALIBRATION_ROUNDS, speedChoices, startOfEvidence, until } from "./calibration.ts";
import { withLateServersOutside } from "./configuration-mutations.ts";
import { hasManyHandshakes } from "./connections.ts";
import { cutChoices } from "./cut-links.ts";
import { directRepairs } from "./direct-repairs.ts";
import type { Located } from "./distance.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { fileGroups, withOtherLists, withPendingFiles } from "./file-variants.ts";
import { withMeasuredSpeeds } from "./measured-speeds.ts";
import { mutate } from "./mutations.ts";
import { reconfigurationSteps, withOtherMembers, withWriteBeside } from "./reconfiguration-members.ts";
import type { RepairContext } from "./repair-context.ts";
import { repairsOf } from "./repairs.ts";
import { withoutRepetitions } from "./repetition.ts";
import { silentFaults } from "./silent-faults.ts";
import { SPEED_NAMES, scenariosWithOtherSpeed } from "./speeds.ts";
import { momentsOf, type RunMoment, type Trial, tryScenario } from "./trial.ts";
import { windowTemplates } from "./window-templates.ts";

/** The number of candidates that are kept. */
const KEPT = 10;
/** The number of candidates that are kept because they match the logs for the longest time. */
const LONGEST = 5;
/** The number of seeds with which the first scenario is tried. */
const FIRST_SEEDS = 12;
/** The number of runs with which the times of many handshakes are fitted. */
const ALIGN_ROUNDS = 10;
/** A run with more events is given up, and one with many more than the best run. */
const EVENTS_MAX = 150_000;
const EVENTS_MIN = 20_000;
const EVENTS_FACTOR = 4;
/** The search ends after this number of changes in a row that give no new scenario. */
const REPEATS_MAX = 10_000;
/** The part of the runs with the usual faults at each moment in turn, as opposed to drawn changes. */
const SYSTEMATIC_SHARE = 0.5;
/** The run that shows all repetitions may have this number of events. */
const WHOLE_EVENTS_MAX = 1_000_000;
/** When everything decisive matches, the search goes on for this number of runs after each newly violated invariant. */
const REFINE_RUNS = 2000;
/** The number of times that the most likely explanations are tried. */
const REPAIR_ROUNDS = 8;
/** When everything decisive matches, the search looks for a violation for this number of runs. */
const VIOLATION_RUNS = 20_000;

function untilOf({ endMs }: Evidence): string {
  return msText(endMs + 1);
}

/** Returns the best candidates, with at most one for each set of decisive differences and violated invariants. */
function withBest(
  trials: readonly Trial[],
  trial: Trial,
  count: number,
  compare: (a: Trial, b: Trial) => number,
): Trial[] {
  const alike = trials.find(({ differences }) => differences === trial.differences);
  if (alike !== undefined && compare(alike, trial) <= 0) return trials as Trial[];
  return [...trials.filter((one) => one !== alike), trial].sort(compare).slice(0, count);
}

function* usualFaults(context: RepairContext): Generator<Scenario> {
  if (context.trial.comparison.decisive === 0) yield* silentFaults(context);
  yield* windowTemplates(context);
}

/** Returns the scenario with crashes that lose all unsynced writes. */
function withLostWrites(scenario: Scenario | undefined): Scenario | undefined {
  if (scenario === undefined) return undefined;
  const steps = scenario.steps.map((step) =>
    "crash" in step ? { ...step, crash: { ...step.crash, unsynced: "lost" as const } } : step,
  );
  return { ...scenario, steps };
}

const NO_STEPS = { servers: {}, steps: [] };

/** A search. It can be continued run by run. */
export class Search {
  /** The number of runs so far. */
  runs = 0;
  private readonly whole: Evidence;
  /** What candidates are compared with: the evidence without repetitions at its end. */
  private readonly evidence: Evidence;
  private readonly chooser = new MessageChooser();
  private readonly random: Random;
  private kept: Trial[] = [];
  /** The candidates whose first decisive difference is the latest. */
  private longest: Trial[] = [];
  /** The candidates in which the servers match the logs for the longest, each by itself. */
  private deepest: Trial[] = [];
  /** The invariants that runs violate in which everything decisive matches. */
  private readonly violated = new Set<string>();
  /** The number of runs at which everything decisive matched, and at which such a run violated another invariant. */
  private matchedAt = Number.POSITIVE_INFINITY;
  private violatedAt = Number.POSITIVE_INFINITY;
  private readonly repairs = new WeakMap<Trial, readonly Scenario[]>();
  private readonly moments = new WeakMap<Trial, readonly RunMoment[]>();
  private readonly templates = new WeakMap<Trial, Generator<Scenario>>();
  /** The number of scenarios in a row that had been tried before. */
  private repeats = 0;
  private readonly tried = new Set<string>();
  private readonly wholeTrials = new WeakMap<Trial, Trial>();

  constructor(evidence: Evidence, seed: bigint | number) {
    this.whole = evidence;
    this.evidence = withoutRepetitions(evidence);
    this.random = new RandomStreams(seed).stream("reconstruct");
  }

  /** The best candidate so far. Undefined before the first run. */
  get best(): Trial | undefined {
    const best = this.kept[0];
    if (best === undefined || this.evidence === this.whole) return best;
    let trial = this.wholeTrials.get(best);
    if (trial === undefined) {
      const scenario = { ...best.scenario, until: untilOf(this.whole) };
      trial = tryScenario(scenario, this.whole, this.chooser, WHOLE_EVENTS_MAX) ?? best;
      this.wholeTrials.set(best, trial);
    }
    return trial;
  }

  /**
   * Other candidates that match everything decisive as the best one does, and violate other invariants: the logs hardly
   * tell which of them happened. The closest one comes first.
   */
  get alternatives(): readonly Trial[] {
    const [best, ...others] = this.kept;
    if (best === undefined || best.comparison.decisive > 0) return [];
    const seen = new Set(best.violated);
    return others.filter(({ comparison, violated }) => {
      const isOther = comparison.decisive === 0 && violated.some((id) => !seen.has(id));
      if (isOther) for (const id of violated) seen.add(id);
      return isOther;
    });
  }

  /** Searches from a first scenario on. Yields after each run, and returns when more runs would change little. */
  *from(skeleton: Scenario): Generator<Trial, void> {
    const first = this.evidence === this.whole ? skeleton : { ...skeleton, until: untilOf(this.evidence) };
    if (hasManyHandshakes(this.evidence)) yield* this.align(first);
    yield* this.tryInferences(first);
    const base = this.kept[0]?.scenario ?? first;
    yield* this.try(withLostWrites(base));
    yield* this.trySilentFaults();
    yield* this.trySeeds(base);
    if (!this.matches) {
      const calibrated = yield* this.calibrate(first);
      yield* this.tryInferences(calibrated);
      yield* this.try(withLostWrites(calibrated));
    }
    for (const scenario of withLateServersOutside(base, this.evidence)) yield* this.try(scenario);
    yield* this.fitFiles();
    yield* this.fitMembers();
    // A difference in speed must not explain what a fault did, so the faults come first.
    yield* this.repair();
    yield* this.fitSpeeds();
    yield* this.repair();
    yield* this.fitFiles();
    yield* this.fitMembers();
    yield* this.trySilentFaults();
    while (!this.isDone) {
      const scenario = this.next();
      if (scenario !== undefined) yield* this.try(scenario);
    }
  }

  /** Fits the times of many handshakes. In real servers, each handshake has its own speed. */
  private *align(first: Scenario): Generator<Trial, void> {
    let next: Scenario | undefined = first;
    for (let round = 0; round <= ALIGN_ROUNDS && next !== undefined; round++) {
      this.runs++;
      const trial = tryScenario(next, this.evidence, this.chooser, this.eventsMax);
      if (trial === undefined) return;
      this.keep(trial);
      next = withAlignedHandshakes(trial, this.evidence);
      yield this.kept[0] as Trial;
    }
  }

  /** Tries a scenario, and adds the broken connections, the speeds and the cut links that the logs show. */
  private *tryInferences(scenario: Scenario): Generator<Trial, void> {
    const plain = yield* this.try(scenario);
    const broken = yield* this.try(withBrokenConnections(scenario, this.evidence));
    const isBetter = broken !== undefined && broken.score < (plain?.score ?? Number.POSITIVE_INFINITY);
    const base = isBetter ? broken.scenario : scenario;
    const cuts = cutChoices(serverIdsOf(base.servers), this.evidence);
    for (const timed of [base, ...withMeasuredSpeeds(base, this.evidence)]) {
      if (timed !== base) yield* this.try(timed);
      for (const steps of cuts) yield* this.try({ ...timed, steps: [...timed.steps, ...steps] });
    }
  }

  /** Fits the configuration files of the servers with equal files, one after the other, and the pending ones. */
  private *fitFiles(): Generator<Trial, void> {
    const groups = fileGroups(this.kept[0]?.scenario ?? NO_STEPS);
    for (const group of groups) {
      const best = this.kept[0];
      if (best === undefined || this.isDone) return;
      for (const changed of withOtherLists(best.scenario, group, this.evidence)) yield* this.try(changed);
    }
    const best = this.kept[0];
    if (best === undefined || this.isDone) return;
    for (const changed of withPendingFiles(best.scenario, this.evidence)) yield* this.try(changed);
  }

  /** Fits the members of each reconfiguration, one after the other. */
  private *fitMembers(): Generator<Trial, void> {
    for (const [turn] of reconfigurationSteps(this.kept[0]?.scenario ?? NO_STEPS).entries()) {
      const scenario = this.kept[0]?.scenario;
      const index = reconfigurationSteps(scenario ?? NO_STEPS)[turn];
      if (scenario === undefined || index === undefined || this.isDone) return;
      for (const changed of withWriteBeside(scenario, index)) yield* this.try(changed);
      const best = this.kept[0]?.scenario ?? scenario;
      const same = reconfigurationSteps(best)[turn] ?? index;
      for (const changed of withOtherMembers(best, same, this.evidence)) yield* this.try(changed);
    }
  }

  /** If everything decisive matches and nothing is violated, tries the faults that logs do not show. */
  private *trySilentFaults(): Generator<Trial, void> {
    const trial = this.kept[0];
    if (trial === undefined || !this.matches || trial.violated.length > 0) return;
    const context = { trial, moments: this.momentsOf(trial), evidence: this.evidence };
    for (const scenario of silentFaults(context)) yield* this.try(scenario);
  }

  /** Returns the scenario with the speeds that fit the start of the logs best. */
  private *calibrate(first: Scenario): Generator<Trial, Scenario> {
    const evidence = startOfEvidence(this.evidence);
    let [best, cost] = [first, Number.POSITIVE_INFINITY];
    for (let round = 0; round < CALIBRATION_ROUNDS; round++) {
      for (const choices of speedChoices()) {
        for (const choice of choices(best)) {
          const scenario = until(choice, evidence.endMs);
          if (!this.isNew(scenario)) continue;
          this.runs++;
          const trial = tryScenario(scenario, evidence, this.chooser, this.eventsMax);
          if (trial !== undefined && trial.comparison.distance < cost - 1e-6) {
            [best, cost] = [choice, trial.comparison.distance];
          }
          if (this.kept[0] !== undefined) yield this.kept[0];
        }
      }
    }
    return best;
  }

  /** Fits the speeds of the network, the disks and the threads to the times in the logs. */
  private *fitSpeeds(): Generator<Trial, void> {
    for (const name of SPEED_NAMES) {
      const best = this.kept[0];
      if (best === undefined || this.isDone) return;
      for (const scenario of scenariosWithOtherSpeed(best.scenario, name)) yield* this.try(scenario);
    }
  }

  /** The seed decides about small differences in time, such as that between a refused connection and an open port. */
  private *trySeeds(first: Scenario): Generator<Trial, void> {
    for (let seed = 2; seed <= FIRST_SEEDS; seed++) yield* this.try({ ...first, seed: String(seed) });
  }

  /** Tries what the differences suggest directly, as long as it helps. */
  private *repair(): Generator<Trial, void> {
    const repaired = new Set<Trial>();
    for (let round = 0; round < REPAIR_ROUNDS && !this.isDone; round++) {
      const next = [this.longest[0], this.deepest[0], this.kept[0]].filter(
        (one) => one !== undefined && !repaired.has(one),
      );
      if (next.length === 0) return;
      for (const trial of next as Trial[]) {
        repaired.add(trial);
        const moments = this.momentsOf(trial);
        const context = { trial, moments, evidence: this.evidence };
        for (const scenario of [...directRepairs(context), ...repairsOf(trial, moments)]) yield* this.try(scenario);
      }
    }
  }

  /** Whether a run shows everything decisive. */
  private get matches(): boolean {
    return this.kept[0]?.comparison.decisive === 0;
  }

  private get isDone(): boolean {
    if (this.repeats > REPEATS_MAX) return true;
    return this.runs >= this.violatedAt + REFINE_RUNS || this.runs >= this.matchedAt + VIOLATION_RUNS;
  }

  /** Returns a changed candidate. */
  private next(): Scenario | undefined {
    const { evidence, kept, random } = this;
    const parent = random.chance(0.3)
      ? random.pick(this.longest)
      : random.chance(0.6)
        ? (kept[0] as Trial)
        : random.pick(random.chance(0.5) ? kept : this.deepest);
    const focus = this.focusOf(parent);
    const context = { trial: parent, moments: this.momentsOf(parent), random, evidence, focus };
    if (random.chance(SYSTEMATIC_SHARE)) {
      const systematic = this.nextSystematic();
      if (systematic !== undefined) return systematic;
    }
    const scenario = random.chance(0.25) ? this.directRepair(parent) : mutate(context);
    if (scenario === undefined || random.chance(0.75)) return scenario;
    return mutate({ ...context, trial: { ...parent, scenario } }) ?? scenario;
  }

  /** Returns the next of the usual faults for one of the most promising candidates. */
  private nextSystematic(): Scenario | undefined {
    const ranked = [0, 1, 2, 3].flatMap((rank) => [this.kept[rank], this.longest[rank], this.deepest[rank]]);
    for (const trial of ranked) {
      if (trial === undefined || this.random.chance(0.3)) continue;
      let templates = this.templates.get(trial);
      if (templates === undefined) {
        templates = usualFaults({ trial, moments: this.momentsOf(trial), evidence: this.evidence });
        this.templates.set(trial, templates);
      }
      const { done, value } = templates.next();
      if (!done) return value;
    }
    return undefined;
  }

  private directRepair(trial: Trial): Scenario | undefined {
    let repairs = this.repairs.get(trial);
    if (repairs === undefined) {
      repairs = directRepairs({ trial, moments: this.momentsOf(trial), evidence: this.evidence });
      this.repairs.set(trial, repairs);
    }
    return repairs.length === 0 ? undefined : this.random.pick(repairs);
  }

  private momentsOf(trial: Trial): readonly RunMoment[] {
    let moments = this.moments.get(trial);
    if (moments === undefined) {
      moments = momentsOf(trial.run);
      this.moments.set(trial, moments);
    }
    return moments;
  }

  /** Runs a scenario. Returns undefined if there is none, if it has been tried, or if its run is given up. */
  private *try(scenario: Scenario | undefined): Generator<Trial, Trial | undefined> {
    if (scenario === undefined) return undefined;
    const best = this.kept[0];
    if (!this.isNew(scenario)) {
      this.repeats++;
      if (best !== undefined) yield best;
      return undefined;
    }
    [this.repeats, this.runs] = [0, this.runs + 1];
    const trial = tryScenario(scenario, this.evidence, this.chooser, this.eventsMax);
    if (trial !== undefined) this.keep(trial);
    // A caller may stop the search after each run, also after one that was given up.
    if (this.kept[0] !== undefined) yield this.kept[0];
    return trial;
  }

  /** Remembers a scenario. Returns false if it has been tried. */
  private isNew(scenario: Scenario): boolean {
    const key = JSON.stringify(scenario);
    if (this.tried.has(key)) return false;
    this.tried.add(key);
    return true;
  }

  private get eventsMax(): number {
    const best = this.kept[0];
    if (best === undefined) return EVENTS_MAX;
    return Math.min(EVENTS_MAX, Math.max(EVENTS_MIN, EVENTS_FACTOR * best.run.events));
  }

  private keep(trial: Trial): void {
    this.keepLongest(trial);
    const { kept } = this;
    if (trial.comparison.decisive === 0) {
      this.matchedAt = Math.min(this.matchedAt, this.runs);
      if (trial.violated.some((id) => !this.violated.has(id))) this.violatedAt = this.runs;
      for (const id of trial.violated) this.violated.add(id);
    }
    this.kept = withBest(kept, trial, KEPT, (a, b) => a.score - b.score);
  }

  private keepLongest(trial: Trial): void {
    this.deepest = withBest(
      this.deepest,
      trial,
      LONGEST,
      (a, b) => b.matchedPrefix - a.matchedPrefix || a.score - b.score,
    );
    this.longest = withBest(
      this.longest,
      trial,
      LONGEST,
      (a, b) => (a.matchedUntilMs === b.matchedUntilMs ? 0 : b.matchedUntilMs - a.matchedUntilMs) || a.score - b.score,
    );
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
