/**
 * The kinds of faults that change the ensemble: clients that request reconfigurations, crashes and cuts while a
 * configuration changes, and rolls by an operator. reconfig-plans.ts decides which plans get them, and prepares the
 * servers of these plans.
 */

import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { CONFIG_WRITES } from "../cluster/config-files.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Moment, ReconfigAction, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { at, downtime, drawAtMoment, drawServer, type FaultContext, type FaultKind, outage } from "./fault-parts.ts";
import type { Draw } from "./random-values.ts";

/** The kinds of faults that change the ensemble, by name. */
export const CONFIG_FAULTS = {
  reconfig: {
    about: "a client adds, removes or replaces servers of the configuration, or changes their roles or ports",
    parameters: "the servers, roles and ports, the version in the request, and the time or the moment of the protocol",
    draw: (draw, context) => [{ ...drawRequestTime(draw, context), reconfig: drawReconfig(draw, context) }],
  },
  "config-moment": {
    about: "injects one fault or cuts the network at a moment of a reconfiguration",
    parameters: "the event or message, its server, the fault or the sides, and the duration",
    draw: (draw, context) => {
      const when = drawConfigMoment(draw, context.ids);
      const start = draw.chance(0.5) ? { from: durationText(1) } : at(context);
      if (draw.chance(0.75)) return [{ ...start, when, ...drawAtMoment(draw, when, context) }];
      return [{ ...start, when, partition: [draw.split(context.ids)[0]], for: outage(draw, context) }];
    },
  },
  "config-crash": {
    about: "crashes a server just before it writes or deletes a file of its configuration, and starts it again",
    parameters: "the server or the leader, the write and the downtime",
    draw: (draw, context) => {
      const server = drawServer(draw, context.ids);
      const start = server !== "leader" && draw.chance(0.7) ? { from: durationText(1) } : at(context);
      const again = server === "leader" ? context.ids : [server];
      return [
        { ...start, crashAtConfigWrite: { server, write: draw.pick(CONFIG_WRITES) } },
        ...again.map((sid) => ({
          ...start,
          when: { event: "crashed", server: sid, nth: 1 } as const,
          after: downtime(draw, context),
          start: sid,
        })),
      ];
    },
  },
  "config-pending": {
    about:
      "a client replaces voters by a server that joins; the proposal reaches only one side of the network, a server " +
      "of this side joins again, and then all connections between the sides break",
    parameters: "the sides, the voters that leave, and the times and durations",
    draw: drawPending,
  },
  "config-rejoin": {
    about: "the connection of a server breaks, and a client requests a change while the server joins again",
    parameters: "the server, the request, the moment and the delay after it",
    draw: (draw, context) => {
      const server = draw.pick(context.ids);
      const event = draw.pick(["sync-decided", "sync-decided", "newleader-acked", "active"] as const);
      const when = { event, ...(event === "sync-decided" ? {} : { server }), nth: 1 };
      const request = { reconfig: drawReconfig(draw, context) };
      const after = draw.chance(0.4) ? {} : { after: draw.duration(1, 50) };
      return [
        { ...at(context), disconnect: { server } },
        { ...at(context), when, ...after, ...request },
      ];
    },
  },
  "config-settings": {
    about:
      "servers start with different values of reconfigEnabled, or with files of an earlier configuration, and an " +
      "operator restarts some with another value",
    parameters: "the values and the files at the start, the new value, the servers that restart, and the pace",
    draw: (draw, { atMs, ids, tickMs }) => {
      const reconfigEnabled = draw.chance(0.5);
      const paceMs = draw.chance(0.6) ? draw.int(10 * tickMs, 30 * tickMs) : draw.int(0, 10 * tickMs);
      const order = draw.some(ids, draw.int(1, ids.length));
      return order.map((server, i) => ({
        from: durationText(atMs + i * paceMs),
        restart: { server, settings: { reconfigEnabled } },
      }));
    },
  },
  "config-roll": {
    about:
      "an operator adds a server to the lists in the files: the new server starts, and the others restart one after " +
      "another, sometimes too early or two at the same time",
    parameters: "the order, the pace, and whether the new server starts first or last",
    draw: drawRoll,
  },
} as const satisfies Readonly<Record<string, FaultKind>>;

