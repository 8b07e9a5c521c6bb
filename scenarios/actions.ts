/**
 * Performs the action of a step on the cluster. Most actions return a function that undoes them, which the script calls
 * at the end of the step's duration (`for`). An action that may have no effect, for example because no message matches
 * it, counts its effects.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { ServerOrLeader } from "../cluster/cluster-spec.ts";
import type { Message } from "../cluster/server.ts";
import { settle } from "../cluster/settle.ts";
import { verifierOfConfig } from "../cluster/verifier.ts";
import { asServerId, parseZxid, type ReconfigRequest, type ServerId, serverIdsOf } from "../protocol/index.ts";
import { parseDurationRange } from "../sim/duration-range.ts";
import { type BlockEffect, createRule, type InFlightVerdict, type NetworkRule, type Verdict } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import type { ActionResult, CountedEffect, EffectKind } from "./action-result.ts";
import { alterMessage } from "./alter-message.ts";
import { startedServer } from "./config-change.ts";
import { applyDiskFault, changesFiles } from "./disk-fault.ts";
import { matcher } from "./message-match.ts";
import type {
  Action,
  Direction,
  InFlightAction,
  LinkCharacterSpec,
  MessageMatch,
  ReconfigAction,
  Verb,
} from "./scenario.ts";

/** State that the actions of one run share. */
export interface ActionContext {
  readonly cluster: Cluster;
  /** Ids of the network rules that hold messages until a `release` step. */
  holdRules: number[];
  /** Number of transactions that clients have requested. */
  txnsWritten: number;
  /** Called when a `settle` step is performed, with the servers of the step. */
  readonly onSettle: (servers: readonly ServerId[]) => void;
  /** Called when a step with `tolerated` alters a packet, with the receiver and the sender. */
  readonly onTolerated: (receiver: ServerId, sender: ServerId) => void;
  /** Called when a step damages, deletes or replaces files of a server. */
  readonly onDamaged: (server: ServerId) => void;
}

type Argument<Name extends Verb> = Extract<Action, Record<Name, unknown>>[Name];
type Performers = { readonly [Name in Verb]: (argument: Argument<Name>, context: ActionContext) => ActionResult };

export function perform(action: Action, context: ActionContext): ActionResult {
  const verb = verbOf(action);
  return (PERFORMERS[verb] as (argument: unknown, context: ActionContext) => ActionResult)(
    action[verb as never],
    context,
  );
}

/** Returns the verb of a step: the name of its action, such as `crash`. Throws an Error if the step has no action. */
export function verbOf(action: Action): Verb {
  for (const verb of VERBS) if (verb in action) return verb;
  throw new Error(`a step without an action: ${JSON.stringify(action)}`);
}

