/**
 * Finds servers that started with an empty disk. Such a server votes as if it had never promised anything: if its vote
 * is needed for a majority, the ensemble can lose committed transactions.
 */
import { formatZxid64 } from "../../protocol/zxid.ts";
import { highestCommitted, majorityOf } from "../commit-status.ts";
import type { Ensemble, EstablishedEpoch } from "../ensemble.ts";
import {
  type Certainty,
  capital,
  type Finding,
  type FindingOf,
  MAX_EVIDENCE,
  type Severity,
  serversText,
} from "../finding.ts";
import type { Evidence, ProcessRun } from "../history.ts";

/** A process that started with an empty version-2 although the ensemble had an epoch before. */
interface EmptyStart {
  readonly server: number;
  readonly run: ProcessRun;
  readonly timeMs: number;
}

/** Returns the starts with an empty disk after the first epoch of the logs. */
export function emptyStarts({ aligned, epochs, histories }: Ensemble): EmptyStart[] {
  const firstMs = epochs[0]?.timeMs;
  if (firstMs === undefined) return [];
  return histories.flatMap(({ processes, server }) =>
    processes.flatMap((run): EmptyStart[] => {
      const timeMs = aligned(server, run.at.timeMs);
      const isEmpty = run.missingEpochFiles.length >= 2 && (run.loadedZxid ?? 0n) === 0n;
      return isEmpty && timeMs !== undefined && timeMs > firstMs ? [{ server, run, timeMs }] : [];
    }),
  );
}

export const emptyDisks: FindingOf = (ensemble) => {
  const starts = emptyStarts(ensemble);
  return starts.length === 0 ? [] : byEpoch(ensemble, starts).map((group) => findingOf(ensemble, group));
};

/** What the empty disks meant for the ensemble. */
interface Effect {
  readonly severity: Severity;
  readonly certainty: Certainty;
  /** Follows `server 1 started with an empty disk` in the title. */
  readonly suffix: string;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
}

function findingOf(ensemble: Ensemble, group: readonly EmptyStart[]): Finding {
  const servers = [...new Set(group.map(({ server }) => server))];
  const effect = majorityEffect(ensemble, servers) ?? neededEffect(ensemble, group, servers) ?? NO_EFFECT;
  const { advice, cause, certainty, evidence, severity, suffix } = effect;
  return {
    ...{ rule: "empty-disk", severity, certainty, servers, timeMs: group[0]?.timeMs },
    title: `${serversText(servers)} started with an empty disk${suffix}`,
    cause:
      "Both epoch files and the database were missing, although the ensemble already had an epoch: version-2 was " +
      `removed, or the disk was replaced or not mounted. ${cause}`,
    evidence: [...group.flatMap(({ run }) => run.missingEpochFiles), ...evidence].slice(0, MAX_EVIDENCE),
    advice,
  };
}

const NO_EFFECT: Effect = {
  ...{ severity: "note", certainty: "proven", evidence: [], advice: [], suffix: "" },
  cause:
    "The server had forgotten its votes and transactions until a leader synchronized it. No log shows that it was " +
    "needed for a majority before.",
};

/** A majority started with empty disks. */
function majorityEffect(ensemble: Ensemble, servers: readonly number[]): Effect | undefined {
  if (servers.length < majorityOf(ensemble)) return undefined;
  return {
    ...{ severity: "loss", certainty: "likely", evidence: [], suffix: "" },
    cause:
      "A majority without its history can elect a leader without committed transactions, and every other server " +
      "then throws them away.",
    advice: [
      `Stop ${serversText(servers)}, and start the servers that still have their data first. Copy their data ` +
        "directories before anything else.",
    ],
  };
}

