/**
 * Progress of a campaign, written to stderr: a bar that is redrawn on a terminal, a plain line every 30 s elsewhere.
 */
import cliProgress from "cli-progress";
import type { CampaignRunner, CampaignSettings } from "../campaign/campaign.ts";

const REDRAW_MS = 200;
const UPDATE_MS = 1000;
const PLAIN_LINE_MS = 30_000;

export class CampaignProgress {
  private readonly bar: cliProgress.SingleBar;
  private readonly timer: NodeJS.Timeout;

  constructor(runner: CampaignRunner, { timeMs }: CampaignSettings) {
    const startedMs = performance.now();
    const seeds = runner.seedCount;
    const runsBefore = runner.totals.runs;
    this.bar = new cliProgress.SingleBar({
      format: "{bar} {percentage}% | {runs} runs, {rate}/s | ETA {left} s | coverage {coverage} | findings {findings}",
      barsize: 16,
      hideCursor: true,
      clearOnComplete: true,
      noTTYOutput: true,
      notTTYSchedule: PLAIN_LINE_MS,
      stream: process.stderr,
    });
    const payload = (): Record<string, unknown> => {
      const elapsedMs = performance.now() - startedMs;
      const rate = (runner.totals.runs - runsBefore) / (elapsedMs / 1000);
      const leftS = timeMs === undefined ? ((seeds ?? 0) - runner.totals.runs) / rate : (timeMs - elapsedMs) / 1000;
      return {
        runs: runner.totals.runs,
        rate: Math.round(rate || 0),
        left: Number.isFinite(leftS) ? Math.max(0, Math.round(leftS)) : "?",
        coverage: runner.totals.coverage.size,
        findings: runner.findings.length,
      };
    };
    this.bar.start(timeMs ?? seeds ?? 1, 0, payload());
    this.timer = setInterval(
      () => {
        const done = timeMs === undefined ? runner.totals.runs : Math.min(timeMs, performance.now() - startedMs);
        this.bar.update(done, payload());
      },
      process.stderr.isTTY === true ? REDRAW_MS : UPDATE_MS,
    );
  }

  /** Clears the bar, so that a line of text can take its place. */
  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  }

  end(): void {
    clearInterval(this.timer);
    this.bar.stop();
  }
}
