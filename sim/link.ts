/**
 * A directed link between two nodes: its character (latency, loss, duplication) and whether it is cut or clogged.
 *
 * Latency is uniform between two bounds. With probability `slowRate` it is longer. Each link draws from its own random
 * stream, and draws nothing if the result is certain. Bandwidth is not modeled: a link carries any number of messages.
 */

import type { BlockEffect } from "./effects.ts";
import type { Random, RandomStreams } from "./random.ts";

/** How a directed link treats messages. Latencies are in whole microseconds, rates are probabilities from 0 to 1. */
export interface LinkCharacter {
  /** The smallest latency. */
  readonly latencyMinUs: number;
  /** The largest latency, at least latencyMinUs. Each message draws from the range. */
  readonly latencyMaxUs: number;
  /** Probability that a transmission is lost: a datagram disappears, a stream retransmits. */
  readonly lossRate: number;
  /** Probability that a datagram arrives twice. TCP never delivers a message twice. */
  readonly duplicateRate: number;
  /** Probability of an additional latency, uniform in 0 .. slowExtraUs. */
  readonly slowRate: number;
  /** The largest additional latency. */
  readonly slowExtraUs: number;
}

/** The character of a link without options: 0.2 to 0.8 ms, no loss, no duplicates. */
export const DEFAULT_LINK: LinkCharacter = {
  latencyMinUs: 200,
  latencyMaxUs: 800,
  lossRate: 0,
  duplicateRate: 0,
  slowRate: 0,
  slowExtraUs: 0,
};

export interface HeldDatagram {
  readonly port: number;
  readonly message: unknown;
  readonly cause: number;
}

export class Link {
  readonly from: number;
  readonly to: number;
  character: LinkCharacter;
  /** True if `character` was set for this link, so that a new default does not replace it. */
  overridden = false;
  cut: BlockEffect | undefined = undefined;
  clog: BlockEffect | undefined = undefined;
  /** Whether the link is cut or clogged, so that no message passes. */
  blocked = false;
  datagramsInFlight = 0;
  readonly heldDatagrams: HeldDatagram[] = [];
  private readonly streams: RandomStreams;
  private drawn: Random | undefined = undefined;

  constructor(from: number, to: number, character: LinkCharacter, streams: RandomStreams) {
    this.from = from;
    this.to = to;
    this.character = character;
    this.streams = streams;
  }

  get random(): Random {
    this.drawn ??= this.streams.stream("link", this.from, this.to);
    return this.drawn;
  }

  drawLatencyUs(): number {
    const character = this.character;
    let latencyUs = character.latencyMinUs;
    if (character.latencyMaxUs > latencyUs) latencyUs = this.random.int(latencyUs, character.latencyMaxUs);
    if (character.slowRate > 0 && this.random.chance(character.slowRate)) {
      latencyUs += this.random.int(0, character.slowExtraUs);
    }
    return latencyUs;
  }
}

/** The links of a network, by sender and receiver. A link is created when it is used for the first time. */
export class LinkTable {
  private readonly rows: (Link | undefined)[][] = [];
  private readonly streams: RandomStreams;
  private readonly nodeIds: readonly number[];
  private defaultCharacter: LinkCharacter;

  constructor(nodeIds: readonly number[], character: LinkCharacter, streams: RandomStreams) {
    this.nodeIds = nodeIds;
    this.streams = streams;
    this.defaultCharacter = checkedCharacter(character);
  }

  between(from: number, to: number): Link {
    return this.rows[from]?.[to] ?? this.create(from, to);
  }

  setCharacter(from: number, to: number, character: Partial<LinkCharacter>): void {
    const link = this.between(from, to);
    link.character = checkedCharacter({ ...link.character, ...character });
    link.overridden = true;
  }

  setDefaultCharacter(character: Partial<LinkCharacter>): void {
    this.defaultCharacter = checkedCharacter({ ...this.defaultCharacter, ...character });
    this.each((link) => {
      if (!link.overridden) link.character = this.defaultCharacter;
    });
  }

  /** Calls `see` for every link used so far, ordered by sender and receiver. */
  each(see: (link: Link) => void): void {
    for (const row of this.rows) {
      for (const link of row) if (link !== undefined) see(link);
    }
  }

  private create(from: number, to: number): Link {
    if (!this.nodeIds.includes(from) || !this.nodeIds.includes(to)) {
      throw new RangeError(`There is no link ${from} -> ${to}: the nodes are ${this.nodeIds.join(", ")}`);
    }
    const link = new Link(from, to, this.defaultCharacter, this.streams);
    while (this.rows.length <= from) this.rows.push([]);
    const row = this.rows[from] as (Link | undefined)[];
    while (row.length <= to) row.push(undefined);
    row[to] = link;
    return link;
  }
}

const DURATIONS = ["latencyMinUs", "latencyMaxUs", "slowExtraUs"] as const;

function checkedCharacter(character: LinkCharacter): LinkCharacter {
  for (const name of DURATIONS) {
    const value = character[name];
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Link character: ${name} is ${value}, expected a whole number of microseconds, 0 or more`);
    }
  }
  const { latencyMinUs, latencyMaxUs } = character;
  if (latencyMaxUs < latencyMinUs) {
    throw new RangeError(`Link character: latencyMaxUs ${latencyMaxUs} is below latencyMinUs ${latencyMinUs}`);
  }
  return character;
}
