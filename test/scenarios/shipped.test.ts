/** The shipped scenarios meet their expectations with ten seeds, and together they show every reachable sync rule. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenPath, goldenText } from "../../cli/run.ts";
import { readScenario, shippedPaths } from "../../cli/scenario-files.ts";
import { SYNC_RULES } from "../../protocol/leader/sync-rules.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";

const SCENARIOS_MIN = 28;
const LINES_MAX = 45;
const SEEDS_BESIDES_GOLDEN = [2, 3, 4, 5, 6, 7, 8, 9, 10];

/**
 * No run can reach this rule: it needs a zxid between minCommittedLog and maxCommittedLog that is above the last
 * transaction in committedLog.
 */
const UNREACHABLE = ["committed-log-no-match"];

const shipped = shippedPaths().map((path) => ({
  name: basename(path, ".yaml"),
  path,
  text: readFileSync(path, "utf8"),
  scenario: readScenario(path, []).scenario,
}));

const golden = new Map<string, ScenarioRun>();
function goldenRun({ name, scenario }: (typeof shipped)[number]): ScenarioRun {
  const known = golden.get(name) ?? runScenario(scenario, { seed: 1n });
  golden.set(name, known);
  return known;
}

describe.each(shipped)("$name", (one) => {
  const { name, path, text, scenario } = one;

  it("is short, describes the situation, and has expectations", () => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(LINES_MAX);
    expect(text).toMatch(/^about: /);
    expect(scenario.about.trim()).not.toBe("");
    const { decisions, leader, active, configs, histories, failures, violates } = scenario.expect;
    // The leader and the order of the decisions of a reconfiguration can depend on the seed.
    expect(decisions ?? configs).toBeDefined();
    for (const { rule, leader: from } of decisions ?? []) {
      expect(rule).toBeDefined();
      expect(from).toBeDefined();
    }
    expect(leader ?? configs).toBeDefined();
    expect(active).toBeDefined();
    expect([histories, failures, violates.length > 0 || undefined].some((part) => part !== undefined)).toBe(true);
  });

  it("meets its expectations with seed 1, every step has an effect, and the report is the golden one", () => {
    const run = goldenRun(one);
    expect(run.unmet).toEqual([]);
    expect(run.steps.filter((step) => step.effect?.count === 0)).toEqual([]);
    const recorded = readFileSync(goldenPath(path), "utf8");
    expect(goldenText(run), "differs from its golden file: run `npm run golden` and review the diff").toBe(recorded);
  });

  it("meets its expectations with other seeds", () => {
    const unmet = SEEDS_BESIDES_GOLDEN.flatMap((seed) =>
      runScenario(scenario, { seed, digest: false }).unmet.map((sentence) => `seed ${seed}: ${sentence}`),
    );
    expect(unmet).toEqual([]);
  });
});

describe("the shipped scenarios", () => {
  it(`are at least ${SCENARIOS_MIN}`, () => {
    expect(shipped.length).toBeGreaterThanOrEqual(SCENARIOS_MIN);
  });

  it("show every rule of the sync decision that real servers can reach", () => {
    const seen = new Set(
      shipped.flatMap((one) => recordsOf(goldenRun(one).records, "sync-decided")).map(({ rule }) => rule),
    );
    const missing = Object.keys(SYNC_RULES).filter((rule) => !seen.has(rule as never));
    expect(missing).toEqual(UNREACHABLE);
  });

  it("show DIFF, TRUNC and SNAP, to followers and to observers", () => {
    const decisions = shipped.flatMap((one) => recordsOf(goldenRun(one).records, "sync-decided"));
    const seen = new Set(
      decisions.map(({ decision, observer }) => `${decision} ${observer ? "observer" : "follower"}`),
    );
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(["DIFF follower", "DIFF observer", "SNAP follower", "SNAP observer", "TRUNC follower"]),
    );
  });
});
