/**
 * Draws the content of the disks at the start of a plan. The disks are in a state that an ensemble can leave behind
 * when it stops.
 *
 * All servers share one history of past epochs, and each server stopped at some point of this history. A server that
 * stopped in an old epoch may have logged proposals of that epoch that later epochs do not have. In the newest epoch, a
 * quorum has logged every transaction that a client may have read.
 *
 * In some plans, an epoch starts at a counter above 1, and the servers that are not needed for a quorum end with a
 * transaction of this epoch with a lower counter, which the other servers do not have: their disks were restored from
 * another ensemble. Only such a zxid is within the range of a leader's log but not in the log, so only for such a
 * server a leader of 3.5 or newer sends TRUNC and later transactions in one synchronization.
 */

import type { ServerSpec } from "../cluster/cluster-spec.ts";
import type { Settings } from "../protocol/index.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Draw } from "./random-values.ts";

export interface StartDisks {
  readonly specs: Readonly<Record<ServerId, Partial<ServerSpec>>>;
  readonly committed: string | undefined;
  /** The settings that the disks need. */
  readonly settings: Partial<Settings>;
}

interface PastEpoch {
  readonly epoch: number;
  /** The counter of the first transaction. */
  readonly first: number;
  /** Number of transactions that the next epoch keeps. */
  readonly kept: number;
  /** Number of later proposals that the next epoch does not keep. */
  readonly dropped: number;
}

/** The epoch of the restored disks, by its index, and where a leader finds its transactions. */
interface Restored {
  readonly index: number;
  /** Whether this epoch is below the committedLog of a leader, which then reads its log. */
  readonly isBelowCommittedLog: boolean;
}

/** Draws the disks of all servers, and the last committed zxid. */
export function drawStartDisks(
  draw: Draw,
  participants: readonly ServerId[],
  observers: readonly ServerId[],
): StartDisks {
  const quorum = Math.floor(participants.length / 2) + 1;
  const canRestore = participants.length > quorum || observers.length > 0;
  const restores = canRestore && draw.chance(RESTORED);
  const past = drawPast(draw, restores ? 2 : 1);
  const last = past.length - 1;
  const restored = restores ? drawRestored(draw, past) : undefined;
  // A quorum took part in the newest epoch and logged every committed transaction of that epoch.
  const most = restored === undefined ? participants.length : Math.max(quorum, participants.length - 1);
  const current = draw.some(participants, draw.int(quorum, most));
  const specs: Record<ServerId, Partial<ServerSpec>> = {};
  let committed: string | undefined;
  const { epoch, kept } = past[last] as PastEpoch;
  const inNewest = draw.int(restored?.index === last ? 1 : 0, kept);
  for (const [position, sid] of current.entries()) {
    // The first servers form a quorum, which has all committed transactions of the epoch. Later transactions of the
    // epoch were proposed but not committed.
    const length = position < quorum ? draw.pick([inNewest, inNewest, kept]) : draw.int(0, kept);
    const currentEpoch = position >= quorum && draw.chance(0.2) ? epoch - 1 : epoch;
    specs[sid] = {
      ...disk(draw, past, last, length, currentEpoch),
      ...(restored ? filesOfLeader(draw, past, restored, length) : drawFiles(draw, past, last, length)),
    };
  }
  if (inNewest > 0) committed = zxidAt(past[last] as PastEpoch, inNewest);
  else committed = endOf(past, last - 1);
  for (const sid of [...participants, ...observers]) {
    if (specs[sid] !== undefined) continue;
    if (restored !== undefined) {
      specs[sid] = restoredDisk(draw, past, restored);
      continue;
    }
    const stoppedIn = draw.int(0, last);
    const { epoch: itsEpoch, kept: most, dropped } = past[stoppedIn] as PastEpoch;
    // Observers receive only committed transactions.
    const committedThere = stoppedIn === last ? inNewest : most;
    const proposedThere = stoppedIn === last ? most : most + dropped;
    const length = draw.int(0, observers.includes(sid) ? committedThere : proposedThere);
    specs[sid] = { ...disk(draw, past, stoppedIn, length, itsEpoch), ...drawFiles(draw, past, stoppedIn, length) };
  }
  return { specs, committed, settings: restored?.isBelowCommittedLog ? NO_LOG_SIZE_LIMIT : {} };
}

/** The probability that servers have restored disks. */
const RESTORED = 0.5;

/** With the default, a leader does not read its log for a learner once it has begun a second log file. */
const NO_LOG_SIZE_LIMIT: Partial<Settings> = { snapshotSizeFactor: 0 };

