/** Runs campaigns whose journal is deleted afterwards, for `zabsim matrix` and `zabsim judge`. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CampaignOptions } from "../fuzz/block.ts";
import { CampaignRunner, type CampaignSettings, type FoundFile } from "./campaign.ts";
import { DEFAULT_WORKERS } from "./campaign-workers.ts";
import { Journal } from "./journal.ts";
import { withOutputError } from "./output-files.ts";

export interface TemporaryCampaign {
  readonly zookeeper: string;
  /** The names of behaviors that the servers have in addition. Default: none. */
  readonly behaviors?: readonly string[] | undefined;
  /** The scenario to which each plan adds faults. If undefined, each plan also has its own servers. */
  readonly scenario?: CampaignOptions["scenario"];
  readonly firstSeed: bigint;
  /** The last seed. If undefined, only the time ends the campaign. */
  readonly lastSeed?: bigint | undefined;
  /** Time limit in microseconds. If undefined, the campaign ends with the last seed. */
  readonly timeUs: number | undefined;
}

export interface TemporaryWatcher {
  /** Called before the first run. */
  started?(runner: CampaignRunner, settings: CampaignSettings): void;
  /** Called with each finding. Returns true to end the campaign. */
  found(finding: FoundFile): boolean;
}

/** Maximum number of runs to shrink one finding. */
const SHRINK_RUNS = 4000;

/** Runs a campaign until its time is over, `found` returns true, or `signal` aborts. */
export async function runTemporaryCampaign(
  { behaviors, firstSeed, lastSeed, scenario, timeUs, zookeeper }: TemporaryCampaign,
  watcher: TemporaryWatcher,
  signal: AbortSignal,
): Promise<CampaignRunner> {
  const folder = withOutputError(tmpdir(), "cannot be used for temporary files", () =>
    mkdtempSync(join(tmpdir(), "zabsim-campaign-")),
  );
  const settings: CampaignSettings = {
    // The version is compared only when a journal is resumed, and this journal is never resumed.
    version: "",
    options: { zookeeper, ...(behaviors && { behaviors }), strategy: undefined, faults: undefined, scenario },
    firstSeed,
    lastSeed,
    timeMs: timeUs === undefined ? undefined : timeUs / 1000,
    workers: DEFAULT_WORKERS,
    shard: [1, 1],
    shrinkRuns: SHRINK_RUNS,
  };
  const runner = new CampaignRunner(settings, new Journal(folder), {
    found(finding) {
      if (watcher.found(finding)) runner.stop();
    },
    nondeterministic() {},
  });
  try {
    runner.begin();
    watcher.started?.(runner, settings);
    await runner.run(signal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return runner;
}
