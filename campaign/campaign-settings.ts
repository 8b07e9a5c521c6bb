/**
 * The settings of a campaign.
 */
import type { CampaignOptions } from "../fuzz/block.ts";

export interface CampaignSettings {
  /** The version of zabsim. */
  readonly version: string;
  readonly options: CampaignOptions;
  readonly firstSeed: bigint;
  /** The last seed. Undefined if only a time limit ends the campaign. */
  readonly lastSeed: bigint | undefined;
  /** Wall-clock limit in milliseconds. */
  readonly timeMs: number | undefined;
  readonly workers: number;
  /** `[i, n]` stands for the i-th of n shards, counted from 1. A shard runs every n-th block. */
  readonly shard: readonly [number, number];
  /** Maximum number of runs to shrink one finding. */
  readonly shrinkRuns: number;
}
