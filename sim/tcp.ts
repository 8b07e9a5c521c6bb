/**
 * Simulated TCP: connections that are opened, refused, closed and reset, and ordered messages on them.
 *
 * A lost message appears as a delay. If one end of a connection disappears while the other end is unreachable, the
 * connection stays open at that other end (half-open). Only a host with power refuses a connection.
 *
 * Each direction of a connection queues the messages that a cut or a rule holds; when they are released, they continue
 * in order. Messages to a host without power wait in the same way. When that host starts again, it answers them with a
 * reset.
 *
 * The cause decides how a connection ends, as in Linux:
 *
 *   the process closes it, or ends   a close after all messages; with unread messages at this end, a reset
 *   a reset                          messages in flight still arrive; messages that a cut holds never do
 *   the host loses power             nothing, until the other end sends to the host after its restart
 *   a script or a rule resets it     a reset at both ends; messages in flight never arrive
 *   a script or a rule closes it     a close at both ends, after the messages in flight
 *
 *   the kernel's timers expire       a reset at one end only (tcp-timers.ts)
 *
 * Not modeled: bandwidth, windows and flow control, and half-closing (no reset follows a close, even if the peer still
 * sends).
 */

import {
  AWAITS_HOST,
  AWAITS_NOTHING,
  AWAITS_RETURN_PATH,
  CLOSE,
  Connection,
  DATA,
  type Direction,
  Parcel,
  REFUSAL,
  RESET,
  SYN,
  SYN_ACK,
} from "./connection.ts";
import type { BlockEffect, NetworkEffects } from "./effects.ts";
import { ACCEPT_EVENT, ARRIVAL_EVENT } from "./event-kinds.ts";
import { powerOfTwo } from "./exact-math.ts";
import type { Kernel } from "./kernel.ts";
import type { Link, LinkTable } from "./link.ts";
import type { Node } from "./node.ts";
import type { NetworkRule, RuleList } from "./rules.ts";
import { TcpTimers } from "./tcp-timers.ts";

/** Number of consecutive losses of one message after which its connection is reset. */
export const LOSSES_MAX = 6;
/** The default of `rtoUs`, in microseconds. */
export const RTO_US = 200_000;

export class Tcp<M> {
  queueLimit = Number.POSITIVE_INFINITY;
  /** The first retransmission timeout; it doubles with each further loss of the same message. */
  rtoUs = RTO_US;
  readonly timers: TcpTimers<M>;
  private readonly kernel: Kernel;
  private readonly links: LinkTable;
  private readonly nodes: readonly (Node<M> | undefined)[];
  private readonly rules: RuleList<M>;
  private readonly effects: NetworkEffects;
  private readonly connections = new Map<number, Connection<M>>();
  private lastId = 0;

  constructor(
    kernel: Kernel,
    links: LinkTable,
    nodes: readonly (Node<M> | undefined)[],
    rules: RuleList<M>,
    effects: NetworkEffects,
  ) {
    this.kernel = kernel;
    this.links = links;
    this.nodes = nodes;
    this.rules = rules;
    this.effects = effects;
    this.timers = new TcpTimers<M>(kernel, nodes);
  }

  connect(from: number, to: number, port: number): number {
    const id = ++this.lastId;
    const connection = new Connection<M>(id, port, this.links.between(from, to), this.links.between(to, from));
    this.connections.set(id, connection);
    this.kernel.trace?.record("connect", from, to, id, port);
    this.transmit(connection.forward, SYN, undefined, 0, 0);
    return id;
  }

  /** Sends a message. Returns false if this end is not open. */
  send(from: number, id: number, message: M): boolean {
    const connection = this.connections.get(id);
    const direction = connection?.outgoing(from);
    if (connection === undefined || direction === undefined || !direction.reverse.receiverOpen) return false;
    if (direction === connection.forward && !connection.established) return false;
    this.kernel.trace?.record("send", from, direction.to, id, message);
    if (direction.ended) return true;
    if (direction.length >= this.queueLimit) {
      this.effects.resetByQueueLimit++;
      this.reset(connection);
    } else if (this.rules.active === 0) {
      this.transmit(direction, DATA, message, 0, 0);
    } else {
      this.sendUnderRules(direction, message);
    }
    return true;
  }

