/**
 * Simulated UDP. Each message draws its own latency, so messages can overtake each other. A message can be lost or
 * arrive twice. A running node receives datagrams on every port. While a link is cut, it drops every datagram that is
 * sent or arrives. A clogged link holds them until the clog ends.
 */

import type { BlockEffect, NetworkEffects } from "./effects.ts";
import { DATAGRAM_EVENT } from "./event-kinds.ts";
import type { Kernel } from "./kernel.ts";
import type { Link, LinkTable } from "./link.ts";
import type { Node } from "./node.ts";
import type { RuleList } from "./rules.ts";

interface HeldByRule<M> {
  readonly ruleId: number;
  readonly link: Link;
  readonly port: number;
  readonly message: M;
  readonly cause: number;
}

export class Datagrams<M> {
  queueLimit = Number.POSITIVE_INFINITY;
  private readonly kernel: Kernel;
  private readonly links: LinkTable;
  private readonly rules: RuleList<M>;
  private readonly effects: NetworkEffects;
  /** The sequences of the events of datagrams that a script has taken out of the queue. */
  readonly revoked = new Set<number>();
  private heldByRules: HeldByRule<M>[] = [];

  constructor(kernel: Kernel, links: LinkTable, rules: RuleList<M>, effects: NetworkEffects) {
    this.kernel = kernel;
    this.links = links;
    this.rules = rules;
    this.effects = effects;
  }

  send(from: number, to: number, port: number, message: M): void {
    const link = this.links.between(from, to);
    this.kernel.trace?.record("send", from, to, 0, message);
    if (this.rules.active === 0) this.transmit(link, port, message, 0);
    else this.sendUnderRules(link, port, message);
  }

  /** Handles a datagram event that is due. */
  arrive(node: Node<M>, from: number, port: number, message: M): void {
    const link = this.links.between(from, node.id);
    link.datagramsInFlight--;
    if (link.cut !== undefined) this.loseToCut(link, link.cut, message);
    else if (link.clog !== undefined) this.hold(link, link.clog, port, message);
    else if (!node.up) {
      this.effects.lostAtNode++;
      this.drop(link, message);
    } else if (node.deferring) node.defer(DATAGRAM_EVENT, from, port, message, undefined);
    else this.receive(node, from, port, message);
  }

  receive(node: Node<M>, from: number, port: number, message: M): void {
    this.kernel.trace?.record("deliver", node.id, from, 0, message);
    node.program?.onDatagram(from, port, message);
  }

  /** Returns whether the popped event is void, because its datagram was revoked. */
  isRevoked(sequence: number): boolean {
    return this.revoked.size > 0 && this.revoked.delete(sequence);
  }

  /** Takes a datagram out of the queue. */
  revoke(sequence: number, from: number, to: number): void {
    this.revoked.add(sequence);
    this.links.between(from, to).datagramsInFlight--;
  }

  /** Puts a datagram that was revoked back into the queue, with another time. */
  relaunch(dueUs: number, from: number, to: number, port: number, message: M, cause: number): void {
    this.links.between(from, to).datagramsInFlight++;
    this.kernel.queue.pushCausedBy(cause, dueUs, to, DATAGRAM_EVENT, from, port, message);
  }

  linkReleased(link: Link): void {
    for (const held of link.heldDatagrams.splice(0)) {
      this.launch(link, held.port, held.message as M, 0, held.cause);
    }
  }

  ruleReleased(ruleId: number): void {
    const released = this.heldByRules.filter((held) => held.ruleId === ruleId);
    if (released.length === 0) return;
    this.heldByRules = this.heldByRules.filter((held) => held.ruleId !== ruleId);
    for (const { link, port, message, cause } of released) {
      this.kernel.trace?.record("release", link.from, link.to, 0, message);
      this.launch(link, port, message, 0, cause);
    }
  }

  eachHeld(see: (link: Link, message: M) => void): void {
    for (const { link, message } of this.heldByRules) see(link, message);
    this.links.each((link) => {
      for (const held of link.heldDatagrams) see(link, held.message as M);
    });
  }

  private sendUnderRules(link: Link, port: number, message: M): void {
    const rule = this.rules.judge(message, link.from, link.to, port);
    const verdict = rule?.verdict;
    const { effects } = this;
    switch (verdict?.kind) {
      case undefined:
        this.transmit(link, port, message, 0);
        break;
      case "delay":
        effects.delayedByRule++;
        this.transmit(link, port, message, verdict.byUs);
        break;
      case "replace":
        effects.replacedByRule++;
        this.transmit(link, port, verdict.make(message, link.from, link.to), 0);
        break;
      case "hold": {
        effects.heldByRule++;
        this.kernel.trace?.record("hold", link.from, link.to, 0, message);
        const cause = this.kernel.queue.currentSequence;
        this.heldByRules.push({ ruleId: this.rules.matchedId, link, port, message, cause });
        break;
      }
      default:
        // A datagram has no connection to reset, so the verdict `reset` loses the message, as `drop` does.
        effects.lostByRule++;
        this.drop(link, message);
    }
  }

  private transmit(link: Link, port: number, message: M, byUs: number): void {
    const { lossRate, duplicateRate } = link.character;
    if (link.cut !== undefined) this.loseToCut(link, link.cut, message);
    else if (link.clog !== undefined) this.hold(link, link.clog, port, message);
    else if (lossRate > 0 && link.random.chance(lossRate)) {
      this.effects.lostByRate++;
      this.drop(link, message);
    } else {
      const cause = this.kernel.queue.currentSequence;
      this.launch(link, port, message, byUs, cause);
      if (duplicateRate > 0 && link.random.chance(duplicateRate)) {
        this.effects.duplicated++;
        this.launch(link, port, message, byUs, cause);
      }
    }
  }

  private launch(link: Link, port: number, message: M, byUs: number, cause: number): void {
    if (link.datagramsInFlight >= this.queueLimit) {
      this.effects.lostByQueueLimit++;
      this.drop(link, message);
      return;
    }
    link.datagramsInFlight++;
    const { nowUs, queue } = this.kernel;
    const dueUs = nowUs + link.drawLatencyUs() + byUs;
    queue.pushCausedBy(cause, dueUs, link.to, DATAGRAM_EVENT, link.from, port, message);
  }

  private loseToCut(link: Link, cut: BlockEffect, message: M): void {
    this.effects.lostByCut++;
    cut.lost++;
    this.drop(link, message);
  }

  private hold(link: Link, clog: BlockEffect, port: number, message: M): void {
    if (link.heldDatagrams.length >= this.queueLimit) {
      this.effects.lostByQueueLimit++;
      this.drop(link, message);
      return;
    }
    this.effects.heldByClog++;
    clog.held++;
    this.kernel.trace?.record("hold", link.from, link.to, 0, message);
    link.heldDatagrams.push({ port, message, cause: this.kernel.queue.currentSequence });
  }

  private drop(link: Link, message: M): void {
    this.kernel.trace?.record("drop", link.from, link.to, 0, message);
  }
}
