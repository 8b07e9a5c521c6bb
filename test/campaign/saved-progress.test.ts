/** Tests which progress the lines of a journal record, and which lines contradict each other. */
import { describe, expect, it } from "vitest";
import { type BlockLine, JournalError, type Line } from "../../campaign/journal-lines.ts";
import { readProgress } from "../../campaign/saved-progress.ts";
import { SeedBlocks } from "../../campaign/seed-blocks.ts";
import { block } from "./block-line.ts";
import { finding } from "./failed-plan.ts";

const SEEDS = new SeedBlocks({ firstSeed: 0n, lastSeed: 319n, shard: [1, 1] });
const failing = (index: number): BlockLine => block(index, { failed: { x: 1 } });
const found = (seed: number): Line => ({ finding: finding({ seed: String(seed) }), file: `${seed}.yaml` });
const different = (seed: number): Line => ({ nondeterministic: { seed: String(seed), first: "a", second: "b" } });
const investigated = (index: number, ...seeds: number[]): Line => ({
  investigated: index,
  counts: { x: index + 1 },
  findings: seeds.map(String),
});
const progress = (...lines: Line[]) =>
  readProgress({ lines: lines.map((line, i) => ({ line, number: i + 2 })), dropped: [] }, SEEDS, "j");

describe("the progress of a campaign", () => {
  it("is settled up to the first block that is missing or not investigated", () => {
    expect(progress()).toMatchObject({ settled: 0, toRepeat: [] });
    expect(progress(block(0), block(1), block(3))).toMatchObject({ settled: 2, toRepeat: [] });
    expect(progress(block(0), failing(1), block(2), failing(3))).toMatchObject({ settled: 1, toRepeat: [1, 3] });
    const lines = [failing(0), found(5), investigated(0, 5), failing(1), investigated(1)];
    expect(progress(...lines)).toMatchObject({ settled: 2, toRepeat: [], counts: new Map([["x", 2]]) });
  });

  it("goes back to a block whose finding is lost, and keeps the findings after it", () => {
    const lines = [failing(0), investigated(0, 5), failing(1), found(70), investigated(1, 70)];
    const { findings, settled, toRepeat } = progress(...lines);
    expect({ settled, toRepeat, seeds: findings.map((one) => one.finding.seed) }).toEqual({
      settled: 0,
      toRepeat: [0, 1],
      seeds: ["70"],
    });
  });

  it("runs a block again whose nondeterminism is lost", () => {
    const line = block(0, { nondeterministic: ["7"] });
    expect(progress(line)).toMatchObject({ settled: 0, blocks: [], nondeterminism: [] });
    expect(progress(different(7), line, different(7))).toMatchObject({ settled: 1, nondeterminism: [{ seed: 7n }] });
  });

  it("counts a block once that two processes have run", () => {
    const { blocks } = progress(block(0, { fresh: ["a"] }), block(0, { fresh: ["b"] }));
    expect(blocks.map(({ line }) => line.fresh)).toEqual([["a", "b"]]);
  });
});

describe("a line is refused", () => {
  it.each<[string, string, Line[]]>([
    ["of a block that the campaign does not have", "no block 5", [block(5)]],
    ["of a block with another number of seeds", "block 0 has 64 seeds, not 63", [block(0, { runs: 63 })]],
    ["of a block with another result than before", "another result", [block(0), block(0, { events: 2 })]],
    ["of a finding with a seed of another campaign", "no seed 320", [found(320)]],
    [
      "of a second finding with the same seed",
      "another finding",
      [found(1), { finding: finding({ steps: 9 }), file: "x" }],
    ],
    ["of an investigation of a block of another campaign", "no block 9", [investigated(9)]],
    ["of an investigation with another result", "another result", [investigated(1), investigated(1, 70)]],
    ["of nondeterminism of another campaign", "no seed 999", [different(999)]],
  ])("%s", (_, message, lines) => {
    expect(() => progress(...lines)).toThrow(JournalError);
    expect(() => progress(...lines)).toThrow(new RegExp(`^j:${lines.length + 1}: .*${message}`));
  });
});
