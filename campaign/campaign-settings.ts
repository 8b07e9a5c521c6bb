/**
 * The settings of a campaign.
 */
import type { CampaignOptions } from "../fuzz/block.ts";

export interface CampaignSettings {
  /** The version of zabsim. */
  readonly version: string;
  readonly options: CampaignOptions;
  readonly firstSeed: bigint;
  /** Undefined if the campaign runs until its time is over. */
  readonly lastSeed: bigint | undefined;
  /** Wall-clock limit in milliseconds. */
  readonly timeMs: number | undefined;
  readonly workers: number;
  /** `[i, n]`: this shard is the i-th of n, counted from 1, and runs every n-th block. */
  readonly shard: readonly [number, number];
  /** Maximum number of runs to shrink one finding. */
  readonly shrinkRuns: number;
}
