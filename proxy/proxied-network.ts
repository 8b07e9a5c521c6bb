/**
 * The connections between real servers as a network that steps of a scenario change. Each message waits here until no
 * fault holds it. A message that a fault drops takes all later ones of its direction with it, because a stream has no
 * holes.
 */
import type { Message } from "../cluster/server.ts";
import type { Blocked, StepNetwork } from "../scenarios/network-actions.ts";
import type { InFlightVerdict, LinkCharacter, NetworkRule, Verdict } from "../sim/index.ts";
import { RuleList } from "../sim/rules.ts";
import {
  type Direction,
  type ProxiedConnection,
  type Traffic,
  UNKNOWN_SERVER,
  type WaitingMessage,
} from "../traffic/proxied-connection.ts";
import { coreMessage } from "./core-message.ts";
import { LinkCounts } from "./link-counts.ts";

/** The time of this machine. */
export interface Clock {
  /** Microseconds since the start. */
  readonly nowUs: number;
  /** Calls a task at a time. */
  at(timeUs: number, task: () => void): void;
}

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
  /** The rule that holds the message; 0 if none does. */
  rule: number;
  /** Whether the message is counted as held. */
  isCounted: boolean;
  /** Whether the steps that wait for the message have been performed. */
  isAnnounced: boolean;
}

interface Block {
  readonly effect: { held: number; lost: number };
  isCut: boolean;
  isClogged: boolean;
}

/** The first pause before a lost packet is sent again. It doubles with each further loss (sim/tcp.ts). */
const RETRANSMISSION_US = 200_000;
/** Number of losses of one packet after which its connection is reset (sim/tcp.ts). */
const LOSSES_MAX = 6;
const TRANSPARENT: LinkCharacter = {
  ...{ latencyMinUs: 0, latencyMaxUs: 0, lossRate: 0, duplicateRate: 0, slowRate: 0, slowExtraUs: 0 },
};

export class ProxiedNetwork implements Traffic, StepNetwork {
  /** Connections are refused by the kernel, which does not count them. */
  readonly effects = { refused: 0 };
  readonly counts = new LinkCounts();
  private readonly clock: Clock;
  private readonly owner: NetworkOwner;
  private readonly random: () => number;
  private readonly connections = new Set<ProxiedConnection>();
  private readonly held = new WeakMap<WaitingMessage, Held>();
  private readonly lost = new WeakSet<Direction>();
  private readonly endsPassed = new WeakSet<Direction>();
  private readonly dialed = new WeakSet<ProxiedConnection>();
  private readonly blocks = new Map<string, Block>();
  private readonly rules = new RuleList<Message>();
  private readonly characters = new Map<string, LinkCharacter>();

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
      this.counts.of(from, to).seen++;
      const held: Held = {
        core: coreMessage(message),
        dueUs: this.clock.nowUs,
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
    const rule = this.rules.judge(held.core, from, to, 0);
    if (rule !== undefined) this.applyRule(rule.verdict, direction, message, held);
    if (direction.waiting.includes(message)) this.travel(connection, message, held);
    const block = this.blockOf(from, to);
    if (isActive(block)) this.countHeld(message, block);
    this.owner.sent(message, held.core);
    if (rule?.verdict.kind === "reset" || rule?.verdict.kind === "close") this.endBy(rule.verdict.kind, connection);
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

  /** Applies the latency and the rates of the link. */
  private travel(connection: ProxiedConnection, message: WaitingMessage, held: Held): void {
    const { duplicateRate, latencyMaxUs, latencyMinUs, lossRate } = this.characterOf(message.from, message.to);
    held.dueUs += Math.round(latencyMinUs + this.random() * (latencyMaxUs - latencyMinUs));
    for (let losses = 0; this.happens(lossRate); losses++) {
      if (losses === LOSSES_MAX) {
        this.endBy("reset", connection);
        return;
      }
      held.dueUs += RETRANSMISSION_US * 2 ** losses;
      this.countHeld(message);
    }
    if (message.notification !== undefined && this.happens(duplicateRate)) {
      message.bytes.push(...message.bytes);
      this.counts.of(message.from, message.to).duplicated++;
    }
  }

  private happens(rate: number): boolean {
    return rate > 0 && this.random() < rate;
  }

  private countHeld(message: WaitingMessage, block?: Block): void {
    if (block !== undefined) block.effect.held++;
    const held = this.held.get(message);
    if (held === undefined || held.isCounted) return;
    held.isCounted = true;
    this.counts.of(message.from, message.to).held++;
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
    this.counts.of(message.from, message.to)[fate]++;
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
    if (isActive(this.blockOf(from, to))) return false;
    if (held.dueUs > this.clock.nowUs) {
      this.clock.at(held.dueUs, () => this.flush(connection));
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
    this.counts.of(from, to).passed++;
    this.owner.left(message, "passed");
    return true;
  }

  private dial(connection: ProxiedConnection, direction: Direction): void {
    if (direction !== connection.toListener || this.dialed.has(connection)) return;
    this.dialed.add(connection);
    this.owner.dial(connection);
  }

  private passEnd(connection: ProxiedConnection, direction: Direction): void {
    if (!direction.isEnded || direction.waiting.length > 0 || this.endsPassed.has(direction)) return;
    if (isActive(this.blockOf(direction.from, direction.to)) || this.lost.has(direction)) return;
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

  private blockOf(from: number, to: number): Block {
    const key = `${from} ${to}`;
    let block = this.blocks.get(key);
    if (block === undefined) {
      block = { effect: { held: 0, lost: 0 }, isCut: false, isClogged: false };
      this.blocks.set(key, block);
    }
    return block;
  }

  cut(from: number, to: number): Blocked {
    return this.block(from, to, "isCut");
  }

  clog(from: number, to: number): Blocked {
    return this.block(from, to, "isClogged");
  }

  private block(from: number, to: number, how: "isCut" | "isClogged"): Blocked {
    const block = this.blockOf(from, to);
    if (block[how]) return block.effect;
    const fresh: Block = { ...block, effect: { held: 0, lost: 0 }, [how]: true };
    this.blocks.set(`${from} ${to}`, fresh);
    for (const direction of this.directionsOf(from, to)) {
      for (const message of direction.waiting) this.countHeld(message, fresh);
    }
    return fresh.effect;
  }

  heal(from: number, to: number): void {
    this.blockOf(from, to).isCut = false;
    this.flushAll();
  }

  healAll(): void {
    for (const block of this.blocks.values()) block.isCut = false;
    this.flushAll();
  }

  unclog(from: number, to: number): void {
    this.blockOf(from, to).isClogged = false;
    this.flushAll();
  }

  characterOf(from: number, to: number): LinkCharacter {
    return this.characters.get(`${from} ${to}`) ?? TRANSPARENT;
  }

  setCharacter(from: number, to: number, character: Partial<LinkCharacter>): void {
    this.characters.set(`${from} ${to}`, { ...this.characterOf(from, to), ...character });
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
    if (held.rule !== 0 || isActive(this.blockOf(message.from, message.to))) return 0;
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

function isActive({ isClogged, isCut }: Block): boolean {
  return isCut || isClogged;
}
