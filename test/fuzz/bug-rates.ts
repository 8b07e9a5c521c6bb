/**
 * Measures how often plans fail because of the bugs that campaigns rarely find. A campaign does not find a bug if no
 * plan reaches it, or if another bug makes these plans fail first. scripts/matrix.mjs calls this module.
 */
import { failsUpTo, fixingAllBut, isCausedBy, staysStuck } from "../../fuzz/attribution.ts";
import type { FaultName } from "../../fuzz/fault-kinds.ts";
import { FIXED_RECONFIGURATION_BUGS, OPEN_RECONFIGURATION_BUGS } from "../../fuzz/known-bugs/reconfiguration-bugs.ts";
import { causeOf, type KnownBug, labelOf, MATRIX_BUGS, type MatrixBug, rowNameOf } from "../../fuzz/known-bugs.ts";
import type { Plan } from "../../fuzz/plan.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { runPlan } from "../../fuzz/run-plan.ts";
import { failureOf } from "../../fuzz/shrink/failure.ts";
import { CLIENT_INVARIANTS } from "../../invariants/index.ts";
import { behaviorOf } from "../../protocol/releases.ts";
import type { BugRate } from "../../reports/bug-rates.ts";
import { type RunOptions, runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

/**
 * Returns the rates of bugs of the matrix, by their names in `zabsim matrix --bug`, each in the newest release that has
 * the bug. With `faults`, the plans have this kind of fault only. Throws an error if the matrix has no such bug.
 */
export function ratesOf(names: readonly string[], plans: number, faults?: FaultName): BugRate[] {
  const bugs = names.map((name) => {
    const bug = MATRIX_BUGS.find((one) => [labelOf(one), rowNameOf(one)].includes(name));
    if (bug === undefined) throw new Error(`the matrix has no bug ${name}`);
    return bug;
  });
  const releaseOf = ({ affected }: MatrixBug): string => affected.at(-1) as string;
  const releases = [...new Set(bugs.map(releaseOf))];
  return releases.flatMap((release) => {
    const ofRelease = bugs.filter((bug) => releaseOf(bug) === release);
    return measureRates(ofRelease, release, seedsUpTo(plans), faults);
  });
}

/** Returns the rates with the bugs of `newer` in place of the same bugs. */
export function mergeRates(rates: readonly BugRate[], newer: readonly BugRate[]): BugRate[] {
  const isReplaced = ({ bug }: BugRate): boolean => newer.some((one) => one.bug === bug);
  return [...rates.filter((rate) => !isReplaced(rate)), ...newer];
}

function* seedsUpTo(last: number): Generator<bigint> {
  for (let seed = 1; seed <= last; seed++) yield BigInt(seed);
}

/**
 * Runs the plans of these seeds in a release, and counts the failures that are due to each bug. Bugs that the
 * release does not have are left out. The strategy `mutation` has no corpus here, so its plans are those of `swarm`.
 */
export function measureRates(
  bugs: readonly KnownBug[],
  release: string,
  seeds: Iterable<bigint>,
  faults?: FaultName,
): BugRate[] {
  const present = bugs.filter((bug) => causeOf(bug)(behaviorOf(release)));
  const counts = new Map(present.map(({ id }) => [id, { alone: 0, found: 0 }]));
  const needsChange = present.every(({ id }) => ABOUT_CONFIGURATIONS.has(id));
  let plans = 0;
  for (const seed of seeds) {
    plans++;
    const plan = planOfSeed(seed, { zookeeper: release, ...(faults && { faults: [faults] }) });
    if (needsChange && !changesEnsemble(plan)) continue;
    const alone = bugsAlone(present, plan.scenario);
    for (const { id } of alone) count(counts, id).alone++;
    // A bug that does not make the plan fail alone cannot be the only cause of the failure.
    const found = alone.length === 0 ? undefined : bugOfFailure(alone, plan);
    if (found !== undefined) count(counts, found.id).found++;
  }
  return present.map((bug) => ({
    bug: labelOf(bug),
    release,
    ...(faults && { faults }),
    plans,
    ...count(counts, bug.id),
  }));
}

/** The bugs that no plan reaches whose servers keep one common configuration. */
const ABOUT_CONFIGURATIONS: ReadonlySet<string> = new Set(
  [...FIXED_RECONFIGURATION_BUGS, ...Object.values(OPEN_RECONFIGURATION_BUGS)].map(({ id }) => id),
);

function changesEnsemble({ kinds, scenario }: Plan): boolean {
  return kinds.includes("rolling-config") || Object.values(scenario.servers).some(({ config }) => config !== undefined);
}

function count(counts: ReadonlyMap<string, { alone: number; found: number }>, id: string) {
  return counts.get(id) as { alone: number; found: number };
}

/** Returns the bugs that each make the scenario fail if all other known bugs are fixed. */
function bugsAlone(bugs: readonly KnownBug[], scenario: Scenario): readonly KnownBug[] {
  // Most plans do not fail with any of the bugs: one run shows that.
  if (bugs.length > 1 && !fails(scenario, fixingAllBut(...bugs))) return [];
  return bugs.filter((bug) => fails(scenario, fixingAllBut(bug)));
}

function fails(scenario: Scenario, change: NonNullable<RunOptions["change"]>): boolean {
  const stopAt: RunOptions["stopAt"] = ({ id }) => !CLIENT_INVARIANTS.has(id);
  const run = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1), digest: false, stopAt, change });
  return failureOf(run) !== undefined;
}

/** Returns the bug that alone causes the failure of the plan; undefined if there is none. */
function bugOfFailure(bugs: readonly KnownBug[], plan: Plan): KnownBug | undefined {
  const { scenario } = plan;
  const { endUs, failure } = runPlan(plan, undefined);
  if (failure === undefined) return undefined;
  const failsWith = failure.kind === "stuck" ? staysStuck(scenario, failure) : failsUpTo(scenario, failure, endUs);
  return bugs.find(({ id }) => isCausedBy(id, failsWith));
}
