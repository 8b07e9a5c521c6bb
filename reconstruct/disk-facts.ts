/** Finds out what data directories show: the files of each server, and from which time they are. */
import type { EpochFileState } from "../doctor/data-directory.ts";
import { historiesOf, type ServerDisk, type ServerHistory } from "../doctor/histories.ts";
import { forgottenBelow, specOfDisk } from "../doctor/start-state.ts";
import { above } from "../doctor/zxid-set.ts";
import { asZxid, epochOf, type Zxid } from "../protocol/zxid.ts";
import type { CopyTime, DiskFacts, DiskState, EpochTimes } from "./disk-state.ts";
import type { Evidence, ZxidFact } from "./evidence.ts";
import { endOfPeriod } from "./learner-connections.ts";
import { startZxidOf } from "./start-zxid.ts";
import { establishedMs } from "./write-triggers.ts";

/** Returns the evidence with what data directories show. */
export function withDirectories(evidence: Evidence, disks: readonly ServerDisk[]): Evidence {
  const histories = historiesOf(disks);
  const forgotten = asZxid(forgottenBelow(histories));
  const epochs = epochTimes(evidence);
  const facts = disks.map((disk, index): DiskFacts => {
    const { directory, sid, start } = disk;
    const { log, tree } = histories[index] as ServerHistory;
    const usable = directory.snapshots.filter(({ content, looksValid }) => looksValid && content.kind === "snapshot");
    const state: DiskState = {
      acceptedEpoch: epochIn(directory.acceptedEpoch),
      currentEpoch: epochIn(directory.currentEpoch),
      log: above(log, forgotten),
      snapshots: usable.map(({ zxid }) => zxid),
    };
    return {
      ...state,
      server: sid,
      path: directory.path,
      copied: copyTimeOf(sid, { ...state, lastZxid: start.database?.lastZxid }, evidence),
      tree: above(tree, forgotten),
      logFiles: directory.logs.flatMap(({ txns }) => txns.first ?? []),
      comparedAbove: asZxid(Math.max(forgotten, purgedBelow(state))),
      spec: specOfDisk({ disks, histories }, sid, forgotten),
      epochs,
    };
  });
  const zxids = [...evidence.zxids, ...lastZxids(facts, evidence)].sort((a, b) => a.atMs - b.atMs);
  return { ...evidence, zxids, disks: facts };
}

function epochTimes(evidence: Evidence): EpochTimes {
  return new Map(
    evidence.ensemble.epochs.map((established) => {
      const endMs = Math.min(endOfPeriod(evidence, established.leader, established.period), evidence.endMs);
      return [established.epoch, { startMs: establishedMs(established, evidence), endMs }];
    }),
  );
}

/** Returns the last zxid of each epoch in the directories: its leader proposed it before the end of its role. */
function lastZxids(disks: readonly DiskFacts[], { endMs, ensemble }: Evidence): ZxidFact[] {
  return ensemble.epochs.flatMap(({ epoch, leader }): ZxidFact[] => {
    const last = disks.flatMap(({ log, server }) =>
      log.flatMap((range) => (epochOf(range.last) === epoch ? [{ server, zxid: BigInt(range.last) }] : [])),
    );
    const zxid = last.reduce((max, one) => (one.zxid > max ? one.zxid : max), 0n);
    if (zxid === 0n) return [];
    const holders = last.filter((one) => one.zxid === zxid).map(({ server }) => server);
    const server = holders.includes(leader) ? leader : (holders[0] as number);
    const atMs = disks[0]?.epochs.get(epoch)?.endMs ?? endMs;
    return [{ server, zxid, atMs, isExact: false, event: "database-loaded" }];
  });
}

function epochIn(file: EpochFileState): number | undefined {
  return file === "missing" || !("epoch" in file) ? undefined : file.epoch;
}

/** Returns the zxid up to which the server may have deleted its files. A server that has snapshot.0 has all of them. */
function purgedBelow({ log, snapshots }: DiskState): number {
  const [oldest = 0] = snapshots;
  return oldest === 0 ? 0 : Math.min(oldest, (log[0]?.first ?? Number.POSITIVE_INFINITY) - 1);
}

interface CopiedState extends DiskState {
  /** The last zxid that the server would load. Undefined if it cannot load its database. */
  readonly lastZxid: Zxid | undefined;
}

function copyTimeOf(sid: number, state: CopiedState, evidence: Evidence): CopyTime {
  const served = lastServedEpoch(sid, evidence);
  const newest = Math.max(state.currentEpoch ?? 0, epochOf(state.log.at(-1)?.last ?? asZxid(0)));
  if (served === undefined || newest >= served) return "after";
  return isFirstStart(sid, state, evidence) ? "before" : "between";
}

/** Returns the epoch in which a server served last, as the leader or as a learner. Undefined if it never served. */
function lastServedEpoch(sid: number, { ensemble }: Evidence): number | undefined {
  const history = ensemble.histories.find(({ server }) => server === sid);
  const epochs = (history?.periods ?? []).flatMap((period) => {
    const established = ensemble.epochs.find((one) => one.period === period);
    const serves = established !== undefined || period.sync?.upToDateMs !== undefined;
    return serves ? (established?.epoch ?? period.epoch ?? period.sync?.epoch ?? []) : [];
  });
  return epochs.length === 0 ? undefined : Math.max(...epochs);
}

/** Returns whether a directory is what the first process of a server loads, as far as the log shows it. */
function isFirstStart(sid: number, { currentEpoch, lastZxid = asZxid(-1) }: CopiedState, evidence: Evidence): boolean {
  const server = evidence.servers.find((one) => one.server === sid);
  const process = server?.processes[0];
  if (server === undefined || process === undefined) return false;
  const shownZxid = startZxidOf(server, evidence.ensemble.handshakes);
  const isSameZxid = Math.max(0, Number(shownZxid)) === Math.max(0, lastZxid);
  const epoch = currentEpoch ?? Math.max(0, epochOf(lastZxid));
  return isSameZxid && (process.epoch === undefined || Math.max(0, process.epoch) === epoch);
}
