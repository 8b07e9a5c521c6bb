/** Tests which seeds belong to which block and shard. */
import { describe, expect, it } from "vitest";
import { MAX_SEED, SeedBlocks, type Seeds } from "../../campaign/seed-blocks.ts";

const seeds = (changes: Partial<Seeds> = {}): Seeds => ({ firstSeed: 1n, lastSeed: 640n, shard: [1, 1], ...changes });

function all(blocks: SeedBlocks): bigint[] {
  const found: bigint[] = [];
  for (let position = 0, block = blocks.at(0); block !== undefined; block = blocks.at(++position)) {
    expect(blocks.positionOf(block.index)).toBe(position);
    for (let i = 0; i < block.count; i++) {
      const seed = block.first + BigInt(i);
      expect(blocks.positionOfSeed(seed)).toBe(position);
      found.push(seed);
    }
  }
  return found;
}

describe("the blocks of a campaign", () => {
  it.each<[bigint, bigint]>([
    [1n, 1n],
    [0n, 63n],
    [63n, 64n],
    [64n, 127n],
    [100n, 777n],
    [MAX_SEED - 100n, MAX_SEED],
  ])("cover the seeds %s..%s once, in any number of shards", (firstSeed, lastSeed) => {
    const expected = Array.from({ length: Number(lastSeed - firstSeed) + 1 }, (_, i) => firstSeed + BigInt(i));
    for (const of of [1, 2, 3, 20]) {
      const shards = Array.from({ length: of }, (_, i) => new SeedBlocks({ firstSeed, lastSeed, shard: [i + 1, of] }));
      const found = shards.map(all);
      expect(found.flat().toSorted((a, b) => (a < b ? -1 : 1))).toEqual(expected);
      expect(shards.map(({ seedCount }) => seedCount)).toEqual(found.map((one) => one.length));
    }
  });

  it("start at multiples of 64, so that a seed has the same companions in every campaign", () => {
    const { at } = { at: (position: number) => new SeedBlocks(seeds()).at(position) };
    expect([at(0), at(1)]).toEqual([
      { index: 0, first: 1n, count: 63 },
      { index: 1, first: 64n, count: 64 },
    ]);
  });

  it("are computed without a loop, even if there are more than any campaign can run", () => {
    expect(new SeedBlocks(seeds({ firstSeed: 0n, lastSeed: MAX_SEED })).seedCount).toBe(2 ** 64);
    expect(new SeedBlocks(seeds({ lastSeed: 10n ** 18n, shard: [999_999, 999_999] })).seedCount).toBeGreaterThan(1e11);
    expect(new SeedBlocks(seeds({ lastSeed: 10n ** 18n })).at(2 ** 50)?.first).toBe(2n ** 56n);
  });

  it("end with the last seed that there is if only the time limits the campaign", () => {
    const blocks = new SeedBlocks(seeds({ firstSeed: MAX_SEED, lastSeed: undefined }));
    expect(blocks.seedCount).toBeUndefined();
    expect([blocks.at(0)?.count, blocks.at(1)]).toEqual([1, undefined]);
  });

  it("do not include the blocks and seeds of others", () => {
    const blocks = new SeedBlocks(seeds({ shard: [2, 3] }));
    expect([blocks.positionOf(0), blocks.positionOf(1), blocks.positionOf(4), blocks.positionOf(16)]).toEqual([
      undefined,
      0,
      1,
      undefined,
    ]);
    expect([blocks.positionOfSeed(1n), blocks.positionOfSeed(64n), blocks.positionOfSeed(64n * 16n)]).toEqual([
      undefined,
      0,
      undefined,
    ]);
  });
});
