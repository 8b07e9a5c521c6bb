/** The texts that describe known bugs. */
import { describe, expect, it } from "vitest";
import { bugPaths, scenarioName } from "../../cli/scenario-files.ts";
import {
  aboutBug,
  bugLine,
  bugNamed,
  bugOfScenario,
  firstReleaseWithout,
  releasesWith,
  releasesWithout,
} from "../../fuzz/about-bugs.ts";
import { KNOWN_BUGS, type KnownBug } from "../../fuzz/known-bugs.ts";

const ID_4643 = "zookeeper-4643-current-epoch-before-diff-is-logged";

describe("bugNamed", () => {
  it.each(["4643", "ZOOKEEPER-4643", "zookeeper-4643", ID_4643])("finds %s", (name) => {
    expect(bugNamed(name)?.id).toBe(ID_4643);
  });

  it("finds a bug without a scenario, an open bug, and a bug by its second scenario", () => {
    expect(bugNamed("2355")?.id).toBe("ZOOKEEPER-2355");
    expect(bugNamed("open-failed-log-write-survives")?.id).toBe("open-failed-log-write-survives");
    expect(bugNamed("open-trunc-keeps-one-txn-too-many")?.id).toBe("open-snapshot-survives-trunc");
  });

  it("finds nothing for another number", () => {
    expect(["46", "99999", "", "zookeeper"].map(bugNamed)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("bugOfScenario", () => {
  it("knows the bug of each scenario of a bug", () => {
    const names = bugPaths().map(scenarioName);
    expect(names.filter((name) => bugOfScenario(name) === undefined)).toEqual([]);
  });
});

describe("bugLine", () => {
  it("is the ticket, the cause and the releases without the bug", () => {
    expect(bugLine(bugNamed("4643") as KnownBug)).toMatch(
      /^ZOOKEEPER-4643: A follower writes currentEpoch .* on disk\. Releases without this bug \(.*\): 3\.8\.5.*5\.$/,
    );
    expect(bugLine(bugNamed("open-failed-log-write-survives") as KnownBug)).toMatch(/ Every release has this bug\.$/);
  });

  it("says that the scenario can fail because of another bug in a release without the bug", () => {
    expect(bugLine(bugNamed("4643") as KnownBug)).toContain(
      "without this bug (the scenario can fail there because of another bug): ",
    );
  });

  it("is the id for a bug that is not known", () => {
    expect(aboutBug("new")).toBe("new");
  });

  it("splits the releases of every bug in two", () => {
    for (const bug of KNOWN_BUGS) {
      const both = [...releasesWith(bug), ...releasesWithout(bug)];
      expect(new Set(both).size).toBe(both.length);
      expect(both).toContain("3.9.4");
      expect(both).not.toContain("newest");
      expect(releasesWith(bug).length).toBeGreaterThan(0);
    }
  });
});

describe("firstReleaseWithout", () => {
  const first = (bug: string, release: string) => firstReleaseWithout(bugNamed(bug) as KnownBug, release);

  it("is the oldest newer release without the bug", () => {
    expect(["3.6.2", "3.8.5", "3.9.1", "3.9.5", "newest"].map((release) => first("4643", release))).toEqual([
      "3.8.5",
      "3.8.6",
      "3.9.2",
      undefined,
      undefined,
    ]);
  });

  it("is undefined if no newer release is free of the bug", () => {
    expect(first("open-failed-log-write-survives", "3.9.5")).toBeUndefined();
    expect(first("txns-after-trunc-missing-from-committed-log", "3.9.5")).toBeUndefined();
    expect(first("open-failed-log-write-survives", "3.4.10")).toBeUndefined();
  });
});
