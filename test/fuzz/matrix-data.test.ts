/** The data of docs/matrix.md: merging rows into it (scripts/matrix.mjs), and the page that it renders to. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { labelOf, MATRIX_BUGS } from "../../fuzz/known-bugs.ts";
import { MATRIX_RELEASES } from "../../fuzz/matrix.ts";
import { type BugRate, rateTexts } from "../../reports/bug-rates.ts";
import type { RecordedEnsemble } from "../../reports/ensemble-answers.ts";
import { type MatrixEntry, matrixPage } from "../../reports/matrix.ts";
import type { VerdictRow } from "../../reports/verdicts.ts";
import { entryOf, type MatrixData, mergeMatrix } from "./matrix-data.ts";

const CAMPAIGNS = { repeat: 3, seed: 1, timeUs: 60_000_000, workers: 2 };
const row = (bug: string, fields: Partial<MatrixEntry> = {}): MatrixEntry[] => [
  { bug, release: "3.6.2", expected: true, reproduced: true, why: undefined, ...fields },
  { bug, release: "newest", expected: false, reproduced: true, why: `The reason of ${bug}.`, ...fields },
];
const data = (...rows: MatrixEntry[][]): MatrixData => ({ campaigns: CAMPAIGNS, entries: rows.flat() });

it("replaces the entries of the named bugs, and adds new bugs at the end", () => {
  const newer = row("open-b", { campaigns: 3, met: 3, median: { runs: 7, seconds: 2 } });
  const merged = mergeMatrix(data(row("ZOOKEEPER-3911"), row("open-b")), data(newer, row("open-c")));
  expect(merged).toEqual(data(row("ZOOKEEPER-3911"), newer, row("open-c")));
});

it("refuses data of other campaigns", () => {
  const other = { ...data(row("open-b")), campaigns: { ...CAMPAIGNS, timeUs: 40_000_000 } };
  expect(() => mergeMatrix(other, data(row("open-b")))).toThrow("other releases or campaigns");
});

it("reads a cell of zabsim matrix --json", () => {
  const cell = { bug: "open-b", release: "3.6.2", expected: true, reproduced: true };
  const none = { runs: null, seconds: null, campaigns: null, met: null, why: null };
  expect(entryOf({ ...cell, ...none })).toEqual({ ...cell, why: undefined });
  const found = { runs: 7, seconds: 2.5, campaigns: 3, met: 2, why: "A reason." };
  expect(entryOf({ ...cell, ...found })).toEqual({
    ...{ ...cell, why: "A reason.", campaigns: 3, met: 2 },
    median: { runs: 7, seconds: 2.5 },
  });
});

it("docs/matrix.json has each bug in each release, with the releases that have it now", () => {
  const text = readFileSync(new URL("../../docs/matrix.json", import.meta.url), "utf8");
  const { entries } = JSON.parse(text) as MatrixData;
  const cells = entries.map(({ bug, expected, release }) => `${bug} ${release} ${expected}`);
  const now = MATRIX_BUGS.flatMap((bug) =>
    MATRIX_RELEASES.map((release) => `${labelOf(bug)} ${release} ${bug.affected.includes(release)}`),
  );
  expect(cells.toSorted()).toEqual(now.toSorted());
});

it("docs/matrix.md is what docs/matrix.json, docs/matrix-rates.json and the answers of real servers render to", () => {
  const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  const { campaigns, entries } = JSON.parse(read("matrix.json")) as MatrixData;
  const { repeat, seed } = campaigns;
  const settings = { ...campaigns, repeat: BigInt(repeat), seed: BigInt(seed) };
  const real = {
    verdicts: JSON.parse(read("verdicts.json")) as VerdictRow[],
    ensembles: JSON.parse(read("findings/ensembles.json")) as RecordedEnsemble[],
  };
  const rates = JSON.parse(read("matrix-rates.json")) as BugRate[];
  expect(read("matrix.md")).toBe(matrixPage(entries, settings, real, rateTexts(entries, rates)));
});
