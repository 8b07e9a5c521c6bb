/** What repairs read, and what the logs show around a difference: leaders, their connections, and late events. */
import { asServerId } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import type { Located } from "./distance.ts";
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
 * Returns how much later the logs show an event that the run shows too early, in milliseconds: the same event, or one
 * of the same name.
 */
export function gapOf({ atMs, server, text }: Located, { trial: { comparison } }: RepairContext): number | undefined {
  const later = comparison.missing.filter((one) => one.server === server && one.atMs > atMs);
  const [name] = text.split(" ");
  const alike = later.find((one) => one.text === text) ?? later.find((one) => one.text.split(" ")[0] === name);
  return alike && alike.atMs - atMs;
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

/** Returns the step that ends the connection of a server to another one. */
export function disconnectOf(server: number, from: number, atMs: number): Step {
  return { from: msText(atMs), disconnect: { server: asServerId(server), from: asServerId(from) } };
}
