/**
 * Performs the actions of a step that change the network, and counts their effects. They need only a StepNetwork, so
 * they also act on the connections between real servers (proxy/).
 */

import type { ServerOrLeader } from "../cluster/cluster-spec.ts";
import type { Message, MessageWatcher } from "../cluster/server.ts";
import type { ServerId } from "../protocol/index.ts";
import { parseDurationRange } from "../sim/duration-range.ts";
import { createRule, type InFlightVerdict, type LinkCharacter, type NetworkRule, type Verdict } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import type { ActionResult, CountedEffect, EffectKind } from "./action-result.ts";
import { matcher } from "./message-match.ts";
import type { Action, Direction, InFlightAction, LinkCharacterSpec, MessageMatch, Verb } from "./scenario.ts";

/** The messages that a cut or clog of one direction has held or lost so far. */
export interface Blocked {
  readonly held: number;
  readonly lost: number;
}

/** A network that steps change. sim/network.ts describes each method. */
export interface StepNetwork {
  readonly effects: { readonly refused: number };
  cut(from: number, to: number): Blocked;
  heal(from: number, to: number): void;
  healAll(): void;
  clog(from: number, to: number): Blocked;
  unclog(from: number, to: number): void;
  characterOf(from: number, to: number): LinkCharacter;
  setCharacter(from: number, to: number, character: Partial<LinkCharacter>): void;
  disconnect(node: number, peer: number | undefined, how: "reset" | "close"): number;
  addRule(rule: NetworkRule<Message>): number;
  removeRule(id: number): void;
  releaseRule(id: number): void;
  decideInFlight(
    matches: (message: Message, from: number, to: number) => boolean,
    nth: number,
    verdict: InFlightVerdict,
  ): number;
}

/** A clock and a network. */
export interface StepWorld {
  /** The time since the start, in microseconds. */
  readonly nowUs: number;
  /** Number of events that the simulator has handled. */
  readonly eventsHandled: number;
  readonly network: StepNetwork;
  /** Calls a task at a time. */
  at(timeUs: number, task: () => void, detail: string): void;
  node(id: number): { refusing: boolean };
  /** Called after each event of the simulator. */
  onEvent?: ((world: never) => void) | undefined;
}

/** Servers whose network steps change. */
export interface StepEnsemble {
  readonly ids: readonly ServerId[];
  /** The server that leads; undefined if none does. */
  readonly leader: { readonly id: ServerId } | undefined;
  readonly world: StepWorld;
  /** Adds a watcher of every message. */
  watchMessages(watcher: MessageWatcher): void;
}

/** State that the actions of one run share. */
export interface NetworkContext {
  readonly cluster: StepEnsemble;
  /** Ids of the network rules that hold messages until a `release` step. */
  holdRules: number[];
}

type Argument<Name extends Verb> = Extract<Action, Record<Name, unknown>>[Name];
/** The actions that change only the network. `alter` is not one of them: it changes the content of messages. */
export type NetworkVerb =
  | ("cutOneWay" | "partition" | "bridge" | "isolate" | "flap" | "heal" | "clog" | "link" | "refuse" | "disconnect")
  | ("drop" | "delay" | "reset" | "hold" | "release" | "inFlight");
type Performers = {
  readonly [Name in NetworkVerb]: (argument: Argument<Name>, context: NetworkContext) => ActionResult;
};

export const NETWORK_PERFORMERS: Performers = {
  cutOneWay: ({ from, to }, { cluster }) => cut(cluster, pairs(from, to)),
  partition: (groups, { cluster }) => cut(cluster, between(withOthers(groups, cluster.ids))),
  bridge: ({ sides }, { cluster }) => cut(cluster, between(sides)),
  isolate: (server, { cluster }) => {
    const sid = resolve(cluster, server);
    return sid === undefined ? NO_SERVER : cut(cluster, between(withOthers([[sid]], cluster.ids)));
  },
  flap: ({ between: [a, b], every }, { cluster }) => flap(cluster, a, b, durationUs(every)),
  heal: (servers, { cluster }) => {
    const { ids, world } = cluster;
    if (servers === "all") world.network.healAll();
    else for (const [a, b] of between([servers, ids])) world.network.heal(a, b);
    return {};
  },
  clog: (direction, { cluster }) => {
    const { network } = cluster.world;
    const links = linksOf(cluster, direction);
    const clogs = links.map(([a, b]) => network.clog(a, b));
    return {
      effect: heldOrLost(clogs),
      undo: () => {
        for (const [a, b] of links) network.unclog(a, b);
      },
    };
  },
  link: ({ from, to, ...spec }, { cluster }) => {
    const { network } = cluster.world;
    const character = linkCharacter(spec);
    const before = linksOf(cluster, { ...(from && { from }), ...(to && { to }) }).map(
      ([a, b]) => [a, b, network.characterOf(a, b)] as const,
    );
    for (const [a, b] of before) network.setCharacter(a, b, character);
    return {
      undo: () => {
        for (const [a, b, old] of before) network.setCharacter(a, b, old);
      },
    };
  },
  refuse: (sid, { cluster }) => {
    const { network } = cluster.world;
    const node = cluster.world.node(sid);
    const before = network.effects.refused;
    let refused: number | undefined;
    node.refusing = true;
    return {
      effect: counted("connections", () => refused ?? network.effects.refused - before),
      undo: () => {
        refused ??= network.effects.refused - before;
        node.refusing = false;
      },
    };
  },
  disconnect: ({ server, from, orderly }, { cluster }) => {
    const sid = resolve(cluster, server);
    const ended = sid === undefined ? 0 : cluster.world.network.disconnect(sid, from, orderly ? "close" : "reset");
    return { effect: counted("connections", () => ended) };
  },

  drop: ({ match, count }, context) => interfere(context, match, count, { kind: "drop" }),
  delay: ({ match, by, count }, context) => interfere(context, match, count, { kind: "delay", byUs: durationUs(by) }),
  reset: ({ match, count, orderly }, context) =>
    interfere(context, match, count, { kind: orderly ? "close" : "reset" }),
  hold: ({ match, count }, context) => interfere(context, match, count, { kind: "hold" }),
  release: (_all, context) => {
    const { network } = context.cluster.world;
    for (const rule of context.holdRules) {
      network.removeRule(rule);
      network.releaseRule(rule);
    }
    context.holdRules = [];
    return {};
  },

  inFlight: ({ match, nth = 1, ...action }, { cluster }) => {
    const affected = cluster.world.network.decideInFlight(matcher(match), nth, inFlightVerdict(action));
    return { effect: counted("messages", () => affected) };
  },
};

