/** The time at which a server votes first: it needs time between LOOKING and its first vote. */
import type { Ensemble } from "../explain/ensemble.ts";

/** The time after LOOKING in which a server votes. */
export const VOTE_MS = 1000;

/**
 * Returns the time at which a server that is LOOKING votes first, by the reference clock, as far as any log shows it.
 */
export function firstVoteMs({ aligned, histories }: Ensemble, server: number, lookingMs: number): number | undefined {
  const votes = histories.flatMap((history) =>
    history.elections.flatMap(({ heard }) => aligned(history.server, heard.get(server)?.first.timeMs) ?? []),
  );
  const own = votes.filter((ms) => ms >= lookingMs && ms <= lookingMs + VOTE_MS);
  return own.length === 0 ? undefined : Math.min(...own);
}