/** Draws the time of a request: any time, or a moment at which a server leads or joins, so that the request arrives. */
function drawRequestTime(draw: Draw, context: FaultContext): Omit<Step, "reconfig"> & { readonly from: string } {
  if (draw.chance(0.4)) return at(context);
  const event = draw.weighted({ established: 5, active: 3, "config-committed": 2, "sync-decided": 2 });
  const from = draw.chance(0.6) ? durationText(1) : at(context).from;
  const after = draw.chance(0.3) ? {} : { after: draw.duration(1, 5 * context.tickMs) };
  return { from, when: { event, nth: draw.pick([1, 1, 2, 3]) }, ...after } as ReturnType<typeof drawRequestTime>;
}

/** The versions that a request names: one that the ensemble may have, and ones that it has no more. */
const FROM_VERSIONS = ["1:0", "1:0", "0:0", "2:0"] as const;

/** Draws a request. The leader may accept or refuse it. */
export function drawReconfig(draw: Draw, context: FaultContext): ReconfigAction {
  const version = draw.chance(0.1) ? { fromVersion: draw.pick(FROM_VERSIONS) } : {};
  const change = drawChange(draw, context);
  const ports = change.config === undefined && draw.chance(0.12) ? { ports: drawPorts(draw, context) } : {};
  return { ...change, ...ports, ...version, refused: "any" };
}

/** Draws other ports for some servers, often election ports, or the quorum port of the server that probably leads. */
export function drawPorts(draw: Draw, { participants }: FaultContext): NonNullable<ReconfigAction["ports"]> {
  const name = draw.weighted({ election: 5, quorum: 3, client: 1 });
  const last = participants.at(-1) as ServerId;
  const moved = draw.chance(0.3) ? [last] : draw.some(participants, draw.int(1, participants.length));
  return Object.fromEntries(moved.map((sid) => [sid, { [name]: draw.int(4000, 4003) }]));
}

type Change = Pick<ReconfigAction, "add" | "remove" | "config">;

const CHANGES = {
  add: 4,
  remove: 4,
  removeLast: 3,
  demote: 3,
  demoteMost: 2,
  promote: 3,
  replace: 2,
  whole: 3,
} as const;

function drawChange(draw: Draw, { joiners = [], observers, participants }: FaultContext): Change {
  const newcomers = [...joiners, ...observers];
  const newcomer = draw.pick(newcomers.length === 0 ? participants : newcomers);
  const member = draw.pick(participants);
  // The server with the largest id usually leads.
  const last = participants.at(-1) as ServerId;
  const kind = draw.weighted(CHANGES);
  if (kind === "add") return { add: { [newcomer]: draw.chance(0.7) ? "participant" : "observer" } };
  if (kind === "remove") return { remove: draw.some([...participants, ...observers], draw.pick([1, 1, 2])) };
  if (kind === "removeLast") return { remove: [last] };
  if (kind === "demote") return { add: { [draw.chance(0.5) ? last : member]: "observer" } };
  if (kind === "demoteMost") return demoteMost(draw, participants);
  if (kind === "promote") return { add: { [newcomer]: "participant" } };
  if (kind === "replace" && newcomer !== member) return { add: { [newcomer]: "participant" }, remove: [member] };
  return { config: drawConfig(draw, participants, newcomers) };
}

/** Draws a change that makes all but two voters observers. */
function demoteMost(draw: Draw, participants: readonly ServerId[]): Change {
  const demoted = draw.some(participants, Math.max(1, participants.length - 2));
  return { add: Object.fromEntries(demoted.map((sid) => [sid, "observer" as const])) };
}

/** Draws a whole configuration of some servers, sometimes with two groups. */
function drawConfig(draw: Draw, participants: readonly ServerId[], newcomers: readonly ServerId[]): EnsembleConfig {
  const voting = [...participants, ...newcomers];
  const voters = draw.some(voting, draw.int(2, voting.length)).sort((a, b) => a - b);
  const rest = voting.filter((sid) => !voters.includes(sid));
  const observers = draw.some(rest, draw.int(0, rest.length)).sort((a, b) => a - b);
  if (voters.length < 3 || draw.chance(0.8)) return { voters, observers };
  const [left, right] = draw.split(voters);
  return { voters, observers, groups: { a: left, b: right }, weights: {} };
}