  /**
   * Closes this node's end. The peer first receives the messages that are still in flight to it, and then learns of the
   * close.
   */
  close(from: number, id: number): void {
    const connection = this.connections.get(id);
    const direction = connection?.outgoing(from);
    if (connection === undefined || direction === undefined || !direction.reverse.receiverOpen) return;
    this.kernel.trace?.record("close", from, direction.to, id, undefined);
    this.abandon(direction);
  }

  resetConnection(id: number): boolean {
    const connection = this.connections.get(id);
    if (connection === undefined) return false;
    this.effects.resetByScript++;
    this.reset(connection);
    return true;
  }

  /**
   * Ends every connection between two nodes; if `peer` is undefined, every connection of one node. Returns their
   * number.
   */
  disconnect(node: number, peer: number | undefined, how: "reset" | "close"): number {
    let count = 0;
    for (const connection of this.connections.values()) {
      const direction = connection.outgoing(node);
      if (direction === undefined || (peer !== undefined && direction.to !== peer)) continue;
      this.effects.resetByScript++;
      if (how === "reset") this.reset(connection);
      else this.closeBothEnds(connection);
      count++;
    }
    return count;
  }

  /**
   * Resets each connection on which a rule dropped a message, so that nothing more arrives in that direction. A real
   * host resets such a connection when its retransmissions time out.
   */
  resetSilenced(): void {
    for (const connection of this.connections.values()) {
      const { forward, backward } = connection;
      if (forward.droppedBy !== undefined || backward.droppedBy !== undefined) this.reset(connection);
    }
  }

  isOpen(node: number, id: number): boolean {
    return this.connections.get(id)?.outgoing(node)?.reverse.receiverOpen === true;
  }

  /** Ends the connections of a node whose process ended. With `power`, its host lost power. */
  nodeCrashed(node: number, power: boolean): void {
    for (const connection of this.connections.values()) {
      const direction = connection.outgoing(node);
      if (direction === undefined) continue;
      const wasOpen = direction.reverse.receiverOpen;
      if (power) {
        direction.reverse.receiverOpen = false;
        direction.senderLost = true;
        direction.clearUnscheduled();
        this.timers.stop(direction);
        this.unendIfUntold(direction);
        this.forgetIfOver(connection);
        this.reopenIfUnanswered(connection);
      } else if (wasOpen) {
        this.abandon(direction);
      }
    }
  }

  /**
   * Drops a reset that was still on the host when the host lost power. The peer keeps sending until it gets a reset.
   */
  private unendIfUntold({ ended, receiverOpen, reverse }: Direction<M>): void {
    if (ended || !receiverOpen || !reverse.ended) return;
    reverse.clear();
    reverse.ended = false;
  }

  /** Called when the node's host has power again. Delivers the messages that waited for the host. */
  hostAnswers(node: number): void {
    for (const connection of this.connections.values()) {
      this.releaseAwaiting(connection.forward, node);
      this.releaseAwaiting(connection.backward, node);
    }
  }

  /** Called when the link was cut or clogged. Messages in flight then wait. */
  linkBlocked(link: Link): void {
    for (const { forward, backward } of this.connections.values()) {
      const direction = forward.link === link ? forward : backward;
      if (direction.link !== link) continue;
      for (const one of [direction, direction.reverse]) if (one.endsWithData) this.timers.watch(one);
      if (direction.scheduled === 0) continue;
      const recalled = direction.recall();
      if (direction.senderLost) {
        direction.clear();
        this.reopenIfUnanswered(direction.connection);
      } else this.countHeld(direction, recalled);
    }
  }

