/**
 * What a `disk` step does to the disk of one server.
 */
import {
  DISK_ACCEPTED_EPOCH,
  DISK_CURRENT_EPOCH,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  DISK_TRUNCATE_LOG,
} from "../protocol/index.ts";
import type { Disk } from "../sim/index.ts";
import { parseDurationRange } from "./duration-range.ts";
import type { DiskFault } from "./scenario.ts";

const OPERATIONS: Readonly<Record<NonNullable<DiskFault["fail"]>, number>> = {
  "sync-log": DISK_SYNC_LOG,
  "truncate-log": DISK_TRUNCATE_LOG,
  "accepted-epoch": DISK_ACCEPTED_EPOCH,
  "current-epoch": DISK_CURRENT_EPOCH,
  snapshot: DISK_SNAPSHOT,
  load: DISK_LOAD,
};

/** Returns how to ask how many operations a stall or failure has hit. */
export function applyDiskFault(disk: Disk, fault: DiskFault): (() => number) | undefined {
  const sync = fault.sync === undefined ? undefined : parseDurationRange(fault.sync);
  if (sync !== undefined) disk.setCharacter({ syncMinUs: sync.minUs, syncMaxUs: sync.maxUs });
  const write = fault.write === undefined ? undefined : parseDurationRange(fault.write);
  if (write !== undefined) disk.setCharacter({ writeMinUs: write.minUs, writeMaxUs: write.maxUs });
  if (fault.resume === true) disk.unstall();
  if (fault.stall === true) {
    const before = disk.effects.stalled;
    disk.stall();
    return () => disk.effects.stalled - before;
  }
  if (fault.fail !== undefined) {
    const before = disk.effects.failed;
    disk.failNext(OPERATIONS[fault.fail], "error");
    return () => disk.effects.failed - before;
  }
  return undefined;
}
