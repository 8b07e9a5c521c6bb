/**
 * The connections between real servers as a network that steps of a scenario change. Each message waits here until no
 * fault holds it. A message that a fault drops takes all later ones of its direction with it, because a stream has no
 * holes.
 */
import type { Message } from "../cluster/server.ts";
import type { Blocked, StepNetwork } from "../scenarios/network-actions.ts";
import type { InFlightVerdict, LinkCharacter, NetworkRule, Verdict } from "../sim/index.ts";
import { RuleList } from "../sim/rules.ts";
import { LOSSES_MAX, RTO_US } from "../sim/tcp.ts";
import {
  type Direction,
  type ProxiedConnection,
  type Traffic,
  UNKNOWN_SERVER,
  type WaitingMessage,
} from "../traffic/proxied-connection.ts";
import { coreMessage } from "./core-message.ts";
import { type Link, Links } from "./links.ts";
import type { Clock } from "./real-clock.ts";

/**
 * What has become of a message. `dropped`: a fault dropped it, or an earlier one of its direction, or ended its
 * connection. `undelivered`: a server ended the connection first.
 */
export type Fate = "passed" | "dropped" | "undelivered";

/** What the owner of the network does. */
export interface NetworkOwner {
  /** Connects to the server that listens, and attaches it to the connection. Called once for each connection. */
  dial(connection: ProxiedConnection): void;
  /** A message has arrived at the proxy. Its addresses can be changed. */
  arrived(message: WaitingMessage): void;
  /** A message has arrived, and the rules have decided about it. Steps that wait for its sending act now. */
  sent(message: WaitingMessage, core: Message): void;
  /** A message is about to leave. Steps that wait for its delivery act now. */
  delivered(message: WaitingMessage, core: Message): void;
  /** A message has left the proxy. */
  left(message: WaitingMessage, fate: Fate): void;
  /** A connection has ended. */
  ended(connection: ProxiedConnection): void;
}

/** What the network knows about a message. */
interface Held {
  readonly core: Message;
  dueUs: number;
  /** The time of the last timer for the message. */
  timerUs: number | undefined;
  /** The rule that holds the message; 0 if none does. */
  rule: number;
  /** Whether the message is counted as held. */
  isCounted: boolean;
  /** Whether the steps that wait for the message have been performed. */
  isAnnounced: boolean;
}

export class ProxiedNetwork implements Traffic, StepNetwork {
  /** Connections are refused by the kernel, which does not count them. */
  readonly effects = { refused: 0 };
  readonly links = new Links();
  private readonly clock: Clock;
  private readonly owner: NetworkOwner;
  private readonly random: () => number;
  private readonly connections = new Set<ProxiedConnection>();
  private readonly held = new WeakMap<WaitingMessage, Held>();
  private readonly lost = new WeakSet<Direction>();
  private readonly endsPassed = new WeakSet<Direction>();
  private readonly dialed = new WeakSet<ProxiedConnection>();
  private readonly rules = new RuleList<Message>();

  /** `random` returns numbers from 0 to below 1. */
  constructor(clock: Clock, owner: NetworkOwner, random: () => number) {
    this.clock = clock;
    this.owner = owner;
    this.random = random;
  }

  add(connection: ProxiedConnection): void {
    this.connections.add(connection);
  }

  /** Closes all connections. */
  closeAll(): void {
    for (const connection of this.connections) connection.destroy();
    this.connections.clear();
  }

  // ---- messages

  changed(connection: ProxiedConnection): void {
    if (!this.connections.has(connection)) return;
    for (const direction of connection.directions) this.arrive(connection, direction);
    this.flush(connection);
  }

  private arrive(connection: ProxiedConnection, direction: Direction): void {
    const { waiting } = direction;
    // The step of a message can remove messages.
    for (const message of waiting.filter((one) => !this.held.has(one))) {
      if (!waiting.includes(message)) continue;
      const { from, to } = message;
      this.links.between(from, to).count.seen++;
      const held: Held = {
        core: coreMessage(message),
        dueUs: this.clock.nowUs,
        timerUs: undefined,
        rule: 0,
        isCounted: false,
        isAnnounced: false,
      };
      this.held.set(message, held);
      this.owner.arrived(message);
      if (this.lost.has(direction)) this.remove(direction, message, "dropped");
      else if (this.endsPassed.has(direction)) this.remove(direction, message, "undelivered");
      else if (from !== UNKNOWN_SERVER && to !== UNKNOWN_SERVER) this.decide(connection, direction, message, held);
    }
  }

