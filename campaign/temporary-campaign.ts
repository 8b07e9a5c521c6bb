/** Runs campaigns whose journal is deleted afterwards, for `zabsim matrix`. */
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
  /** The scenario to which each plan adds faults. If undefined, each plan also has its own servers. */
  readonly scenario?: CampaignOptions["scenario"];
  readonly firstSeed: bigint;
  /** Time limit in microseconds. */
  readonly timeUs: number;
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
  { firstSeed, scenario, timeUs, zookeeper }: TemporaryCampaign,
  watcher: TemporaryWatcher,
  signal: AbortSignal,
): Promise<CampaignRunner> {
  const folder = withOutputError(tmpdir(), "cannot be used for temporary files", () =>
    mkdtempSync(join(tmpdir(), "zabsim-matrix-")),
  );
  const settings: CampaignSettings = {
    // The version is compared only when a journal is resumed, and this journal is never resumed.
    version: "",
    options: { zookeeper, strategy: undefined, faults: undefined, scenario },
    firstSeed,
    lastSeed: undefined,
    timeMs: timeUs / 1000,
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
