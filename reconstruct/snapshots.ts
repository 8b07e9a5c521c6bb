/**
 * Snapshots and sizes. A server that serves takes a snapshot after a random number of transactions; where committedLog
 * begins after the next start depends on it. The sizes of log files and snapshots decide whether a leader sends a DIFF
 * from its log on disk.
 */
import type { ExplainedHandshake } from "../explain/ensemble.ts";
import type { LearnerSync, RolePeriod, ServerHistory } from "../explain/history.ts";
import type { Zxid64 } from "../logs/index.ts";
import { DEFAULT_SETTINGS, type Settings } from "../protocol/settings.ts";
import { asServerId, formatZxid64 } from "../protocol/zxid.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, sinceStart } from "./evidence.ts";
import { readyMsOf } from "./scenario-steps.ts";

/** Returns the snapshots that servers take while they serve. */
export function snapshotSteps(evidence: Evidence): Step[] {
  return evidence.ensemble.histories.flatMap((history) =>
    history.disk.flatMap(({ at, kind, zxid }): Step[] => {
      const period = kind === "snapshot-taken" ? servingAt(history, evidence, at.timeMs) : undefined;
      if (period === undefined) return [];
      const { server } = history;
      const snapshot = asServerId(server);
      if (zxid <= zxidAtStart(period, evidence)) {
        return [{ from: msText(sinceStart(evidence, server, at.timeMs)), snapshot }];
      }
      const from = msText(sinceStart(evidence, server, period.at.timeMs));
      return [{ from, when: { event: "delivered", server: snapshot, zxid: formatZxid64(zxid), nth: 1 }, snapshot }];
    }),
  );
}

/** Returns the role in which a server serves at a time. */
function servingAt({ periods, server }: ServerHistory, evidence: Evidence, timeMs = 0): RolePeriod | undefined {
  const period = periods.findLast(({ at }) => (at.timeMs ?? 0) <= timeMs);
  const since = (ms: number | undefined): number => sinceStart(evidence, server, ms);
  const sinceMs =
    period?.role === "LEADING" ? since(period.established?.timeMs) : learnerServesMs(period?.sync, evidence);
  const untilMs = since(period?.end?.timeMs);
  return sinceMs <= since(timeMs) && since(timeMs) <= untilMs ? period : undefined;
}

/** Returns the time from which a learner serves. In 3.4, only the leader's line about NEWLEADER-ACK shows it. */
function learnerServesMs(sync: LearnerSync | undefined, { ensemble, startMs }: Evidence): number {
  const handshake = ensemble.handshakes.find(({ learnerSide }) => learnerSide === sync);
  if (sync === undefined || handshake?.servingMs === undefined) return Number.POSITIVE_INFINITY;
  return handshake.servingMs - startMs;
}

/** Returns the last zxid of a server when it begins to serve in a role. */
function zxidAtStart(period: RolePeriod, { ensemble }: Evidence): Zxid64 {
  const { sync } = period;
  const handshake =
    sync === undefined ? undefined : ensemble.handshakes.find(({ learnerSide }) => learnerSide === sync);
  return handshake?.zxid ?? period.election?.zxid ?? 0n;
}

/** Returns the size of a log file, if a leader logs the size of the files that it does not send. */
export function logFileSize({ ensemble }: Evidence): Partial<Pick<Settings, "preAllocSizeBytes">> {
  const sizes = ensemble.handshakes.flatMap(({ leaderSide }) => leaderSide?.txnLogSize?.bytes ?? []);
  return sizes.length === 0 ? {} : { preAllocSizeBytes: Math.min(...sizes) };
}

/** How much larger a snapshot is made than needed, because log files grow in steps. */
const MARGIN = 3;
/** The largest size of a write, below jute.maxbuffer. */
const BYTES_MAX = 900_000;

/**
 * Makes writes larger if a leader sends its log on disk although that log has about the size of one that was too large
 * before: the snapshot has grown by these writes, which the learner already has.
 */
export function withWriteSizes(steps: readonly Step[], evidence: Evidence): Step[] {
  const { handshakes } = evidence.ensemble;
  const isTooLarge = ({ leaderSide }: ExplainedHandshake): boolean => leaderSide?.txnLogSize !== undefined;
  const sent = handshakes.find(
    (one, index) =>
      one.leaderSide?.ruleLines.has("sync-from-txn-log") === true &&
      !isTooLarge(one) &&
      handshakes.slice(0, index).some(isTooLarge),
  );
  if (sent?.facts === undefined || sent.timeMs === undefined) return [...steps];
  const afterMs = handshakes.findLast((one) => isTooLarge(one) && (one.timeMs ?? 0) < (sent.timeMs ?? 0))?.timeMs ?? 0;
  const fromMs = afterMs - evidence.startMs;
  const untilMs = lastConnectedMs(sent, evidence);
  const isGrowth = (step: Step): boolean => {
    const atMs = readyMsOf(step);
    return "write" in step && atMs > fromMs && atMs < untilMs;
  };
  const count = steps.reduce((sum, step) => sum + ("write" in step && isGrowth(step) ? step.write.count : 0), 0);
  if (count === 0) return [...steps];
  const { snapshotSizeFactor, txnBytes } = DEFAULT_SETTINGS;
  const { preAllocSizeBytes = 0 } = logFileSize(evidence);
  const txns = Number(sent.facts.maxCommittedLog & 0xffff_ffffn);
  const needed = (MARGIN * (txns * txnBytes + 2 * preAllocSizeBytes)) / snapshotSizeFactor;
  const bytes = Math.min(BYTES_MAX, Math.ceil(needed / count / 1000) * 1000);
  return steps.map((step) => ("write" in step && isGrowth(step) ? { ...step, write: { ...step.write, bytes } } : step));
}

/** Returns the time at which a learner was last connected to a leader before a synchronization. */
function lastConnectedMs({ learner, timeMs }: ExplainedHandshake, evidence: Evidence): number {
  const atMs = (timeMs ?? evidence.startMs) - evidence.startMs;
  const processes = evidence.servers.find(({ server }) => server === learner)?.processes ?? [];
  const index = processes.findLastIndex(({ startMs }) => startMs <= atMs);
  return processes[index - 1]?.lastMs ?? processes[index]?.startMs ?? atMs;
}
