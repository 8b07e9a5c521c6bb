import { describe, expect, it } from "vitest";
import { Discoveries } from "../../campaign/matrix-campaigns.ts";
import { matrixEntries } from "../../campaign/matrix-report.ts";
import { labelOf, MATRIX_BUGS, type MatrixBug } from "../../fuzz/known-bugs.ts";
import type { MatrixCell } from "../../fuzz/matrix.ts";

const bug = MATRIX_BUGS[0] as MatrixBug;
const cell: MatrixCell = { bug, release: "3.6.2", expected: true, reproduced: true };

function found(...seconds: readonly number[]): Discoveries {
  const discoveries = new Discoveries();
  for (const one of seconds) discoveries.add(cell.release, bug.id, { runs: one * 10, seconds: one });
  return discoveries;
}

describe("entries of the bug matrix", () => {
  it("contain no campaign if none was run", () => {
    const [entry] = matrixEntries([cell]);
    expect(entry).toEqual({ bug: labelOf(bug), release: "3.6.2", expected: true, reproduced: true, why: undefined });
  });

  it("contain the median of all campaigns", () => {
    const [entry] = matrixEntries([cell], found(9, 1, 5), 3);
    expect(entry).toMatchObject({ campaigns: 3, met: 3, median: { runs: 50, seconds: 5 } });
  });

  it("count a campaign without the bug as the slowest", () => {
    const [entry] = matrixEntries([cell], found(4, 2), 5);
    expect(entry).toMatchObject({ campaigns: 5, met: 2 });
    expect(entry).not.toHaveProperty("median");
  });
});
