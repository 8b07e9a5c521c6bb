/**
 * The data of docs/matrix.md, which docs/matrix.json stores, so that the page can be rendered without its campaigns.
 * scripts/matrix.mjs calls this module.
 */
import type { MatrixCampaigns, MatrixEntry } from "../../reports/matrix.ts";

/** The content of docs/matrix.json. */
export interface MatrixData {
  readonly campaigns: Omit<MatrixCampaigns, "repeat" | "seed"> & { readonly repeat: number; readonly seed: number };
  readonly entries: readonly MatrixEntry[];
}

/** One cell of `zabsim matrix --json`. */
export interface JsonCell {
  readonly bug: string;
  readonly release: string;
  readonly expected: boolean;
  readonly reproduced: boolean;
  readonly runs: number | null;
  readonly seconds: number | null;
  readonly campaigns: number | null;
  readonly met: number | null;
  readonly why: string | null;
}

/** Returns the entry of a cell. */
export function entryOf({ campaigns, met, runs, seconds, why, ...cell }: JsonCell): MatrixEntry {
  const { bug, expected, release, reproduced } = cell;
  return {
    ...{ bug, release, expected, reproduced, why: why ?? undefined },
    ...(campaigns !== null && met !== null && { campaigns, met }),
    ...(runs !== null && seconds !== null && { median: { runs, seconds } }),
  };
}

/**
 * Returns the data with the entries of `newer` in place of the entries of the same bugs. A bug that the data does not
 * have is added at the end. Throws an error if the two have different releases or campaigns.
 */
export function mergeMatrix(data: MatrixData, newer: MatrixData): MatrixData {
  if (shapeOf(data) !== shapeOf(newer)) {
    throw new Error("docs/matrix.json has other releases or campaigns than this run: regenerate all rows");
  }
  const bugs = [...new Set([...data.entries, ...newer.entries].map(({ bug }) => bug))];
  const entries = bugs.flatMap((bug) => {
    const entriesOf = ({ entries }: MatrixData): MatrixEntry[] => entries.filter((entry) => entry.bug === bug);
    const replaced = entriesOf(newer);
    return replaced.length > 0 ? replaced : entriesOf(data);
  });
  return { ...data, entries };
}

function shapeOf({ campaigns, entries }: MatrixData): string {
  return JSON.stringify([campaigns, [...new Set(entries.map(({ release }) => release))]]);
}
