/**
 * Exports the runs of the scenarios of known bugs as ZooKeeper logs, and checks what `zabsim explain` finds there: the
 * bug, the loss or violation, a problem, or nothing, because no line of the log shows it. Runs without a bug name none.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../explain/finding.ts";
import { findingsOf } from "../../explain/findings.ts";
import { labelOf } from "../../fuzz/known-bugs.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { Trace } from "../../sim/index.ts";
import { explained } from "../reports/zklog/compare.ts";
import { ensembleIn, RECORDINGS } from "./recording.ts";

const FOLDER = "scenarios/bugs/";

function findingsIn(scenario: Scenario): Finding[] {
  const run = new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() }).run();
  return findingsOf(explained(run)).filter(({ severity }) => severity !== "note");
}

function load(name: string): Scenario {
  const path = `${FOLDER}${name}.yaml`;
  return loadScenario(readFileSync(path, "utf8"), path);
}

/** The findings that name the bug of the scenario, as the only bug or among those that the logs do not distinguish. */
const NAMED = [
  "open-crash-before-current-epoch-cannot-start",
  "open-snapshot-after-trunc-never-synced",
  "synced-diff-not-in-memory-higher-epoch-wins",
  "txns-after-trunc-missing-from-committed-log",
  "zookeeper-2418-gap-between-log-and-committed-log",
  "zookeeper-3320-server-continues-without-election-port",
  "zookeeper-4394-commit-finds-queue-cleared",
  "zookeeper-4643-current-epoch-before-diff-is-logged",
  "zookeeper-4685-proposal-ack-taken-for-newleader-ack",
  "zookeeper-4785-queue-not-read-back-higher-epoch-wins",
];

/** The loss, the violation or the problem that the logs show, where no line shows which bug caused it. */
const SHOWN: Readonly<Record<string, string>> = {
  "open-dropped-pending-configuration-never-joins": "problem never-joins",
  "open-election-better-vote-never-repeated": "problem no-leader",
  "open-epoch-used-though-not-accepted": "violation epoch-went-back",
  "open-failed-log-write-survives": "problem configuration",
  "open-hole-in-log-after-snap-committed-truncated": "loss data-discarded",
  "open-joining-learner-activates-pending-configuration": "violation epoch-went-back",
  "open-mixed-reconfig-enabled-no-leader": "problem known-bug",
  "open-observer-aborts-sync-after-reconfiguration": "violation known-bug",
  "open-observer-writes-epoch-before-diff-is-logged": "problem data-discarded",
  "open-older-dynamic-file-without-reconfig-never-joins": "problem never-joins",
  "open-pending-configuration-forgotten-at-second-restart": "violation epoch-went-back",
  "open-pending-configuration-not-read-with-lists": "violation epoch-went-back",
  "open-pending-voter-ahead-of-old-voters-elects-no-leader": "problem no-leader",
  "open-pending-voter-logs-later-write-elects-no-leader": "problem configuration",
  "open-reconfiguration-counts-follower-that-becomes-observer": "problem never-joins",
  "open-round-of-pending-voter-ignored": "problem no-leader",
  "open-trunc-killed-between-log-files-leaves-a-hole": "problem exit-at-start",
  "open-vote-of-last-election-elects-lost-leader": "problem configuration",
  "open-voter-ahead-of-leader-never-joins": "violation epoch-went-back",
  "open-votes-for-pending-voter-elect-no-leader": "problem no-leader",
  "zookeeper-2029-leader-continues-without-acceptor": "problem leaves-again",
  "zookeeper-2846-gap-after-snap-follower-never-joins": "violation known-bug",
  "zookeeper-3756-unreachable-voter-holds-up-votes": "problem no-leader",
  "zookeeper-3911-newleader-acked-before-diff-is-logged": "problem data-discarded",
  "zookeeper-4203-new-leader-forgets-failed-acceptor": "problem leaves-again",
  "zookeeper-4646-newleader-acked-before-queue-is-flushed": "problem data-discarded",
  "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk": "problem data-discarded",
};

describe("the logs of a known bug", () => {
  const all = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -".yaml".length)] : []));

  it.each(NAMED)("name it: %s", (name) => {
    const label = labelOf({ id: name });
    const found = findingsIn(load(name));
    expect(found.filter(({ bug, cause }) => bug?.name === label || cause.includes(label))).not.toEqual([]);
  });

  it.each(Object.entries(SHOWN))("show its effect: %s", (name, effect) => {
    expect(findingsIn(load(name)).map(({ rule, severity }) => `${severity} ${rule}`)).toContain(effect);
  });

  it.each(all.filter((name) => !NAMED.includes(name) && !(name in SHOWN)))("show nothing: %s", (name) => {
    expect(findingsIn(load(name)).map(({ title }) => title)).toEqual([]);
  });
});

describe("logs without a bug", () => {
  const namesIn = (found: readonly Finding[]): string[] =>
    found.flatMap(({ bug, cause, rule, title }) =>
      bug !== undefined || rule === "known-bug" || cause.includes("Known bugs of this release that lose")
        ? [title]
        : [],
    );

  it("of simulated runs of a release with all fixes name none", { timeout: 300_000 }, () => {
    const size = { faultCount: 6, writeCount: 10, lengthMs: 20_000 };
    for (let seed = 1; seed <= (process.env.CI ? 200 : 40); seed++) {
      const { scenario } = planOfSeed(BigInt(seed), { zookeeper: "patched", ...size });
      expect([seed, namesIn(findingsIn(scenario))]).toEqual([seed, []]);
    }
  });

  /** In these recordings, servers really have the holes and transactions of these bugs. Their disks prove it. */
  const PROVEN: Readonly<Record<string, string>> = {
    "3.4.10": "ZOOKEEPER-2845",
    "3.7.2": "ZOOKEEPER-4409",
    "3.8.0": "ZOOKEEPER-4409",
  };

  it.each(RECORDINGS)("of recording %s name only the bug that its disks prove", (name) => {
    const found = findingsOf(ensembleIn(name)).filter(({ severity }) => severity !== "note");
    expect(found.flatMap(({ bug }) => bug?.name ?? [])).toEqual(name in PROVEN ? [PROVEN[name]] : []);
  });
});