  /** Called when the link is no longer blocked. Waiting messages then continue in order. */
  linkReleased(link: Link): void {
    for (const { forward, backward } of this.connections.values()) {
      if (forward.link !== link && backward.link !== link) continue;
      // A SYN needs both directions, so it may have waited for either of them.
      if (forward.awaits === AWAITS_RETURN_PATH) forward.awaits = AWAITS_NOTHING;
      this.advance(forward);
      this.advance(backward);
      this.timers.recheck(forward);
      this.timers.recheck(backward);
    }
  }

  ruleReleased(ruleId: number): void {
    for (const { forward, backward } of this.connections.values()) {
      this.releaseHeldBy(forward, ruleId);
      this.releaseHeldBy(backward, ruleId);
    }
  }

  /** Handles a token that is due: the first parcel of this direction arrives. */
  arrive(direction: Direction<M>): void {
    const node = this.nodes[direction.to] as Node<M>;
    const awaits = this.obstacle(direction, node);
    if (awaits !== AWAITS_NOTHING) {
      direction.recall();
      direction.awaits = awaits;
      if (direction.endsWithData) this.timers.watch(direction);
      return;
    }
    if (direction.keepsAlive) direction.heardUs = this.kernel.nowUs;
    direction.scheduled--;
    const parcel = direction.shift();
    // The host answers a SYN even while its process is paused.
    if (node.deferring && parcel.kind !== SYN) {
      direction.connection.answered ||= direction === direction.connection.backward;
      node.defer(ARRIVAL_EVENT, direction.connection.id, 0, direction, parcel);
    } else this.receive(direction, parcel, node);
  }

  receive(direction: Direction<M>, parcel: Parcel<M>, node: Node<M>): void {
    switch (parcel.kind) {
      case DATA:
        this.receiveData(direction, parcel, node);
        break;
      case SYN:
        this.receiveOpening(direction, node);
        break;
      case SYN_ACK:
        if (!direction.receiverOpen) return;
        direction.connection.established = true;
        this.kernel.trace?.record("connected", direction.to, direction.from, direction.connection.id, undefined);
        node.program?.onConnected(direction.connection.id);
        break;
      default:
        this.receiveEnd(direction, parcel.kind, node);
    }
  }

  /** Handles the retransmission timeout of a direction: its sender gives the connection up. */
  retransmissionTimedOut(direction: Direction<M>): void {
    this.timers.stop(direction);
    direction.senderLost = true;
    direction.clearUnscheduled();
    this.giveUpEnd(direction.reverse, "retransmission");
  }

  /** Turns on keep-alive at this node's end of a connection. */
  keepAlive(node: number, id: number): void {
    const incoming = this.connections.get(id)?.outgoing(node)?.reverse;
    if (incoming !== undefined) this.timers.keepAlive(incoming);
  }

  /** Ends the receiving end of a direction, because its host has given up. The peer is not informed. */
  giveUpEnd(incoming: Direction<M>, timer: "retransmission" | "keep-alive"): void {
    const { connection, from, to } = incoming;
    this.effects.endedByTimeout++;
    this.kernel.trace?.record("reset", to, from, connection.id, timer);
    if (timer === "keep-alive") for (const { link } of [incoming, incoming.reverse]) this.countLost(link, 1);
    const node = this.nodes[to] as Node<M>;
    const parcel = new Parcel<M>(RESET, undefined, this.kernel.queue.currentSequence, 0, 0);
    if (node.deferring) node.defer(ARRIVAL_EVENT, connection.id, 0, incoming, parcel);
    else this.receive(incoming, parcel, node);
  }

  /** Notifies the program of a connection that its host has accepted. */
  accept(direction: Direction<M>, node: Node<M>): void {
    const { id, port } = direction.connection;
    this.kernel.trace?.record("accept", direction.to, direction.from, id, port);
    node.program?.onAccepted(id, direction.from, port);
  }

