/**
 * The effects of a network's faults. Reports use them to name the faults that had no effect.
 *
 * Counters count messages, connection attempts and closes. A message that two faults affect counts twice.
 */

import type { SimTime } from "./time.ts";

/** The effect of one cut or clog of one directed link. */
export interface BlockEffect {
  /** `cut`: datagrams are lost and streams wait. `clog`: everything waits. */
  readonly kind: "cut" | "clog";
  /** The node that sends. */
  readonly from: number;
  /** The node that receives. */
  readonly to: number;
  /** The time at which the cut or clog started. */
  readonly sinceUs: SimTime;
  /** The time at which the cut or clog ended; undefined while it lasts. */
  untilUs: SimTime | undefined;
  /** Number of stream messages and connection attempts that had to wait, plus the datagrams that a clog held. */
  held: number;
  /**
   * Number of datagrams, resets and keep-alive probes that a cut lost, and of stream messages that a reset took back.
   */
  lost: number;
}

/** The effects of a network's faults, as numbers of messages, connection attempts and closes. */
export class NetworkEffects {
  /** Number of stream messages and connection attempts that waited for the end of a cut. */
  heldByCut = 0;
  /** Number of messages that waited for the end of a clog. */
  heldByClog = 0;
  /** Number of messages that a rule holds or held. */
  heldByRule = 0;
  /** Number of messages that wait for a host without power. */
  heldByHost = 0;
  /**
   * Number of datagrams, resets and keep-alive probes that a cut lost, and of stream messages that a reset took back.
   */
  lostByCut = 0;
  /** Number of messages that a rule dropped. */
  lostByRule = 0;
  /** Number of stream messages that never arrive because a rule dropped an earlier one. */
  stalledByRule = 0;
  /** Number of datagrams that the lossRate of a link lost. */
  lostByRate = 0;
  /** Number of datagrams that were lost because the queue of a link was full. */
  lostByQueueLimit = 0;
  /** Number of messages that arrived at a closed end or at a node that was down. */
  lostAtNode = 0;
  /** Number of retransmissions on streams, because of the lossRate of a link. */
  retransmitted = 0;
  /** Number of datagrams that arrived twice. */
  duplicated = 0;
  /** Number of messages that a rule delayed. */
  delayedByRule = 0;
  /** Number of messages that a rule replaced. */
  replacedByRule = 0;
  /** Number of connections that a rule reset or closed. */
  resetByRule = 0;
  /** Number of connections that were reset after too many retransmissions. */
  resetByLoss = 0;
  /** Number of ends of connections that a retransmission timeout or a keep-alive ended. */
  endedByTimeout = 0;
  /** Number of connections that were reset because their queue was full. */
  resetByQueueLimit = 0;
  /** Number of connections that resetConnection() and disconnect() reset or closed. */
  resetByScript = 0;
  /** Number of connection attempts that were refused. */
  refused = 0;
  /** Every cut and clog so far, in the order of their starts. */
  readonly blocks: BlockEffect[] = [];
}
