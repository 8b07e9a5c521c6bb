/**
 * Reconstructs scenarios from nothing but the logs of simulated runs. `ZABSIM_RECONSTRUCT=60` gives each kept bug 60 s
 * and prints how many give back a scenario that violates the same invariants. `ZABSIM_RECONSTRUCT_BUGS` limits this to
 * the bugs whose names contain one of its words, which commas separate.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { reconstructionOf } from "../../reconstruct/answer.ts";
import { compare } from "../../reconstruct/distance.ts";
import { Search } from "../../reconstruct/search.ts";
import { skeletonOf } from "../../reconstruct/skeleton.ts";
import type { Trial } from "../../reconstruct/trial.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";
import { type LoggedRun, loggedRunOf } from "./simulated-logs.ts";

const FOLDER = fileURLToPath(new URL("../../scenarios/", import.meta.url));

function scenarioAt(path: string): Scenario {
  return loadScenario(readFileSync(`${FOLDER}${path}`, "utf8"), path);
}

function searched({ evidence }: LoggedRun, isOver: (runs: number) => boolean): Trial {
  const search = new Search(evidence, 1n);
  for (const _best of search.from(skeletonOf(evidence, "incident"))) if (isOver(search.runs)) break;
  return search.best as Trial;
}

describe("a scenario reconstructed from logs", () => {
  const cases = [
    ["shipped/follower-behind-diff.yaml", 1],
    ["bugs/open-trunc-keeps-one-txn-too-many.yaml", 300],
    ["bugs/zookeeper-4925-synced-txns-missing-from-committed-log.yaml", 300],
    ["bugs/open-hole-in-log-after-snap-passed-on.yaml", 200],
    ["bugs/zookeeper-3642-interrupted-snap-kept-in-memory.yaml", 200],
    ["bugs/open-corrupt-snapshot-older-one-used.yaml", 60],
    ["bugs/zookeeper-2418-gap-between-log-and-committed-log.yaml", 150],
    ["bugs/log-thread-drained-after-fast-forward.yaml", 150],
  ] as const;

  it.each(cases)("of %s shows every decision, and violates the same invariants", (path, runs) => {
    const logged = loggedRunOf(scenarioAt(path));
    const trial = searched(logged, (count) => count >= runs);
    const answer = reconstructionOf(trial, logged.evidence, { files: [], runs, scenario: "", seed: "1" });
    expect(answer.decisions.filter(({ matched }) => !matched)).toEqual([]);
    expect(answer.epochs.filter(({ matched }) => !matched)).toEqual([]);
    expect(trial.violated).toEqual(expect.arrayContaining([...logged.violated]));
  });

  it("is the same scenario after it is written and loaded", () => {
    const logged = loggedRunOf(scenarioAt("bugs/zookeeper-4643-current-epoch-before-diff-is-logged.yaml"));
    const { scenario } = searched(logged, (count) => count >= 40);
    expect(loadScenario(writeScenario(scenario), "incident.yaml")).toEqual(scenario);
  });

  it("is the same for the same seed and number of runs", () => {
    const logged = loggedRunOf(scenarioAt("bugs/open-snapshot-survives-trunc.yaml"));
    const [one, other] = [1, 2].map(() => searched(logged, (count) => count >= 30));
    expect(one?.scenario).toEqual(other?.scenario);
  });
});

describe("the distance between logs and a run", () => {
  const at = (text: string, atMs: number, weight = 4) => ({ text, atMs, weight });

  it("is 0 for equal observations, and grows with the difference in time", () => {
    const logs = new Map([[1, [at("leading", 10), at("established 1:0", 20)]]]);
    expect(compare(logs, logs).distance).toBe(0);
    const near = compare(logs, new Map([[1, [at("leading", 11), at("established 1:0", 20)]]]));
    const far = compare(logs, new Map([[1, [at("leading", 400), at("established 1:0", 420)]]]));
    expect(near.distance).toBeLessThan(far.distance);
    expect(far.decisive).toBe(0);
  });

  it("names what only the logs and what only the run have", () => {
    const logs = new Map([[1, [at("got-diff 1:4", 10), at("log-file-created 1:4", 20)]]]);
    const { decisive, extra, missing } = compare(logs, new Map([[1, [at("got-trunc 1:3", 10)]]]));
    expect(missing.map(({ text }) => text)).toEqual(["got-diff 1:4", "log-file-created 1:4"]);
    expect(extra.map(({ text }) => text)).toEqual(["got-trunc 1:3"]);
    expect(decisive).toBe(12);
  });
});

const SECONDS = Number(process.env.ZABSIM_RECONSTRUCT ?? 0);

describe.runIf(SECONDS > 0)("the kept bugs", () => {
  const bugs = readdirSync(`${FOLDER}bugs`).filter((file) => file.endsWith(".yaml"));
  const words = (process.env.ZABSIM_RECONSTRUCT_BUGS ?? "").split(",");
  const violating = bugs
    .filter((file) => words.some((word) => file.includes(word)))
    .filter((file) => scenarioAt(`bugs/${file}`).expect.violates.length > 0);

  it("violate the same invariants after a reconstruction, at least 9 of 10", { timeout: 3_600_000_000 }, () => {
    let [all, some] = [0, 0];
    for (const file of violating) {
      const logged = loggedRunOf(scenarioAt(`bugs/${file}`));
      const startMs = performance.now();
      let runs = 0;
      const trial = searched(logged, (count) => {
        runs = count;
        return performance.now() - startMs > SECONDS * 1000;
      });
      const shared = logged.violated.filter((id) => trial.violated.includes(id));
      if (shared.length === logged.violated.length) all++;
      if (shared.length > 0) some++;
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      const { decisive } = trial.comparison;
      const verdict = `${shared.length} of ${logged.violated.length} invariants`;
      process.stderr.write(`${file}: ${verdict}, ${runs} runs, ${seconds} s, decisive distance ${decisive}\n`);
    }
    process.stderr.write(`all invariants: ${all} of ${violating.length}; at least one: ${some}\n`);
    expect(some).toBeGreaterThanOrEqual(0.9 * violating.length);
  });
});
