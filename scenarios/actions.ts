/**
 * Performs the action of a step on the cluster. Most actions return a function that undoes them, which the script calls
 * at the end of the step's duration (`for`). An action that may have no effect, for example because no message matches
 * it, counts its effects.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { Message } from "../cluster/server.ts";
import { settle } from "../cluster/settle.ts";
import { verifierOfConfig } from "../cluster/verifier.ts";
import { asServerId, parseZxid, type ReconfigRequest, type ServerId, serverIdsOf } from "../protocol/index.ts";
import { durationUs } from "../sim/time.ts";
import type { ActionResult, CountedEffect } from "./action-result.ts";
import { alterMessage } from "./alter-message.ts";
import { startedServer } from "./config-change.ts";
import { applyDiskFault, changesFiles } from "./disk-fault.ts";
import { counted, interfere, NETWORK_PERFORMERS, type NetworkContext, NO_SERVER, resolve } from "./network-actions.ts";
import type { Action, ReconfigAction, Verb } from "./scenario.ts";

/** State that the actions of one run share. */
export interface ActionContext extends NetworkContext {
  readonly cluster: Cluster;
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
  ...NETWORK_PERFORMERS,
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
  snapshot: (server, { cluster }) => {
    const sid = resolve(cluster, server);
    const taken = sid !== undefined && cluster.server(sid)?.takeSnapshot() === true;
    return { effect: { kind: "servers", count: () => (taken ? 1 : 0) } };
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

  alter: ({ match, set, count, tolerated }, context) => {
    const { network } = context.cluster.world;
    const altered = new Map<string, readonly [number, number]>();
    const make = (message: Message, from: number, to: number): Message => {
      if (tolerated) {
        context.onTolerated(asServerId(to), asServerId(from));
        altered.set(`${from} ${to}`, [from, to]);
      }
      return alterMessage(message, set);
    };
    const { effect, undo } = interfere(context, match, count, { kind: "replace", make }, (receiver) => {
      const onlyToServing = tolerated === true && match.type === "COMMIT";
      return !onlyToServing || context.cluster.server(asServerId(receiver))?.peer.serving === true;
    });
    // Leader#processAck ignores an ACK with an unknown zxid, and then waits for the right one as long as the connection
    // lasts.
    const endConnections = (): void => {
      for (const [from, to] of altered.values()) network.disconnect(from, to, "reset");
    };
    return {
      ...(effect && { effect }),
      undo: () => {
        undo?.();
        endConnections();
      },
    };
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

/** Runs a task as an event of its own, because a process must not start while another server handles an input. */
function inOwnEvent(cluster: Cluster, task: () => void): ActionResult {
  cluster.world.at(cluster.world.nowUs, task, "action");
  return {};
}
