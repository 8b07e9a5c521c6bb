/**
 * The kinds of faults that draw a whole sequence: a reconfiguration, and what happens to the servers shortly before and
 * after it. Independently drawn faults rarely meet at such a time. reconfig-plans.ts decides which plans get them.
 */
import { CONFIG_WRITES } from "../cluster/config-files.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Moment, ReconfigAction, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { drawPorts, drawReconfig } from "./config-faults.ts";
import { downtime, drawServer, type FaultContext, type FaultKind, killed, outage, unpowered } from "./fault-parts.ts";
import { drawCatchingUp } from "./moments.ts";
import type { Draw } from "./random-values.ts";

/** The kinds of faults that draw a whole sequence, by name. */
export const CONFIG_SEQUENCES = {
  "config-outage": {
    about: "servers that joined replace some voters, and shortly after the request several servers crash",
    parameters: "the servers that join, leave and crash, the times, the surviving writes and the downtimes",
    draw: (draw, context) => {
      const ready = drawReady(draw, context);
      const servers = draw.chance(0.6) ? context.participants : draw.some(context.ids, draw.int(2, context.ids.length));
      const crashMs = draw.int(0, 40);
      const crashes = servers.map((server) => ({
        ...later(ready, draw.chance(0.6) ? crashMs : draw.int(0, 40)),
        crash: {
          server,
          unsynced: draw.chance(0.6) ? killed(draw) : unpowered(draw),
          connectionsReset: draw.chance(0.8),
        },
        for: draw.duration(20, 10 * context.tickMs),
      }));
      return [...startJoiners(context), { ...later(ready, 0), reconfig: drawReplacement(draw, context) }, ...crashes];
    },
  },
  "config-pair": {
    about: "two clients request changes one after the other, while a server joins slowly whose role changes",
    parameters: "the server, the moment at which it becomes slow and the duration, the requests and their times",
    draw: (draw, context) => {
      const { joiners = [], observers, participants } = context;
      const server = draw.pick(context.ids);
      const when: Moment = draw.chance(0.3)
        ? { message: "ACKEPOCH", from: server, on: "sent", nth: 1 }
        : drawCatchingUp(draw, server);
      const again = draw.chance(0.4);
      const fromMs = again ? context.atMs : 1;
      const from = durationText(fromMs);
      const slow = draw.chance(0.6) ? { pause: server } : { disk: { server, sync: outage(draw, context) } };
      const event = draw.pick(["established", "config-committed"] as const);
      const ready: Ready = {
        fromMs,
        ...(!again && { when: { event, nth: 1 } }),
        afterMs: draw.int(1, 3 * context.tickMs),
      };
      const first = participants.includes(server) ? demoted(draw, server, participants) : promoted([server]);
      const newcomers = [...joiners, ...observers];
      const voters = [...participants, ...draw.some(newcomers, draw.int(0, newcomers.length))];
      const promote = { config: { voters: voters.sort((a, b) => a - b), observers: [] } };
      const second = draw.chance(0.5) ? promote : drawReconfig(draw, context);
      return [
        ...(again ? [{ from, disconnect: { server } }] : []),
        { from, when, ...slow, for: draw.duration(context.tickMs, 40 * context.tickMs) },
        { ...later(ready, 0), reconfig: { ...first, refused: "any" } },
        { ...later(ready, draw.spanMs(1, 5 * context.tickMs)), reconfig: { ...second, refused: "any" } },
      ];
    },
  },
  "config-ports": {
    about: "a client changes ports of servers, and a server crashes while it writes the new configuration",
    parameters: "the servers and ports, the server that crashes, the write and the downtime",
    draw: (draw, context) => {
      const fromMs = draw.chance(0.5) ? 1 : context.atMs;
      const ready: Ready = {
        fromMs,
        ...(fromMs === 1 && { when: { event: "established", nth: 1 } }),
        afterMs: draw.int(2, 5 * context.tickMs),
      };
      const server = draw.pick(context.ids);
      const crash = { server, write: draw.pick(CONFIG_WRITES) };
      return [
        ...startJoiners(context),
        // The first configuration of a new ensemble is written when its leader is established.
        { ...later(ready, -draw.int(1, ready.afterMs)), crashAtConfigWrite: crash },
        { ...later(ready, 0), reconfig: { ports: drawPorts(draw, context), refused: "any" } },
        {
          from: durationText(fromMs),
          when: { event: "crashed", server, nth: 1 },
          after: downtime(draw, context),
          start: server,
        },
      ];
    },
  },
  "config-restarts": {
    about:
      "the network splits while a configuration is pending, and the servers of one side restart, some of them " +
      "several times",
    parameters: "the request, the sides, the times of the restarts, and the duration",
    draw: (draw, context) => {
      const ready = drawReady(draw, context);
      const [side] = draw.split(context.ids);
      const cut = later(ready, draw.int(0, 20));
      const restarts = side.flatMap((server) =>
        Array.from({ length: draw.pick([1, 2, 2, 3]) }, () => ({
          ...later(ready, draw.spanMs(1, 40 * context.tickMs)),
          restart: server,
        })),
      );
      return [
        ...startJoiners(context),
        ...(draw.chance(0.7) ? [{ ...later(ready, 0), reconfig: drawReplacement(draw, context) }] : []),
        { ...cut, partition: [side], for: draw.duration(5 * context.tickMs, 80 * context.tickMs) },
        ...restarts,
      ];
    },
  },
  "config-dns": {
    about: "a server cannot resolve its own host name while it starts, leads or handles a new configuration",
    parameters: "the server or the leader, the time and the duration, and the request, if there is one",
    draw: (draw, context) => {
      const fromMs = draw.chance(0.6) ? 1 : context.atMs;
      const last = context.participants.at(-1) as ServerId;
      const server = draw.chance(0.5) ? last : drawServer(draw, context.ids);
      const ready: Ready = {
        fromMs,
        ...(fromMs === 1 && { when: { event: "established", nth: 1 } }),
        afterMs: draw.int(1, 5 * context.tickMs),
      };
      return [
        { from: durationText(fromMs), failDns: server, for: outage(draw, context) },
        ...(draw.chance(0.5) ? [{ ...later(ready, 0), reconfig: drawReconfig(draw, context) }] : []),
      ];
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>;

/** A time after a moment, or after `fromMs` if there is no moment. */
interface Ready {
  readonly fromMs: number;
  readonly when?: Moment;
  readonly afterMs: number;
}

/** Returns the trigger of a step that runs this much later. */
function later({ afterMs, fromMs, when }: Ready, delayMs: number): Pick<Step, "after" | "from" | "when"> {
  if (when === undefined) return { from: durationText(fromMs + afterMs + delayMs) };
  return { from: durationText(fromMs), when, after: durationText(afterMs + delayMs) };
}

/** Draws a time at which servers that join are ready to become voters. */
function drawReady(draw: Draw, { joiners = [], observers, tickMs }: FaultContext): Ready {
  const [server] = draw.some([...joiners, ...observers], 1);
  const when: Moment =
    server === undefined ? { event: "established", nth: 1 } : { event: "active", server, nth: draw.pick([1, 1, 2]) };
  return { fromMs: 1, when, afterMs: draw.int(1, 5 * tickMs) };
}

/** Draws a request that makes servers that have joined voters, and removes some of the old voters. */
function drawReplacement(draw: Draw, { joiners = [], observers, participants }: FaultContext): ReconfigAction {
  const newcomers = [...joiners, ...observers];
  const joining = draw.some(newcomers, draw.int(1, newcomers.length));
  const leaving = draw.some(participants, draw.int(joining.length === 0 ? 1 : 0, participants.length - 1));
  return {
    ...(joining.length > 0 && promoted(joining)),
    ...(leaving.length > 0 && { remove: leaving }),
    refused: "any",
  };
}

function promoted(servers: readonly ServerId[]): Pick<ReconfigAction, "add"> {
  return { add: Object.fromEntries(servers.map((sid) => [sid, "participant" as const])) };
}

/** Draws a change that makes this voter an observer, and sometimes others. At least two voters remain. */
function demoted(draw: Draw, server: ServerId, participants: readonly ServerId[]): Pick<ReconfigAction, "add"> {
  const others = participants.filter((sid) => sid !== server);
  const servers = [server, ...draw.some(others, draw.int(0, participants.length - 3))];
  return { add: Object.fromEntries(servers.map((sid) => [sid, "observer" as const])) };
}

function startJoiners({ joiners = [] }: FaultContext): Step[] {
  return joiners.map((start) => ({ from: durationText(1), start }));
}
