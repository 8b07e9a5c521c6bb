/**
 * Reconstructs scenarios from nothing but the logs of simulated runs. `ZABSIM_RECONSTRUCT=60` gives each kept bug 60 s
 * and prints how many give back a scenario that violates the same invariants. `ZABSIM_RECONSTRUCT_BUGS` limits this to
 * the bugs whose names contain one of its words, which commas separate.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type FoundTrials, reconstructionOf } from "../../reconstruct/answer.ts";
import { Candidates } from "../../reconstruct/candidates.ts";
import { compare } from "../../reconstruct/distance.ts";
import type { Trial } from "../../reconstruct/trial.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";
import { loggedBug, loggedRunOf, scenarioAt, searched } from "./simulated-logs.ts";

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
    const { best, alternatives } = searched(logged.evidence, (count) => count >= runs) as FoundTrials;
    const rest = { files: [], runs, scenario: "", seed: "1" };
    const answer = reconstructionOf({ best, alternatives }, logged.evidence, rest);
    expect(answer.decisions.filter(({ matched }) => !matched)).toEqual([]);
    expect(answer.epochs.filter(({ matched }) => !matched)).toEqual([]);
    expect(best.violated).toEqual(expect.arrayContaining([...logged.violated]));
  });

  it("is the same scenario after it is written and loaded", () => {
    const { evidence } = loggedBug("zookeeper-4643-current-epoch-before-diff-is-logged");
    const scenario = searched(evidence, (count) => count >= 40).best?.scenario as Scenario;
    expect(loadScenario(writeScenario(scenario), "incident.yaml")).toEqual(scenario);
  });

  it("is the same for the same seed and number of runs", () => {
    const { evidence } = loggedBug("open-snapshot-survives-trunc");
    const [one, other] = [1, 2].map(() => searched(evidence, (count) => count >= 30).best);
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

describe("the other scenarios that match as well", () => {
  const trial = (score: number, decisive: number, ...violated: string[]): Trial => {
    const comparison = { ...compare(new Map(), new Map()), decisive };
    return { score, comparison, violated, differences: violated.join() } as unknown as Trial;
  };

  it("violate invariants that no closer one violates", () => {
    const candidates = new Candidates();
    for (const one of [trial(3, 0, "c", "b"), trial(1, 0, "a"), trial(4, 5, "d"), trial(2, 0, "b", "a")]) {
      candidates.add(one);
    }
    expect(candidates.alternatives.map(({ violated }) => violated)).toEqual([
      ["b", "a"],
      ["c", "b"],
    ]);
  });

  it("are none if the best one differs in something decisive", () => {
    const candidates = new Candidates();
    for (const one of [trial(1, 5, "a"), trial(2, 0, "b")]) candidates.add(one);
    expect(candidates.alternatives).toEqual([]);
  });
});

const SECONDS = Number(process.env.ZABSIM_RECONSTRUCT ?? 0);

describe.runIf(SECONDS > 0)("the kept bugs", () => {
  const bugs = readdirSync(fileURLToPath(new URL("../../scenarios/bugs", import.meta.url))).filter((file) =>
    file.endsWith(".yaml"),
  );
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
      const { best } = searched(logged.evidence, (count) => {
        runs = count;
        return performance.now() - startMs > SECONDS * 1000;
      });
      const trial = best as Trial;
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
