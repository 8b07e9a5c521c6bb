/** The part of the answer of `zabsim reconstruct` about data directories. */
import { above, textOf } from "../doctor/zxid-set.ts";
import { formatZxid } from "../protocol/zxid.ts";
import { isSameDisk } from "./disk-observations.ts";
import type { CopyTime, DiskFacts, DiskState } from "./disk-state.ts";
import type { Evidence } from "./evidence.ts";
import type { Trial } from "./trial.ts";

/** The files of a disk. Zxids are written as `epoch:counter`. */
export interface DiskFilesAnswer {
  readonly acceptedEpoch: number | null;
  readonly currentEpoch: number | null;
  /** The transactions in the log files, such as `1:1..1:5, 2:1`. */
  readonly log: string;
  /** The zxids of the snapshots that can be read. */
  readonly snapshots: readonly string[];
}

/** A data directory, and the disk of its server at the end of the run. */
export interface DiskAnswer extends DiskFilesAnswer {
  readonly server: number;
  readonly path: string;
  /** When the directory was copied, compared with the logs. */
  readonly copied: CopyTime;
  /** The transactions up to this zxid are not compared: the server or zabsim has dropped the files with them. */
  readonly comparedAbove: string | null;
  /** The disk of the server at the end of the run. Null if it is not compared: `copied` is not `after`. */
  readonly run: DiskFilesAnswer | null;
  /** Whether the epochs and the log are the same. Null if they are not compared. */
  readonly matched: boolean | null;
}

/** Compares the disks at the end of the run with the data directories. */
export function matchDisks({ disks }: Evidence, trial: Trial): DiskAnswer[] {
  return disks.map((facts) => {
    const { comparedAbove, copied, path, server } = facts;
    const state = trial.disks.get(server);
    return {
      server,
      path,
      copied,
      ...filesOf(facts, facts),
      comparedAbove: comparedAbove === 0 ? null : formatZxid(comparedAbove),
      run: state === undefined ? null : filesOf(state, facts),
      matched: state === undefined ? null : isSameDisk(facts, state, comparedAbove),
    };
  });
}

function filesOf(
  { acceptedEpoch, currentEpoch, log, snapshots }: DiskState,
  { comparedAbove }: DiskFacts,
): DiskFilesAnswer {
  return {
    acceptedEpoch: acceptedEpoch ?? null,
    currentEpoch: currentEpoch ?? null,
    log: textOf(above(log, comparedAbove)),
    snapshots: snapshots.map(formatZxid),
  };
}
