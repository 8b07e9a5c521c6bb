/** Tests the matrix as a table and as a page, with marks and explanations, and the advice for a release. */
import { Chalk } from "chalk";
import { expect, it } from "vitest";
import { adviceText, type MatrixEntry, matrixPage, matrixTable, type ReleaseAdvice } from "../../reports/matrix.ts";

const PLAIN = new Chalk({ level: 0 });

const ENTRIES: readonly MatrixEntry[] = [
  entry("ZOOKEEPER-3911", "3.6.2", { campaigns: 5, met: 3, median: { runs: 101, seconds: 1.72 } }),
  entry("ZOOKEEPER-3911", "3.6.4", { expected: false, reproduced: false, campaigns: 5, met: 0 }),
  entry("ZOOKEEPER-3911", "newest", { expected: false, why: "It has a similar bug." }),
  entry("ZOOKEEPER-4646", "3.6.2", { reproduced: false }),
];

function entry(bug: string, release: string, fields: Partial<MatrixEntry>): MatrixEntry {
  return { bug, release, expected: true, reproduced: true, why: undefined, ...fields };
}

it("the table marks each cell and explains the cells that differ from the ticket", () => {
  expect(matrixTable(ENTRIES, PLAIN, 98)).toBe(
    [
      "        3.6       newest",
      "ticket  .2   .4",
      "3911    SC   .    S!",
      "4646    .!",
      "",
      "S = the scenario of the bug fails, C = a campaign found the bug, . = neither, ! = differs from the",
      "affected releases",
      "",
      "3911 in newest: these releases do not have the bug, but its scenario fails in the same way. It has",
      "a similar bug.",
      "",
      "4646 in 3.6.2: these releases have the bug, but its scenario does not reproduce it. The reason is",
      "not known.",
    ].join("\n"),
  );
});

it("the rows of bugs without a ticket have letters in the table, and the page links their scenarios", () => {
  const open = [entry("ZOOKEEPER-3911", "3.6.2", {}), entry("open-b", "3.6.2", {}), entry("open-c", "3.6.2", {})];
  const lines = matrixTable(open, PLAIN, 98).split("\n");
  expect(lines.slice(2, 8)).toEqual(["3911    S", "a       S", "b       S", "", "a = open-b", "b = open-c"]);
  const page = matrixPage(open, { repeat: 1n, seed: 1n, timeUs: 60_000_000, workers: 2 });
  expect(page).toContain("| [open-b](../scenarios/bugs/open-b.yaml) | **S** |");
});

it("the table has several parts if it does not fit, and no part divides a release line or exceeds the width", () => {
  const releases = [
    "3.4.10",
    "3.4.14",
    ...Array.from({ length: 12 }, (_, i) => `3.5.${i}`),
    "3.6.0",
    "3.6.2",
    "newest",
  ];
  const entries = releases.map((release) => entry("ZOOKEEPER-3911", release, {}));
  for (const width of [80, 81, 100, 120, 200]) {
    const lines = matrixTable(entries, PLAIN, width).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.filter((line) => line.startsWith("ticket")).length).toBe(width < 93 ? 2 : 1);
    expect(lines.filter((line) => line.includes("newest"))).toHaveLength(1);
    expect(lines.join("\n").match(/S/g)).toHaveLength(releases.length + 1);
  }
});

it("the page shows what the campaigns needed, and how many found the bug if not all did", () => {
  const page = matrixPage(ENTRIES, { repeat: 5n, seed: 1n, timeUs: 120_000_000, workers: 2 });
  expect(page).toContain("| 3911 | **S** 101 / 1.7 s (3 of 5) | · | ! **S** |");
  expect(page).toContain("ran for at most 120 s on 2 cores with 5 different base seeds.");
  expect(page).toContain("- **!** 3911 in newest: these releases do not have the bug");
  const one = matrixPage(ENTRIES, { repeat: 1n, seed: 7n, timeUs: 30_000_000, workers: 2 });
  expect(one).toContain("with base seed 7.");
  expect(one).not.toContain("median");
});

const ADVICE: ReleaseAdvice = {
  release: "3.8.4",
  asked: ["ZOOKEEPER-4643", "ZOOKEEPER-4925", "open-b"],
  fixed: ["ZOOKEEPER-4643", "ZOOKEEPER-4925"],
  bugs: [
    {
      bug: "ZOOKEEPER-4643",
      scenario: "zookeeper-4643-current-epoch-before-diff-is-logged",
      about: "The cause. The effect.",
      violates: ["trunc-keeps-committed"],
      firstFree: "3.8.6",
      alsoFrom: ["3.9.2"],
    },
  ],
  firstFree: "3.9.3",
  others: 12,
};

it("the advice names each bug of the release and the first release without it", () => {
  expect(adviceText(ADVICE, PLAIN, 98)).toBe(
    [
      "Known bugs of ZooKeeper 3.8.4, each with the first later release that does not have it:",
      "",
      "ZOOKEEPER-4643",
      "  The cause. The effect.",
      "  violates: trunc-keeps-committed",
      "  scenario: zookeeper-4643-current-epoch-before-diff-is-logged",
      "  first release without it: 3.8.6 (in newer release lines: 3.9.2)",
      "",
      "First later release without ZOOKEEPER-4643, -4925: 3.9.3.",
      "ZooKeeper 3.8.4 has 12 other known bugs; `zabsim list bugs` describes those that have a scenario.",
    ].join("\n"),
  );
});

it("the advice says so if the release has none of the bugs", () => {
  const none = adviceText({ ...ADVICE, bugs: [], firstFree: undefined, others: 1 }, PLAIN, 98);
  expect(none).toContain("ZooKeeper 3.8.4 has none of ZOOKEEPER-4643, -4925, open-b.");
  expect(none).toContain("ZooKeeper 3.8.4 has 1 other known bug;");
  const { bugs } = ADVICE;
  const open = adviceText(
    { ...ADVICE, bugs: bugs.map((bug) => ({ ...bug, firstFree: undefined, alsoFrom: [] })), others: 0 },
    PLAIN,
    98,
  );
  expect(open).toContain("first release without it: none");
});
