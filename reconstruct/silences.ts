/**
 * Faults that the logs show by a silence: a server that was paused logs nothing while its peers wait for it, and a
 * server that was cut off before the end lacks the last proposals of its leader.
 */
import type { EstablishedEpoch } from "../explain/ensemble.ts";
import type { Problem, RolePeriod } from "../explain/history.ts";
import { asServerId, formatZxid64 } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, sinceStart } from "./evidence.ts";
import { connectionsIn, endOfPeriod } from "./learner-connections.ts";
import { syncTimeoutMs, TIMED_OUT, tickMs } from "./timeouts.ts";

/** A server that logs nothing for a time, and that others miss. Times are since the start of the run. */
export interface Silence {
  readonly server: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The time before the first line after a pause at which the server runs again. */
const AWAKE_MS = 0.5;
/** The time before the end of a leader up to which the end of a connection can belong to it. */
const SEEN_MS = 200;

/** Returns the pauses of servers: one for each server that its peers wait for and that logs nothing meanwhile. */
export function pauseSteps(evidence: Evidence): Step[] {
  return silencesIn(evidence).map(({ fromMs, server, toMs }) => ({
    from: msText(fromMs),
    pause: asServerId(server),
    for: msText(toMs - fromMs),
  }));
}

/** Returns the times at which a server that others wait for logs nothing, in the order of time. */
export function silencesIn(evidence: Evidence): Silence[] {
  const silences = evidence.ensemble.histories.flatMap(({ periods }) =>
    periods.flatMap((period) => period.problems.flatMap((problem) => silenceOf(period, problem, evidence))),
  );
  silences.sort((a, b) => a.fromMs - b.fromMs);
  return silences.filter(
    (one, index) => !silences.slice(0, index).some((other) => other.server === one.server && other.toMs === one.toMs),
  );
}

/** A read that timed out shows the time of the last packet: one limit earlier. */
function silenceOf(period: RolePeriod, { at, exception, learner }: Problem, evidence: Evidence): Silence[] {
  const server = period.role === "LEADING" ? learner : period.leader;
  if (server === undefined || !TIMED_OUT.test(exception[0] ?? "")) return [];
  const { settings } = period.process;
  const timeoutMs = sinceStart(evidence, period.server, at.timeMs);
  const lastPacketMs = timeoutMs - syncTimeoutMs(settings);
  const lines = evidence.observations.get(server) ?? [];
  const awake = lines.find(({ atMs }) => atMs > timeoutMs);
  const process = evidence.servers
    .find((one) => one.server === server)
    ?.processes.findLast(({ startMs }) => startMs <= lastPacketMs);
  // A leader sends a ping every half tick, so a server can still log something after its last packet.
  const isSilent = !lines.some(({ atMs }) => atMs > lastPacketMs + tickMs(settings) / 2 && atMs <= timeoutMs);
  if (awake === undefined || process === undefined || awake.atMs > process.lastMs || !isSilent) return [];
  const lastLine = lines.findLast(({ atMs }) => atMs <= timeoutMs);
  const fromMs = Math.max(lastPacketMs, lastLine?.atMs ?? 0) + 1;
  return [{ server, fromMs, toMs: Math.max(fromMs, awake.atMs - AWAKE_MS) }];
}

/**
 * Returns a drop for each learner that lacks the last transactions of its leader although both were connected to the
 * end: the first proposal that it lacks, and all after it, do not arrive.
 */
export function lostTails(evidence: Evidence): Step[] {
  return evidence.ensemble.epochs.flatMap((epoch) => {
    const { leader, period } = epoch;
    const last = zxidAfter(leader, period, evidence);
    if (last === undefined || Number(last >> 32n) !== epoch.epoch) return [];
    return lastConnections(epoch, evidence).flatMap(({ fromMs, learner, lostMs, zxid }): Step[] => {
      if (zxid >= last) return [];
      const missing = zxid >> 32n === last >> 32n ? zxid + 1n : ((last >> 32n) << 32n) + 1n;
      const [from, to] = [asServerId(leader), asServerId(learner)];
      const match = { type: "PROPOSAL", from, to, zxid: formatZxid64(missing) };
      const lost: Step = { from: msText(fromMs), drop: { match, count: 1 } };
      // After a drop, the learner does not see that its leader closes the connection.
      return lostMs === undefined ? [lost] : [lost, { from: msText(lostMs), disconnect: { server: to, from } }];
    });
  });
}

/** A learner's last connection to a leader. */
interface LastConnection {
  readonly learner: number;
  readonly fromMs: number;
  /** The time at which the learner sees that the leader has ended. Undefined if its own process ends, too. */
  readonly lostMs: number | undefined;
  /** The zxid that the learner has after it. */
  readonly zxid: bigint;
}

/** Returns the connections that last as long as the leader's process. */
function lastConnections(epoch: EstablishedEpoch, evidence: Evidence): LastConnection[] {
  if (epoch.period.end?.kind !== "process") return [];
  const connections = connectionsIn(epoch, evidence);
  const endMs = endOfPeriod(evidence, epoch.leader, epoch.period);
  return connections.flatMap(({ fromMs, learner, toMs }) => {
    if (toMs < endMs - SEEN_MS) return [];
    if (connections.findLast((one) => one.learner === learner)?.fromMs !== fromMs) return [];
    const period = evidence.ensemble.histories
      .find(({ server }) => server === learner)
      ?.periods.findLast(({ at }) => sinceStart(evidence, learner, at.timeMs) <= fromMs);
    if (period === undefined) return [];
    const zxid = zxidAfter(learner, period, evidence);
    const lostMs = period.end?.kind === "looking" ? toMs : undefined;
    return zxid === undefined ? [] : [{ learner, fromMs, lostMs, zxid }];
  });
}

/** Returns the zxid that a server has when it next starts or looks for a leader. */
function zxidAfter(server: number, period: RolePeriod, { ensemble, servers }: Evidence): bigint | undefined {
  if (period.end?.kind === "looking") {
    const { elections = [] } = ensemble.histories.find((one) => one.server === server) ?? {};
    return elections.find(({ at }) => (at.timeMs ?? 0) >= (period.end?.timeMs ?? 0))?.zxid;
  }
  const processes = servers.find((one) => one.server === server)?.processes ?? [];
  return processes[processes.findIndex(({ run }) => run === period.process) + 1]?.zxid;
}
