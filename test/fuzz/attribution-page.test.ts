/** docs/attribution.md: the page is current, and each kept scenario is attributed to the bug that it shows. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bugOfScenario } from "../../fuzz/about-bugs.ts";
import type { BugEvidence } from "../../fuzz/attribution.ts";
import { attributionPage } from "../../reports/attribution-page.ts";
import { keptRows } from "./attribution-page.ts";

const rows = keptRows();
const page = readFileSync(new URL("../../docs/attribution.md", import.meta.url), "utf8");

it("docs/attribution.md is up to date (to update it: npm run golden)", () => {
  expect(page).toBe(attributionPage(rows));
});

describe.each(rows)("$scenario", ({ bugs, scenario }) => {
  const lines = page.split("\n").filter((line) => line.includes(`[${scenario}]`));

  it("is attributed to the bug that it shows", () => {
    expect(bugs.map(({ id }) => id)).toContain(bugOfScenario(scenario)?.id);
  });

  it("no longer fails if this bug is fixed alone, or the page says that another bug is enough, too", () => {
    const remaining = bugs.filter(({ vanishesIfFixed }) => !vanishesIfFixed);
    expect(lines.filter((line) => line.includes("either bug is enough")).length).toBe(remaining.length);
    expect(remaining.length).not.toBe(1);
  });

  it("still fails if all other bugs are fixed, or the page says which other bugs it needs", () => {
    const dependent = bugs.filter(({ remainsIfOthersFixed }) => !remainsIfOthersFixed);
    const namesOthers = (line: string): boolean => /two bugs together: needs |needs several other bugs/.test(line);
    expect(lines.filter(namesOthers).length).toBe(dependent.length);
  });
});

describe("the page", () => {
  const evidence = { vanishesIfFixed: true, remainsIfOthersFixed: true, needs: [] };
  const row = (...bugs: readonly BugEvidence[]): string =>
    attributionPage([{ scenario: "s", failure: "f", bugs }])
      .split("| --- |\n")
      .at(-1) as string;

  it("names both bugs of a failure that either of two bugs causes", () => {
    const either = { vanishesIfFixed: false, remainsIfOthersFixed: true, needs: [] };
    const lines = row({ id: "a", ...either }, { id: "b", ...either });
    expect(lines).toContain("| a | remains | remains | either bug is enough: vanishes only if b is fixed, too |");
    expect(lines).toContain("| b | remains | remains | either bug is enough: vanishes only if a is fixed, too |");
  });

  it("says that several bugs are needed, or that no known bug explains a failure", () => {
    expect(row({ id: "a", ...evidence, remainsIfOthersFixed: false })).toContain("| needs several other bugs |");
    expect(row()).toContain("| none | - | - | no known bug explains it |");
    expect(row({ id: "s", ...evidence })).toContain("| same name | vanishes | remains |  |");
  });
});
