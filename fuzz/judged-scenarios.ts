/**
 * What a named behavior (an open pull request or a fix) changes in kept scenarios: each one runs in the same release
 * with and without it.
 */
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { attributedBugs } from "./attribution.ts";
import { settledAtEnd } from "./attribution-table.ts";
import { bugsOfRelease, labelOf } from "./known-bugs.ts";
import { expectingStuck, failureOf, STUCK, signatureOf } from "./shrink/failure.ts";

/**
 * What a behavior does to one scenario. `exposes`: it fails only with the behavior, but because of a bug that the
 * release has. `fails differently`: it violates other invariants than before. `none`: it fails neither without the
 * behavior nor with it.
 */
export type ScenarioVerdict = "fixes" | "fixes in part" | "fails differently" | "stays" | "exposes" | "breaks" | "none";

/** One kept scenario with and without a behavior. */
export interface JudgedScenario {
  readonly scenario: string;
  /** The violated invariants, and `stuck (REASON)` if servers are stuck after all faults are undone. */
  readonly before: readonly string[];
  /** The same with the behavior. */
  readonly after: readonly string[];
  readonly verdict: ScenarioVerdict;
  /** The bugs of the release that explain a failure that occurs only with the behavior. */
  readonly known: readonly string[];
}

/**
 * Runs scenarios in a release without and with named behaviors. It remembers what a scenario does without them, so that
 * the second behavior costs half as much.
 */
export class ScenarioJudge {
  private readonly release: string;
  private readonly before = new Map<Scenario, readonly string[]>();

  constructor(release: string) {
    this.release = release;
  }

  judge(scenario: Scenario, behavior: string): JudgedScenario {
    const changed = { ...scenario, zookeeper: this.release, behaviors: [behavior] };
    const before = this.before.get(scenario) ?? failuresOf({ ...changed, behaviors: [] });
    this.before.set(scenario, before);
    const after = failuresOf(changed);
    const known = before.length === 0 && after.length > 0 ? bugsOf(changed, this.release) : [];
    return { scenario: scenario.name, before, after, verdict: verdictOf(before, after, known), known };
  }
}

function verdictOf(before: readonly string[], after: readonly string[], known: readonly string[]): ScenarioVerdict {
  if (before.length === 0 && after.length === 0) return "none";
  if (before.length === 0) return known.length > 0 ? "exposes" : "breaks";
  if (after.length === 0) return "fixes";
  if (after.some((one) => !before.includes(one))) return "fails differently";
  return after.length < before.length ? "fixes in part" : "stays";
}

/** Returns the bugs of the release, without the behavior, that explain the failure of a scenario with it. */
function bugsOf(scenario: Scenario, release: string): string[] {
  const settled = settledAtEnd(scenario);
  const failure = failureOf(runScenario(settled, { seed: BigInt(scenario.seed ?? 1), digest: false }));
  const ids = failure === undefined ? [] : attributedBugs(settled, failure);
  return bugsOfRelease(release)
    .filter(({ id }) => ids.includes(id))
    .map(labelOf);
}

/**
 * Returns the failures of a run after whose last step all servers are settled. Servers count as stuck only if they are
 * stuck for STUCK, so a slow recovery is no failure.
 */
function failuresOf(scenario: Scenario): string[] {
  const seed = BigInt(scenario.seed ?? 1);
  const settled = settledAtEnd(scenario);
  let run = runScenario(settled, { seed, digest: false });
  if (run.liveness?.stuck === true) run = runScenario(expectingStuck(settled, STUCK), { seed, digest: false });
  const invariants = [...new Set(run.violations.map(({ id }) => id as string))].sort();
  const failure = run.liveness?.stuck === true ? failureOf({ ...run, violations: [] }) : undefined;
  return failure === undefined ? invariants : [...invariants, signatureOf(failure)];
}

const SEEDS = [1n, 2n, 3n] as const;

/**
 * Returns whether a scenario with these behaviors, and no others, fails in any way: with its seed, or with one of three
 * seeds if it has none.
 */
export function failsWith(scenario: Scenario, behaviors: readonly string[]): boolean {
  const seeds = scenario.seed === undefined ? SEEDS : [BigInt(scenario.seed)];
  return seeds.some(
    (seed) => failureOf(runScenario({ ...scenario, behaviors }, { seed, digest: false })) !== undefined,
  );
}
