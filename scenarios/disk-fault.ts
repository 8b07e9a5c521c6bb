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
} from "../protocol/index.ts";
import type { ServerId } from "../protocol/zxid.ts";
import { parseDurationRange } from "../sim/duration-range.ts";
import type { ActionResult } from "./action-result.ts";
import type { DiskFault } from "./scenario.ts";

const OPERATIONS: Readonly<Record<NonNullable<DiskFault["fail"]>, number>> = {
  "sync-log": DISK_SYNC_LOG,
  "truncate-log": DISK_TRUNCATE_LOG,
  "accepted-epoch": DISK_ACCEPTED_EPOCH,
  "current-epoch": DISK_CURRENT_EPOCH,
  snapshot: DISK_SNAPSHOT,
  load: DISK_LOAD,
};

export function applyDiskFault({ world, characters }: Cluster, sid: ServerId, fault: DiskFault): ActionResult {
  const { disk } = world.node(sid);
  const { effects } = disk;
  const sync = fault.sync === undefined ? undefined : parseDurationRange(fault.sync);
  if (sync !== undefined) disk.setCharacter({ syncMinUs: sync.minUs, syncMaxUs: sync.maxUs });
  const write = fault.write === undefined ? undefined : parseDurationRange(fault.write);
  if (write !== undefined) disk.setCharacter({ writeMinUs: write.minUs, writeMaxUs: write.maxUs });
  if (fault.resume === true) {
    disk.unstall();
    disk.full = false;
  }
  if (fault.stall === true) {
    const before = effects.stalled;
    disk.stall();
    return { effect: { kind: "disk-operations", count: () => effects.stalled - before }, undo: () => disk.unstall() };
  }
  if (fault.full === true || fault.fail !== undefined) {
    const before = effects.failed;
    if (fault.full === true) disk.full = true;
    if (fault.fail !== undefined) disk.failNext(OPERATIONS[fault.fail], "error");
    return {
      effect: { kind: "disk-operations", count: () => effects.failed - before },
      undo: () => {
        disk.full = false;
      },
    };
  }
  if (fault.corrupt !== undefined) {
    const files = new ServerDisk(disk).corrupt(fault.corrupt) ? 1 : 0;
    return { effect: { kind: "files", count: () => files } };
  }
  return { undo: () => disk.setCharacter(characters.disk) };
}
