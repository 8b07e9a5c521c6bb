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

/** The bugs of scenarios that show another effect of a known bug. */
const BUG_OF: Readonly<Record<string, string>> = {
  "open-hole-in-log-after-snap-committed-truncated": "open-hole-in-log-after-snap-passed-on",
  "open-hole-in-log-after-trunc-passed-on": "open-hole-in-log-after-snap-passed-on",
  "trunc-then-commit-before-newleader-memory-ahead-of-disk": "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk",
  "zookeeper-2832-uncommitted-txn-survives-snap": "open-hole-in-log-after-snap-passed-on",
  "zookeeper-2846-gap-after-snap-follower-never-joins": "open-hole-in-log-after-snap-passed-on",
};

const NETWORK = "a cut network and a wrong list of servers look the same";
const TAIL = "a tail that was never committed looks the same";
const COMMIT = "servers do not log what they commit";
const CONFIG = "servers do not log the configuration that they commit or show";

/** Why no finding names the bug of a scenario. The loss or problem that the logs show, if there is one, is in SHOWN. */
const UNNAMED: Readonly<Record<string, string>> = {
  "ack-from-outside-configuration-commits": "3.4 does not log the list of servers that an ACK counts for",
  "log-thread-drained-after-fast-forward": "an ACK that fails while a server leaves is logged in any release",
  "open-changed-election-address-never-dialed": "the log ends before server 1 has looked for 10 s",
  "open-commit-before-uptodate-keeps-old-configuration": CONFIG,
  "open-corrupt-snapshot-older-one-used": "the export lacks the line about the snapshot that cannot be read",
  "open-demoted-voters-block-proposals": COMMIT,
  "open-dropped-pending-configuration-never-joins": NETWORK,
  "open-election-better-vote-never-repeated": NETWORK,
  "open-failed-log-write-survives": "servers do not log how much of a failed write reached the disk",
  "open-joining-learner-activates-pending-configuration": "restored epoch files look the same",
  "open-leader-shows-old-list": CONFIG,
  "open-mixed-reconfig-enabled-no-leader": "the voter that is ahead is the symptom of another known bug, too",
  "open-newleader-names-replaced-configuration": CONFIG,
  "open-observer-serves-before-synced-commits-are-applied": "servers do not log reads",
  "open-observer-writes-epoch-before-diff-is-logged": TAIL,
  "open-older-dynamic-file-without-reconfig-never-joins": NETWORK,
  "open-pending-configuration-forgotten-at-second-restart": "restored epoch files look the same",
  "open-pending-configuration-not-read-with-lists": "restored epoch files look the same",
  "open-pending-voter-ahead-of-old-voters-elects-no-leader": NETWORK,
  "open-pending-voter-logs-later-write-elects-no-leader": NETWORK,
  "open-reconfiguration-counts-follower-that-becomes-observer": NETWORK,
  "open-round-of-pending-voter-ignored": NETWORK,
  "open-trunc-keeps-one-txn-too-many": "servers do not log the first record of a log file that they cut",
  "open-vote-of-last-election-elects-lost-leader": NETWORK,
  "open-votes-for-pending-voter-elect-no-leader": NETWORK,
  "zookeeper-2845-logged-txn-not-in-memory": "3.4 does not log what a leader logs or replays from its log",
  "zookeeper-3023-serves-before-synced-commits-are-applied": "servers do not log reads",
  "zookeeper-3104-newleader-queued-before-snap": "only the content of the snapshot differs",
  "zookeeper-3756-unreachable-voter-holds-up-votes": NETWORK,
  "zookeeper-3829-leader-outside-pending-configuration-commits-nothing":
    "3.5.8 does not log that its leader designated another server",
  "zookeeper-3911-newleader-acked-before-diff-is-logged": TAIL,
  "zookeeper-4646-newleader-acked-before-queue-is-flushed": TAIL,
  "zookeeper-5088-observer-master-skips-pending-proposal": "observers do not log the zxid of an INFORM",
};

/** The loss, the violation or the problem that the logs of an unnamed bug show. */
const SHOWN: Readonly<Record<string, string>> = {
  "open-dropped-pending-configuration-never-joins": "problem never-joins",
  "open-election-better-vote-never-repeated": "problem no-leader",
  "open-failed-log-write-survives": "problem configuration",
  "open-joining-learner-activates-pending-configuration": "violation epoch-went-back",
  "open-mixed-reconfig-enabled-no-leader": "problem known-bug",
  "open-observer-writes-epoch-before-diff-is-logged": "problem data-discarded",
  "open-older-dynamic-file-without-reconfig-never-joins": "problem never-joins",
  "open-pending-configuration-forgotten-at-second-restart": "violation epoch-went-back",
  "open-pending-configuration-not-read-with-lists": "violation epoch-went-back",
  "open-pending-voter-ahead-of-old-voters-elects-no-leader": "problem no-leader",
  "open-pending-voter-logs-later-write-elects-no-leader": "problem configuration",
  "open-reconfiguration-counts-follower-that-becomes-observer": "problem never-joins",
  "open-round-of-pending-voter-ignored": "problem no-leader",
  "open-vote-of-last-election-elects-lost-leader": "problem configuration",
  "open-votes-for-pending-voter-elect-no-leader": "problem no-leader",
  "zookeeper-3756-unreachable-voter-holds-up-votes": "problem no-leader",
  "zookeeper-3911-newleader-acked-before-diff-is-logged": "problem data-discarded",
  "zookeeper-4646-newleader-acked-before-queue-is-flushed": "problem data-discarded",
};

describe("the logs of a known bug", () => {
  it("are in the tables only under the name of a scenario", () => {
    expect(Object.keys(UNNAMED).filter((name) => !all.includes(name))).toEqual([]);
    expect(Object.keys(BUG_OF).filter((name) => !all.includes(name) || name in UNNAMED)).toEqual([]);
    expect(Object.keys(SHOWN).filter((name) => !(name in UNNAMED))).toEqual([]);
  });

  const all = readdirSync(FOLDER).flatMap((file) => (file.endsWith(".yaml") ? [file.slice(0, -".yaml".length)] : []));

  it.each(all.filter((name) => !(name in UNNAMED)))("name it: %s", (name) => {
    const label = labelOf({ id: BUG_OF[name] ?? name });
    const found = findingsIn(load(name));
    expect(found.filter(({ bug, cause }) => bug?.name === label || cause.includes(label))).not.toEqual([]);
  });

  it.each(Object.keys(UNNAMED))("show its effect, or nothing: %s", (name) => {
    const found = findingsIn(load(name));
    const effect = SHOWN[name];
    if (effect === undefined) expect(found.map(({ title }) => title)).toEqual([]);
    else expect(found.map(({ rule, severity }) => `${severity} ${rule}`)).toContain(effect);
  });
});

describe("logs without a bug", () => {
  const namesIn = (found: readonly Finding[]): string[] =>
    found.flatMap(({ bug, cause, rule, title }) =>
      bug !== undefined || rule === "known-bug" || cause.includes("Known bugs of this release") ? [title] : [],
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
