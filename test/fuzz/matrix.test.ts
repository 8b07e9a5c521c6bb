/** The matrix of known bugs and releases: each cell, and the attribution of each scenario's failure to its bug. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { attributedBugs } from "../../fuzz/attribution.ts";
import { KNOWN_BUGS, MATRIX_BUGS, type MatrixBug, rowNameOf } from "../../fuzz/known-bugs.ts";
import { failsAsExpected, firstFreeReleases, MATRIX_RELEASES, runMatrixCell } from "../../fuzz/matrix.ts";
import { type Failure, failureOf, failureOfViolation } from "../../fuzz/shrink/failure.ts";
import { type Behavior, behaviorOf, NO_FIXES, PROFILES } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

const BUGS = new URL("../../scenarios/bugs/", import.meta.url);
const scenarioOf = (id: string): Scenario => loadScenario(readFileSync(new URL(`${id}.yaml`, BUGS), "utf8"), id);
/** The rows of the matrix: bugs with a ticket, bugs without one that a release fixes, and open bugs. */
const ROWS = [
  ...["3911", "4643", "4646", "4785", "4685", "3023", "4394", "4925", "3642", "3104", "2418", "4712", "2845"],
  "ack-from-outside-configuration-commits",
  "3829",
  "open-observer-aborts-sync-after-reconfiguration",
  "open-newleader-names-replaced-configuration",
  "open-pending-configuration-forgotten-at-second-restart",
  "open-pending-configuration-not-read-with-lists",
  "open-joining-learner-activates-pending-configuration",
  "open-demoted-voters-block-proposals",
  "open-dropped-pending-configuration-never-joins",
  "open-vote-of-last-election-elects-lost-leader",
  "open-votes-for-pending-voter-elect-no-leader",
  "open-commit-before-uptodate-keeps-old-configuration",
  "open-reconfiguration-counts-follower-that-becomes-observer",
  "open-round-of-pending-voter-ignored",
  "open-pending-voter-ahead-of-old-voters-elects-no-leader",
  "open-observer-writes-epoch-before-diff-is-logged",
  "open-changed-election-address-never-dialed",
  "4708",
  "open-leader-shows-old-list",
  "open-mixed-reconfig-enabled-no-leader",
  "open-older-dynamic-file-without-reconfig-never-joins",
];

it("a release line is free of a bug only from the release after its last affected one", () => {
  const bug = MATRIX_BUGS.find((one) => rowNameOf(one) === "4643") as MatrixBug;
  const cells = MATRIX_RELEASES.map((release) => runMatrixCell(bug, scenarioOf(bug.id), release));
  // 3.8.5 was released after 3.9.1, which still has the bug.
  expect(firstFreeReleases(cells, "3.6.2")).toEqual(["3.8.5", "3.9.2", "newest"]);
});

it("the matrix has the bugs whose releases are known, and all releases except patched", () => {
  expect(MATRIX_BUGS.map(rowNameOf)).toEqual(ROWS);
  expect(MATRIX_RELEASES).toEqual(Object.keys(PROFILES).filter((name) => name !== "patched"));
});

