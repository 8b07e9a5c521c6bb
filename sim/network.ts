/**
 * The network between the nodes of a world: connections (tcp.ts, like TCP) and datagrams (datagrams.ts, like UDP) over
 * directed links (link.ts), and the controls that cut, clog and slow links and that apply rules to messages.
 *
 * A cut or clog of a direction affects everything that has not yet arrived. A second cut of the same direction changes
 * nothing, and one heal ends both. Not modeled: addresses, routing, bandwidth, congestion.
 */

import { Datagrams } from "./datagrams.ts";
import { type BlockEffect, NetworkEffects } from "./effects.ts";
import { decideInFlight, type InFlight, type InFlightVerdict, messagesInFlight } from "./in-flight.ts";
import type { Kernel } from "./kernel.ts";
import { type Link, type LinkCharacter, LinkTable } from "./link.ts";
import type { Node } from "./node.ts";
import { type NetworkRule, RuleList } from "./rules.ts";
import { Tcp } from "./tcp.ts";

/**
 * The network of a world: streams and datagrams, and the controls that cut, clog and slow links. A program sends
 * through its Node.
 */
export class Network<M> {
  /** The effects of this network's faults. */
  readonly effects = new NetworkEffects();
  /** The connections. */
  readonly tcp: Tcp<M>;
  /** The datagrams. */
  readonly datagrams: Datagrams<M>;
  private readonly kernel: Kernel;
  private readonly links: LinkTable;
  private readonly rules = new RuleList<M>();

  constructor(
    kernel: Kernel,
    nodes: readonly (Node<M> | undefined)[],
    nodeIds: readonly number[],
    character: LinkCharacter,
  ) {
    this.kernel = kernel;
    this.links = new LinkTable(nodeIds, character, kernel.random);
    this.tcp = new Tcp<M>(kernel, this.links, nodes, this.rules, this.effects);
    this.datagrams = new Datagrams<M>(kernel, this.links, this.rules, this.effects);
  }

  /** Starts to connect to a port. Returns the number of the connection; the program is notified later. */
  connect(from: number, to: number, port: number): number {
    return this.tcp.connect(from, to, port);
  }

  /** Sends a message on a connection. Returns false if the connection is closed. */
  send(from: number, conn: number, message: M): boolean {
    return this.tcp.send(from, conn, message);
  }

  /** Closes a connection. The other end is notified after every message that was sent has arrived. */
  close(from: number, conn: number): void {
    this.tcp.close(from, conn);
  }

  /** Sends a message that may be lost, repeated or late. */
  datagram(from: number, to: number, port: number, message: M): void {
    this.datagrams.send(from, to, port, message);
  }

  /** Resets a connection. Returns false if it no longer exists. */
  resetConnection(conn: number): boolean {
    return this.tcp.resetConnection(conn);
  }

  /**
   * Ends every connection between two nodes, or every connection of `node` if there is no `peer`. Returns their number.
   * `reset`: messages in flight never arrive. `close`: each end first receives the messages in flight to it.
   */
  disconnect(node: number, peer?: number, how: "reset" | "close" = "reset"): number {
    return this.tcp.disconnect(node, peer, how);
  }

  /**
   * The largest number of messages in flight or held. For streams, the limit applies to each direction of a connection;
   * for datagrams, it applies to each link.
   */
  set queueLimit(limit: number) {
    this.tcp.queueLimit = limit;
    this.datagrams.queueLimit = limit;
  }

  get queueLimit(): number {
    return this.tcp.queueLimit;
  }

  /** The first retransmission timeout of a stream on a lossy link. */
  set rtoUs(rtoUs: number) {
    this.tcp.rtoUs = rtoUs;
  }

  get rtoUs(): number {
    return this.tcp.rtoUs;
  }

  /** How long a host sends unacknowledged data of a stream again before it ends the stream at its end. */
  set retransmissionTimeoutUs(timeoutUs: number) {
    this.tcp.timers.retransmissionTimeoutUs = timeoutUs;
  }

  get retransmissionTimeoutUs(): number {
    return this.tcp.timers.retransmissionTimeoutUs;
  }

  /** How long a stream with keep-alive can be silent before the host at this end gives it up. */
  set keepAliveTimeoutUs(timeoutUs: number) {
    this.tcp.timers.keepAliveTimeoutUs = timeoutUs;
  }

  get keepAliveTimeoutUs(): number {
    return this.tcp.timers.keepAliveTimeoutUs;
  }

  /** Cuts one direction until it is healed. Returns the counters of the cut, which grow while the cut lasts. */
  cut(from: number, to: number): BlockEffect {
    const link = this.links.between(from, to);
    if (link.cut !== undefined) return link.cut;
    const effect = this.openBlock("cut", link);
    link.cut = effect;
    this.kernel.trace?.record("cut", from, to, -1, undefined);
    this.block(link);
    return effect;
  }

