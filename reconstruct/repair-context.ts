/** What repairs read, and the connections between a leader and its learners in the logs. */
import { asServerId } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import type { RunMoment, Trial } from "./trial.ts";

/** What a repair may read. */
export interface RepairContext {
  readonly trial: Trial;
  readonly moments: readonly RunMoment[];
  readonly evidence: Evidence;
}

/** Returns the servers that led at a time. At the end of an epoch, both leaders count. */
export function leadersAt({ evidence: { endMs, ensemble, startMs } }: RepairContext, atMs: number): number[] {
  const leaders = ensemble.epochs
    .filter(({ endMs: end, timeMs }) => {
      const from = (timeMs ?? startMs) - startMs;
      const to = end === undefined ? endMs : end - startMs;
      return from - 1000 <= atMs && atMs <= to + 50;
    })
    .map(({ leader }) => leader);
  return [...new Set(leaders)];
}

/**
 * Messages that are held back hide the end of a connection, too. Returns the step that ends the connection between the
 * servers of a moment when the logs show that it broke. Undefined if they do not show this.
 */
export function breakOf(
  { atMs, server, to }: Pick<RunMoment, "atMs" | "server" | "to">,
  context: RepairContext,
): Step | undefined {
  const learner = to ?? server;
  const next = context.evidence.observations
    .get(learner)
    ?.find((one) => one.atMs > atMs && /^(follow|observe)-failed/.test(one.text));
  if (next === undefined || !next.text.endsWith("connection broken")) return undefined;
  const leader = leadersAt(context, atMs).find((sid) => sid !== learner);
  return leader === undefined ? undefined : disconnectOf(learner, leader, next.atMs - BROKEN_BEFORE_MS);
}

/** The time before a logged end of a connection at which it breaks. */
const BROKEN_BEFORE_MS = 0.6;

export function disconnectOf(server: number, from: number, atMs: number): Step {
  return { from: msText(atMs), disconnect: { server: asServerId(server), from: asServerId(from) } };
}
