/** The phases of a search: first what the logs show, then what the differences suggest, then drawn changes. */
import { serverIdsOf } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Random } from "../sim/random.ts";
import { withAlignedHandshakes } from "./align-handshakes.ts";
import { withBrokenConnections } from "./broken-connections.ts";
import { CALIBRATION_ROUNDS, speedChoices, startOfEvidence } from "./calibration.ts";
import type { CandidateRuns } from "./candidate-runs.ts";
import { fileGroups, withLateServersOutside, withOtherLists, withPendingFiles } from "./config-file-variants.ts";
import { cutChoices } from "./cut-links.ts";
import { directRepairs } from "./direct-repairs.ts";
import { DrawnChanges } from "./drawn-changes.ts";
import { withEarlyEnds } from "./early-ends.ts";
import { hasManyHandshakes } from "./evidence.ts";
import { withMeasuredSpeeds } from "./measured-speeds.ts";
import { otherMoments } from "./moment-repairs.ts";
import { reconfigurationSteps, withOtherMembers, withWriteBeside } from "./reconfiguration-members.ts";
import { withEndOf, withSteps } from "./scenario-steps.ts";
import { silentFaults } from "./silent-faults.ts";
import { SPEED_NAMES, scenariosWithOtherSpeed } from "./speeds.ts";
import type { Trial } from "./trial.ts";

/** What the phases share. */
export interface PhaseContext {
  readonly runs: CandidateRuns;
  readonly random: Random;
  /** What the logs show directly. Of many handshakes, also their times. */
  first: Scenario;
  /** The best candidate after the faults and speeds that the logs show are added. */
  base: Scenario;
}

/** Tries scenarios. Yields the best candidate after each run. */
type Phase = (context: PhaseContext) => Generator<Trial, void>;

/** The phases in their order. Each goes on from the candidates of those before it. */
export const PHASES: readonly Phase[] = [
  alignHandshakes,
  inferFaults,
  tryLostWrites,
  trySilentFaults,
  trySeeds,
  calibrateSpeeds,
  tryLateServersOutside,
  fitFiles,
  fitMembers,
  // A difference in speed must not explain what a fault did, so the faults come first.
  repair,
  fitSpeeds,
  repair,
  fitFiles,
  fitMembers,
  trySilentFaults,
  drawChanges,
];

/** The number of runs with which the times of many handshakes are fitted. */
const ALIGN_ROUNDS = 10;

/** Fits the times of many handshakes. In real servers, each handshake has its own speed. */
function* alignHandshakes(context: PhaseContext): Generator<Trial, void> {
  const { first, runs } = context;
  let next = hasManyHandshakes(runs.evidence) ? first : undefined;
  for (let round = 0; round <= ALIGN_ROUNDS && next !== undefined; round++) {
    const trial = yield* runs.try(next);
    if (trial === undefined) return;
    next = withAlignedHandshakes(trial, runs.evidence);
  }
  context.first = runs.best?.scenario ?? first;
}

/** Adds the broken connections, the speeds and the cut links that the logs show. */
function* inferFaults(context: PhaseContext): Generator<Trial, void> {
  yield* tryInferences(context.first, context);
  context.base = context.runs.best?.scenario ?? context.first;
}

function* tryInferences(scenario: Scenario, { runs }: PhaseContext): Generator<Trial, void> {
  const { evidence } = runs;
  const plain = scenario === runs.best?.scenario ? runs.best : yield* runs.try(scenario);
  const broken = yield* runs.try(withBrokenConnections(scenario, evidence));
  const isBetter = broken !== undefined && broken.score < (plain?.score ?? Number.POSITIVE_INFINITY);
  const base = isBetter ? broken.scenario : scenario;
  const cuts = cutChoices(serverIdsOf(base.servers), evidence);
  for (const timed of [base, ...withMeasuredSpeeds(base, evidence)]) {
    if (timed !== base) yield* runs.try(timed);
    for (const steps of cuts) yield* runs.try(withSteps(timed, ...steps));
  }
}

function* tryLostWrites({ base, runs }: PhaseContext): Generator<Trial, void> {
  yield* runs.try(withLostWrites(base));
  const early = withEarlyEnds(base, runs.evidence);
  if (early === base) return;
  yield* runs.try(early);
  yield* runs.try(withLostWrites(early));
}

/** Returns the scenario with crashes that lose all unsynced writes. */
function withLostWrites(scenario: Scenario): Scenario {
  const steps = scenario.steps.map((step) =>
    "crash" in step ? { ...step, crash: { ...step.crash, unsynced: "lost" as const } } : step,
  );
  return { ...scenario, steps };
}

/**
 * If every decisive event of the logs matches, and nothing is violated or a disk differs, tries the faults that logs do
 * not show.
 */
