/** Merges rows of the bug matrix into docs/matrix.md. scripts/matrix.mjs calls it. */

/**
 * Returns the page with the rows of `newer`, and the explanations of these rows, in place of its own. A row that the
 * page does not have is added at the end. Throws an error if the pages have different releases or campaigns.
 */
export function mergeMatrixPages(page: string, newer: string): string {
  const before = partsOf(page);
  const after = partsOf(newer);
  if (before.head !== after.head) {
    throw new Error("docs/matrix.md has other releases or campaigns than this run: regenerate all rows");
  }
  const rows = new Map([...before.rows, ...after.rows]);
  const notes = [...rows.keys()].flatMap((bug) => (after.rows.has(bug) ? after : before).notes.get(bug) ?? []);
  return `${[before.head, ...rows.values(), "", ...notes].join("\n")}\n`;
}

interface Parts {
  /** The text before the rows. */
  readonly head: string;
  /** The rows by their first column. */
  readonly rows: ReadonlyMap<string, string>;
  /** The lines of the explanations by the first column of the row that they explain. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
}

function partsOf(page: string): Parts {
  const lines = page.trimEnd().split("\n");
  const start = lines.findIndex((line) => line.startsWith("| --- ")) + 1;
  const table = lines.slice(start).filter((line) => line.startsWith("| "));
  const rows = new Map(table.map((line) => [line.split(" | ")[0]?.slice(2) ?? "", line]));
  const notes = new Map<string, string[]>();
  let explained = "";
  for (const line of lines.slice(start + table.length + 1)) {
    const bug = /^- \*\*!\*\* (\S+) in /.exec(line)?.[1];
    if (bug !== undefined) explained = [...rows.keys()].find((row) => row === bug || row.startsWith(`[${bug}]`)) ?? "";
    notes.set(explained, [...(notes.get(explained) ?? []), line]);
  }
  return { head: lines.slice(0, start).join("\n"), rows, notes };
}