  private decide(connection: ProxiedConnection, direction: Direction, message: WaitingMessage, held: Held): void {
    const { from, to } = message;
    const link = this.links.between(from, to);
    const verdict = this.rules.judge(held.core, from, to, 0)?.verdict;
    if (verdict !== undefined) this.applyRule(verdict, direction, message, held);
    const travels = direction.waiting.includes(message);
    const isGivenUp = travels && !this.travel(link, message, held);
    if (travels && link.isBlocked) this.countBlocked(link, message);
    this.owner.sent(message, held.core);
    if (verdict?.kind === "reset" || verdict?.kind === "close") this.endBy(verdict.kind, connection);
    else if (isGivenUp) this.endBy("reset", connection);
  }

  private applyRule(verdict: Verdict<Message>, direction: Direction, message: WaitingMessage, held: Held): void {
    switch (verdict.kind) {
      case "drop":
        this.lose(direction, message);
        break;
      case "reset":
      case "close":
        this.dropFrom(direction, message);
        break;
      case "delay":
        held.dueUs += verdict.byUs;
        this.countHeld(message);
        break;
      case "hold":
        held.rule = this.rules.matchedId;
        this.countHeld(message);
        break;
      case "replace":
        // check-scenario.ts refuses the action alter.
        break;
    }
  }

  /** Applies the latency and the rates of a link. Returns false if a packet is lost so often that it is given up. */
  private travel({ character, count }: Link, message: WaitingMessage, held: Held): boolean {
    const { duplicateRate, latencyMaxUs, latencyMinUs, lossRate } = character;
    held.dueUs += Math.round(latencyMinUs + this.random() * (latencyMaxUs - latencyMinUs));
    let losses = 0;
    while (losses < LOSSES_MAX && this.happens(lossRate)) held.dueUs += RTO_US * 2 ** losses++;
    if (losses > 0) this.countHeld(message);
    if (losses === LOSSES_MAX) return false;
    if (message.notification !== undefined && this.happens(duplicateRate)) {
      message.bytes.push(...message.bytes);
      count.duplicated++;
    }
    return true;
  }

  private happens(rate: number): boolean {
    return rate > 0 && this.random() < rate;
  }

  private countBlocked(link: Link, message: WaitingMessage): void {
    link.countBlocked();
    this.countHeld(message);
  }

  /** Counts a message once, however many faults hold it. */
  private countHeld(message: WaitingMessage): void {
    const held = this.held.get(message);
    if (held === undefined || held.isCounted) return;
    held.isCounted = true;
    this.links.between(message.from, message.to).count.held++;
  }

  /** Drops a message and all later ones of its direction. */
  private lose(direction: Direction, message: WaitingMessage): void {
    this.lost.add(direction);
    this.dropFrom(direction, message);
  }

  private dropFrom(direction: Direction, message: WaitingMessage): void {
    const { waiting } = direction;
    for (const one of waiting.slice(waiting.indexOf(message))) this.remove(direction, one, "dropped");
  }

  private remove(direction: Direction, message: WaitingMessage, fate: "dropped" | "undelivered"): void {
    direction.waiting.splice(direction.waiting.indexOf(message), 1);
    this.links.between(message.from, message.to).count[fate]++;
    this.owner.left(message, fate);
  }

  /** Passes on what no fault holds. */
  private flush(connection: ProxiedConnection): void {
    if (!this.connections.has(connection)) return;
    for (const direction of connection.directions) {
      while (this.passFirst(connection, direction));
      this.passEnd(connection, direction);
    }
    const isGivenUp = connection.toListener.isEnded && !this.dialed.has(connection);
    if (isGivenUp) connection.destroy();
    const isOver = connection.isClosed && connection.directions.every(({ isEnded }) => isEnded);
    if (isGivenUp || isOver) this.forget(connection);
  }

  private passFirst(connection: ProxiedConnection, direction: Direction): boolean {
    const [message] = direction.waiting;
    const held = message && this.held.get(message);
    if (message === undefined || held === undefined || held.rule !== 0) return false;
    const { from, to } = message;
    const link = this.links.between(from, to);
    if (link.isBlocked) return false;
    if (held.dueUs > this.clock.nowUs) {
      this.flushAt(held, connection);
      return false;
    }
    if (!connection.isOpen(direction)) {
      this.dial(connection, direction);
      return false;
    }
    // The moment of the message can have steps, which act before the server handles the message.
    if (!held.isAnnounced && from !== UNKNOWN_SERVER && to !== UNKNOWN_SERVER) {
      held.isAnnounced = true;
      this.owner.delivered(message, held.core);
    }
    if (direction.waiting[0] !== message || !connection.pass(direction)) return false;
    link.count.passed++;
    this.owner.left(message, "passed");
    return true;
  }

  private flushAt(held: Held, connection: ProxiedConnection): void {
    if (held.timerUs === held.dueUs) return;
    held.timerUs = held.dueUs;
    this.clock.at(held.dueUs, () => this.flush(connection));
  }