const PERFORMERS: Performers = {
  write: ({ at, bytes, count, every }, context) => {
    const { cluster } = context;
    const { world } = cluster;
    let accepted = 0;
    for (let i = 0; i < count; i++) {
      const value = `w${++context.txnsWritten}`;
      const write = (): void => {
        const server = at === "leader" ? cluster.leader : cluster.server(at);
        if (server?.write(value, bytes)) accepted++;
      };
      world.at(world.nowUs + i * durationUs(every), write, value);
    }
    return { effect: counted("writes", () => accepted) };
  },

  start: (start, { cluster }) =>
    inOwnEvent(cluster, () => {
      if (typeof start === "object") cluster.configure(start);
      cluster.startServer(startedServer(start));
    }),
  restart: (start, { cluster }) =>
    inOwnEvent(cluster, () => {
      const server = startedServer(start);
      cluster.crash({ server, unsynced: "kept", connectionsReset: true }, { for: "restart" });
      if (typeof start === "object") cluster.configure(start);
      cluster.startServer(server);
    }),
  upgrade: ({ server, to }, { cluster }) =>
    inOwnEvent(cluster, () => {
      cluster.install(server, to);
      cluster.startServer(server);
    }),
  crash: (spec, { cluster }) => {
    const sid = resolve(cluster, spec.server);
    const lost = sid === undefined ? undefined : cluster.crash({ ...spec, server: sid });
    return lost === undefined || sid === undefined
      ? NO_SERVER
      : { effect: ONE_SERVER, undo: () => cluster.startServer(sid) };
  },
  wipe: (sid, { cluster, onDamaged }) => {
    onDamaged(sid);
    cluster.wipe(sid);
    return { undo: () => cluster.startServer(sid) };
  },
  pause: (server, { cluster }) => {
    const sid = resolve(cluster, server);
    if (sid === undefined || cluster.server(sid) === undefined) return NO_SERVER;
    cluster.world.node(sid).pause();
    return { effect: ONE_SERVER, undo: () => cluster.world.node(sid).resume() };
  },
  stall: ({ server: which, thread }, { cluster }) => {
    const sid = resolve(cluster, which);
    const server = sid === undefined ? undefined : cluster.server(sid);
    if (server === undefined) return NO_SERVER;
    if (!server.stall(thread)) return { effect: { kind: "threads", count: () => 0 } };
    return { effect: ONE_SERVER, undo: () => server.resume(thread) };
  },
  reconfig: (request, { cluster }) => {
    const result = cluster.leader?.reconfig(reconfigRequest(request)) ?? "none";
    const { refused = "proposed" } = request;
    if (refused === "any") {
      const isAccepted = result === "proposed" || result === "queued";
      return { effect: { kind: "reconfigurations", count: () => (isAccepted ? 1 : 0) } };
    }
    // The result of a request that waits is not known, so only an accepted request can be expected.
    if (result === refused || (result === "queued" && request.refused === undefined)) return {};
    return { problem: result === "none" ? "no server leads" : `expected ${refused}, got ${result}` };
  },
  failDns: (server, { cluster }) => {
    const sid = resolve(cluster, server);
    if (sid === undefined) return NO_SERVER;
    cluster.setOwnNameFails(sid, true);
    return { undo: () => cluster.setOwnNameFails(sid, false) };
  },
  crashAtConfigWrite: ({ server, write }, { cluster }) => {
    const sid = resolve(cluster, server);
    if (sid === undefined) return NO_SERVER;
    const files = cluster.crashAtConfigWrite(sid, write);
    const before = files.crashes;
    return {
      effect: counted("config-writes", () => files.crashes - before),
      undo: () => files.cancelCrash(),
    };
  },
  acceptError: ({ server: which, thread }, { cluster }) => {
    const sid = resolve(cluster, which);
    const server = sid === undefined ? undefined : cluster.server(sid);
    if (server === undefined) return NO_SERVER;
    const before = server.acceptErrors(thread);
    let failed: number | undefined;
    server.failAccepts(thread);
    return {
      effect: counted("accepts", () => failed ?? server.acceptErrors(thread) - before),
      undo: () => {
        failed ??= server.acceptErrors(thread) - before;
        server.endAcceptErrors(thread);
      },
    };
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
  alter: ({ match, set, count, tolerated }, context) => {
    const make = (message: Message, from: number, to: number): Message => {
      if (tolerated) context.onTolerated(asServerId(to), asServerId(from));
      return alterMessage(message, set);
    };
    return interfere(context, match, count, { kind: "replace", make }, tolerated && match.type === "COMMIT");
  },
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

  disk: (fault, { cluster, onDamaged }) => {
    const sid = resolve(cluster, fault.server);
    if (sid === undefined) return NO_SERVER;
    if (changesFiles(fault)) onDamaged(sid);
    return applyDiskFault(cluster, sid, fault);
  },
  settle: (servers, { cluster, onSettle }) =>
    inOwnEvent(cluster, () => {
      settle(cluster, servers);
      onSettle(servers);
    }),
};

const VERBS = Object.keys(PERFORMERS) as Verb[];

const ONE_SERVER: CountedEffect = { kind: "servers", count: () => 1 };
/** The result if no server leads, or if the server is not running. */
const NO_SERVER: ActionResult = { effect: { kind: "servers", count: () => 0 } };

function inFlightVerdict({ delay, drop }: Pick<InFlightAction, "delay" | "drop">): InFlightVerdict {
  if (drop) return { kind: "drop" };
  return delay === undefined ? { kind: "deliver" } : { kind: "delay", byUs: durationUs(delay) };
}

function reconfigRequest(action: ReconfigAction): ReconfigRequest {
  const { add, authorized, config, fromVersion, ports, remove } = action;
  const version = fromVersion === undefined ? undefined : parseZxid(fromVersion);
  const joining = serverIdsOf({ ...add, ...ports });
  return {
    ...(joining.length > 0 && { joining: joining.map((sid) => ({ sid, role: add?.[sid], ports: ports?.[sid] })) }),
    ...(remove && { leaving: remove }),
    ...(config && { members: verifierOfConfig(config) }),
    ...(authorized !== undefined && { authorized }),
    ...(version !== undefined && { fromVersion: version }),
  };
}

function counted(kind: EffectKind, count: () => number): CountedEffect {
  return { kind, count };
}

/** Runs a task as an event of its own, because a process must not start while another server handles an input. */
function inOwnEvent(cluster: Cluster, task: () => void): ActionResult {
  cluster.world.at(cluster.world.nowUs, task, "action");
  return {};
}

function resolve(cluster: Cluster, server: ServerOrLeader): ServerId | undefined {
  return server === "leader" ? cluster.leader?.id : server;
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

function linksOf({ ids }: Cluster, { from = ids, to = ids }: Direction): Pair[] {
  return pairs(from, to);
}

function cut({ world: { network } }: Cluster, links: readonly Pair[]): ActionResult {
  const cuts = links.map(([a, b]) => network.cut(a, b));
  return {
    effect: heldOrLost(cuts),
    undo: () => {
      for (const [a, b] of links) network.heal(a, b);
    },
  };
}

/** Counts the messages that blocked links have held or lost. */
function heldOrLost(blocks: readonly BlockEffect[]): CountedEffect {
  return counted("messages", () => blocks.reduce((sum, { held, lost }) => sum + held + lost, 0));
}

function flap({ world }: Cluster, a: ServerId, b: ServerId, everyUs: number): ActionResult {
  const { network } = world;
  const links = between([[a], [b]]);
  const cuts: BlockEffect[] = [];
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

function interfere(
  context: ActionContext,
  match: MessageMatch,
  count: number,
  verdict: Verdict<Message>,
  onlyToServing = false,
): ActionResult {
  const { cluster } = context;
  const { network } = cluster.world;
  const matches = matcher(match);
  const matchesToServing = (message: Message, from: number, to: number): boolean =>
    matches(message, from, to) && cluster.server(asServerId(to))?.peer.serving === true;
  const rule: NetworkRule<Message> = createRule(onlyToServing ? matchesToServing : matches, verdict, count);
  const id = network.addRule(rule);
  if (verdict.kind === "hold") context.holdRules.push(id);
  return {
    effect: counted("messages", () => rule.hits),
    undo: () => {
      network.removeRule(id);
      if (verdict.kind === "hold") network.releaseRule(id);
    },
  };
}