/** Chooses the epoch of the restored disks, and makes it start at a counter above 1. */
function drawRestored(draw: Draw, past: PastEpoch[]): Restored {
  const index = draw.int(1, past.length - 1);
  const atLeastOne = (one: PastEpoch): PastEpoch => ({ ...one, kept: Math.max(1, one.kept) });
  // The TRUNC keeps a transaction of an earlier epoch.
  past[0] = atLeastOne(past[0] as PastEpoch);
  past[index] = { ...atLeastOne(past[index] as PastEpoch), first: draw.int(3, 6) };
  return { index, isBelowCommittedLog: draw.chance(0.5) };
}

function drawPast(draw: Draw, least: number): PastEpoch[] {
  const past: PastEpoch[] = [];
  let epoch = 0;
  for (let count = draw.int(least, 3); count > 0; count--) {
    epoch += draw.chance(0.8) ? 1 : 2;
    past.push({
      epoch,
      first: 1,
      kept: draw.int(0, draw.pick([2, 6, 12])),
      dropped: draw.chance(0.5) ? draw.int(1, 3) : 0,
    });
  }
  return past;
}

/**
 * Returns the history and the epochs of a server that stopped in the epoch `past[index]` after `length` transactions of
 * that epoch.
 */
function disk(
  draw: Draw,
  past: readonly PastEpoch[],
  index: number,
  length: number,
  currentEpoch: number,
): Partial<ServerSpec> {
  const parts: string[] = [];
  for (const one of past.slice(0, index)) if (one.kept > 0) parts.push(range(one, one.kept));
  const { epoch } = past[index] as PastEpoch;
  if (length > 0) parts.push(range(past[index] as PastEpoch, length));
  // A server that has a transaction of an epoch has written that epoch to currentEpoch.
  const current = length > 0 ? epoch : Math.max(currentEpoch, endEpoch(past, index - 1));
  const accepted = Math.max(current, draw.chance(0.3) ? (past[past.length - 1] as PastEpoch).epoch : epoch);
  return {
    history: parts.join(", "),
    currentEpoch: current,
    acceptedEpoch: accepted,
  };
}

/** Returns a disk that ends with a transaction before the first one that the other servers have of the epoch. */
function restoredDisk(draw: Draw, past: readonly PastEpoch[], { index }: Restored): Partial<ServerSpec> {
  const { epoch, first } = past[index] as PastEpoch;
  const before = past.slice(0, index).flatMap((one) => (one.kept > 0 ? [range(one, one.kept)] : []));
  const history = [...before, `${epoch}:${draw.int(1, first - 1)}`].join(", ");
  return { history, currentEpoch: epoch, acceptedEpoch: epoch };
}

/**
 * Returns the files of a server that can lead a restored server: its whole log, and a snapshot at the place where its
 * committedLog must start. `length` is the number of its transactions in the newest epoch.
 */
function filesOfLeader(
  draw: Draw,
  past: readonly PastEpoch[],
  { index, isBelowCommittedLog }: Restored,
  length: number,
): Partial<ServerSpec> {
  const epoch = past[index] as PastEpoch;
  const most = index === past.length - 1 ? length : epoch.kept;
  const snapshots = isBelowCommittedLog && most > 0 ? ["0:0", zxidAt(epoch, draw.int(1, most))] : ["0:0"];
  return { snapshots };
}

/** In some cases, draws another snapshot, or a single snapshot with a log whose older part is purged. */
function drawFiles(draw: Draw, past: readonly PastEpoch[], index: number, length: number): Partial<ServerSpec> {
  if (!draw.chance(0.4)) return {};
  const zxids: string[] = [];
  for (const [i, one] of past.slice(0, index + 1).entries()) {
    for (let nth = 1; nth <= (i === index ? length : one.kept); nth++) zxids.push(zxidAt(one, nth));
  }
  if (zxids.length < 2) return {};
  const at = draw.int(0, zxids.length - 1);
  const snapshot = zxids[at] as string;
  if (draw.chance(0.5)) return { snapshots: ["0:0", snapshot] };
  // The log starts at the snapshot, or just after it.
  const from = zxids[Math.min(at + draw.int(0, 1), zxids.length - 1)] as string;
  return { snapshots: [snapshot], logFrom: from, logFilesFrom: [] };
}

function range(epoch: PastEpoch, length: number): string {
  return length === 1 ? zxidAt(epoch, 1) : `${zxidAt(epoch, 1)}..${zxidAt(epoch, length)}`;
}

/** Returns the zxid of the nth transaction of an epoch, counted from 1. */
function zxidAt({ epoch, first }: PastEpoch, nth: number): string {
  return `${epoch}:${first + nth - 1}`;
}

function endOf(past: readonly PastEpoch[], index: number): string | undefined {
  for (let i = index; i >= 0; i--) {
    const one = past[i] as PastEpoch;
    if (one.kept > 0) return zxidAt(one, one.kept);
  }
  return undefined;
}

function endEpoch(past: readonly PastEpoch[], index: number): number {
  return index < 0 ? 0 : (past[index] as PastEpoch).epoch;
}