  /** Calls `see` for every connection with at least one open end, oldest first. */
  /** Returns whether a message that this node has just sent is in flight. Looks at the newest parcels first. */
  isInFlight(from: number, id: number, message: M): boolean {
    const direction = this.connections.get(id)?.outgoing(from);
    if (direction === undefined) return false;
    for (let index = direction.length - 1; index >= 0; index--)
      if (direction.at(index).message === message) return true;
    return false;
  }

  each(see: (connection: Connection<M>) => void): void {
    for (const connection of this.connections.values()) see(connection);
  }

  private receiveData(direction: Direction<M>, parcel: Parcel<M>, node: Node<M>): void {
    const id = direction.connection.id;
    if (direction.receiverOpen) {
      this.kernel.trace?.record("deliver", direction.to, direction.from, id, parcel.message);
      node.program?.onMessage(id, direction.from, parcel.message as M);
      return;
    }
    this.effects.lostAtNode++;
    this.kernel.trace?.record("drop", direction.to, direction.from, id, parcel.message);
    // The host resets a sender that writes to a missing end, unless a close or a reset is already on its way to the
    // sender.
    const answer = direction.reverse;
    if (!answer.receiverOpen || (answer.ended && answer.droppedBy === undefined)) return;
    answer.senderLost = false;
    this.end(answer, RESET);
  }

  private receiveOpening(direction: Direction<M>, node: Node<M>): void {
    const connection = direction.connection;
    const answer = direction.reverse;
    if (!answer.receiverOpen) return;
    const toItself = direction.from === direction.to;
    if (toItself || !node.up || node.refusing || !node.isListening(connection.port)) {
      this.effects.refused++;
      this.kernel.trace?.record("refuse", direction.to, direction.from, connection.id, connection.port);
      this.transmit(answer, REFUSAL, undefined, 0, 0);
      return;
    }
    direction.receiverOpen = true;
    answer.senderLost = false;
    this.transmit(answer, SYN_ACK, undefined, 0, 0);
    if (node.deferring) node.defer(ACCEPT_EVENT, connection.id, 0, direction, undefined);
    else this.accept(direction, node);
  }

  private receiveEnd(direction: Direction<M>, kind: number, node: Node<M>): void {
    if (!direction.receiverOpen) return;
    const connection = direction.connection;
    const refused = kind === REFUSAL || (direction === connection.backward && !connection.established);
    direction.receiverOpen = false;
    this.forgetIfOver(connection);
    const trace = this.kernel.trace;
    if (refused) {
      trace?.record("refuse", direction.to, direction.from, connection.id, undefined);
      node.program?.onRefused(connection.id);
    } else {
      const how = kind === CLOSE ? "closed" : "reset";
      trace?.record(kind === CLOSE ? "close" : "reset", direction.to, direction.from, connection.id, how);
      node.program?.onClosed(connection.id, how);
    }
  }

  /** Sends the SYN again if the called host lost power before it answered. */
  private reopenIfUnanswered({ forward, backward, established, answered }: Connection<M>): void {
    if (established || answered || !backward.receiverOpen || backward.length > 0 || forward.length > 0) return;
    this.transmit(forward, SYN, undefined, 0, 0);
  }

  /** Returns the reason for which the first parcel cannot be handed to its host now, or AWAITS_NOTHING. */
  private obstacle(direction: Direction<M>, node: Node<M>): number {
    if (!node.hostUp) {
      this.effects.heldByHost++;
      return AWAITS_HOST;
    }
    if (!direction.reverse.link.blocked || direction.at(0).kind !== SYN) return AWAITS_NOTHING;
    this.countHeld(direction.reverse, 1);
    return AWAITS_RETURN_PATH;
  }

