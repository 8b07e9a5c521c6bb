/**
 * The kinds of faults in plans. Each kind has a name, its parameters, and a function that draws one fault as a list of
 * steps. The steps contain all drawn values, so a plan keeps its meaning if this file changes.
 *
 * A plan contains only faults that the protocol promises to survive: it wipes only observers, and it corrupts files of
 * at most a minority of the voters. Not drawn: the disk faults whose reasons docs/scenarios.md lists, such as
 * `loseSyncs`; and `stall: { thread: requests }`, because it only delays writes, as a later write step does.
 */

import type { ServerId } from "../protocol/zxid.ts";
import type { Moment, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { CONFIG_FAULTS } from "./config-faults.ts";
import { CONFIG_SEQUENCES } from "./config-sequences.ts";
import {
  at,
  downtime,
  drawAtMoment,
  drawEnd,
  drawServer,
  type FaultKind,
  killed,
  outage,
  unpowered,
  WHEN_CAUGHT_UP,
  WHILE_CATCHING_UP,
} from "./fault-parts.ts";
import { drawCatchingUp, drawMoment } from "./moments.ts";

/** The kinds of faults that campaigns draw, by name. */
export const FAULT_KINDS = named({
  partition: {
    about: "cuts the network into two sides",
    parameters: "the sides and the duration",
    draw: (draw, { ids, ...context }) => [
      { ...at(context), partition: [draw.split(ids)[0]], for: outage(draw, context) },
    ],
  },
  "one-way-cut": {
    about: "cuts one direction: servers on one side receive messages from the other side, but cannot send to it",
    parameters: "the sides and the duration",
    draw: (draw, { ids, ...context }) => {
      const [from, to] = draw.chance(0.5) ? draw.split(ids) : draw.some(ids, 2).map((sid) => [sid]);
      return from && to ? [{ ...at(context), cutOneWay: { from, to }, for: outage(draw, context) }] : [];
    },
  },
  "many-groups": {
    about: "cuts the network into three or more groups",
    parameters: "the groups and the duration",
    draw: (draw, { ids, ...context }) => {
      const [left, right] = draw.split(ids);
      const [middle, rest] = draw.split(right);
      const partition = [left, middle, rest].filter((group) => group.length > 0);
      return partition.length < 2 ? [] : [{ ...at(context), partition, for: outage(draw, context) }];
    },
  },
  bridge: {
    about: "cuts the network into two sides, except for one server that reaches both",
    parameters: "the server, the sides and the duration",
    draw: (draw, { ids, ...context }) => {
      const over = draw.pick(ids);
      const sides = draw.split(ids.filter((sid) => sid !== over));
      if (sides.some((side) => side.length === 0)) return [];
      return [{ ...at(context), bridge: { over, sides }, for: outage(draw, context) }];
    },
  },
  "isolate-leader": {
    about: "cuts the leader off from all other servers",
    parameters: "the duration",
    draw: (draw, context) => [{ ...at(context), isolate: "leader", for: outage(draw, context) }],
  },
  "link-flap": {
    about: "cuts and heals the link between two servers repeatedly",
    parameters: "the two servers, the interval and the duration",
    draw: (draw, { ids, ...context }) => {
      const [a, b] = draw.some(ids, 2);
      if (a === undefined || b === undefined) return [];
      return [{ ...at(context), flap: { between: [a, b], every: draw.duration(5, 500) }, for: outage(draw, context) }];
    },
  },
  clog: {
    about: "holds all messages from one server to another, then releases them together",
    parameters: "the sender, the receiver and the duration",
    draw: (draw, { ids, ...context }) => {
      const [from, to] = draw.some(ids, 2);
      if (from === undefined || to === undefined) return [];
      return [{ ...at(context), clog: { from: [from], to: [to] }, for: outage(draw, context) }];
    },
  },
  "swizzle-clog": {
    about: "holds the messages of several servers, one server after another, and releases them in another order",
    parameters: "the servers and both orders",
    draw: (draw, { ids, atMs, ...context }) =>
      draw.some(ids, draw.int(2, ids.length)).map((sid, i) => ({
        from: durationText(atMs + i * draw.int(1, 100)),
        clog: draw.chance(0.5) ? { from: [sid] } : { to: [sid] },
        for: outage(draw, context),
      })),
  },
  loss: {
    about: "loses messages; on a stream they arrive late, or the connection breaks",
    parameters: "the share of messages and the duration",
    draw: (draw, context) => [
      { ...at(context), link: { lossRate: draw.pick([0.001, 0.01, 0.05, 0.2]) }, for: outage(draw, context) },
    ],
  },
  duplication: {
    about: "duplicates datagrams",
    parameters: "the share of messages and the duration",
    draw: (draw, context) => [
      { ...at(context), link: { duplicateRate: draw.pick([0.01, 0.1, 0.5]) }, for: outage(draw, context) },
    ],
  },
  reordering: {
    about: "draws very different latencies, so that datagrams and connections overtake each other",
    parameters: "the range of latencies and the duration",
    draw: (draw, context) => [
      { ...at(context), link: { latency: `1ms..${draw.duration(20, 300)}` }, for: outage(draw, context) },
    ],
  },
  "latency-spike": {
    about: "slows down all messages from or to one server",
    parameters: "the server, the latency and the duration",
    draw: (draw, { ids, ...context }) => {
      const sid = draw.pick(ids);
      const latency = draw.duration(5, 2 * context.tickMs);
      return [
        {
          ...at(context),
          link: { ...(draw.chance(0.5) ? { from: [sid] } : { to: [sid] }), latency },
          for: outage(draw, context),
        },
      ];
    },
  },
  disconnect: {
    about: "resets or closes the connections of one server, or those between two servers; both ends notice",
    parameters: "the server or the two servers, and whether the messages in flight arrive first",
    draw: (draw, { ids, ...context }) => {
      const [server, from] = draw.some(ids, 2);
      if (server === undefined) return [];
      const ends = { server, ...(from === undefined || draw.chance(0.3) ? {} : { from }) };
      return [{ ...at(context), disconnect: { ...ends, ...drawEnd(draw) } }];
    },
  },
  "half-open": {
    about: "drops all messages in one direction of a connection; neither end notices",
    parameters: "the sender and the receiver",
    draw: (draw, { ids, ...context }) => {
      const [from, to] = draw.some(ids, 2);
      return from === undefined || to === undefined
        ? []
        : [{ ...at(context), drop: { match: { from, to }, count: 1 } }];
    },
  },
  "connection-refused": {
    about: "refuses new connections to a server",
    parameters: "the server and the duration",
    draw: (draw, { ids, ...context }) => [{ ...at(context), refuse: draw.pick(ids), for: outage(draw, context) }],
  },
  crash: {
    about: "kills a process and starts it again; its unsynced writes survive or are lost",
    parameters: "the server or the leader, the surviving writes and the downtime",
    draw: (draw, { ids, ...context }) => {
      const server = drawServer(draw, ids);
      return [
        {
          ...at(context),
          crash: { server, unsynced: killed(draw), connectionsReset: true },
          for: downtime(draw, context),
        },
      ];
    },
  },
  "power-loss": {
    about:
      "cuts the power of a machine: it loses all or some unsynced writes, and peers do not see their connections close",
    parameters: "the server or the leader, the surviving writes and the downtime",
    draw: (draw, { ids, ...context }) => {
      const server = drawServer(draw, ids);
      return [
        {
          ...at(context),
          crash: { server, unsynced: unpowered(draw), connectionsReset: false },
          for: downtime(draw, context),
        },
      ];
    },
  },
  "crash-all": {
    about: "cuts the power of all machines at the same time",
    parameters: "the surviving writes and the downtime of each server",
    draw: (draw, { ids, ...context }) =>
      ids.map((server) => ({
        ...at(context),
        crash: { server, unsynced: unpowered(draw), connectionsReset: false },
        for: downtime(draw, context),
      })),
  },
  "rolling-restart": {
    about: "stops and starts the servers one after another",
    parameters: "the order and the interval",
    draw: (draw, { ids, atMs, tickMs }) => {
      const pace = draw.spanMs(tickMs, 10 * tickMs);
      return draw.some(ids, ids.length).map((server, i) => ({
        from: durationText(atMs + i * pace),
        crash: { server, unsynced: "kept" as const, connectionsReset: true },
        for: draw.duration(10, pace),
      }));
    },
  },
  pause: {
    about: "pauses a process, as a long garbage collection does",
    parameters: "the server or the leader, and the duration",
    draw: (draw, { ids, ...context }) => [{ ...at(context), pause: drawServer(draw, ids), for: outage(draw, context) }],
  },
  "clock-drift": {
    about: "makes a clock run too fast or too slow",
    parameters: "the server, the rate and the duration",
    draw: (draw, { ids, ...context }) => [
      {
        ...at(context),
        clock: { server: draw.pick(ids), rate: draw.pick([0.25, 0.5, 0.9, 1.1, 2, 4]) },
        for: outage(draw, context),
      },
    ],
  },
  wipe: {
    about: "empties the disk of an observer",
    parameters: "the observer and the downtime",
    draw: (draw, { observers, ...context }) =>
      observers.length === 0 ? [] : [{ ...at(context), wipe: draw.pick(observers), for: downtime(draw, context) }],
  },
  "slow-disk": {
    about: "slows down the syncs or the writes of a disk",
    parameters: "the server or the leader, the latency and the duration",
    draw: (draw, { ids, ...context }) => {
      const takes = draw.duration(10, 3 * context.tickMs);
      const fault = draw.chance(0.7) ? { sync: takes } : { write: takes };
      return [{ ...at(context), disk: { server: drawServer(draw, ids), ...fault }, for: outage(draw, context) }];
    },
  },
  "stalled-disk": {
    about: "stalls a disk; sometimes the leader's disk, while clients keep writing and a server that was down returns",
    parameters:
      "the server or the leader, the duration, the number of writes, the server that is down and its downtime",
    draw: (draw, { ids, ...context }) => {
      const stall = (server: ServerId | "leader") => ({ ...at(context), disk: { server, stall: true } });
      if (draw.chance(0.5)) return [{ ...stall(drawServer(draw, ids)), for: outage(draw, context) }];
      const { tickMs } = context;
      const crash = { server: draw.pick(ids), unsynced: "kept" as const, connectionsReset: true };
      return [
        { ...stall("leader"), for: draw.duration(10 * tickMs, 40 * tickMs) },
        { ...at(context), crash, for: draw.duration(20, 10 * tickMs) },
        { ...at(context), write: { at: "leader" as const, count: draw.int(5, 30), every: "2ms" } },
      ];
    },
  },
  "stalled-thread": {
    about:
      "stalls one thread of a server; sometimes the leader's thread that applies transactions, while clients write, " +
      "a follower reconnects, and then the leader or the connection fails",
    parameters:
      "the server or the leader, the thread, the durations, the number of writes, the follower, and the moment and " +
      "kind of the second fault",
    draw: (draw, { ids, ...context }) => {
      const lasts = outage(draw, context);
      if (draw.chance(0.5)) {
        const thread = draw.pick(["apply", "apply", "handlers", "learner", "listener", "acceptor"] as const);
        return [{ ...at(context), stall: { server: drawServer(draw, ids), thread }, for: lasts }];
      }
      const follower = draw.pick(ids);
      const again = { from: durationText(context.atMs + draw.int(3, 40)) };
      const when = drawCatchingUp(draw, follower);
      const second: Step = draw.chance(0.5)
        ? {
            crash: { server: "leader", unsynced: unpowered(draw), connectionsReset: draw.chance(0.5) },
            for: downtime(draw, context),
          }
        : { disconnect: { server: follower } };
      return [
        { ...at(context), stall: { server: "leader" as const, thread: "apply" as const }, for: lasts },
        { ...at(context), write: { at: "leader" as const, count: draw.int(1, 5), every: "1ms" } },
        { ...again, disconnect: { server: follower } },
        ...(draw.chance(0.7) ? [{ ...again, when, ...second }] : []),
      ];
    },
  },
  "full-disk": {
    about: "fills a disk",
    parameters: "the server or the leader, and the duration",
    draw: (draw, { ids, ...context }) => [
      { ...at(context), disk: { server: drawServer(draw, ids), full: true }, for: outage(draw, context) },
    ],
  },
  "disk-error": {
    about: "makes one disk operation fail",
    parameters: "the server and the operation",
    draw: (draw, { ids, ...context }) => {
      const fail = draw.pick(["sync-log", "truncate-log", "accepted-epoch", "current-epoch", "snapshot"] as const);
      return [{ ...at(context), disk: { server: draw.pick(ids), fail } }];
    },
  },
  corruption: {
    about:
      "corrupts the newest log file, snapshot or epoch file of a server, and restarts the server so that it reads " +
      "the file",
    parameters: "the server, the file and the downtime",
    draw: (draw, { budget, ...context }) => {
      const server = budget.losable.shift();
      if (server === undefined) return [];
      const corrupt = draw.pick(["log", "log", "log-header", "snapshot", "accepted-epoch", "current-epoch"] as const);
      return [
        { ...at(context), disk: { server, corrupt } },
        { ...at(context), crash: { server, unsynced: "kept", connectionsReset: true }, for: downtime(draw, context) },
      ];
    },
  },
  moment: {
    about: "injects one fault at a moment of the protocol",
    parameters: "the event or message, its server, the fault and the duration",
    draw: (draw, context) => {
      const when = drawMoment(draw, context.ids);
      return [{ ...at(context), when, ...drawAtMoment(draw, when, context) }];
    },
  },
  "same-moment": {
    about: "injects the same fault at several servers, at each one when it reaches the same moment of the protocol",
    parameters: "the moment, the servers, the fault and the duration",
    draw: (draw, context) => {
      const when = drawMoment(draw, context.ids);
      const { server: _one, from: _sender, to: _receiver, ...what } = when;
      const servers = draw.some(context.ids, draw.int(2, context.ids.length));
      return servers.map((sid) => {
        const there: Moment = when.event === undefined ? { ...what, to: sid } : { ...what, server: sid };
        return { ...at(context), when: there, ...drawAtMoment(draw, there, context) };
      });
    },
  },
  "moment-and-leader": {
    about: "cuts the power of some servers and of the leader at a moment of the protocol; the leader returns last",
    parameters: "the moment, the servers, the surviving writes and the downtimes",
    draw: (draw, context) => {
      const { ids, tickMs } = context;
      const when = drawMoment(draw, ids);
      const { server: _one, from: _sender, to: _receiver, ...what } = when;
      const servers = draw.some(ids, draw.int(1, Math.max(1, ids.length - 1)));
      const there = (sid: ServerId): Moment =>
        when.event === undefined ? { ...what, to: sid } : { ...what, server: sid };
      const crash = (server: ServerId | "leader") => ({
        server,
        unsynced: unpowered(draw),
        connectionsReset: draw.chance(0.5),
      });
      const leaderFalls = {
        ...at(context),
        when: there(draw.pick(servers)),
        crash: crash("leader"),
        for: draw.duration(5 * tickMs, 40 * tickMs),
      };
      const struck = servers.map((sid) => ({
        ...at(context),
        when: there(sid),
        crash: crash(sid),
        for: draw.duration(5, 2 * tickMs),
      }));
      return draw.chance(0.5) ? [...struck, leaderFalls] : [leaderFalls, ...struck];
    },
  },
  handover: {
    about:
      "one server is down; at a moment of the protocol, another server and the leader lose power; the leader " +
      "returns last",
    parameters: "the two servers, the moment, the surviving writes and the downtimes",
    draw: (draw, { ids, ...context }) => {
      const [away, struck] = draw.some(ids, 2);
      if (away === undefined || struck === undefined) return [];
      const { tickMs } = context;
      const from = draw.chance(0.5) ? durationText(1) : at(context).from;
      const when: Moment = { event: draw.weighted(HANDOVER_EVENTS), server: struck, nth: 1 };
      const crash = (server: ServerId | "leader") => ({
        server,
        unsynced: unpowered(draw),
        connectionsReset: draw.chance(0.8),
      });
      // In half of the cases, the leader loses power later than the other server, so that it has time to read that
      // server's last packet.
      const leaderLater = draw.chance(0.5) ? { after: draw.duration(1, 20) } : {};
      return [
        { from, crash: { server: away, unsynced: "kept" as const, connectionsReset: true } },
        { from, when, crash: crash(struck), for: draw.duration(5, 2 * tickMs) },
        { from, when, ...leaderLater, crash: crash("leader"), for: draw.duration(10 * tickMs, 40 * tickMs) },
        { from, when, after: draw.duration(1, 2 * tickMs), start: away },
      ];
    },
  },
  "catch-up": {
    about:
      "a server is down while clients write; a fault strikes the server while it synchronizes, and maybe again " +
      "when it serves",
    parameters: "the server, the number of writes, the moment, the faults and the durations",
    draw: (draw, context) => {
      const server = draw.pick(context.ids);
      const { from } = at(context);
      const away = { server, unsynced: "kept" as const, connectionsReset: true };
      const when = drawCatchingUp(draw, server);
      const again: Moment = { event: "active", server, nth: 1 };
      const write = (count: number) => ({
        write: { at: "leader" as const, count, every: draw.pick(["0ms", "1ms", "2ms"]) },
      });
      return [
        { from, crash: away, for: draw.duration(20, 10 * context.tickMs) },
        { from, ...write(draw.int(1, 20)) },
        { from, when: { event: "sync-decided", nth: 1 }, ...write(draw.int(1, 60)) },
        { from, when, ...drawAtMoment(draw, when, context, WHILE_CATCHING_UP) },
        ...(draw.chance(0.6) ? [{ from, when: again, ...drawAtMoment(draw, again, context, WHEN_CAUGHT_UP) }] : []),
      ];
    },
  },
  "altered-packet": {
    about:
      "changes one packet so that the receiver can detect it: it ignores the packet, closes the connection or exits",
    parameters: "the server that sends or receives the packet, the packet and the changed field",
    draw: (draw, { ids, ...context }) => {
      const server = draw.pick(ids);
      const { from } = at(context);
      const [side, type, set] = draw.pick(ALTERATIONS);
      // A copy, because the writer of scenarios writes an object that occurs twice as an alias.
      const alter = { match: { type, [side]: server }, set: { ...set }, count: 1, tolerated: true };
      const write = { at: "leader" as const, count: draw.int(1, 5), every: draw.pick(["0ms", "1ms"]) };
      const next: Step = type === "COMMIT" ? { from, write } : { from, disconnect: { server } };
      return draw.chance(0.3) ? [{ from, alter }] : [{ from, alter }, next];
    },
  },
  "accept-error": {
    about: "makes each accept() of one thread fail, at a time or when a server reaches a moment of the protocol",
    parameters: "the server or the leader, the thread, the moment and the duration",
    draw: (draw, { ids, ...context }) => {
      const thread = draw.pick(["listener", "acceptor"] as const);
      // Connections are rare: a short fault, or one at any time, usually has no effect.
      const lasts = draw.duration(context.tickMs, 40 * context.tickMs);
      if (draw.chance(0.2)) {
        return [{ ...at(context), acceptError: { server: drawServer(draw, ids), thread }, for: lasts }];
      }
      const from = draw.chance(0.6) ? durationText(1) : at(context).from;
      const event = thread === "listener" ? "looking" : draw.pick(["leading", "sync-decided"] as const);
      // Only a server that leads accepts learners, and the plan does not know which server will lead.
      const servers = thread === "listener" ? [draw.pick(ids)] : ids;
      return servers.map((server) => ({
        from,
        when: { event, server, nth: 1 },
        acceptError: { server, thread },
        for: lasts,
      }));
    },
  },
  ...CONFIG_FAULTS,
  ...CONFIG_SEQUENCES,
});

/**
 * Changes of packets from or to a server that the receiver detects: a serving follower compares a COMMIT with its
 * oldest pending proposal; a learner checks the types of LEADERINFO and DIFF; a leader checks the configuration version
 * in FOLLOWERINFO, the type of ACKEPOCH, and the types and zxids of ACKs.
 */
const ALTERATIONS = [
  ["to", "COMMIT", { zxid: "0:1" }],
  ["to", "COMMIT", { zxid: "0:1" }],
  ["to", "LEADERINFO", { type: "DIFF" }],
  ["to", "DIFF", { type: "PING" }],
  ["from", "FOLLOWERINFO", { configVersion: 1 }],
  ["from", "ACKEPOCH", { type: "ACK" }],
  ["from", "ACK", { type: "PING" }],
  ["from", "ACK", { zxid: "0:1" }],
] as const;

/** Gives the table a short type: the names, without the types of all steps. */
function named<Name extends string>(kinds: Readonly<Record<Name, FaultKind>>): Readonly<Record<Name, FaultKind>> {
  return kinds;
}

/** The events that end a part of a learner's synchronization, with their weights. */
const HANDOVER_EVENTS = {
  "epoch-accepted": 1,
  "epoch-current": 3,
  logged: 1,
  synced: 1,
  "newleader-acked": 4,
  "snapshot-saved": 1,
  truncated: 1,
  active: 4,
} as const;

/** The name of a kind of fault. `zabsim list faults` prints all of them. */
export type FaultName = keyof typeof FAULT_KINDS;
/** The names of all kinds of faults. */
export const FAULT_NAMES = Object.keys(FAULT_KINDS) as FaultName[];

/**
 * The kinds of faults that a plan gets after its other faults, from a stream of random values of their own. The other
 * steps of the plan of a seed do not depend on them. Strategies give no weights to these kinds.
 */
export const ADDED_FAULTS = ["accept-error"] as const satisfies readonly FaultName[];
/** The kinds of faults that change the ensemble, each drawn alone. */
export const SINGLE_CHANGES = Object.keys(CONFIG_FAULTS) as (keyof typeof CONFIG_FAULTS)[];
/** The kinds of faults that change the ensemble, each with what happens before and after the change. */
export const CHANGE_SEQUENCES = Object.keys(CONFIG_SEQUENCES) as (keyof typeof CONFIG_SEQUENCES)[];
/**
 * The kinds of faults that change the ensemble. As with ADDED_FAULTS, strategies give no weights to them
 * (reconfig-plans.ts).
 */
export const ENSEMBLE_FAULTS = [...SINGLE_CHANGES, ...CHANGE_SEQUENCES];
/** The name of a kind of fault that changes the ensemble. */
export type EnsembleFault = (typeof ENSEMBLE_FAULTS)[number];
/** The kinds of faults that strategies give no weights to. */
export const UNWEIGHTED_FAULTS: readonly FaultName[] = [...ADDED_FAULTS, ...ENSEMBLE_FAULTS];
/** The kinds of faults that strategies give weights to. */
export const WEIGHTED_FAULTS: readonly FaultName[] = FAULT_NAMES.filter((name) => !UNWEIGHTED_FAULTS.includes(name));