describe.each(MATRIX_BUGS.map((bug) => [bug.id, bug] as const))("%s", (id, bug) => {
  const scenario = scenarioOf(id);
  const cells = MATRIX_RELEASES.map((release) => runMatrixCell(bug, scenario, release));

  it("its scenario reproduces it in the affected releases, and elsewhere only for a stated reason", () => {
    for (const { expected, release, reproduced } of cells) {
      const alsoIn = bug.alsoIn?.releases.includes(release) === true;
      expect(`${release}: ${reproduced}`).toBe(`${release}: ${expected === true || alsoIn}`);
    }
  });

  it("the releases that have it according to its behaviors are the affected ones", () => {
    expect(MATRIX_RELEASES.filter((release) => bug.isIn(behaviorOf(release)))).toEqual(
      MATRIX_RELEASES.filter((release) => bug.affected.includes(release)),
    );
  });

  it("no later release is free of it if the newest one has it, as all bugs whose names start with open", () => {
    const isOpen = bug.affected.includes("newest");
    expect(cells.at(-1)).toMatchObject({ release: "newest", reproduced: isOpen });
    const [first] = bug.affected as [string, ...string[]];
    expect(firstFreeReleases(cells, first).at(-1)).toBe(isOpen ? undefined : "newest");
    if (id.startsWith("open-")) expect(isOpen).toBe(true);
  });

  it("its scenario no longer fails in an affected release with only this bug fixed", () => {
    for (const release of bug.affected) {
      const inRelease = { ...scenario, zookeeper: release };
      expect(failsAsExpected(inRelease), release).toBe(true);
      const change = (behavior: Behavior): Behavior => ({ ...behavior, ...bug.fixedBehavior });
      expect(failsAsExpected(inRelease, change), release).toBe(false);
    }
  });

  it("the failure of its scenario is attributed to it", () => {
    const failure = failureOf(runScenario(scenario, { seed: 1n })) as Failure;
    expect(attributedBugs({ ...scenario, seed: "1" }, failure)).toContain(id);
  });

  it("its scenario has a comment and less than 40 lines", () => {
    const text = readFileSync(new URL(`${id}.yaml`, BUGS), "utf8");
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text.startsWith("# ")).toBe(true);
  });
});

/**
 * Server 3 uses an epoch that it failed to write. In release 3.6.2, the server keeps this epoch in memory
 * (ZOOKEEPER-2307); in the newest release, it proposes the epoch.
 */
const EITHER_OF_TWO = `
zookeeper: 3.6.2
seed: "6264"
servers: 3
disk: { sync: 2ms, write: 1ms }
steps:
  - { when: { event: established, server: 2 }, upgrade: { server: 3, to: newest } }
  - { when: { event: active, server: 3 }, write: 1 }
  - { from: 0ms, disk: { server: 3, fail: accepted-epoch } }
  - { from: 16s, crash: 1, for: 5s }
  - { from: 40s, settle: [1, 2, 3] }
expect: { stuck: 20s }
`;

it("a failure that only the fixes of two bugs together prevent is attributed to both", () => {
  const scenario = loadScenario(EITHER_OF_TWO, "either-of-two.yaml");
  const bugs = attributedBugs(scenario, { kind: "stuck", reason: "accepted-older-than-current" });
  expect(bugs).toEqual(["ZOOKEEPER-2307", "open-epoch-used-though-not-accepted"]);
});

/**
 * No fix makes the servers live within the short limit, because the clock of server 1 is slow, so its timers fire late.
 */
const STUCK_LATE = `
zookeeper: 3.6.2
servers: 3
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
steps:
  - { at: 0ms, cutOneWay: { from: 3, to: 2 } }
  - { at: 0ms, clog: { from: [1] }, for: 6s }
  - { at: 0ms, clock: { server: 1, rate: 0.25 } }
  - { at: 6.5s, partition: [1] }
  - { at: 10s, settle: [1, 2] }
expect: { stuck: 120s }
`;

it("stuck servers that the fix of a bug makes live late are attributed to that bug", () => {
  const scenario = loadScenario(STUCK_LATE, "stuck-late.yaml");
  const bugs = attributedBugs(scenario, { kind: "stuck", reason: "connect-failed" });
  expect(bugs).toEqual(["open-election-better-vote-never-repeated"]);
});

/**
 * Server 1 gets a newer configuration between the handler's read of the configuration and NEWLEADER. With this seed,
 * the fixes of six bugs avoid the failure, because they change the times.
 */
const MANY_COINCIDENCES = `
zookeeper: 3.5.10
seed: "50000530"
servers: { 1: {}, 2: {}, 3: {} }
settings: { tickTimeMs: 100, reconfigEnabled: true }
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
threads: { queueNewLeader: 0ms..50ms }
steps:
  - { when: active, reconfig: { add: { 2: participant }, refused: any } }
until: 297ms
expect: { violates: seen-config-kept }
`;

it("a bug whose fix avoids a failure only with the seed of the finding is not the cause", () => {
  const scenario = loadScenario(MANY_COINCIDENCES, "many-coincidences.yaml");
  const [violation] = runScenario(scenario, { seed: 50_000_530n }).violations;
  const bugs = attributedBugs(scenario, failureOfViolation(violation as NonNullable<typeof violation>));
  expect(bugs).toEqual(["open-newleader-names-replaced-configuration"]);
});

