/** The bugs that an upgrade removes and adds, and the scenario of a rolling upgrade. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KNOWN_BUGS, labelOf } from "../../fuzz/known-bugs.ts";
import { BUGS_OF_EVERY_RELEASE, compareReleases, rollingUpgrade } from "../../fuzz/upgrade.ts";
import { behaviorOf, PUBLISHED_RELEASES } from "../../protocol/releases.ts";
import { runScenario } from "../../scenarios/run.ts";
import { releasesOf } from "../../scenarios/scenario-releases.ts";

describe("the comparison of two releases", () => {
  const { better, coming, gone, staying } = compareReleases("3.5.8", "3.8.4");

  it("lists the bugs that go, come and stay", () => {
    expect(gone.map(labelOf)).toEqual(expect.arrayContaining(["ZOOKEEPER-3911", "ZOOKEEPER-3642", "ZOOKEEPER-2418"]));
    expect(coming.map(labelOf).filter((label) => label.startsWith("ZOOKEEPER"))).toEqual([
      "ZOOKEEPER-4646",
      "ZOOKEEPER-4785",
      "ZOOKEEPER-4685",
      "ZOOKEEPER-4394",
      "ZOOKEEPER-5088",
    ]);
    expect(staying.map(labelOf)).toEqual(expect.arrayContaining(["ZOOKEEPER-4643", "ZOOKEEPER-3023"]));
  });

  it("names the best later release of the same line, and the best of all", () => {
    expect(better.map(({ release }) => release)).toEqual(["3.8.6", "3.9.5"]);
    const [sameLine, best] = better;
    expect(sameLine?.adds.map(labelOf)).toEqual(["synced-diff-not-in-memory-higher-epoch-wins"]);
    expect(sameLine?.remaining.map(labelOf)).toContain("ZOOKEEPER-4394");
    expect(best?.remaining.map(labelOf)).toEqual([
      "open-crash-before-current-epoch-cannot-start",
      "ZOOKEEPER-5088",
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
      "open-changed-election-address-never-dialed",
      "ZOOKEEPER-4708",
      "open-leader-shows-old-list",
      "ZOOKEEPER-4203",
      "open-mixed-reconfig-enabled-no-leader",
      "open-older-dynamic-file-without-reconfig-never-joins",
    ]);
  });

  it("names no better release for the newest one", () => {
    expect(compareReleases("3.8.4", "newest").better).toEqual([]);
    expect(compareReleases("3.8.4", "3.9.5").better).toEqual([]);
  });

  it("lists every known bug of both releases, except those that every release has", () => {
    const countIn = (release: string): number => KNOWN_BUGS.filter(({ isIn }) => isIn(behaviorOf(release))).length;
    for (const [i, from] of PUBLISHED_RELEASES.entries()) {
      for (const to of [PUBLISHED_RELEASES[i + 1], PUBLISHED_RELEASES.at(-1)]) {
        if (to === undefined || to === from) continue;
        const { coming, gone, openCount, staying } = compareReleases(from, to);
        expect(`${from}: ${gone.length + staying.length + openCount}`).toBe(`${from}: ${countIn(from)}`);
        expect(`${to}: ${coming.length + staying.length + openCount}`).toBe(`${to}: ${countIn(to)}`);
      }
    }
  });

  it("shows each scenario of a bug as a bug of some release", () => {
    const listed = PUBLISHED_RELEASES.flatMap((release) => {
      const { gone, staying } = compareReleases(release, "newest");
      return [...gone, ...staying, ...BUGS_OF_EVERY_RELEASE];
    });
    const shown = new Set(listed.flatMap(({ alsoShownBy = [], id }) => [id, ...alsoShownBy]));
    const files = readdirSync(new URL("../../scenarios/bugs/", import.meta.url));
    const scenarios = files.filter((name) => name.endsWith(".yaml")).map((name) => name.replace(".yaml", ""));
    expect(scenarios.filter((name) => !shown.has(name))).toEqual([]);
  });

  it("turns around for a downgrade", () => {
    const back = compareReleases("3.8.4", "3.5.8");
    expect([back.gone, back.coming, back.staying]).toEqual([coming, gone, staying]);
  });

  it("never recommends a release with as many bugs as the target, or an older one", () => {
    for (const to of PUBLISHED_RELEASES) {
      for (const { release, without, adds } of compareReleases("3.4.10", to).better) {
        expect(PUBLISHED_RELEASES.indexOf(release)).toBeGreaterThan(PUBLISHED_RELEASES.indexOf(to));
        expect(without.length).toBeGreaterThan(adds.length);
      }
    }
  });
});

it("a rolling upgrade without faults restarts every server with the other release and loses nothing", () => {
  const scenario = rollingUpgrade("3.5.8", "3.8.4");
  expect(releasesOf(scenario)).toEqual(["3.5.8", "3.8.4"]);
  const run = runScenario(scenario, { seed: 1n });
  expect(run.violations).toEqual([]);
  expect(run.records.filter(({ event }) => event === "started")).toHaveLength(6);
  const last = run.records.findLast(({ event }) => event === "active");
  expect(last?.atUs).toBeGreaterThan(2_000_000);
});
