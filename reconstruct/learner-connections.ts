/** The times during which a learner was connected to a leader, as far as the logs of both show them. */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { RolePeriod } from "../explain/history.ts";
import { type Evidence, sinceStart } from "./evidence.ts";
import { endOf } from "./process-times.ts";

/** A connection of a learner to a leader, from its synchronization on. Times are since the start of the run. */
export interface Connection {
  readonly learner: number;
  readonly fromMs: number;
  /** The end that the leader or the learner logs, whichever was first. */
  readonly toMs: number;
}

/** Returns the connections of all learners to the leader of an epoch, in the order of time. */
export function connectionsIn({ leader, period }: EstablishedEpoch, evidence: Evidence): Connection[] {
  return evidence.ensemble.handshakes.flatMap(({ learner, leaderSide, learnerSide, timeMs }): Connection[] => {
    if (leaderSide?.period !== period || timeMs === undefined) return [];
    const ends = [
      sinceStart(evidence, leader, leaderSide.endMs),
      endOfPeriod(evidence, leader, period),
      endOfPeriod(evidence, learner, learnerSide?.period),
    ];
    return [{ learner, fromMs: timeMs - evidence.startMs, toMs: Math.min(...ends, evidence.endMs) }];
  });
}

/** Returns the end of a role. A process can run for a long time after its last line. */
export function endOfPeriod(evidence: Evidence, sid: number, period: RolePeriod | undefined): number {
  const loggedMs = sinceStart(evidence, sid, period?.end?.timeMs);
  if (period === undefined || period.end?.kind === "looking") return loggedMs;
  const server = evidence.servers.find((one) => one.server === sid);
  const index = server?.processes.findIndex(({ run }) => run === period.process) ?? -1;
  return server === undefined || index < 0 ? loggedMs : (endOf(server, index, evidence) ?? loggedMs);
}