/** The ObserverMaster of follower 4 does not know proposal 3:1, so observer 2 never gets it (ZOOKEEPER-5088). */
const STUCK_OBSERVER = `
zookeeper: 3.9.5
seed: "50044512"
servers: { 1: {}, 2: { role: observer }, 3: {}, 4: {} }
settings: { tickTimeMs: 500, observerMasterPort: 2191 }
network: { latency: 0.2ms..1ms, lossRate: 0.01 }
disk: { sync: 4ms, write: 5ms..50ms }
steps:
  - { at: 0ms, crash: 2, for: 100ms }
  - { from: 400ms, when: { event: snapshot-saved, server: 4 }, pause: 4 }
  - { at: 400ms, crash: 4, for: 1.3s }
  - { at: 900ms, disconnect: 1 }
  - { at: 3.2s, disconnect: 2 }
  - { at: 3.3s, settle: [2, 3, 4] }
expect: { stuck: 120s }
`;

it("a stuck observer is attributed to a bug that strikes only observers", () => {
  const scenario = loadScenario(STUCK_OBSERVER, "stuck-observer.yaml");
  const bugs = attributedBugs(scenario, { kind: "stuck", reason: "silence" });
  expect(bugs).toEqual(["zookeeper-5088-observer-master-skips-pending-proposal"]);
});

it("every bug scenario belongs to a known bug, and every fix removes its bug from the releases that have it", () => {
  const files = readdirSync(BUGS).filter((file) => file.endsWith(".yaml"));
  const ids = new Set(KNOWN_BUGS.map(({ id }) => id));
  // The list of known bugs has no entries for these scenarios, because fixes of other bugs fix their bugs, too.
  const others = [
    "open-hole-in-log-after-snap-committed-truncated.yaml",
    "open-hole-in-log-after-trunc-passed-on.yaml",
    "open-pending-voter-logs-later-write-elects-no-leader.yaml",
    "open-trunc-keeps-one-txn-too-many.yaml",
    "trunc-then-commit-before-newleader-memory-ahead-of-disk.yaml",
    "zookeeper-2832-uncommitted-txn-survives-snap.yaml",
    "zookeeper-2846-gap-after-snap-follower-never-joins.yaml",
  ];
  expect(files.filter((file) => !ids.has(file.replace(".yaml", "")))).toEqual(others);
  for (const { id, isIn, fixedBehavior } of KNOWN_BUGS) {
    const affected = Object.values(PROFILES).filter(isIn);
    expect(affected.length, id).toBeGreaterThan(0);
    for (const behavior of affected) {
      expect(isIn({ ...behavior, ...fixedBehavior }), id).toBe(false);
    }
  }
});

it("only the release patched has the fixes of zabsim, and it has all of them", () => {
  for (const [name, behavior] of Object.entries(PROFILES)) {
    for (const fix of Object.keys(NO_FIXES) as (keyof typeof NO_FIXES)[])
      expect(behavior[fix]).toBe(name === "patched");
  }
});

/**
 * Follower 2 leaves while its log thread still has transactions in its queue. If only the behavior
 * `shutdownFastForwards` were changed, this would fix ZOOKEEPER-2845 but add the bug
 * log-thread-drained-after-fast-forward.
 */
const LEAVES_WITH_FULL_QUEUE = `
zookeeper: 3.4.10
servers: { 2: {}, 3: {} }
network: { latency: 1ms..20ms }
disk: { sync: 0.1ms, write: 1ms }
steps:
  - { when: sync-decided, write: { count: 51, every: 2ms } }
  - { at: 396ms, crash: 3 }
until: 414ms
expect: { violates: memory-equals-disk }
`;

it("a fix does not add a bug that the release does not have", () => {
  const scenario = loadScenario(LEAVES_WITH_FULL_QUEUE, "leaves-with-full-queue.yaml");
  const [first] = runScenario(scenario, { seed: 1n }).violations;
  const bugs = attributedBugs(scenario, failureOfViolation(first as NonNullable<typeof first>));
  expect(bugs).toEqual(["zookeeper-2845-logged-txn-not-in-memory"]);
});
