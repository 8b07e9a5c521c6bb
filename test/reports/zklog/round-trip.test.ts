/**
 * Exports runs as ZooKeeper logs and reads the logs as `zabsim explain` does: the roles, phases, epochs,
 * synchronizations, ends and reasons must be those of the run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stateChanges } from "../../../explain/states.ts";
import { planOfSeed } from "../../../fuzz/plan-arbitrary.ts";
import { PUBLISHED_RELEASES } from "../../../protocol/releases.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { ScenarioRunner } from "../../../scenarios/run.ts";
import type { Scenario } from "../../../scenarios/scenario.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { Trace } from "../../../sim/index.ts";
import { differences, explained } from "./compare.ts";

function runOf(scenario: Scenario): ScenarioRun {
  return new ScenarioRunner(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() }).run();
}

function load(path: string, release?: string): Scenario {
  const set = release === undefined ? [] : [`zookeeper=${release}`];
  return loadScenario(readFileSync(path, "utf8"), path, { set });
}

function scenariosIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => `${folder}/${file}`);
}

/** Two servers with one id log as one server. */
const SHARES_IDS = /with-one-myid/;

describe("the logs of a scenario", () => {
  const all = [...scenariosIn("scenarios/shipped"), ...scenariosIn("scenarios/bugs")].filter(
    (path) => !SHARES_IDS.test(path),
  );
  // Without CI, every eighth scenario.
  const files = process.env.CI ? all : all.filter((_, i) => i % 8 === 0);

  it.each(files)("show what happened in %s", (path) => {
    expect(differences(runOf(load(path)))).toEqual([]);
  });
});

describe("the logs of observers", () => {
  /** The observers of a scenario. */
  const OBSERVERS: Readonly<Record<string, readonly number[]>> = {
    "observers-diff-snap-and-inform": [4, 5],
    "observers-over-the-limit-of-concurrent-syncs-wait": [3, 4],
    "observer-follows-followers-in-turn-diff": [4],
  };

  it.each(Object.entries(OBSERVERS))("show their roles, decisions and times in %s", (name, observers) => {
    const run = runOf(load(`scenarios/shipped/${name}.yaml`));
    const ensemble = explained(run);
    expect(differences(run, ensemble)).toEqual([]);
    const { handshakes, histories } = ensemble;
    const ofObserver = ({ learner }: { readonly learner: number }): boolean => observers.includes(learner);
    expect(handshakes.filter(ofObserver).map(({ observer }) => observer)).not.toContain(false);
    expect(handshakes.filter((one) => !ofObserver(one)).map(({ observer }) => observer)).not.toContain(true);
    // Of each decision, also of one that the leader did not send, the logs show the packet and that it is right.
    for (const { check, operation } of handshakes) {
      expect(operation).toMatch(/DIFF|SNAP|TRUNC/);
      expect(check.verdict).toMatch(/agrees|possible/);
    }
    for (const { periods, server } of histories) {
      const isObserver = observers.includes(server);
      expect(periods.map(({ role }) => role === "OBSERVING")).toEqual(periods.map(() => isObserver));
    }
    // An observer synchronizes until it serves, and then observes the leader that it has joined.
    for (const server of observers) {
      const own = stateChanges(ensemble).filter((change) => change.server === server);
      const roles = own.map(({ state }) => state).filter((state) => state.startsWith("OBSERVING"));
      expect(roles.at(-1)).toMatch(/^OBSERVING \d+, epoch \d+$/);
      expect(roles.at(-2)).toMatch(/^OBSERVING \d+ \(syncs\)$/);
    }
  });
});

describe("the logs of a release", () => {
  const files = [
    ...["follower-ahead-trunc", "follower-behind-diff", "follower-below-committed-log-txnlog-diff"],
    ...["deposed-leader-without-writes-snap", "follower-ahead-in-older-epoch-snap"],
  ].map((name) => `scenarios/shipped/${name}.yaml`);
  const releases = process.env.CI ? PUBLISHED_RELEASES : ["3.4.10", "3.4.14", "3.5.8", "3.6.4", "3.8.6", "3.9.3"];

  it.each(releases)("show what happened in %s", (release) => {
    for (const path of files) expect([path, differences(runOf(load(path, release)))]).toEqual([path, []]);
  });
});

describe("the logs of chaos", () => {
  const PLANS = 200;
  const count = process.env.CI ? PLANS : 24;
  /** Few events in each plan, so that many plans can run. */
  const size = { faultCount: 6, writeCount: 10, lengthMs: 20_000 };
  const releases = [...PUBLISHED_RELEASES, "newest"];

  it(`show what happened in ${count} plans`, { timeout: 120_000 }, () => {
    for (let i = 1; i <= count; i++) {
      const release = releases[i % releases.length] as string;
      const { scenario } = planOfSeed(BigInt(i), { zookeeper: release, ...size });
      expect([i, release, differences(runOf(scenario))]).toEqual([i, release, []]);
    }
  });
});

describe("the comparison", () => {
  it("finds a role, an input or a reason that the logs do not contain", () => {
    const run = runOf(load("scenarios/shipped/follower-ahead-trunc.yaml"));
    const changed = (change: (record: Record<string, unknown>) => Record<string, unknown>): string[] =>
      differences({ ...run, records: run.records.map((one) => change({ ...one }) as never) }, explained(run));
    expect(changed((one) => one)).toEqual([]);
    expect(changed((one) => (one.event === "sync-decided" ? { ...one, peerLastZxid: 7 } : one))).not.toEqual([]);
    expect(changed((one) => (one.event === "active" ? { ...one, epoch: 9 } : one))).not.toEqual([]);
    expect(changed((one) => (one.event === "leading" ? { ...one, event: "following" } : one))).not.toEqual([]);
    expect(changed((one) => (one.event === "elected" ? { ...one, leader: 3 } : one))).not.toEqual([]);
  });
});
