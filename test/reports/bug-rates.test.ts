/** The sentences of docs/matrix.md about bugs that campaigns rarely find. */
import { describe, expect, it } from "vitest";
import { type BugRate, rarelyFound, rateTexts } from "../../reports/bug-rates.ts";
import type { MatrixEntry } from "../../reports/matrix.ts";

const entry = (release: string, fields: Partial<MatrixEntry> = {}): MatrixEntry => ({
  ...{ bug: "open-a", release, expected: true, reproduced: true, why: undefined, campaigns: 3, met: 1 },
  ...fields,
});
const rate = (fields: Partial<BugRate>): BugRate => ({
  ...{ bug: "open-a", release: "newest", plans: 2000, alone: 3, found: 1 },
  ...fields,
});

describe("a bug is rarely found", () => {
  it("if a release has no median, although campaigns looked for it", () => {
    const median = { runs: 7, seconds: 2 };
    expect(rarelyFound([entry("3.6.2", { met: 2, median }), entry("newest")])).toEqual(["open-a"]);
    expect(rarelyFound([entry("3.6.2", { met: 2, median })])).toEqual([]);
    expect(rarelyFound([{ ...entry("3.6.2"), campaigns: 0 }, entry("3.4.10", { expected: false })])).toEqual([]);
  });
});

describe("the sentence about a rarely found bug", () => {
  it.each<[string, Partial<BugRate>, string]>([
    ["other bugs hide it", {}, "3 of 2000 plans fail because of it, but only 1 in the release as it is"],
    ["nothing hides it", { found: 3 }, "3 of 2000 plans fail because of it, and as many in the release as it is"],
    ["no plan reaches it", { alone: 0, found: 0 }, "0 of 2000 plans fail because of it (`npm run matrix"],
    ["one plan reaches it", { alone: 1, found: 1 }, "1 of 2000 plans fails because of it, and as many"],
  ])("%s", (_, fields, expected) => {
    const [text] = rateTexts([entry("3.6.2"), entry("newest", { met: 0 })], [rate(fields)]);
    expect(text).toContain("open-a: 1 of 6 campaigns found it. In the newest release with all other known bugs fixed,");
    expect(text).toContain(expected);
    expect(text).toContain("npm run matrix -- --rates --plans 2000 open-a");
  });

  it("names the only kind of fault", () => {
    const [text] = rateTexts([entry("newest")], [rate({ faults: "config-dns" })]);
    expect(text).toContain("3 of 2000 plans that have no other fault than `config-dns` fail because of it");
    expect(text).toContain("npm run matrix -- --rates --faults config-dns --plans 2000 open-a");
  });

  it("is left out if the rate is not known, and names another release", () => {
    expect(rateTexts([entry("newest")], [])).toEqual([]);
    expect(rateTexts([entry("3.4.14")], [rate({ release: "3.4.14" })])[0]).toContain("In 3.4.14 with all");
  });
});