/** A leader had a majority only with the servers that had been emptied, while another server was down. */
function neededEffect(
  ensemble: Ensemble,
  group: readonly EmptyStart[],
  servers: readonly number[],
): Effect | undefined {
  const epoch = ensemble.epochs.find((one) => group.some((start) => needs(ensemble, one, start, servers)));
  if (epoch === undefined) return undefined;
  const { leader, period, supporters } = epoch;
  const down = downAt(ensemble, epoch);
  if (down.length === 0) return undefined;
  const voted = servers.filter((sid) => supporters.includes(sid));
  const lost = lostBefore(ensemble, epoch);
  const others = supporters.filter((sid) => !servers.includes(sid));
  const was = down.length === 1 ? "was" : "were";
  return {
    severity: "loss",
    suffix: ` and was needed for a majority while ${serversText(down)} ${was} down`,
    certainty: lost === undefined ? "possible" : "likely",
    cause:
      `${capital(serversText(voted))} then counted for the majority of leader ${leader} ` +
      `in epoch ${epoch.epoch}, while ` +
      `${serversText(down)} ${was} down. ` +
      `A transaction that only ${serversText([...voted, ...down].sort((a, b) => a - b))} ` +
      `had was committed, and ${others.length === 0 ? "no server" : serversText(others)} of this majority ` +
      `${others.length > 1 ? "have" : "has"} it.${lost === undefined ? "" : ` ${lost.text}`}`,
    evidence: [
      ...(lost === undefined ? [] : [lost.at]),
      ...(period.established === undefined ? [] : [period.established]),
    ],
    advice: [
      `Do not start ${serversText(down)} before you have copied its data directory: when it joins this leader, it ` +
        "throws away what the leader lacks.",
      `Compare the disks of all servers with zabsim doctor. ` +
        `If ${serversText(down)} ${down.length === 1 ? "has" : "have"} ` +
        "transactions that the others lack, stop all servers and start again with them, as the doctor advises.",
      "Next time, start a server with an empty disk only while a leader and a majority of the other servers run.",
    ],
  };
}

/** Returns whether a leader became established with an emptied server that no leader had synchronized since. */
function needs(
  { aligned, histories, members }: Ensemble,
  { epoch, supporters, timeMs }: EstablishedEpoch,
  { run, server, timeMs: startMs }: EmptyStart,
  servers: readonly number[],
): boolean {
  if (timeMs === undefined || timeMs < startMs || !supporters.includes(server)) return false;
  const periods = histories.find((one) => one.server === server)?.periods ?? [];
  // 3.4 does not log when a learner serves. Before it does, the leader of the same epoch has not its majority yet.
  const earlier = periods.filter((one) => one.process === run && one.epoch !== epoch);
  const synchronized = earlier.map(({ servingMs, sync }) => aligned(server, servingMs ?? sync?.at.timeMs));
  if (synchronized.some((one) => one !== undefined && one < timeMs)) return false;
  return supporters.filter((sid) => !servers.includes(sid)).length < majorityOf({ members });
}

/** Returns the members that did not run when a leader became established. */
function downAt({ aligned, histories, members }: Ensemble, { supporters, timeMs = 0 }: EstablishedEpoch): number[] {
  return members.filter((sid) => {
    if (supporters.includes(sid)) return false;
    const processes = histories.find(({ server }) => server === sid)?.processes ?? [];
    return !processes.some(
      ({ at, lastMs }) => (aligned(sid, at.timeMs) ?? timeMs) <= timeMs && (aligned(sid, lastMs) ?? timeMs) >= timeMs,
    );
  });
}

/** Returns the committed transactions that the new leader lacked, if the logs show them. */
function lostBefore(
  ensemble: Ensemble,
  { epoch, leader, period }: EstablishedEpoch,
): { readonly text: string; readonly at: Evidence } | undefined {
  const own = period.election?.zxid;
  if (own === undefined) return undefined;
  const before = ensemble.epochs.filter((one) => one.epoch < epoch).map((one) => highestCommitted(ensemble, one.epoch));
  const newer = before.findLast((one) => one !== undefined && one.zxid > own);
  if (newer === undefined) return undefined;
  return {
    text: `${formatZxid64(newer.zxid)} was committed, but leader ${leader} had only ${formatZxid64(own)}.`,
    at: newer.at,
  };
}

/** Groups starts that no newly established epoch separates. */
function byEpoch({ epochs }: Ensemble, starts: readonly EmptyStart[]): EmptyStart[][] {
  const groups = new Map<number, EmptyStart[]>();
  for (const start of starts) {
    const before = epochs.findLastIndex(({ timeMs }) => timeMs !== undefined && timeMs <= start.timeMs);
    groups.set(before, [...(groups.get(before) ?? []), start]);
  }
  return [...groups.values()];
}
