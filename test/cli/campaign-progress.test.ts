/** Tests the progress line of a campaign. */
import { describe, expect, it } from "vitest";
import { type CampaignState, progressText } from "../../cli/campaign-progress.ts";

const text = (changes: Partial<CampaignState>): string =>
  progressText({
    runs: 300,
    runsBefore: 100,
    seedCount: undefined,
    timeMs: undefined,
    elapsedMs: 2000,
    coverage: 99,
    findings: 3,
    ...changes,
  });

describe("the progress of a campaign", () => {
  it("shows the part of the seeds that has run, and the time that the others take", () => {
    expect(text({ seedCount: 600 })).toBe("====----  50% | 3 s left | 300 runs | 100/s | findings 3 | coverage 99");
  });

  it("shows the part of the time that is over", () => {
    expect(text({ timeMs: 8000 })).toBe("==------  25% | 6 s left | 300 runs | 100/s | findings 3 | coverage 99");
  });

  it("shows what ends first if both limit the campaign", () => {
    expect(text({ timeMs: 8000, seedCount: 2 ** 64 })).toContain("25% | 6 s left");
    expect(text({ timeMs: 8_000_000, seedCount: 600 })).toContain("50% | 3 s left");
  });

  it("has a readable duration, and none before the first run", () => {
    expect(text({ seedCount: 100_300 })).toContain("| 17 min left |");
    expect(text({ seedCount: 10 ** 6 })).toContain("| 3 h left |");
    expect(text({ seedCount: 10 ** 9 })).toContain("| 116 days left |");
    expect(text({ seedCount: 600, runs: 100 })).toBe("=-------  16% | 100 runs | 0/s | findings 3 | coverage 99");
  });

  it("fits 80 columns", () => {
    const large = {
      runs: 1_234_567,
      runsBefore: 0,
      seedCount: 10 ** 8,
      elapsedMs: 10 ** 7,
      findings: 99,
      coverage: 999,
    };
    expect(text(large).length).toBeLessThan(80);
  });
});
