/**
 * Draws the content of the disks at the start of a plan. The disks are in a state that an ensemble can leave behind
 * when it stops.
 *
 * All servers share one history of past epochs, and each server stopped at some point of this history. A server that
 * stopped in an old epoch may have logged proposals of that epoch that later epochs do not have. In the newest epoch, a
 * quorum has logged every transaction that a client may have read.
 */

import type { ServerSpec } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Draw } from "./random-values.ts";

export interface StartDisks {
  readonly specs: Readonly<Record<ServerId, Partial<ServerSpec>>>;
  readonly committed: string | undefined;
}

interface PastEpoch {
  readonly epoch: number;
  /** Number of transactions that the next epoch keeps. */
  readonly kept: number;
  /** Number of later proposals that the next epoch does not keep. */
  readonly dropped: number;
}

/** Draws the disks of all servers, and the last committed zxid. */
export function drawStartDisks(
  draw: Draw,
  participants: readonly ServerId[],
  observers: readonly ServerId[],
): StartDisks {
  const past = drawPast(draw);
  const last = past.length - 1;
  const quorum = Math.floor(participants.length / 2) + 1;
  // A quorum took part in the newest epoch and logged every committed transaction of that epoch.
  const current = draw.some(participants, draw.int(quorum, participants.length));
  const specs: Record<ServerId, Partial<ServerSpec>> = {};
  let committed: string | undefined;
  const { epoch, kept } = past[last] as PastEpoch;
  const inNewest = draw.int(0, kept);
  for (const [position, sid] of current.entries()) {
    // The first servers form a quorum, which has all committed transactions of the epoch. Later transactions of the
    // epoch were proposed but not committed.
    const length = position < quorum ? draw.pick([inNewest, inNewest, kept]) : draw.int(0, kept);
    specs[sid] = disk(draw, past, last, length, position >= quorum && draw.chance(0.2) ? epoch - 1 : epoch);
  }
  if (inNewest > 0) committed = `${epoch}:${inNewest}`;
  else committed = endOf(past, last - 1);
  for (const sid of [...participants, ...observers]) {
    if (specs[sid] !== undefined) continue;
    const stoppedIn = draw.int(0, last);
    const { epoch: itsEpoch, kept: most, dropped } = past[stoppedIn] as PastEpoch;
    // Observers receive only committed transactions.
    const committedThere = stoppedIn === last ? inNewest : most;
    const proposedThere = stoppedIn === last ? most : most + dropped;
    const length = draw.int(0, observers.includes(sid) ? committedThere : proposedThere);
    specs[sid] = disk(draw, past, stoppedIn, length, itsEpoch);
  }
  return { specs, committed };
}

function drawPast(draw: Draw): PastEpoch[] {
  const past: PastEpoch[] = [];
  let epoch = 0;
  for (let count = draw.int(1, 3); count > 0; count--) {
    epoch += draw.chance(0.8) ? 1 : 2;
    past.push({ epoch, kept: draw.int(0, draw.pick([2, 6, 12])), dropped: draw.chance(0.5) ? draw.int(1, 3) : 0 });
  }
  return past;
}

/** Returns the disk of a server that stopped in the epoch `past[index]` after `length` transactions of that epoch. */
function disk(
  draw: Draw,
  past: readonly PastEpoch[],
  index: number,
  length: number,
  currentEpoch: number,
): Partial<ServerSpec> {
  const parts: string[] = [];
  for (const { epoch, kept } of past.slice(0, index)) if (kept > 0) parts.push(range(epoch, kept));
  const { epoch } = past[index] as PastEpoch;
  if (length > 0) parts.push(range(epoch, length));
  // A server that has a transaction of an epoch has written that epoch to currentEpoch.
  const current = length > 0 ? epoch : Math.max(currentEpoch, endEpoch(past, index - 1));
  const accepted = Math.max(current, draw.chance(0.3) ? (past[past.length - 1] as PastEpoch).epoch : epoch);
  return {
    history: parts.join(", "),
    currentEpoch: current,
    acceptedEpoch: accepted,
    ...drawFiles(draw, past, index, length),
  };
}

/** In some cases, draws another snapshot, or a single snapshot with a log whose older part is purged. */
function drawFiles(draw: Draw, past: readonly PastEpoch[], index: number, length: number): Partial<ServerSpec> {
  if (!draw.chance(0.4)) return {};
  const zxids: string[] = [];
  for (const [i, { epoch, kept }] of past.slice(0, index + 1).entries()) {
    for (let counter = 1; counter <= (i === index ? length : kept); counter++) zxids.push(`${epoch}:${counter}`);
  }
  if (zxids.length < 2) return {};
  const at = draw.int(0, zxids.length - 1);
  const snapshot = zxids[at] as string;
  if (draw.chance(0.5)) return { snapshots: ["0:0", snapshot] };
  // The log starts at the snapshot, or just after it.
  const from = zxids[Math.min(at + draw.int(0, 1), zxids.length - 1)] as string;
  return { snapshots: [snapshot], logFrom: from, logFilesFrom: [] };
}

function range(epoch: number, length: number): string {
  return length === 1 ? `${epoch}:1` : `${epoch}:1..${epoch}:${length}`;
}

function endOf(past: readonly PastEpoch[], index: number): string | undefined {
  for (let i = index; i >= 0; i--) {
    const { epoch, kept } = past[i] as PastEpoch;
    if (kept > 0) return `${epoch}:${kept}`;
  }
  return undefined;
}

function endEpoch(past: readonly PastEpoch[], index: number): number {
  return index < 0 ? 0 : (past[index] as PastEpoch).epoch;
}