/** The result if no server leads, or if the server is not running. */
export const NO_SERVER: ActionResult = { effect: { kind: "servers", count: () => 0 } };

export function counted(kind: EffectKind, count: () => number): CountedEffect {
  return { kind, count };
}

export function resolve({ leader }: Pick<StepEnsemble, "leader">, server: ServerOrLeader): ServerId | undefined {
  return server === "leader" ? leader?.id : server;
}

function inFlightVerdict({ delay, drop }: Pick<InFlightAction, "delay" | "drop">): InFlightVerdict {
  if (drop) return { kind: "drop" };
  return delay === undefined ? { kind: "deliver" } : { kind: "delay", byUs: durationUs(delay) };
}

type Pair = readonly [ServerId, ServerId];

function pairs(from: readonly ServerId[], to: readonly ServerId[]): Pair[] {
  return from.flatMap((a) => to.filter((b) => b !== a).map((b) => [a, b] as const));
}

/** Returns both directions of the links between servers of different groups. */
function between(groups: readonly (readonly ServerId[])[]): Pair[] {
  return groups.flatMap((group) => groups.filter((other) => other !== group).flatMap((other) => pairs(group, other)));
}

/** If some servers are in no group, adds one more group with these servers. */
function withOthers(groups: readonly (readonly ServerId[])[], ids: readonly ServerId[]): (readonly ServerId[])[] {
  const grouped = new Set(groups.flat());
  const others = ids.filter((sid) => !grouped.has(sid));
  return others.length === 0 ? [...groups] : [...groups, others];
}

function linksOf({ ids }: StepEnsemble, { from = ids, to = ids }: Direction): Pair[] {
  return pairs(from, to);
}

function cut({ world: { network } }: StepEnsemble, links: readonly Pair[]): ActionResult {
  const cuts = links.map(([a, b]) => network.cut(a, b));
  return {
    effect: heldOrLost(cuts),
    undo: () => {
      for (const [a, b] of links) network.heal(a, b);
    },
  };
}

/** Counts the messages that blocked links have held or lost. */
function heldOrLost(blocks: readonly Blocked[]): CountedEffect {
  return counted("messages", () => blocks.reduce((sum, { held, lost }) => sum + held + lost, 0));
}

function flap({ world }: StepEnsemble, a: ServerId, b: ServerId, everyUs: number): ActionResult {
  const { network } = world;
  const links = between([[a], [b]]);
  const cuts: Blocked[] = [];
  let isOver = false;
  let isCut = false;
  const toggle = (): void => {
    if (isOver) return;
    isCut = !isCut;
    for (const [from, to] of links) {
      if (isCut) cuts.push(network.cut(from, to));
      else network.heal(from, to);
    }
    world.at(world.nowUs + everyUs, toggle, "flap");
  };
  toggle();
  return {
    effect: heldOrLost(cuts),
    undo: () => {
      isOver = true;
      for (const [from, to] of links) network.heal(from, to);
    },
  };
}

function linkCharacter({ latency, lossRate, duplicateRate }: LinkCharacterSpec) {
  const range = latency === undefined ? undefined : parseDurationRange(latency);
  return {
    ...(range === undefined ? {} : { latencyMinUs: range.minUs, latencyMaxUs: range.maxUs }),
    ...(lossRate === undefined ? {} : { lossRate }),
    ...(duplicateRate === undefined ? {} : { duplicateRate }),
  };
}

/** Installs a rule for messages. `also` restricts the match further. */
export function interfere(
  { cluster, holdRules }: NetworkContext,
  match: MessageMatch,
  count: number,
  verdict: Verdict<Message>,
  also: (receiver: number) => boolean = () => true,
): ActionResult {
  const { network } = cluster.world;
  const matches = matcher(match);
  const rule: NetworkRule<Message> = createRule(
    (message, from, to) => matches(message, from, to) && also(to),
    verdict,
    count,
  );
  const id = network.addRule(rule);
  if (verdict.kind === "hold") holdRules.push(id);
  return {
    effect: counted("messages", () => rule.hits),
    undo: () => {
      network.removeRule(id);
      if (verdict.kind === "hold") network.releaseRule(id);
    },
  };
}
