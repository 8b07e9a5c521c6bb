/**
 * The effects of a network's faults. Reports use them to name the faults that had no effect.
 *
 * Counters count messages, connection attempts and closes. A message that two faults affect counts twice.
 */

import type { SimTime } from "./time.ts";

/** The effect of one cut or clog of one directed link. */
export interface BlockEffect {
  readonly kind: "cut" | "clog";
  readonly from: number;
  readonly to: number;
  readonly sinceUs: SimTime;
  /** The time at which the cut or clog ended; undefined while it lasts. */
  untilUs: SimTime | undefined;
  /** Number of stream messages and connection attempts that had to wait, plus the datagrams that a clog held. */
  held: number;
  /** Number of datagrams that a cut lost. */
  lost: number;
}

export class NetworkEffects {
  heldByCut = 0;
  heldByClog = 0;
  heldByRule = 0;
  /** Number of messages that wait for a host without power. */
  heldByHost = 0;
  lostByCut = 0;
  lostByRule = 0;
  /** Number of stream messages that never arrive because a rule dropped an earlier one. */
  stalledByRule = 0;
  lostByRate = 0;
  lostByQueueLimit = 0;
  /** Number of messages that arrived at a closed end or at a node that was down. */
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
  /** Every cut and clog so far, in the order of their starts. */
  readonly blocks: BlockEffect[] = [];
}
