/** Votes that arrive late, so that another server can win the election. */
import { asServerId } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, sinceStart } from "./evidence.ts";
import { VOTE_MS } from "./first-votes.ts";
import { startOf } from "./process-times.ts";

/** A vote arrives in this time, as long as nothing is slow. */
const ARRIVED_MS = 5;

/** Returns delays of the first votes of servers that start, for each server that receives them late. */
export function voteDelays(evidence: Evidence): Step[] {
  const { ensemble, servers } = evidence;
  return servers.flatMap(({ processes, server }) =>
    processes.flatMap((process): Step[] => {
      const startMs = startOf(process);
      if (startMs !== process.votedMs) return [];
      return ensemble.histories.flatMap((other): Step[] => {
        const since = (timeMs: number | undefined): number => sinceStart(evidence, other.server, timeMs);
        const election = other.elections.findLast(({ at }) => since(at.timeMs) <= startMs);
        const heardMs = since(election?.heard.get(server)?.first.timeMs);
        const isLate = heardMs > startMs + ARRIVED_MS && heardMs < startMs + VOTE_MS;
        if (other.server === server || !isLate) return [];
        const match = { type: "NOTIFICATION", from: asServerId(server), to: asServerId(other.server) };
        return [{ from: msText(startMs), delay: { match, by: msText(heardMs - startMs), count: 1 } }];
      });
    }),
  );
}
