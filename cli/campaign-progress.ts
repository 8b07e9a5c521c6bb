/**
 * Shows the progress of a campaign: a bar, the time left, and the numbers of runs, findings and coverage features.
 */
import type { CampaignRunner, CampaignSettings } from "../campaign/campaign.ts";
import { ProgressLine } from "./progress-line.ts";

const LOOK_MS = 100;
const BAR_COLUMNS = 8;

export class CampaignProgress {
  private readonly line = new ProgressLine();
  private readonly timer: NodeJS.Timeout;

  constructor(runner: CampaignRunner, { timeMs }: Pick<CampaignSettings, "timeMs">) {
    const startedMs = performance.now();
    const runsBefore = runner.totals.runs;
    this.timer = setInterval(() => {
      if (!this.line.isDue) return;
      const { findings, seedCount, totals } = runner;
      const state = { runs: totals.runs, runsBefore, seedCount, timeMs, elapsedMs: performance.now() - startedMs };
      const found = { coverage: totals.coverage.size, findings: findings.length };
      this.line.write(progressText({ ...state, ...found }));
    }, LOOK_MS);
  }

  end(): void {
    clearInterval(this.timer);
    this.line.end();
  }
}

export interface CampaignState {
  readonly runs: number;
  /** The part of `runs` that earlier sessions of the campaign executed. */
  readonly runsBefore: number;
  readonly seedCount: number | undefined;
  readonly timeMs: number | undefined;
  readonly elapsedMs: number;
  readonly coverage: number;
  readonly findings: number;
}

/**
 * Returns the line of progress. The bar shows the limit that will end the campaign first, either the seeds or the time.
 */
export function progressText(state: CampaignState): string {
  const { coverage, elapsedMs, findings, runs, runsBefore, seedCount, timeMs } = state;
  const rate = ((runs - runsBefore) * 1000) / elapsedMs;
  const ofTime = timeMs === undefined ? 0 : elapsedMs / timeMs;
  const ofSeeds = seedCount === undefined ? 0 : runs / seedCount;
  const leftOfTimeS = timeMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, timeMs - elapsedMs) / 1000;
  const leftOfSeedsS = seedCount === undefined ? Number.POSITIVE_INFINITY : (seedCount - runs) / rate;
  const leftS = Math.min(leftOfTimeS, leftOfSeedsS);
  const done = Math.min(1, Math.max(ofTime, ofSeeds));
  const filled = Math.round(done * BAR_COLUMNS);
  const bar = "=".repeat(filled).padEnd(BAR_COLUMNS, "-");
  const left = Number.isFinite(leftS) ? `${durationText(leftS)} left` : "";
  const parts = [
    `${bar} ${String(Math.floor(done * 100)).padStart(3)}%`,
    left,
    `${runs} runs`,
    `${Math.round(rate)}/s`,
    `findings ${findings}`,
    `coverage ${coverage}`,
  ];
  return parts.filter((part) => part !== "").join(" | ");
}

function durationText(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, "days"],
    [3600, "h"],
    [60, "min"],
  ];
  const [size, unit] = units.find(([one]) => seconds >= 2 * one) ?? [1, "s"];
  return `${Math.round(seconds / size)} ${unit}`;
}
