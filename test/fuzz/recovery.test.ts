/** Tests the counts of runs by the time to recovery. */
import { expect, it } from "vitest";
import { runBlock } from "../../fuzz/block.ts";
import { countRecovery, noRecoveries, RECOVERY_LIMITS_US } from "../../fuzz/recovery.ts";

it("counts a duration with the smallest limit that it does not exceed", () => {
  const counts = noRecoveries();
  for (const us of [0, 250_000, 250_001, 64_000_000, 64_000_001]) countRecovery(counts, us);
  expect(counts).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
  expect(counts).toHaveLength(RECOVERY_LIMITS_US.length + 1);
});

it("a block counts each run whose servers serve again", () => {
  const options = { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined };
  const { failed, recovery, runs } = runBlock(options, { first: 1n, count: 16 });
  const counted = recovery.reduce((sum, count) => sum + count, 0);
  expect(counted).toBeGreaterThan(runs / 2);
  expect(counted).toBeLessThanOrEqual(runs - failed.length);
});