const CONFIG_EVENTS = {
  "config-seen": 5,
  "config-committed": 6,
  "leader-designated": 3,
  proposed: 1,
  logged: 1,
  synced: 2,
  committed: 3,
  established: 2,
} as const;
const CONFIG_MESSAGES = { PROPOSAL: 3, COMMITANDACTIVATE: 5, INFORMANDACTIVATE: 2, NEWLEADER: 2, UPTODATE: 2 } as const;

/** Draws a moment of a reconfiguration: an event at a server, or a message. */
function drawConfigMoment(draw: Draw, ids: readonly ServerId[]): Moment {
  const nth = draw.pick([1, 1, 2, 3]);
  const server = draw.pick(ids);
  if (draw.chance(0.6)) return { event: draw.weighted(CONFIG_EVENTS), server, nth };
  const on = draw.pick(["sent", "delivered"] as const);
  return { message: draw.weighted(CONFIG_MESSAGES), ...(on === "sent" ? { from: server } : { to: server }), on, nth };
}

/**
 * Draws a request that stays pending because the leader cannot reach the old voters, and a server that joins the leader
 * again in the meantime. Most joiners are started before.
 */
function drawPending(draw: Draw, { atMs, joiners = [], observers, participants, tickMs }: FaultContext): Step[] {
  const leader = draw.chance(0.8) ? (participants.at(-1) as ServerId) : draw.pick(participants);
  const leaving = draw.some(
    participants.filter((sid) => sid !== leader),
    participants.length - 1,
  );
  const joining = [...joiners, ...observers];
  const [again] = draw.some(joining, 1);
  const [removed] = leaving;
  if (again === undefined || removed === undefined) return [];
  const cutMs = atMs + draw.int(0, 20);
  const againMs = cutMs + draw.int(5, tickMs);
  const splitMs = againMs + draw.int(20, 4 * tickMs);
  const left = draw.chance(0.7) ? leaving : [removed];
  const add = Object.fromEntries(joining.map((sid) => [sid, "participant" as const]));
  return [
    ...joiners.map((sid) => ({ from: durationText(1), start: sid })),
    { from: durationText(cutMs), bridge: { over: again, sides: [leaving, [leader]] }, for: durationText(20 * tickMs) },
    { from: durationText(cutMs + 1), reconfig: { add, remove: left, refused: "any" } },
    { from: durationText(againMs), disconnect: { server: again, from: leader } },
    {
      from: durationText(splitMs),
      partition: [leaving, [leader, ...joining]],
      for: draw.duration(tickMs, 40 * tickMs),
    },
  ];
}

/** Returns the lists with the joiner as one more voter. */
export function rolledConfig(
  voters: readonly ServerId[],
  observers: readonly ServerId[],
  joiner: ServerId,
): EnsembleConfig {
  return { voters: [...voters, joiner].sort((a, b) => a - b), observers };
}

/**
 * Draws a roll to lists with the first joiner as one more voter, so that each quorum of the old lists overlaps each
 * quorum of the new ones. Draws nothing if the plan has no joiner.
 */
function drawRoll(draw: Draw, { atMs, joiners = [], observers, participants, tickMs }: FaultContext): Step[] {
  const [joiner] = joiners;
  if (joiner === undefined) return [];
  const config = rolledConfig(participants, observers, joiner);
  const members = [...participants, ...observers];
  // A careful operator goes from small to large ids, so that the leader restarts last, and waits for each server.
  const order = draw.chance(0.6) ? members : draw.some(members, members.length);
  const paceMs = draw.chance(0.6) ? draw.int(10 * tickMs, 30 * tickMs) : draw.int(0, 10 * tickMs);
  const start = { from: durationText(atMs), start: joiner };
  const restarts = order.map((server, i) => ({
    from: durationText(atMs + (i + 1) * paceMs),
    restart: { server, config },
  }));
  if (draw.chance(0.7)) return [start, ...restarts];
  return [...restarts, { from: durationText(atMs + (order.length + 1) * paceMs), start: joiner }];
}
