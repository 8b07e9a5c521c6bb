/** When the writes of a reconstructed scenario happen: at a time, or at a time after their leader is established. */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import { asServerId } from "../protocol/zxid.ts";
import type { Moment, Step, Trigger } from "../scenarios/scenario.ts";
import { msOf, msText } from "./durations.ts";
import { type Evidence, hasManyHandshakes, sinceStart } from "./evidence.ts";
import { readyMsOf } from "./scenario-steps.ts";

/** The time after the start of an epoch in which a write waits for the leader, if the logs have many handshakes. */
const FIRST_MS = 200;
/** A write that comes so soon after the leader is established waits for it: the run may be a little slower. */
const SOON_MS = 5;
/**
 * The time before an epoch is established at which a write that waits for it is ready, in milliseconds: for writes that
 * are ready before LATE_MS, and for the others. Later elections vary more in time.
 */
const READY_BEFORE_MS = [20, 400] as const;
const LATE_MS = 600;

/** Returns the time at which an epoch is established, or 0 if no log shows it. */
export function establishedMs({ timeMs }: EstablishedEpoch, { startMs }: Evidence): number {
  return (timeMs ?? startMs) - startMs;
}

/**
 * Returns when a write happens. The leader of the run may be later than that of the logs, and the first writes must not
 * come before it leads.
 */
export function triggerAt(atMs: number, epoch: EstablishedEpoch, evidence: Evidence): Trigger {
  const from = msText(atMs);
  const sinceMs = establishedMs(epoch, evidence);
  const isLong = hasManyHandshakes(evidence);
  // Steps have a resolution of 10 us.
  const afterMs = isLong ? atMs - sinceMs : msOf(from) - sinceMs;
  if (isLong ? afterMs > FIRST_MS : afterMs < 0 || afterMs > SOON_MS) return { from };
  const readyMs = isLong ? sinceStart(evidence, epoch.leader, epoch.period.election?.at.timeMs) : readyBefore(sinceMs);
  if (readyMs === undefined || !Number.isFinite(readyMs)) return { from };
  const when: Moment = { event: "established", server: asServerId(epoch.leader), nth: 1 };
  return { from: msText(readyMs), when, after: msText(afterMs) };
}

/** Returns the time at which a write is ready that waits for the start of an epoch. */
function readyBefore(sinceMs: number): number | undefined {
  const times = READY_BEFORE_MS.map((ms) => Math.max(0, sinceMs - ms));
  return times.findLast((ms) => ms + READY_BEFORE_MS[ms < LATE_MS ? 0 : 1] === sinceMs);
}

/**
 * Returns the time of a step of a reconstructed scenario, in milliseconds. If the step waits for a leader that is
 * established, the logs show the time of this.
 */
export function timeOf(step: Step, evidence: Evidence): number {
  const { after = "0ms", when } = step;
  const readyMs = readyMsOf(step);
  if (when?.event !== "established") return readyMs;
  const times = evidence.ensemble.epochs.flatMap((epoch) =>
    epoch.leader === Number(when.server) ? [establishedMs(epoch, evidence)] : [],
  );
  return (times.find((ms) => ms >= readyMs) ?? readyMs) + msOf(after);
}
