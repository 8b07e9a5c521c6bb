/** Known bugs against releases: every cell, and every failure traced to its bug. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { knownBugs } from "../../fuzz/attribution.ts";
import { KNOWN_BUGS, MATRIX_BUGS, type MatrixBug, ticketOf } from "../../fuzz/known-bugs.ts";
import { freeFrom, MATRIX_RELEASES, matrixCell } from "../../fuzz/matrix.ts";
import { failureOfViolation } from "../../fuzz/shrink/failure.ts";
import { NO_FIXES, PROFILES } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

const BUGS = new URL("../../scenarios/bugs/", import.meta.url);
const storyOf = (id: string): Scenario => loadScenario(readFileSync(new URL(`${id}.yaml`, BUGS), "utf8"), id);
/** The tickets that the matrix is about. */
const TICKETS = [3911, 4643, 4646, 4785, 4685, 3023, 4394, 4925, 3642, 3104, 2418, 4712, 2845];

it("is gone from a line of releases only where it does not come back", () => {
  const [bug] = MATRIX_BUGS.filter(({ id }) => ticketOf({ id } as MatrixBug) === "4643");
  const cells = MATRIX_RELEASES.map((release) => matrixCell(bug as MatrixBug, storyOf((bug as MatrixBug).id), release));
  // 3.8.6 came after 3.9.1.
  expect(freeFrom(cells, "3.6.2")).toEqual(["3.8.6", "3.9.2", "newest"]);
});

it("has the thirteen tickets, and all releases", () => {
  expect(MATRIX_BUGS.map((bug) => Number(ticketOf(bug)))).toEqual(TICKETS);
  expect(MATRIX_RELEASES).toEqual(Object.keys(PROFILES).filter((name) => name !== "patched"));
});

describe.each(MATRIX_BUGS.map((bug) => [bug.id, bug] as const))("%s", (id, bug) => {
  const scenario = storyOf(id);
  const cells = MATRIX_RELEASES.map((release) => matrixCell(bug, scenario, release));

  it("is shown by its scenario where the ticket says so, and elsewhere only for a reason that is told", () => {
    for (const { expected, release, reproduced } of cells) {
      const besides = bug.besides?.releases.includes(release) === true;
      expect(`${release}: ${reproduced}`).toBe(`${release}: ${expected === true || besides}`);
    }
  });

  it("is gone in the newest release", () => {
    expect(cells.at(-1)).toMatchObject({ release: "newest", reproduced: false });
    expect(freeFrom(cells, "3.4.10").at(-1)).toBe("newest");
  });

  it("is what its scenario's failure is traced to", () => {
    const [first] = runScenario(scenario, { seed: 1n }).violations;
    expect(knownBugs({ ...scenario, seed: "1" }, failureOfViolation(first as NonNullable<typeof first>))).toContain(id);
  });

  it("has a story, in less than 40 lines", () => {
    const text = readFileSync(new URL(`${id}.yaml`, BUGS), "utf8");
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text.startsWith("# ")).toBe(true);
  });
});

/** Server 3 goes on with an epoch that it could not write, be it as the old release or as the new one. */
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

it("what fails with any one bug mended, and not with two of them, is traced to both", () => {
  const scenario = loadScenario(EITHER_OF_TWO, "either-of-two.yaml");
  const bugs = knownBugs(scenario, { kind: "stuck", reason: "accepted-older-than-current" });
  expect(bugs).toEqual(["ZOOKEEPER-2307", "open-epoch-used-though-not-accepted"]);
});

/** Nobody is live soon, whatever is mended: the timers that the slow clock of server 1 has set run for long. */
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

it("servers that would be live late with a bug mended, and are not, are traced to it", () => {
  const scenario = loadScenario(STUCK_LATE, "stuck-late.yaml");
  const bugs = knownBugs(scenario, { kind: "stuck", reason: "connect-failed" });
  expect(bugs).toEqual(["open-election-better-vote-never-repeated"]);
});

it("every scenario of a bug is of a known one, and every mend changes the releases that have the bug", () => {
  const files = readdirSync(BUGS).filter((file) => file.endsWith(".yaml"));
  const ids = new Set(KNOWN_BUGS.map(({ id }) => id));
  // Two more show what another one of the same fix shows.
  const kin = ["open-hole-in-log-after-snap-committed-truncated.yaml", "open-trunc-keeps-one-txn-too-many.yaml"];
  expect(files.filter((file) => !ids.has(file.replace(".yaml", "")))).toEqual(kin);
  for (const { id, isIn, mend } of KNOWN_BUGS) {
    const having = Object.values(PROFILES).filter(isIn);
    expect(having.length, id).toBeGreaterThan(0);
    for (const behavior of having) {
      expect(isIn({ ...behavior, ...mend }), id).toBe(false);
    }
  }
});

it("no release has a fix that is not ZooKeeper's, but for patched, which has them all", () => {
  for (const [name, behavior] of Object.entries(PROFILES)) {
    for (const fix of Object.keys(NO_FIXES) as (keyof typeof NO_FIXES)[])
      expect(behavior[fix]).toBe(name === "patched");
  }
});

/** Follower 2 leaves with txns in its log thread's queue. Mending 2845 alone would bring back log-thread-drained-after-fast-forward. */
const LEFT_BEHIND = `
zookeeper: 3.4.10
servers: { 2: {}, 3: {} }
network: { latency: 1ms..20ms }
disk: { sync: 0.1ms, write: 1ms }
steps:
  - { when: sync-decided, write: { count: 51, every: 2ms } }
  - { at: 396ms, crash: 3 }
until: 414ms
expect: { violates: disk-tells-memory }
`;

it("a mend brings no bug back that the release does not have", () => {
  const scenario = loadScenario(LEFT_BEHIND, "left-behind.yaml");
  const [first] = runScenario(scenario, { seed: 1n }).violations;
  const bugs = knownBugs(scenario, failureOfViolation(first as NonNullable<typeof first>));
  expect(bugs).toEqual(["zookeeper-2845-logged-txn-not-in-memory"]);
});
