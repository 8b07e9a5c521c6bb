/** How long servers need to serve again after all faults are undone, as counts of runs by duration. */

/** The upper limits of durations that are counted together, in virtual microseconds. */
export const RECOVERY_LIMITS_US: readonly number[] = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64].map((s) => s * 1_000_000);

/** Number of runs for each limit of RECOVERY_LIMITS_US, and for longer durations. */
export type RecoveryCounts = readonly number[];

/** Returns counts that are all 0. */
export function noRecoveries(): number[] {
  return new Array<number>(RECOVERY_LIMITS_US.length + 1).fill(0);
}

/** Counts a duration in virtual microseconds. */
export function countRecovery(counts: number[], us: number): void {
  const index = RECOVERY_LIMITS_US.findIndex((limit) => us <= limit);
  const place = index < 0 ? RECOVERY_LIMITS_US.length : index;
  counts[place] = (counts[place] ?? 0) + 1;
}
