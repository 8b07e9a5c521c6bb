/** Runs the scenarios that ship, for scripts/findings.mjs, which bundles this module. */
import { readScenario, scenarioPaths } from "../../cli/scenario-files.ts";
import { type JudgedScenario, ScenarioJudge } from "../../fuzz/judged-scenarios.ts";

export { JUDGED_BEHAVIORS } from "../../fuzz/judged-behaviors.ts";
export { findingsPage } from "../../reports/findings-page.ts";
export { mergeSummaries, summaryOf } from "../../reports/judgment-summary.ts";

/** Returns a function that runs each scenario without and with a behavior of a release. */
export function scenarioJudges(): (behavior: string, release: string) => JudgedScenario[] {
  const scenarios = scenarioPaths([]).map((path) => readScenario(path, []).scenario);
  const judges = new Map<string, ScenarioJudge>();
  return (behavior, release) => {
    const judge = judges.get(release) ?? new ScenarioJudge(release);
    judges.set(release, judge);
    return scenarios.map((scenario) => judge.judge(scenario, behavior));
  };
}
