/** Votes that arrive late, so that another server can win the election or a learner decides later. */
import { asServerId } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, type ProcessEvidence, type ServerEvidence, sinceStart } from "./evidence.ts";
import { VOTE_MS } from "./first-votes.ts";
import { startOf } from "./process-times.ts";

/** A vote arrives in this time, as long as nothing is slow. */
const ARRIVED_MS = 5;

/** A server that starts and votes immediately. */
interface Starter {
  readonly server: number;
  readonly startMs: number;
}

/** Returns delays of the votes that servers that start send, and of those that they receive. */
export function voteDelays(evidence: Evidence): Step[] {
  return evidence.servers.flatMap((one) =>
    startersIn(one).flatMap((starter) => [...delaysOfVotes(starter, evidence), ...delaysOfAnswers(starter, evidence)]),
  );
}

function startersIn({ processes, server }: ServerEvidence): Starter[] {
  return processes.flatMap((process) => {
    const startMs = startOf(process);
    return startMs === process.votedMs ? [{ server, startMs }] : [];
  });
}

/** Returns delays of the first vote of a server that starts, for each server that receives it late. */
function delaysOfVotes({ server, startMs }: Starter, evidence: Evidence): Step[] {
  return evidence.ensemble.histories.flatMap((other): Step[] => {
    if (other.server === server) return [];
    const since = (timeMs: number | undefined): number => sinceStart(evidence, other.server, timeMs);
    const election = other.elections.findLast(({ at }) => since(at.timeMs) <= startMs);
    return delayOf(server, other.server, startMs, since(election?.heard.get(server)?.first.timeMs));
  });
}

/** Returns delays of the first votes that a server that starts gets from the servers that run. */
function delaysOfAnswers({ server, startMs }: Starter, evidence: Evidence): Step[] {
  const { ensemble, servers } = evidence;
  const own = ensemble.histories.find((one) => one.server === server);
  const election = own?.elections.find(({ at }) => sinceStart(evidence, server, at.timeMs) >= startMs - VOTE_MS);
  return servers.flatMap((other): Step[] => {
    if (other.server === server || !runsAt(other.processes, startMs)) return [];
    const heardMs = sinceStart(evidence, server, election?.heard.get(other.server)?.first.timeMs);
    return delayOf(other.server, server, startMs, heardMs);
  });
}

function runsAt(processes: readonly ProcessEvidence[], atMs: number): boolean {
  return processes.some((one) => startOf(one) < atMs && atMs <= one.lastMs);
}

function delayOf(from: number, to: number, sentMs: number, heardMs: number): Step[] {
  const isLate = heardMs > sentMs + ARRIVED_MS && heardMs < sentMs + VOTE_MS;
  if (!isLate) return [];
  const match = { type: "NOTIFICATION", from: asServerId(from), to: asServerId(to) };
  return [{ from: msText(sentMs), delay: { match, by: msText(heardMs - sentMs), count: 1 } }];
}
