/**
 * The blocks of a campaign: which seeds are in each block, and which blocks belong to a shard. Blocks are computed and
 * not stored, so that a campaign can have any number of seeds.
 */
import { BLOCK_SIZE, corpusStart } from "../fuzz/block.ts";

export interface Seeds {
  readonly firstSeed: bigint;
  /** The last seed. Undefined if the campaign ends when its time is over, or after the highest possible seed. */
  readonly lastSeed: bigint | undefined;
  /** `[i, n]` stands for the i-th of n shards, counted from 1. A shard runs every n-th block. */
  readonly shard: readonly [number, number];
}

/** A block: consecutive seeds that one task runs. */
export interface SeedBlock {
  /** The number of the block in the whole campaign, from 0. */
  readonly index: number;
  readonly first: bigint;
  readonly count: number;
}

export const MAX_SEED = (1n << 64n) - 1n;
const SIZE = BigInt(BLOCK_SIZE);

export class SeedBlocks {
  private readonly seeds: Seeds;
  private readonly last: bigint;

  constructor(seeds: Seeds) {
    this.seeds = seeds;
    this.last = seeds.lastSeed ?? MAX_SEED;
  }

  /**
   * Returns the block at this position of the shard, counted from 0. Returns undefined if the position is after the
   * last block.
   */
  at(position: number): SeedBlock | undefined {
    const [shard, of] = this.seeds.shard;
    return this.block(position * of + shard - 1);
  }

  /** Returns the position of a block in the shard. Returns undefined if the block is not part of this shard. */
  positionOf(index: number): number | undefined {
    const [shard, of] = this.seeds.shard;
    const isOwn = index % of === shard - 1 && this.block(index) !== undefined;
    return isOwn ? (index - shard + 1) / of : undefined;
  }

  /**
   * Returns the position of the block that contains this seed. Returns undefined if the seed is not part of this shard.
   */
  positionOfSeed(seed: bigint): number | undefined {
    const { firstSeed } = this.seeds;
    if (seed < firstSeed || seed > this.last) return undefined;
    return this.positionOf(Number((corpusStart(seed) - corpusStart(firstSeed)) / SIZE));
  }

  /** Number of seeds of the shard. Undefined if only a time limit ends the campaign. */
  get seedCount(): number | undefined {
    const { firstSeed, lastSeed, shard } = this.seeds;
    if (lastSeed === undefined) return undefined;
    const [first, of] = [BigInt(shard[0] - 1), BigInt(shard[1])];
    const blocks = (corpusStart(lastSeed) - corpusStart(firstSeed)) / SIZE + 1n;
    const own = blocks > first ? (blocks - first - 1n) / of + 1n : 0n;
    const beforeFirst = first === 0n ? firstSeed - corpusStart(firstSeed) : 0n;
    const afterLast = (blocks - 1n) % of === first ? corpusStart(lastSeed) + SIZE - 1n - lastSeed : 0n;
    return Number(own * SIZE - beforeFirst - afterLast);
  }

  private block(index: number): SeedBlock | undefined {
    if (!Number.isSafeInteger(index)) return undefined;
    const { firstSeed } = this.seeds;
    const start = corpusStart(firstSeed) + BigInt(index) * SIZE;
    const first = start < firstSeed ? firstSeed : start;
    if (first > this.last) return undefined;
    const end = start + SIZE - 1n;
    return { index, first, count: Number((end < this.last ? end : this.last) - first) + 1 };
  }
}