  private dial(connection: ProxiedConnection, direction: Direction): void {
    if (direction !== connection.toListener || this.dialed.has(connection)) return;
    this.dialed.add(connection);
    this.owner.dial(connection);
  }

  private passEnd(connection: ProxiedConnection, direction: Direction): void {
    if (!direction.isEnded || direction.waiting.length > 0 || this.endsPassed.has(direction)) return;
    if (this.links.between(direction.from, direction.to).isBlocked || this.lost.has(direction)) return;
    this.endsPassed.add(direction);
    connection.end(direction);
  }

  /** Ends a connection whose server cannot be reached. */
  refuse(connection: ProxiedConnection): void {
    connection.destroy("reset");
    this.forget(connection);
  }

  private forget(connection: ProxiedConnection): void {
    this.connections.delete(connection);
    for (const direction of connection.directions) {
      for (const message of [...direction.waiting]) this.remove(direction, message, "undelivered");
    }
    this.owner.ended(connection);
  }

  private endBy(how: "reset" | "close", connection: ProxiedConnection): void {
    if (how === "close") {
      for (const direction of connection.directions) direction.isEnded = true;
      this.flush(connection);
      return;
    }
    for (const direction of connection.directions) {
      for (const message of [...direction.waiting]) this.remove(direction, message, "dropped");
    }
    connection.destroy("reset");
    this.forget(connection);
  }

  private flushAll(): void {
    for (const connection of [...this.connections]) this.flush(connection);
  }

  // ---- what steps do

  cut(from: number, to: number): Blocked {
    return this.block(from, to, "cut");
  }

  clog(from: number, to: number): Blocked {
    return this.block(from, to, "clog");
  }

  private block(from: number, to: number, kind: "cut" | "clog"): Blocked {
    const link = this.links.between(from, to);
    const wasBlocked = link.isBlocked;
    const effect = link.start(kind);
    if (wasBlocked) return effect;
    for (const direction of this.directionsOf(from, to)) {
      for (const message of direction.waiting) this.countBlocked(link, message);
    }
    return effect;
  }

  heal(from: number, to: number): void {
    this.links.between(from, to).end("cut");
    this.flushAll();
  }

  healAll(): void {
    for (const link of this.links.all) link.end("cut");
    this.flushAll();
  }

  unclog(from: number, to: number): void {
    this.links.between(from, to).end("clog");
    this.flushAll();
  }

  characterOf(from: number, to: number): LinkCharacter {
    return this.links.between(from, to).character;
  }

  setCharacter(from: number, to: number, character: Partial<LinkCharacter>): void {
    const link = this.links.between(from, to);
    link.character = { ...link.character, ...character };
  }

  disconnect(node: number, peer: number | undefined, how: "reset" | "close"): number {
    const ended = [...this.connections].filter(({ client, listener }) => {
      const ends = [client, listener];
      return ends.includes(node) && (peer === undefined || ends.includes(peer));
    });
    for (const connection of ended) this.endBy(how, connection);
    return ended.length;
  }

  addRule(rule: NetworkRule<Message>): number {
    return this.rules.add(rule);
  }

  removeRule(id: number): void {
    this.rules.remove(id);
  }

  releaseRule(id: number): void {
    for (const { waiting } of this.allDirections()) {
      for (const message of waiting) {
        const held = this.held.get(message);
        if (held?.rule === id) held.rule = 0;
      }
    }
    this.flushAll();
  }

  decideInFlight(
    matches: (message: Message, from: number, to: number) => boolean,
    nth: number,
    verdict: InFlightVerdict,
  ): number {
    const found = this.allDirections()
      .flatMap((direction) => direction.waiting.map((message) => ({ direction, message })))
      .filter(({ message }) => matches(this.held.get(message)?.core as Message, message.from, message.to))[nth - 1];
    if (found === undefined) return 0;
    const { direction, message } = found;
    const held = this.held.get(message) as Held;
    if (held.rule !== 0 || this.links.between(message.from, message.to).isBlocked) return 0;
    if (verdict.kind === "drop") this.lose(direction, message);
    else if (verdict.kind === "delay") held.dueUs = Math.max(held.dueUs, this.clock.nowUs) + verdict.byUs;
    else this.hurry(direction, message);
    this.flushAll();
    return 1;
  }

  /** Makes a message and all earlier ones of its direction due. */
  private hurry({ waiting }: Direction, message: WaitingMessage): void {
    for (const one of waiting.slice(0, waiting.indexOf(message) + 1)) {
      const held = this.held.get(one);
      if (held !== undefined) held.dueUs = this.clock.nowUs;
    }
  }

  private allDirections(): Direction[] {
    return [...this.connections].flatMap(({ directions }) => directions);
  }

  private directionsOf(from: number, to: number): Direction[] {
    return this.allDirections().filter((one) => one.from === from && one.to === to);
  }
}
