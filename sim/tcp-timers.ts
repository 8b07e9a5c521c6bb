/**
 * The timers with which a kernel ends a connection whose other end does not answer, as in Linux.
 *
 * The retransmission timeout ends a connection at the end that has sent data if this data stays unacknowledged, because
 * its way or the way back is blocked, a rule holds or has dropped a message, or the other host has no power. An idle
 * connection has no such timer. Keep-alive ends an idle connection, but only if the program has asked for it. Either
 * way, only this end notices; the other end stays open until it sends.
 *
 * Not modeled: the growing pauses between retransmissions (a message arrives as soon as the obstacle is gone), and the
 * shorter timeouts of a connection that is being opened or that its process has closed.
 */

import { AWAITS_HOST, type Direction } from "./connection.ts";
import { KEEP_ALIVE_EVENT, RETRANSMISSION_EVENT } from "./event-kinds.ts";
import type { Kernel } from "./kernel.ts";
import type { Node } from "./node.ts";

export class TcpTimers<M> {
  /** The default is that of Linux: tcp_retries2 = 15 gives at least 924.6 s. */
  retransmissionTimeoutUs = 924_600_000;
  /** The default is that of Linux: tcp_keepalive_time + tcp_keepalive_probes * tcp_keepalive_intvl = 7875 s. */
  keepAliveTimeoutUs = 7_875_000_000;
  private readonly kernel: Kernel;
  private readonly nodes: readonly (Node<M> | undefined)[];

  constructor(kernel: Kernel, nodes: readonly (Node<M> | undefined)[]) {
    this.kernel = kernel;
    this.nodes = nodes;
  }

  /** Starts the retransmission timeout of a direction with unacknowledged data, if an obstacle stalls it. */
  watch(direction: Direction<M>): void {
    if (direction.isStalled || !isObstructed(direction)) return;
    direction.isStalled = true;
    const { nowUs, queue } = this.kernel;
    const dueUs = nowUs + this.retransmissionTimeoutUs;
    queue.push(dueUs, direction.from, RETRANSMISSION_EVENT, direction.stall, 0, direction);
  }

  /** Stops the retransmission timeout of a direction if nothing stalls it any more. */
  recheck(direction: Direction<M>): void {
    if (direction.isStalled && !isObstructed(direction)) this.stop(direction);
  }

  /** Stops the retransmission timeout of a direction. */
  stop(direction: Direction<M>): void {
    direction.isStalled = false;
    direction.stall++;
  }

  /** Returns whether a retransmission timeout that is due belongs to the current stall. */
  isStalledSince(direction: Direction<M>, stall: number): boolean {
    return direction.isStalled && direction.stall === stall && isObstructed(direction);
  }

  /** Turns on keep-alive for the receiving end of a direction. */
  keepAlive(incoming: Direction<M>): void {
    incoming.keepsAlive = true;
    incoming.heardUs = this.kernel.nowUs;
    this.scheduleProbe(incoming);
  }

  /**
   * Returns whether the receiving end of a direction has heard nothing for the keep-alive timeout and gets no answer.
   * Otherwise, schedules the next check.
   */
  keepAliveExpired(incoming: Direction<M>): boolean {
    const { timeUs } = this.kernel.queue;
    if (!incoming.receiverOpen) return false;
    if (timeUs >= incoming.heardUs + this.keepAliveTimeoutUs) {
      if (!this.answers(incoming)) return true;
      incoming.heardUs = timeUs;
    }
    this.scheduleProbe(incoming);
    return false;
  }

  private scheduleProbe(incoming: Direction<M>): void {
    this.kernel.queue.push(incoming.heardUs + this.keepAliveTimeoutUs, incoming.to, KEEP_ALIVE_EVENT, 0, 0, incoming);
  }

  private answers({ droppedBy, from, link, reverse }: Direction<M>): boolean {
    const isOpen = reverse.receiverOpen && this.nodes[from]?.hostUp === true;
    const isSilent = droppedBy !== undefined || reverse.droppedBy !== undefined;
    return isOpen && !isSilent && !link.blocked && !reverse.link.blocked;
  }
}

/** Returns whether data in a direction, or its acknowledgment on the way back, cannot arrive now. */
function isObstructed<M>(direction: Direction<M>): boolean {
  const { awaits, droppedBy, length, link, reverse, scheduled } = direction;
  if (link.blocked || reverse.link.blocked || droppedBy !== undefined || reverse.droppedBy !== undefined) return true;
  return awaits === AWAITS_HOST || (length > scheduled && direction.at(scheduled).heldBy !== 0);
}
