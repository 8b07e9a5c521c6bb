/** Tests the discoveries of the campaigns of the bug matrix. test/cli/matrix.test.ts runs such campaigns. */
import { expect, it } from "vitest";
import { Discoveries, runMatrixCampaigns } from "../../campaign/matrix-campaigns.ts";
import { MATRIX_BUGS } from "../../fuzz/known-bugs.ts";

it("discoveries are kept by release and bug, in order", () => {
  const discoveries = new Discoveries();
  discoveries.add("3.5.8", "bug-a", { runs: 2, seconds: 1 });
  discoveries.add("3.5.8", "bug-a", { runs: 1, seconds: 3 });
  discoveries.add("3.6.2", "bug-a", { runs: 9, seconds: 9 });
  expect(discoveries.of("3.5.8", "bug-a").map(({ runs }) => runs)).toEqual([2, 1]);
  expect(discoveries.of("3.6.2", "bug-a")).toHaveLength(1);
  expect(discoveries.of("3.6.2", "bug-b")).toEqual([]);
});

it("an aborted signal starts no campaign", async () => {
  const started: string[] = [];
  const settings = { time: 1_000_000, seed: 1n, repeat: 2n };
  await runMatrixCampaigns(MATRIX_BUGS, settings, AbortSignal.abort(), (release) => started.push(release));
  expect(started).toEqual([]);
});

it("no campaign runs for releases without any of the bugs", async () => {
  const started: string[] = [];
  const bugs = MATRIX_BUGS.slice(0, 1).map((bug) => ({ ...bug, isIn: () => false }));
  const settings = { time: 1_000_000, seed: 1n, repeat: 2n };
  await runMatrixCampaigns(bugs, settings, new AbortController().signal, (release) => started.push(release));
  expect(started).toEqual([]);
});
