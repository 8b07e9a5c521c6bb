/**
 * The parts of a run's report that do not come from the run: the width of the terminal, and the known bugs that explain
 * the run or explain why the expected failure is missing.
 */
import { aboutBug, bugOfScenario, bugWithCause } from "../fuzz/about-bugs.ts";
import { bugsOfRun } from "../fuzz/bugs-of-run.ts";
import { KNOWN_BUGS } from "../fuzz/known-bugs.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { runVerdict } from "../reports/reproduction.ts";
import type { RunReportOptions } from "../reports/run-report.ts";
import { runScenario } from "../scenarios/run.ts";
import { releasesOf } from "../scenarios/scenario-releases.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { overridesOf, type ScenarioOptions } from "./options.ts";
import { textWidth } from "./output.ts";
import { readScenario, type ScenarioFile } from "./scenario-files.ts";

export function runReportOptions(run: ScenarioRun, file: ScenarioFile, options: ScenarioOptions): RunReportOptions {
  return { width: textWidth(), bugs: bugsOfRun(run).map(aboutBug), absentBugs: absentBugs(run, file, options) };
}

/**
 * Returns a line for each known bug that this run could not reproduce because its releases do not have the bug. These
 * are the bugs that the scenario reproduces in the release that its file names. If the run did reproduce a bug, returns
 * no lines.
 */
function absentBugs(run: ScenarioRun, { path, scenario }: ScenarioFile, options: ScenarioOptions): string[] {
  if (runVerdict(run) !== "not reproduced") return [];
  const own = bugOfScenario(scenario.name);
  const ids = own === undefined ? bugsInOwnRelease(path, run.seed, options) : [own.id];
  const behaviors = releasesOf(run.scenario).map(behaviorOf);
  return KNOWN_BUGS.filter(({ id, isIn }) => ids.includes(id) && !behaviors.some(isIn)).map(bugWithCause);
}

/** Returns the ids of the bugs that the scenario reproduces in the release that its file names. */
function bugsInOwnRelease(path: string, seed: bigint | number, options: ScenarioOptions): string[] {
  const overrides = overridesOf(options).filter((one) => !/^(\S+\.)?zookeeper=/.test(one));
  return bugsOfRun(runScenario(readScenario(path, overrides).scenario, { seed }));
}
