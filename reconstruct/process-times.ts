/** The times at which the processes of a server start and end, as far as the logs show them. */
import type { Evidence, ProcessEvidence, ServerEvidence } from "./evidence.ts";

/** Returns the start of a process. A simulated server looks for a leader immediately, unless it has files to write. */
export function startOf(process: ProcessEvidence | undefined): number {
  if (process === undefined) return 0;
  const { lookingMs, startMs } = process;
  return lookingMs === undefined || lookingMs - startMs < QUICK_START_MS ? startMs : lookingMs;
}

const QUICK_START_MS = 20;

/** The time after the last line of a server at which other servers may still see that it has ended. */
const SEEN_MS = 1;

/** The time between the end of a process and the start of the next one, if a server restarts without a pause. */
const RESTART_MS = 0.05;

/** Returns the time at which a process is killed. Undefined if it still runs at the end, or exits by itself. */
export function endOf({ processes, server }: ServerEvidence, index: number, evidence: Evidence): number | undefined {
  const process = processes[index] as ProcessEvidence;
  if (process.exits) return undefined;
  const next = processes[index + 1];
  const nextMs = next === undefined ? evidence.endMs : startOf(next);
  const seen = evidence.broken.find(
    ({ atMs, peer, server: by }) =>
      peer === server && by !== server && atMs > process.lastMs && atMs <= nextMs + SEEN_MS,
  );
  const latestMs = next === undefined ? Number.POSITIVE_INFINITY : Math.max(nextMs - RESTART_MS, 0);
  if (seen !== undefined) return Math.min(Math.max(process.lastMs, seen.atMs - SEEN_MS / 2), latestMs);
  const refused = evidence.refused.some(({ atMs, peer }) => peer === server && atMs > process.lastMs + SEEN_MS);
  if (next === undefined) return refused ? process.lastMs + SEEN_MS / 2 : undefined;
  return Math.min(process.lastMs + SEEN_MS / 2, Math.max(nextMs - SEEN_MS, 0));
}
