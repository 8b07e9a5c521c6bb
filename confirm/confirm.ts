/** Runs a scenario on real servers, and says whether they do what the simulated ones did. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { historyOf, zxidOf } from "../cluster/start-disk.ts";
import type { Violation } from "../invariants/index.ts";
import { History, serverIdsOf } from "../protocol/index.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { Trace } from "../sim/index.ts";
import { type FoundViolation, type InvariantShowing, isShowable, type Judgment, judge } from "./judge.ts";
import { compilePreload } from "./preload.ts";
import type { Deviation } from "./progress.ts";
import { scheduleOf, withoutRepetitions } from "./schedule.ts";
import { endDifferences, type ServerEnd, settle } from "./server-ends.ts";
import { changedSettings, notStageable, realScenario } from "./stageable.ts";
import { checkJava } from "./tools.ts";
import { withTrial } from "./trial.ts";
import { Witness } from "./witness.ts";

/** What a run of real servers shows about a scenario. */
export type Verdict = Judgment["verdict"] | "not stageable";

/** A deviation from the order of the simulated run. */
export interface FoundDeviation extends Omit<Deviation, "atMs"> {
  /**
   * Whether it comes before the real servers show a violation of the simulated run, so that it can be a cause of this
   * violation. True if they show none.
   */
  readonly isBeforeViolation: boolean;
}

/** The result of one try. */
export interface Try {
  readonly verdict: Judgment["verdict"];
  /** The invariants that the simulated run violates, and whether the real servers show that. */
  readonly invariants: readonly InvariantShowing[];
  /** The first difference between the simulated run and the real servers; null if there is none. */
  readonly difference: string | null;
  /** The violations that the real servers show. */
  readonly violations: readonly FoundViolation[];
  readonly deviations: readonly FoundDeviation[];
  readonly servers: readonly ServerEnd[];
  readonly seconds: number;
}

/** The answer of `zabsim confirm`. */
export interface Confirmation {
  readonly scenario: string;
  readonly release: string;
  readonly verdict: Verdict;
  /** Why the verdict is not "confirmed"; null otherwise. */
  readonly reason: string | null;
  /** The violations of the simulated run. */
  readonly simulated: readonly FoundViolation[];
  readonly tries: readonly Try[];
}

/** What a confirmation needs. */
export interface ConfirmOptions {
  readonly release: string;
  /** Returns the class path of the servers. Called only if the scenario is stageable. */
  readonly classPath: () => string;
  readonly tries: number;
  readonly seed?: bigint | undefined;
  readonly signal: AbortSignal;
  readonly log?: ((text: string) => void) | undefined;
  /** Called before each try, with its number from 1. */
  readonly onTry?: ((number: number) => void) | undefined;
}

/** Runs a scenario on real servers. Rejects if the signal aborts, or with a MissingTool. */
export async function confirmScenario(original: Scenario, options: ConfirmOptions): Promise<Confirmation> {
  const { release, seed, signal, tries } = options;
  const base = { scenario: original.name, release };
  const obstacle = notStageable(original, release);
  if (obstacle !== undefined) return { ...base, verdict: "not stageable", reason: obstacle, simulated: [], tries: [] };
  const scenario = realScenario(original, release);
  const run = simulate(scenario, seed);
  const simulated = run.violations.map(foundOf);
  const reason = lostBySettings(original, release, run, seed) ?? unshowable(simulated);
  if (reason !== undefined) return { ...base, verdict: "not stageable", reason, simulated, tries: [] };
  const classPath = options.classPath();
  await checkJava(classPath, release, signal);
  const folder = mkdtempSync(join(tmpdir(), "zabsim-preload-"));
  try {
    const library = await compilePreload(folder, signal);
    const results: Try[] = [];
    for (let number = 1; number <= tries; number++) {
      options.onTry?.(number);
      results.push(await tryOnce(scenario, run, { ...options, classPath, library }));
    }
    const refuted = results.find(({ verdict }) => verdict === "refuted");
    const verdict = refuted === undefined ? "confirmed" : "refuted";
    return { ...base, verdict, reason: refuted?.difference ?? null, simulated, tries: results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function simulate(scenario: Scenario, seed: bigint | undefined): ScenarioRun {
  return runScenario(scenario, { seed: seed ?? BigInt(scenario.seed ?? 1), trace: new Trace({ level: "full" }) });
}

function foundOf({ id, server, text }: Violation): FoundViolation {
  return { invariant: id, server, text };
}

/** Returns why no real server can show the violations of a run; undefined if one can be shown, or if there is none. */
function unshowable(simulated: readonly FoundViolation[]): string | undefined {
  if (simulated.length === 0 || simulated.some(({ invariant }) => isShowable(invariant))) return undefined;
  const ids = [...new Set(simulated.map(({ invariant }) => invariant))];
  return `${ids.join(", ")}: packets, disks and clients do not show such a violation`;
}

/** Returns why the violations need settings that no real server has; undefined if they do not. */
function lostBySettings(
  original: Scenario,
  release: string,
  run: ScenarioRun,
  seed: bigint | undefined,
): string | undefined {
  const changed = changedSettings(original);
  if (changed === undefined || run.violations.length > 0) return undefined;
  const { violations } = simulate({ ...original, zookeeper: release }, seed);
  return violations.length === 0 ? undefined : `${changed}, and the run then violates no invariant`;
}

async function tryOnce(
  scenario: Scenario,
  run: ScenarioRun,
  options: Omit<ConfirmOptions, "classPath"> & { readonly classPath: string; readonly library: string },
): Promise<Try> {
  const startMs = Date.now();
  const { release, signal } = options;
  const witness = new Witness(scenario, release, committedBefore(scenario), startMs);
  const schedule = withoutRepetitions(scheduleOf(run), run.violations);
  return await withTrial(scenario, schedule, witness, options, async ({ end, servers }) => {
    const ends = await settle(run, [...servers.values()], witness, signal);
    const incomplete = end.isComplete ? [] : ["the real servers do not reach the end of the simulated run"];
    const judgment = judge({
      simulated: run.violations.map(foundOf),
      real: witness.violations.map(foundOf),
      differences: [...end.deviations.map(({ text }) => text), ...incomplete, ...endDifferences(run, ends)],
      expected: scenario.expect.violates,
      release,
    });
    const shownMs = firstShownMs(run, witness, startMs);
    return {
      ...judgment,
      violations: witness.violations.map(foundOf),
      deviations: end.deviations.map(({ atMs, ...deviation }) => ({
        ...deviation,
        isBeforeViolation: atMs <= shownMs,
      })),
      servers: ends,
      seconds: (Date.now() - startMs) / 1000,
    };
  });
}

/** Returns the time at which the real servers first show a violation of the simulated run; infinity if they do not. */
function firstShownMs(run: ScenarioRun, witness: Witness, startMs: number): number {
  const shown = witness.violations.filter(({ id }) => run.violations.some((simulated) => simulated.id === id));
  return Math.min(...shown.map(({ atUs }) => startMs + atUs / 1000));
}

function committedBefore(scenario: Scenario): History | undefined {
  if (scenario.committed === undefined) return undefined;
  const last = zxidOf(scenario.committed);
  for (const sid of serverIdsOf(scenario.servers)) {
    const history = historyOf(scenario.servers[sid]?.history ?? "", History.empty());
    const part = history.upTo(last);
    if (part.zxid === last) return part;
  }
  return undefined;
}
