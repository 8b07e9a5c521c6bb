/**
 * What each action of a step does to the cluster. Most can be undone, which is what a step's `for` asks; those that may
 * turn out to have hit nothing tell their effect: how many messages, writes or records fared differently.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { ServerOrLeader } from "../cluster/cluster-spec.ts";
import type { Message } from "../cluster/server.ts";
import { settle } from "../cluster/settle.ts";
import type { ServerId } from "../protocol/index.ts";
import { parseDurationRange } from "../sim/duration-range.ts";
import { type BlockEffect, createRule, type NetworkRule, type Verdict } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import { alterMessage } from "./alter-message.ts";
import { applyDiskFault } from "./disk-fault.ts";
import { matcher } from "./message-match.ts";
import type { Action, Direction, LinkCharacterSpec, MessageMatch, Verb } from "./scenario.ts";

export interface Done {
  /** How much it did, asked for when the run is over; absent for what always takes effect. */
  readonly effect?: () => number;
  readonly undo?: () => void;
}

/** What actions share over a run. */
export interface ActionContext {
  readonly cluster: Cluster;
  /** Rules that hold messages until a release. */
  holding: number[];
  /** How many txns clients have asked for. */
  written: number;
  /** Who was settled. */
  readonly settled: (servers: readonly ServerId[]) => void;
}

type Argument<Name extends Verb> = Extract<Action, Record<Name, unknown>>[Name];
type Performers = { readonly [Name in Verb]: (argument: Argument<Name>, context: ActionContext) => Done };

export function act(action: Action, context: ActionContext): Done {
  for (const verb of VERBS) {
    if (verb in action)
      return (PERFORM[verb] as (argument: unknown, context: ActionContext) => Done)(action[verb as never], context);
  }
  return {};
}

