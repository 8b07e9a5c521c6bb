/** How often plans fail because of bugs that campaigns rarely find. */
import { expect, it } from "vitest";
import { MATRIX_BUGS, type MatrixBug, rowNameOf } from "../../fuzz/known-bugs.ts";
import type { BugRate } from "../../reports/bug-rates.ts";
import { measureRates, mergeRates, ratesOf } from "./bug-rates.ts";

const bugOf = (name: string): MatrixBug => MATRIX_BUGS.find((bug) => rowNameOf(bug) === name) as MatrixBug;
const rate = (bug: string, plans: number): BugRate => ({ bug, release: "newest", plans, alone: 0, found: 0 });

/** A seed whose plan shows an old list in the newest release. */
const SEED_OF_OLD_LIST = 50_000_071n;

it("counts the plans that fail because of a bug, alone and in the release as it is", () => {
  const [leader, dns] = ["open-leader-shows-old-list", "4708"].map(bugOf) as [MatrixBug, MatrixBug];
  const rates = measureRates([leader, dns], "newest", [SEED_OF_OLD_LIST]);
  expect(rates).toEqual([
    { bug: "open-leader-shows-old-list", release: "newest", plans: 1, alone: 1, found: 1 },
    { bug: "ZOOKEEPER-4708", release: "newest", plans: 1, alone: 0, found: 0 },
  ]);
});

it("measures each bug in the newest release that has it", () => {
  const releases = ratesOf(["ack-from-outside-configuration-commits", "4708"], 1).map(({ release }) => release);
  expect(releases).toEqual(["3.4.14", "newest"]);
  expect(() => ratesOf(["open-a"], 1)).toThrow("the matrix has no bug open-a");
});

it("replaces the rates of the same bugs", () => {
  const merged = mergeRates([rate("a", 1), rate("b", 1)], [rate("a", 2), rate("c", 2)]);
  expect(merged).toEqual([rate("b", 1), rate("a", 2), rate("c", 2)]);
});
