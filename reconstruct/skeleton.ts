/** The first scenario of the search: what the logs show directly. */
import { DEFAULT_THREADS, type ServerSpec } from "../cluster/cluster-spec.ts";
import type { Settings } from "../protocol/settings.ts";
import { DEFAULT_DISK, DEFAULT_NETWORK } from "../scenarios/loading/short-forms-and-defaults.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, hasManyHandshakes, type ProcessEvidence, type ServerEvidence } from "./evidence.ts";
import { endOf, startOf } from "./process-times.ts";
import { isReconfigEnabled } from "./reconfigurations.ts";
import { endOfRun } from "./scenario-steps.ts";
import { lostTails, pauseSteps } from "./silences.ts";
import { logFileSize, snapshotSteps, withWriteSizes } from "./snapshots.ts";
import { type StartFile, startFiles, startOfProcess, withFiles } from "./start-config-files.ts";
import { commitLogCountOf, startDisks, UNKNOWN_DISK } from "./start-disks.ts";
import { voteDelays } from "./vote-delays.ts";
import { clientWrites } from "./writes.ts";

/** Returns the scenario that the logs show directly. Every step has a time of its own. */
export function skeletonOf(evidence: Evidence, name: string): Scenario {
  const { servers, silent } = evidence;
  const disks = startDisks(evidence);
  const files = startFiles(evidence);
  const settings = {
    ...settingsOf(servers[0], evidence),
    ...(hasSmallLogs(evidence) && { preAllocSizeBytes: 0 }),
    ...logFileSize(evidence),
    ...(isReconfigEnabled(evidence) && { reconfigEnabled: true }),
  };
  const zookeeper = servers[0]?.release ?? "newest";
  const specs: [number, ServerSpec][] = servers.map((one) => {
    const own = {
      ...settingsOf(one, evidence),
      ...(usesObserverMaster(one.server, evidence) && { observerMasterPort: OBSERVER_MASTER_PORT }),
    };
    for (const [key, value] of Object.entries(settings)) if (own[key as never] === value) delete own[key as never];
    const spec = disks.servers.get(one.server) ?? UNKNOWN_DISK;
    const release = one.release === zookeeper ? {} : { zookeeper: one.release };
    return [one.server, { ...spec, ...release, down: startOf(one.processes[0]) > 0, settings: own }];
  });
  for (const sid of silent) specs.push([sid, { ...(disks.servers.get(sid) ?? UNKNOWN_DISK), down: true }]);
  return {
    name,
    about: "",
    zookeeper,
    servers: Object.fromEntries(
      withFiles(
        specs.sort(([a], [b]) => a - b),
        files,
        evidence,
      ),
    ),
    settings,
    network: { ...DEFAULT_NETWORK, links: [] },
    disk: DEFAULT_DISK,
    threads: DEFAULT_THREADS,
    ...(disks.committed !== undefined && { committed: disks.committed }),
    steps: [
      ...servers.flatMap((one) => processSteps(one, files, evidence)),
      ...(hasManyHandshakes(evidence) ? faultsOfRealServers(evidence) : []),
      ...withWriteSizes(clientWrites(evidence), evidence),
    ],
    until: endOfRun(evidence),
    expect: { violates: [] },
  };
}

/** Returns whether leaders synchronize learners from their logs on disk, which are never too large for that. */
function hasSmallLogs({ observations }: Evidence): boolean {
  const texts = [...observations.values()].flatMap((list) => list.map(({ text }) => text));
  return (
    texts.some((text) => text.startsWith("sync-from-txn-log")) &&
    !texts.some((text) => text.startsWith("sync-log-too-large"))
  );
}

/** Any port serves. */
const OBSERVER_MASTER_PORT = 2191;

/** Returns whether a server accepts observers while it follows, or is an observer that such a server has accepted. */
function usesObserverMaster(server: number, { observations }: Evidence): boolean {
  return [...observations].some(([master, list]) => {
    let follows = false;
    return list.some(({ text }) => {
      if (/^(following|leading|observing|election-started)/.test(text)) follows = text === "following";
      const learner = /^learner-registered (\d+)/.exec(text)?.[1];
      return follows && learner !== undefined && (master === server || Number(learner) === server);
    });
  });
}

/** The settings that the first process of a server logs. */
function settingsOf(server: ServerEvidence | undefined, evidence: Evidence): Partial<Settings> {
  const run = server?.processes[0]?.run;
  const sid = server?.server ?? -1;
  const shown = commitLogCountOf(sid, evidence.ensemble.handshakes);
  const {
    commitLogCount = shown,
    connectToLearnerMasterLimit,
    initLimit,
    snapshotSizeFactor,
    syncLimit,
    tickTimeMs,
  } = run?.settings ?? {};
  const factor = Number(snapshotSizeFactor);
  const found: Partial<Record<keyof Settings, unknown>> = {
    tickTimeMs,
    initLimit,
    syncLimit,
    ...(connectToLearnerMasterLimit ? { connectToLearnerMasterLimit } : {}),
    ...(commitLogCount !== undefined && commitLogCount !== 500 ? { commitLogCount } : {}),
    ...(Number.isFinite(factor) && factor !== 0.33 ? { snapshotSizeFactor: factor } : {}),
    ...(run?.forceSnapshotSync ? { forceSnapSync: true } : {}),
  };
  for (const key of Object.keys(found) as (keyof Settings)[]) if (found[key] === undefined) delete found[key];
  return found as Partial<Settings>;
}

/** The starts and ends of the processes of a server. */
function processSteps(server: ServerEvidence, files: readonly StartFile[], evidence: Evidence): Step[] {
  const { processes, server: sid } = server;
  return processes.flatMap((process, index): Step[] => {
    const steps: Step[] = [];
    const startMs = startOf(process);
    if (startMs > 0)
      steps.push({ from: msText(startMs), start: startOfProcess(files, server.server, index, evidence) });
    const endMs = endOf(server, index, evidence);
    if (endMs !== undefined) {
      steps.push({
        from: msText(endMs),
        crash: { server: sid as never, unsynced: "kept", connectionsReset: true },
      });
    }
    const next = processes[index + 1];
    if (next !== undefined && startsEmpty(process, next)) {
      const nextMs = startOf(next);
      steps.push({ from: msText(((endMs ?? nextMs) + nextMs) / 2), wipe: sid as never });
    }
    return steps;
  });
}

/** Returns whether a process starts with an empty disk although the one before it had transactions. */
function startsEmpty(before: ProcessEvidence, { run, zxid }: ProcessEvidence): boolean {
  return zxid === 0n && (run.missingEpochFiles.length > 0 || (before.zxid ?? 0n) > 0n);
}

/** In long logs, the search cannot find the cause of each difference, so what explains them comes first. */
function faultsOfRealServers(evidence: Evidence): Step[] {
  return [...pauseSteps(evidence), ...lostTails(evidence), ...voteDelays(evidence), ...snapshotSteps(evidence)];
}
