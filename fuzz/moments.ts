/**
 * Moments of the protocol at which faults strike or clients write: protocol events and messages. The more likely a
 * fault at a moment exposes a bug, the higher the weight of the moment.
 */

import type { ProtocolEvent } from "../cluster/records.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Moment } from "../scenarios/scenario.ts";
import type { Draw } from "./random-values.ts";

/**
 * Weights of protocol events. Events between the steps of a change that needs several steps have the highest weights.
 */
const EVENTS: Readonly<Partial<Record<ProtocolEvent, number>>> = {
  looking: 1,
  elected: 2,
  leading: 1,
  following: 1,
  "epoch-proposed": 2,
  "epoch-accepted": 3,
  "epoch-acked": 2,
  "epoch-current": 6,
  "sync-decided": 3,
  truncated: 4,
  "snapshot-saved": 4,
  "newleader-acked": 6,
  "newleader-ack-read": 4,
  established: 5,
  active: 4,
  proposed: 2,
  logged: 5,
  synced: 4,
  committed: 4,
  delivered: 4,
  failed: 1,
};

/** Weights of messages. */
const MESSAGES: Readonly<Record<string, number>> = {
  FOLLOWERINFO: 1,
  LEADERINFO: 2,
  ACKEPOCH: 3,
  DIFF: 2,
  TRUNC: 4,
  SNAP: 5,
  NEWLEADER: 4,
  PROPOSAL: 4,
  COMMIT: 4,
  ACK: 4,
  UPTODATE: 4,
  NOTIFICATION: 1,
};

/** Moments during a synchronization. */
const SYNCHRONIZING: readonly Moment[] = [
  { event: "sync-decided", nth: 1 },
  { event: "snapshot-saved", nth: 1 },
  { event: "newleader-acked", nth: 1 },
  { event: "established", nth: 1 },
  { event: "active", nth: 1 },
  { message: "SNAP", on: "delivered", nth: 1 },
  { message: "DIFF", on: "delivered", nth: 1 },
  { message: "NEWLEADER", on: "delivered", nth: 1 },
];

/** Draws a moment at which clients write, so that transactions arrive during a synchronization. */
export function drawSynchronizing(draw: Draw): Moment {
  return { ...draw.pick(SYNCHRONIZING), nth: draw.pick([1, 1, 2, 3]) };
}

/** The messages to a learner and its events, from the leader's sync decision until the learner serves. */
const CATCHING_UP: readonly ({ readonly event: ProtocolEvent } | { readonly message: string })[] = [
  { message: "DIFF" },
  { message: "TRUNC" },
  { message: "SNAP" },
  { message: "NEWLEADER" },
  { message: "UPTODATE" },
  { message: "COMMIT" },
  { event: "truncated" },
  { event: "snapshot-saved" },
  { event: "epoch-current" },
  { event: "newleader-acked" },
  { event: "logged" },
  { event: "active" },
];

/** Draws a moment of the synchronization of this server. */
export function drawCatchingUp(draw: Draw, server: ServerId): Moment {
  const what = draw.pick(CATCHING_UP);
  return "event" in what ? { ...what, server, nth: 1 } : { ...what, to: server, on: "delivered", nth: 1 };
}

/** Draws any moment: a protocol event at a server, or a message. */
export function drawMoment(draw: Draw, ids: readonly ServerId[]): Moment {
  const nth = draw.chance(0.6) ? 1 : draw.int(1, 4);
  if (draw.chance(0.6))
    return { event: draw.weighted(EVENTS as Record<ProtocolEvent, number>), server: draw.pick(ids), nth };
  const [from, to] = draw.some(ids, 2);
  const on = draw.pick(["sent", "delivered"] as const);
  return {
    message: draw.weighted(MESSAGES),
    ...(from !== undefined && (on === "sent" || draw.chance(0.3)) ? { from } : {}),
    ...(to !== undefined && (on === "delivered" || draw.chance(0.3)) ? { to } : {}),
    on,
    nth,
  };
}