  /** Ends a cut of one direction. Has no effect if there is none. */
  heal(from: number, to: number): void {
    const link = this.links.between(from, to);
    if (link.cut === undefined) return;
    link.cut.untilUs = this.kernel.nowUs;
    link.cut = undefined;
    this.kernel.trace?.record("heal", from, to, -1, undefined);
    this.release(link);
  }

  /** Returns whether one direction is cut. */
  isCut(from: number, to: number): boolean {
    return this.links.between(from, to).cut !== undefined;
  }

  /** Cuts both directions between nodes of different groups. Nodes in no group keep their links. */
  partition(groups: readonly (readonly number[])[]): BlockEffect[] {
    const cuts: BlockEffect[] = [];
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue;
        for (const from of group) for (const to of other) if (from !== to) cuts.push(this.cut(from, to));
      }
    }
    return cuts;
  }

  /** Ends every cut, but no clog. */
  healAll(): void {
    this.links.each((link) => {
      this.heal(link.from, link.to);
    });
  }

  /** Holds everything in one direction, datagrams included, until it is unclogged. */
  clog(from: number, to: number): BlockEffect {
    const link = this.links.between(from, to);
    if (link.clog !== undefined) return link.clog;
    const effect = this.openBlock("clog", link);
    link.clog = effect;
    this.kernel.trace?.record("clog", from, to, -1, undefined);
    this.block(link);
    return effect;
  }

  /** Delivers all messages that clogged links hold, and unclogs the links. */
  unclogAll(): void {
    this.links.each((link) => {
      this.unclog(link.from, link.to);
    });
  }

  /** Ends a clog of one direction. Has no effect if there is none. */
  unclog(from: number, to: number): void {
    const link = this.links.between(from, to);
    if (link.clog === undefined) return;
    link.clog.untilUs = this.kernel.nowUs;
    link.clog = undefined;
    this.kernel.trace?.record("unclog", from, to, -1, undefined);
    this.release(link);
  }

  /** Returns the character of a directed link. */
  characterOf(from: number, to: number): LinkCharacter {
    return this.links.between(from, to).character;
  }

  /** Changes the character of a directed link. Throws a RangeError if a latency is not a whole number. */
  setCharacter(from: number, to: number, character: Partial<LinkCharacter>): void {
    this.links.setCharacter(from, to, character);
  }

  /** Sets the character of all links that have no character of their own. */
  setDefaultCharacter(character: Partial<LinkCharacter>): void {
    this.links.setDefaultCharacter(character);
  }

  /** Installs a rule for messages. Returns its id, for removeRule() and releaseRule(). */
  addRule(rule: NetworkRule<M>): number {
    return this.rules.add(rule);
  }

  /**
   * Removes all rules, releases the messages that they hold, and resets the connections on which a rule dropped a
   * message.
   */
  removeAllRules(): void {
    for (const id of this.rules.ids()) {
      this.removeRule(id);
      this.releaseRule(id);
    }
    this.tcp.resetSilenced();
  }

  /** Removes a rule. Messages that it holds stay held until `releaseRule`. */
  removeRule(id: number): void {
    this.rules.remove(id);
  }

  /** Releases the messages that a rule holds. The rule itself stays. */
  releaseRule(id: number): void {
    this.tcp.ruleReleased(id);
    this.datagrams.ruleReleased(id);
  }

  /** Returns the messages that were sent and have neither arrived nor been lost. Slow; for inspection only. */
  inFlight(): InFlight<M>[] {
    return messagesInFlight(this.kernel, this.tcp, this.datagrams).map(({ place: _place, ...message }) => message);
  }

  /**
   * Applies a verdict to the Nth message in flight that matches, in the order of inFlight(). Returns the number of
   * messages that it affected: 0 if there is no such message, or if a cut, a clog or a rule holds it.
   */
  decideInFlight(
    matches: (message: M, from: number, to: number) => boolean,
    nth: number,
    verdict: InFlightVerdict,
  ): number {
    const { datagrams, kernel, tcp } = this;
    const matching = messagesInFlight(kernel, tcp, datagrams).filter(({ from, message, to }) =>
      matches(message, from, to),
    );
    const found = matching[nth - 1];
    return found !== undefined && decideInFlight(kernel, tcp, datagrams, found, verdict) ? 1 : 0;
  }

  private openBlock(kind: "cut" | "clog", link: Link): BlockEffect {
    const effect: BlockEffect = {
      kind,
      from: link.from,
      to: link.to,
      sinceUs: this.kernel.nowUs,
      untilUs: undefined,
      held: 0,
      lost: 0,
    };
    this.effects.blocks.push(effect);
    return effect;
  }

  private block(link: Link): void {
    if (link.blocked) return;
    link.blocked = true;
    this.tcp.linkBlocked(link);
  }

  private release(link: Link): void {
    link.blocked = link.cut !== undefined || link.clog !== undefined;
    if (link.blocked) return;
    this.datagrams.linkReleased(link);
    this.tcp.linkReleased(link);
  }
}