  private sendUnderRules(direction: Direction<M>, message: M): void {
    const { connection, from, to } = direction;
    const rule = this.rules.judge(message, from, to, connection.port);
    if (rule === undefined) {
      this.transmit(direction, DATA, message, 0, 0);
      return;
    }
    const { effects } = this;
    const verdict = rule.verdict;
    switch (verdict.kind) {
      case "drop":
        effects.lostByRule++;
        this.kernel.trace?.record("drop", from, to, connection.id, message);
        direction.droppedBy ??= rule;
        this.timers.watch(direction);
        break;
      case "delay":
        effects.delayedByRule++;
        this.transmit(direction, DATA, message, verdict.byUs, 0);
        break;
      case "hold":
        effects.heldByRule++;
        this.kernel.trace?.record("hold", from, to, connection.id, message);
        this.transmit(direction, DATA, message, 0, this.rules.matchedId);
        break;
      case "reset":
        effects.resetByRule++;
        this.reset(connection);
        break;
      case "close":
        effects.resetByRule++;
        this.closeBothEnds(connection);
        break;
      case "replace":
        effects.replacedByRule++;
        this.transmit(direction, DATA, verdict.make(message, from, to), 0, 0);
        break;
    }
  }

  /** Queues a parcel after all earlier parcels of this direction. */
  private transmit(direction: Direction<M>, kind: number, message: M | undefined, byUs: number, heldBy: number): void {
    if (direction.droppedBy !== undefined && kind !== RESET) {
      this.countStalled(direction.droppedBy);
      return;
    }
    let extraUs = byUs;
    if (direction.link.character.lossRate > 0 && kind !== RESET) {
      const lossUs = this.drawLossUs(direction.link);
      if (lossUs < 0) {
        this.giveUp(direction, -lossUs);
        return;
      }
      extraUs += lossUs;
    }
    direction.push(new Parcel<M>(kind, message, this.kernel.queue.currentSequence, extraUs, heldBy));
    if (
      heldBy !== 0 ||
      direction.link.blocked ||
      direction.reverse.link.blocked ||
      direction.reverse.droppedBy !== undefined
    ) {
      if (direction.endsWithData) this.timers.watch(direction);
    }
    if (direction.link.blocked) this.countHeld(direction, 1);
    else if (direction.scheduled === direction.length - 1) this.advance(direction);
  }

  /** Issues a token for every parcel that can continue. */
  advance(direction: Direction<M>): void {
    if (direction.link.blocked || direction.awaits !== AWAITS_NOTHING) return;
    while (direction.scheduled < direction.length) {
      const parcel = direction.at(direction.scheduled);
      if (parcel.heldBy !== 0) return;
      this.schedule(direction, parcel);
    }
  }

  private schedule(direction: Direction<M>, parcel: Parcel<M>): void {
    const { nowUs, queue } = this.kernel;
    let dueUs = nowUs + direction.link.drawLatencyUs() + parcel.extraUs;
    if (dueUs < direction.lastDueUs) dueUs = direction.lastDueUs;
    direction.lastDueUs = dueUs;
    direction.scheduled++;
    parcel.dueUs = dueUs;
    parcel.extraUs = 0;
    queue.pushCausedBy(parcel.cause, dueUs, direction.to, ARRIVAL_EVENT, direction.generation, 0, direction);
  }

  /**
   * Returns the retransmission delay of one parcel. A negative value means that the connection ends after that delay.
   */
  private drawLossUs(link: Link): number {
    let extraUs = 0;
    for (let losses = 0; losses < LOSSES_MAX; losses++) {
      if (!link.random.chance(link.character.lossRate)) return extraUs;
      this.effects.retransmitted++;
      extraUs += this.rtoUs * powerOfTwo(losses);
    }
    return -extraUs;
  }

  private giveUp(direction: Direction<M>, afterUs: number): void {
    this.effects.resetByLoss++;
    this.kernel.trace?.record("reset", direction.from, direction.to, direction.connection.id, "loss");
    // A close that is lost too often becomes a reset.
    direction.ended = false;
    if (direction.receiverOpen) this.end(direction, RESET, afterUs);
    if (direction.reverse.receiverOpen) this.end(direction.reverse, RESET, afterUs);
  }

