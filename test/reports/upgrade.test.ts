/** Tests the text that `zabsim matrix --from A --to B` prints. */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import {
  type RollingUpgradeReport,
  rollingUpgradeText,
  type UpgradeReport,
  upgradeText,
} from "../../reports/upgrade.ts";

const PLAIN = new Chalk({ level: 0 });
const REPORT: UpgradeReport = {
  from: "3.5.8",
  to: "3.8.4",
  gone: [{ bug: "ZOOKEEPER-3911", about: "The cause. The effect.", scenario: "zookeeper-3911-one" }],
  coming: [{ bug: "a-name-that-is-longer-than-a-ticket", about: "Another cause.", scenario: undefined }],
  staying: [],
  openCount: 12,
  better: [
    { release: "3.8.6", without: ["ZOOKEEPER-4643", "ZOOKEEPER-4646"], adds: ["some-bug"], remaining: ["some-bug"] },
    { release: "3.9.5", without: ["ZOOKEEPER-4643"], adds: [], remaining: [] },
  ],
};

it("lists the bugs that an upgrade removes, adds and keeps, and the release to choose instead", () => {
  expect(upgradeText(REPORT, PLAIN, 100)).toBe(`From ZooKeeper 3.5.8 to 3.8.4

Bugs that the upgrade removes: 3.5.8 has them, 3.8.4 does not (1)
  ZOOKEEPER-3911  The cause. The effect.

Bugs that the upgrade adds: 3.8.4 has them, 3.5.8 does not (1)
  a-name-that-is-longer-than-a-ticket
                  Another cause.

Bugs that the upgrade keeps: 3.5.8 and 3.8.4 have them (0)
  none

Every release also has 12 open bugs (see zabsim list fixes).

Release to choose instead of 3.8.4
  Choose 3.9.5, or 3.8.6 if you want to stay in the release line of 3.8.4.
  3.8.6   does not have ZOOKEEPER-4643, -4646 of 3.8.4. It has these bugs: some-bug. 3.8.4 does not
          have some-bug.
  3.9.5   does not have ZOOKEEPER-4643 of 3.8.4. Only the open bugs are left.

\`zabsim list bugs\` names the scenarios of these bugs. \`zabsim run zookeeper-3911-one\` runs one.`);
});

it("says so if no later release has fewer bugs", () => {
  expect(upgradeText({ ...REPORT, better: [] }, PLAIN, 80)).toContain(
    "No later release has fewer known bugs than 3.8.4.",
  );
});

it.each([80, 100, 200])("fits %i columns", (width) => {
  const lines = upgradeText(REPORT, PLAIN, width).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
});

describe("the campaign of rolling upgrades", () => {
  const rolling: RollingUpgradeReport = {
    runs: 1,
    seconds: 30.2,
    seed: "7",
    interrupted: false,
    known: [
      { bug: "ZOOKEEPER-4646", releases: ["3.8.4"] },
      { bug: "ZOOKEEPER-3911", releases: ["3.5.8"] },
      { bug: "ZOOKEEPER-4643", releases: ["3.5.8", "3.8.4"] },
      { bug: "ZOOKEEPER-3023", releases: ["3.5.8", "3.8.4"] },
    ],
    open: ["ZOOKEEPER-5094"],
    newFindings: [],
    nondeterministic: [],
  };

  it("groups the known bugs by the releases that have them", () => {
    expect(rollingUpgradeText(REPORT, rolling, PLAIN, 100)).toBe(`Rolling upgrade from 3.5.8 to 3.8.4
  Three servers run 3.5.8 and are restarted with 3.8.4 one after the other, while a client writes.
  Each run adds other faults and writes. 1 run in 30 s, from seed 7.
  known bugs of 3.5.8: ZOOKEEPER-3911
  known bugs of 3.8.4: ZOOKEEPER-4646
  known bugs of both releases: ZOOKEEPER-4643, -3023
  open bugs of every release: ZOOKEEPER-5094
  no new failure`);
  });

  it("prints a new failure in full, with its file and the releases that it needs", () => {
    const finding = {
      signature: "agreement 1:follower",
      invariant: "agreement",
      seed: "9",
      file: "zabsim-upgrade/agreement-9.yaml",
      why: "The reason.",
      releases: ["3.5.8", "3.8.4"],
    };
    const text = rollingUpgradeText(REPORT, { ...rolling, interrupted: true, newFindings: [finding] }, PLAIN, 100);
    expect(text).toContain("1 run in 30 s (interrupted), from seed 7.");
    expect(text).toContain(
      "  new failure: agreement 1:follower, seed 9; its minimal scenario runs 3.5.8 and 3.8.4\n" +
        "  file: zabsim-upgrade/agreement-9.yaml\n" +
        "  repeat: zabsim matrix --from 3.5.8 --to 3.8.4 --seed 9 --time 1s\n\nThe reason.",
    );
    expect(text).not.toContain("no failure");
    expect(text.match(/new failure/g)).toHaveLength(1);
  });

  it("prints the seeds that gave two different runs", () => {
    const text = rollingUpgradeText(REPORT, { ...rolling, nondeterministic: ["77"] }, PLAIN, 100);
    expect(text).toContain("  seed 77 gave two different runs");
  });
});