function* trySilentFaults({ runs }: PhaseContext): Generator<Trial, void> {
  const { best } = runs;
  if (best === undefined || !runs.showsLogs || (runs.matches && best.violated.length > 0)) return;
  if (!runs.matches) for (const scenario of directRepairs(runs.contextOf(best))) yield* runs.try(scenario);
  for (const scenario of silentFaults(runs.contextOf(best))) yield* runs.try(scenario);
}

/** The number of seeds that are tried. */
const SEEDS = 12;

/** The seed decides about small differences in time, such as that between a refused connection and an open port. */
function* trySeeds({ base, runs }: PhaseContext): Generator<Trial, void> {
  for (let seed = 2; seed <= SEEDS; seed++) yield* runs.try({ ...base, seed: String(seed) });
}

/** If a decisive event differs, starts again with the speeds that fit the start of the logs best. */
function* calibrateSpeeds(context: PhaseContext): Generator<Trial, void> {
  const { first, runs } = context;
  if (runs.showsLogs) return;
  const evidence = startOfEvidence(runs.evidence);
  let [best, cost] = [first, Number.POSITIVE_INFINITY];
  for (let round = 0; round < CALIBRATION_ROUNDS; round++) {
    for (const choices of speedChoices()) {
      for (const choice of choices(best)) {
        const scenario = withEndOf(choice, evidence);
        if (!runs.isNew(scenario)) continue;
        const trial = runs.run(scenario, evidence);
        if (trial !== undefined && trial.comparison.distance < cost - 1e-6) {
          [best, cost] = [choice, trial.comparison.distance];
        }
        if (runs.best !== undefined) yield runs.best;
      }
    }
  }
  yield* tryInferences(best, context);
  yield* tryLostWrites({ ...context, base: best });
}

function* tryLateServersOutside({ base, runs }: PhaseContext): Generator<Trial, void> {
  for (const scenario of withLateServersOutside(base, runs.evidence)) yield* runs.try(scenario);
}

const NO_STEPS = { servers: {}, steps: [] };

/** Fits the configuration files of the servers with equal files, one after the other, and the pending ones. */
function* fitFiles({ runs }: PhaseContext): Generator<Trial, void> {
  for (const group of fileGroups(runs.best?.scenario ?? NO_STEPS)) {
    if (runs.best === undefined || runs.isDone) return;
    for (const changed of withOtherLists(runs.best.scenario, group, runs.evidence)) yield* runs.try(changed);
  }
  if (runs.best === undefined || runs.isDone) return;
  for (const changed of withPendingFiles(runs.best.scenario, runs.evidence)) yield* runs.try(changed);
}

/** Fits the members of each reconfiguration, one after the other. */
function* fitMembers({ runs }: PhaseContext): Generator<Trial, void> {
  for (const [turn] of reconfigurationSteps(runs.best?.scenario ?? NO_STEPS).entries()) {
    const scenario = runs.best?.scenario;
    const index = reconfigurationSteps(scenario ?? NO_STEPS)[turn];
    if (scenario === undefined || index === undefined || runs.isDone) return;
    for (const changed of withWriteBeside(scenario, index)) yield* runs.try(changed);
    const best = runs.best?.scenario ?? scenario;
    const same = reconfigurationSteps(best)[turn] ?? index;
    for (const changed of withOtherMembers(best, same, runs.evidence)) yield* runs.try(changed);
  }
}

/** The number of times that the most likely explanations are tried. */
const REPAIR_ROUNDS = 8;

/** Tries what the differences suggest directly, as long as it helps. */
function* repair({ runs }: PhaseContext): Generator<Trial, void> {
  const repaired = new Set<Trial>();
  for (let round = 0; round < REPAIR_ROUNDS && !runs.isDone; round++) {
    const { deepest, kept, longest } = runs.candidates;
    const firsts = [longest[0], deepest[0], kept[0]].filter((one) => one !== undefined);
    const next = firsts.filter((one) => !repaired.has(one));
    if (next.length === 0) return;
    for (const trial of next) {
      repaired.add(trial);
      const context = runs.contextOf(trial);
      for (const scenario of [...directRepairs(context), ...otherMoments(context)]) yield* runs.try(scenario);
    }
  }
}

/** Fits the speeds of the network, the disks and the threads to the times in the logs. */
function* fitSpeeds({ runs }: PhaseContext): Generator<Trial, void> {
  for (const name of SPEED_NAMES) {
    if (runs.best === undefined || runs.isDone) return;
    for (const scenario of scenariosWithOtherSpeed(runs.best.scenario, name)) yield* runs.try(scenario);
  }
}

function* drawChanges({ random, runs }: PhaseContext): Generator<Trial, void> {
  const changes = new DrawnChanges(runs, random);
  while (!runs.isDone) yield* runs.try(changes.next());
}
