/**
 * What the faults of a network actually did, so that a fault without effect can be told.
 *
 * Counters count messages, connection attempts and closings; one that suffers twice counts twice.
 */

import type { SimTime } from "./time.ts";

/** One cut or clog of one directed link, from its start to its end. */
export interface BlockEffect {
  readonly kind: "cut" | "clog";
  readonly from: number;
  readonly to: number;
  readonly sinceUs: SimTime;
  /** Undefined while it lasts. */
  untilUs: SimTime | undefined;
  /** Stream messages and connection attempts that had to wait, and datagrams held by a clog. */
  held: number;
  /** Datagrams that a cut swallowed. */
  lost: number;
}

export class NetworkEffects {
  heldByCut = 0;
  heldByClog = 0;
  heldByRule = 0;
  /** Sent to a host without power; waiting until it has some. */
  heldByHost = 0;
  lostByCut = 0;
  lostByRule = 0;
  /** Stream messages stuck behind one that a rule dropped. */
  stalledByRule = 0;
  lostByRate = 0;
  lostByQueueLimit = 0;
  /** Arrived at an end that was closed, or at a node that was down. */
  lostAtNode = 0;
  retransmitted = 0;
  duplicated = 0;
  delayedByRule = 0;
  replacedByRule = 0;
  resetByRule = 0;
  resetByLoss = 0;
  resetByQueueLimit = 0;
  resetByScript = 0;
  refused = 0;
  /** Every cut and clog so far, in order. */
  readonly blocks: BlockEffect[] = [];
}