  /** Resets a connection at both ends. Messages in flight never arrive. */
  private reset(connection: Connection<M>): void {
    const { forward, backward } = connection;
    this.kernel.trace?.record("reset", forward.from, forward.to, connection.id, "network");
    for (const direction of [forward, backward]) {
      direction.clear();
      direction.awaits = AWAITS_NOTHING;
      direction.ended = false;
      if (direction.receiverOpen) this.end(direction, RESET);
    }
  }

  /** Closes a connection at both ends, as a proxy does. Each end first receives the messages in flight to it. */
  private closeBothEnds(connection: Connection<M>): void {
    const { forward, backward } = connection;
    this.kernel.trace?.record("close", forward.from, forward.to, connection.id, "network");
    for (const direction of [forward, backward]) if (direction.receiverOpen) this.end(direction, CLOSE);
  }

  /**
   * Closes the sending end of a direction, because its process closed it or ended. The peer gets a close, or a reset if
   * messages have arrived that the process has not read (tcp_close in Linux).
   */
  private abandon(direction: Direction<M>): void {
    const { connection, from, receiverOpen, reverse } = direction;
    const hasUnread = (this.nodes[from] as Node<M>).hasUnread(connection.id);
    reverse.receiverOpen = false;
    if (!receiverOpen) direction.clear();
    else if (hasUnread) this.abort(direction);
    else this.end(direction, CLOSE);
    this.forgetIfOver(connection);
  }

  /**
   * Resets the receiving end of a direction. The sending host forgets the connection, so it retransmits neither the
   * reset nor the messages that a cut holds. If the reset is lost, the receiving end stays open.
   */
  private abort(direction: Direction<M>): void {
    const { droppedBy, link } = direction;
    direction.senderLost = true;
    if (droppedBy !== undefined) this.countStalled(droppedBy);
    else if (link.cut === undefined) this.end(direction, RESET);
    else {
      this.countLost(link, direction.length + 1);
      direction.clear();
    }
  }

  private end(direction: Direction<M>, kind: number, afterUs = 0): void {
    if (direction.ended && direction.droppedBy === undefined) return;
    if (kind === RESET) direction.droppedBy = undefined;
    direction.ended = true;
    this.transmit(direction, kind, undefined, afterUs, 0);
  }

  private forgetIfOver(connection: Connection<M>): void {
    const { backward, forward, id } = connection;
    if (forward.receiverOpen || backward.receiverOpen) return;
    this.timers.stop(forward);
    this.timers.stop(backward);
    this.connections.delete(id);
  }

  private releaseAwaiting(direction: Direction<M>, node: number): void {
    if (direction.to !== node || direction.awaits !== AWAITS_HOST) return;
    direction.awaits = AWAITS_NOTHING;
    this.advance(direction);
    this.timers.recheck(direction);
  }

  private releaseHeldBy(direction: Direction<M>, ruleId: number): void {
    for (let index = 0; index < direction.length; index++) {
      const parcel = direction.at(index);
      if (parcel.heldBy !== ruleId) continue;
      parcel.heldBy = 0;
      this.kernel.trace?.record("release", direction.from, direction.to, direction.connection.id, parcel.message);
    }
    this.advance(direction);
    this.timers.recheck(direction);
  }

  private countHeld(direction: Direction<M>, count: number): void {
    const { cut, clog } = direction.link;
    // The method is called only for a blocked link, so there is a cut or a clog.
    const block = (cut ?? clog) as BlockEffect;
    block.held += count;
    if (cut !== undefined) this.effects.heldByCut += count;
    else this.effects.heldByClog += count;
    this.kernel.trace?.record("hold", direction.from, direction.to, direction.connection.id, block.kind);
  }

  private countLost({ cut }: Link, count: number): void {
    if (cut === undefined) return;
    cut.lost += count;
    this.effects.lostByCut += count;
  }

  private countStalled(rule: NetworkRule<M>): void {
    this.effects.stalledByRule++;
    rule.affected++;
  }
}