const PERFORM: Performers = {
  write: ({ at, count, every }, context) => {
    const { cluster } = context;
    const { world } = cluster;
    let accepted = 0;
    for (let i = 0; i < count; i++) {
      const value = `w${++context.written}`;
      const one = (): void => {
        const server = at === "leader" ? cluster.leader : cluster.server(at);
        if (server?.write(value)) accepted++;
      };
      world.at(world.nowUs + i * durationUs(every), one, value);
    }
    return { effect: () => accepted };
  },

  start: (sid, { cluster }) => soon(cluster, () => cluster.startServer(sid)),
  restart: (sid, { cluster }) =>
    soon(cluster, () => {
      cluster.crash({ server: sid, unsynced: "kept", connectionsReset: true });
      cluster.startServer(sid);
    }),
  upgrade: ({ server, to }, { cluster }) =>
    soon(cluster, () => {
      cluster.install(server, to);
      cluster.startServer(server);
    }),
  crash: (spec, { cluster }) => {
    const sid = resolve(cluster, spec.server);
    const lost = sid === undefined ? undefined : cluster.crash({ ...spec, server: sid });
    return lost === undefined || sid === undefined
      ? NOTHING
      : { effect: () => 1, undo: () => cluster.startServer(sid) };
  },
  wipe: (sid, { cluster }) => {
    cluster.wipe(sid);
    return { undo: () => cluster.startServer(sid) };
  },
  pause: (server, { cluster }) => {
    const sid = resolve(cluster, server);
    if (sid === undefined || cluster.server(sid) === undefined) return NOTHING;
    cluster.world.node(sid).pause();
    return { effect: () => 1, undo: () => cluster.world.node(sid).resume() };
  },
  resume: (sid, { cluster }) => {
    cluster.world.node(sid).resume();
    return {};
  },
  clock: ({ server, rate }, { cluster }) => {
    const node = cluster.world.node(server);
    node.clockRate = rate;
    return {
      undo: () => {
        node.clockRate = 1;
      },
    };
  },

  cutOneWay: ({ from, to }, { cluster }) => cut(cluster, pairs(from, to)),
  partition: (groups, { cluster }) => cut(cluster, between(withTheRest(groups, cluster.ids))),
  bridge: ({ sides }, { cluster }) => cut(cluster, between(sides)),
  isolate: (server, { cluster }) => {
    const sid = resolve(cluster, server);
    return sid === undefined ? NOTHING : cut(cluster, between(withTheRest([[sid]], cluster.ids)));
  },
  flap: ({ between: [a, b], every }, { cluster }) => flap(cluster, a, b, durationUs(every)),
  heal: (what, { cluster }) => {
    const { ids, world } = cluster;
    if (what === "all") world.network.healAll();
    else for (const [a, b] of between([what, ids])) world.network.heal(a, b);
    return {};
  },
  clog: (direction, { cluster }) => {
    const { network } = cluster.world;
    const links = linksOf(cluster, direction);
    const clogs = links.map(([a, b]) => network.clog(a, b));
    return {
      effect: () => heldOrLost(clogs),
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
    let during: number | undefined;
    node.refusing = true;
    return {
      effect: () => during ?? network.effects.refused - before,
      undo: () => {
        during ??= network.effects.refused - before;
        node.refusing = false;
      },
    };
  },
  disconnect: ({ server, from }, { cluster }) => {
    const sid = resolve(cluster, server);
    const count = sid === undefined ? 0 : cluster.world.network.disconnect(sid, from);
    return { effect: () => count };
  },

  drop: ({ match, count }, context) => interfere(context, match, count, { kind: "drop" }),
  delay: ({ match, by, count }, context) => interfere(context, match, count, { kind: "delay", byUs: durationUs(by) }),
  reset: ({ match, count }, context) => interfere(context, match, count, { kind: "reset" }),
  alter: ({ match, set, count }, context) =>
    interfere(context, match, count, { kind: "replace", make: (message) => alterMessage(message, set) }),
  hold: ({ match, count }, context) => interfere(context, match, count, { kind: "hold" }),
  release: (_all, context) => {
    const { network } = context.cluster.world;
    for (const rule of context.holding) {
      network.removeRule(rule);
      network.releaseRule(rule);
    }
    context.holding = [];
    return {};
  },

  disk: (fault, { cluster }) => {
    const sid = resolve(cluster, fault.server);
    return sid === undefined ? NOTHING : applyDiskFault(cluster, sid, fault);
  },
  settle: (servers, { cluster, settled }) =>
    soon(cluster, () => {
      settle(cluster, servers);
      settled(servers);
    }),
};

const VERBS = Object.keys(PERFORM) as Verb[];

const NOTHING: Done = { effect: () => 0 };

/** As an event of its own: what starts a process must not happen inside what another does. */
function soon(cluster: Cluster, what: () => void): Done {
  cluster.world.at(cluster.world.nowUs, what, "action");
  return {};
}

function resolve(cluster: Cluster, server: ServerOrLeader): ServerId | undefined {
  return server === "leader" ? cluster.leader?.peer.myid : server;
}

type Pair = readonly [ServerId, ServerId];

function pairs(from: readonly ServerId[], to: readonly ServerId[]): Pair[] {
  return from.flatMap((a) => to.filter((b) => b !== a).map((b) => [a, b] as const));
}

/** Both directions between each two groups. */
function between(groups: readonly (readonly ServerId[])[]): Pair[] {
  return groups.flatMap((group) => groups.filter((other) => other !== group).flatMap((other) => pairs(group, other)));
}

function withTheRest(groups: readonly (readonly ServerId[])[], ids: readonly ServerId[]): (readonly ServerId[])[] {
  const named = new Set(groups.flat());
  const rest = ids.filter((sid) => !named.has(sid));
  return rest.length === 0 ? [...groups] : [...groups, rest];
}

function linksOf({ ids }: Cluster, { from = ids, to = ids }: Direction): Pair[] {
  return pairs(from, to);
}

function cut({ world: { network } }: Cluster, links: readonly Pair[]): Done {
  const cuts = links.map(([a, b]) => network.cut(a, b));
  return {
    effect: () => heldOrLost(cuts),
    undo: () => {
      for (const [a, b] of links) network.heal(a, b);
    },
  };
}

function heldOrLost(blocks: readonly BlockEffect[]): number {
  return blocks.reduce((sum, { held, lost }) => sum + held + lost, 0);
}

function flap({ world }: Cluster, a: ServerId, b: ServerId, everyUs: number): Done {
  const { network } = world;
  const links = between([[a], [b]]);
  const cuts: BlockEffect[] = [];
  let over = false;
  let isCut = false;
  const turn = (): void => {
    if (over) return;
    isCut = !isCut;
    for (const [from, to] of links) {
      if (isCut) cuts.push(network.cut(from, to));
      else network.heal(from, to);
    }
    world.at(world.nowUs + everyUs, turn, "flap");
  };
  turn();
  return {
    effect: () => heldOrLost(cuts),
    undo: () => {
      over = true;
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

function interfere(context: ActionContext, match: MessageMatch, count: number, verdict: Verdict<Message>): Done {
  const { network } = context.cluster.world;
  const rule: NetworkRule<Message> = createRule(matcher(match), verdict, count);
  const id = network.addRule(rule);
  if (verdict.kind === "hold") context.holding.push(id);
  return {
    effect: () => rule.hits,
    undo: () => {
      network.removeRule(id);
      if (verdict.kind === "hold") network.releaseRule(id);
    },
  };
}
