/**
 * The `disk` action: makes the disk of one server slow, stalled, full or failing, damages a file, or repairs the disk.
 */

import type { Cluster } from "../cluster/cluster.ts";
import { ServerDisk } from "../cluster/server-disk.ts";
import {
  DISK_ACCEPTED_EPOCH,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
  parseZxid,
} from "../protocol/index.ts";
import type { ServerId, Zxid } from "../protocol/zxid.ts";
import { parseDurationRange } from "../sim/duration-range.ts";
import type { Disk, DiskCharacter } from "../sim/index.ts";
import type { ActionResult, CountedEffect } from "./action-result.ts";
import type { DiskFault } from "./scenario.ts";

const OPERATIONS: Readonly<Record<NonNullable<DiskFault["fail"]>, number>> = {
  "sync-log": DISK_SYNC_LOG,
  "truncate-log": DISK_TRUNCATE_LOG,
  "accepted-epoch": DISK_ACCEPTED_EPOCH,
  "current-epoch": DISK_CURRENT_EPOCH,
  snapshot: DISK_SNAPSHOT,
  load: DISK_LOAD,
};

export function applyDiskFault(cluster: Cluster, sid: ServerId, fault: DiskFault): ActionResult {
  const { world, characters } = cluster;
  const { disk } = world.node(sid);
  const { effects } = disk;
  if (fault.resume === true) disk.repair();
  const undos = [...slowDown(disk, fault, characters.disk), ...breakDisk(disk, fault)];
  const undo = undos.length === 0 ? undefined : () => undos.forEach((one) => void one());
  if (fault.stall === true) return { effect: operationsSince(effects, "stalled"), undo };
  if (fault.full === true || fault.readOnly === true || fault.fail !== undefined) {
    return { effect: operationsSince(effects, "failed"), undo };
  }
  if (fault.loseSyncs === true) return { effect: operationsSince(effects, "lostSyncs"), undo };
  if (fault.corrupt !== undefined) {
    const files = new ServerDisk(disk).corrupt(fault.corrupt, fileOf(fault)) ? 1 : 0;
    return { effect: { kind: "files", count: () => files }, undo };
  }
  if (fault.delete === undefined && fault.copyFrom === undefined) return { undo };
  // A running server keeps its newest files open.
  const canChange = cluster.server(sid) === undefined || isOlderLog(disk, fault);
  const files = canChange ? changeFiles(cluster, disk, fault) : 0;
  return { effect: { kind: "files", count: () => files }, undo };
}

/** Returns whether a fault damages, deletes or replaces files. */
export function changesFiles(fault: DiskFault): boolean {
  return fault.corrupt !== undefined || fault.delete !== undefined || fault.copyFrom !== undefined;
}

/** Deletes a file, or copies a directory. Returns the number of files that changed. */
function changeFiles({ world }: Cluster, disk: Disk, fault: DiskFault): number {
  const { copyFrom, delete: kind } = fault;
  const deleted = kind === undefined ? 0 : new ServerDisk(disk).delete(kind, fileOf(fault));
  return copyFrom === undefined ? deleted : disk.copyFrom(world.node(copyFrom).disk);
}

function fileOf({ file }: DiskFault): Zxid | undefined {
  return file === undefined ? undefined : parseZxid(file);
}

/** Returns whether the fault deletes a log file to which the server no longer appends. */
function isOlderLog(disk: Disk, fault: DiskFault): boolean {
  const zxid = fileOf(fault);
  const newest = new ServerDisk(disk).readLog(false).at(-1)?.name;
  return fault.delete === "log" && zxid !== undefined && newest !== undefined && zxid < newest;
}

type Undo = () => void;

function slowDown(disk: Disk, { sync, write }: DiskFault, usual: DiskCharacter): Undo[] {
  const undos: Undo[] = [];
  const syncs = sync === undefined ? undefined : parseDurationRange(sync);
  if (syncs !== undefined) {
    const { syncMaxUs, syncMinUs } = usual;
    disk.setCharacter({ syncMinUs: syncs.minUs, syncMaxUs: syncs.maxUs });
    undos.push(() => disk.setCharacter({ syncMinUs, syncMaxUs }));
  }
  const writes = write === undefined ? undefined : parseDurationRange(write);
  if (writes !== undefined) {
    const { writeMaxUs, writeMinUs } = usual;
    disk.setCharacter({ writeMinUs: writes.minUs, writeMaxUs: writes.maxUs });
    undos.push(() => disk.setCharacter({ writeMinUs, writeMaxUs }));
  }
  return undos;
}

/** Returns functions that undo only the changes of this fault. For example, a disk that was full before stays full. */
function breakDisk(disk: Disk, { fail, full, loseSyncs, readOnly, stall }: DiskFault): Undo[] {
  const undos: Undo[] = [];
  if (stall === true && !disk.stalled) {
    disk.stall();
    undos.push(() => disk.unstall());
  }
  for (const [isBroken, flag] of [
    [full, "full"],
    [readOnly, "readOnly"],
    [loseSyncs, "losesSyncs"],
  ] as const) {
    if (isBroken !== true || disk[flag]) continue;
    disk[flag] = true;
    undos.push(() => {
      disk[flag] = false;
    });
  }
  if (fail !== undefined) undos.push(disk.failNext(OPERATIONS[fail], "error"));
  return undos;
}

/** Counts the operations that the disk delays, makes fail or does not sync after this call. */
function operationsSince(effects: Disk["effects"], how: "stalled" | "failed" | "lostSyncs"): CountedEffect {
  const before = effects[how];
  return { kind: "disk-operations", count: () => effects[how] - before };
}
