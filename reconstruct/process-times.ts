/** The times at which the processes of a server start and end, as far as the logs show them. */
import type { Evidence, ProcessEvidence, ServerEvidence } from "./evidence.ts";

/**
 * Returns the start of a process. A simulated server looks for a leader and votes immediately, unless it has files to
 * write.
 */
export function startOf(process: ProcessEvidence | undefined): number {
  if (process === undefined) return 0;
  const { lookingMs, startMs, votedMs } = process;
  if (lookingMs === undefined || lookingMs - startMs < QUICK_START_MS) return startMs;
  return votedMs ?? lookingMs;
}

/** A process that looks for a leader so soon after its first line has no files to write. */
const QUICK_START_MS = 20;

/** The time after the last line of a server at which other servers may still see that it has ended. */
const SEEN_MS = 1;

/** The time between the end of a process and the start of the next one, if a server restarts without a pause. */
const RESTART_MS = 0.05;

/** The time after their last lines at which servers that end together are killed, if nothing shows the time. */
const UNSEEN_MS = 50;

/** Returns the time at which a process is killed. Undefined if it still runs at the end, or exits by itself. */
export function endOf(server: ServerEvidence, index: number, evidence: Evidence): number | undefined {
  const process = server.processes[index] as ProcessEvidence;
  if (process.exits) return undefined;
  const seenMs = seenEndOf(server, index, evidence);
  const latestMs = latestEndOf(server, index);
  if (seenMs !== undefined) return Math.min(Math.max(process.lastMs, seenMs - SEEN_MS / 2), latestMs);
  const next = server.processes[index + 1];
  if (next === undefined) {
    const refused = evidence.refused.some(
      ({ atMs, peer }) => peer === server.server && atMs > process.lastMs + SEEN_MS,
    );
    return refused ? process.lastMs + SEEN_MS / 2 : undefined;
  }
  return (
    endOfGroup(server, index, evidence) ?? Math.min(process.lastMs + SEEN_MS / 2, Math.max(startOf(next) - SEEN_MS, 0))
  );
}

/** Returns the time at which another server sees that a process has ended. */
function seenEndOf({ processes, server }: ServerEvidence, index: number, evidence: Evidence): number | undefined {
  const { lastMs } = processes[index] as ProcessEvidence;
  const next = processes[index + 1];
  const nextMs = next === undefined ? evidence.endMs : startOf(next);
  return evidence.broken.find(
    ({ atMs, peer, server: by }) => peer === server && by !== server && atMs > lastMs && atMs <= nextMs + SEEN_MS,
  )?.atMs;
}

function latestEndOf({ processes }: ServerEvidence, index: number): number {
  const next = processes[index + 1];
  return next === undefined ? Number.POSITIVE_INFINITY : Math.max(startOf(next) - RESTART_MS, 0);
}

/**
 * No server sees the end of another one if all of them are killed together. A process logs nothing while it only
 * serves, so all of them run until the last of them has written its last line, and longer.
 */
function endOfGroup(server: ServerEvidence, index: number, evidence: Evidence): number | undefined {
  const { lastMs } = server.processes[index] as ProcessEvidence;
  const group = evidence.servers.flatMap((other) => {
    const at = other.processes.findLastIndex(({ startMs }) => startMs <= lastMs);
    const process = other.processes[at];
    if (process === undefined || process.exits || other.processes[at + 1] === undefined) return [];
    const endsBefore = latestEndOf(other, at);
    const isAlive = endsBefore > lastMs && seenEndOf(other, at, evidence) === undefined;
    return isAlive ? [{ lastMs: process.lastMs, endsBefore }] : [];
  });
  if (group.length < 2) return undefined;
  const last = Math.max(...group.map((one) => one.lastMs));
  const latest = Math.min(...group.map((one) => one.endsBefore));
  return last < latest ? last + Math.min(UNSEEN_MS, (latest - last) / 2) : undefined;
}
