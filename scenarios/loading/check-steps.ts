/**
 * Checks the steps of a scenario: servers, durations and zxids in triggers and actions, and the fields of moments (the
 * events and messages that steps wait for).
 */

import type { ConfigChange, CrashSpec, ServerOrLeader } from "../../cluster/cluster-spec.ts";
import { type ServerId, serverIdsOf } from "../../protocol/zxid.ts";
import { parseDuration } from "../../sim/time.ts";
import type {
  AcceptError,
  AlteredFields,
  Direction,
  DiskFault,
  InFlightAction,
  LinkCharacterSpec,
  MessageMatch,
  Moment,
  ReconfigAction,
  Step,
  ThreadStall,
} from "../scenario.ts";
import { checkConfig } from "./check-config.ts";
import type { FieldChecks } from "./field-checks.ts";
import type { Path } from "./field-path.ts";

export function checkSteps(checks: FieldChecks): void {
  for (const [i, step] of checks.scenario.steps.entries()) {
    if (step === null) continue;
    checkTrigger(checks, step, ["steps", i]);
    checkAction(checks, step, ["steps", i]);
  }
}

function checkTrigger(checks: FieldChecks, step: Step, path: Path): void {
  if (step.at !== undefined) checks.duration(step.at, [...path, "at"]);
  if (step.from !== undefined) checks.duration(step.from, [...path, "from"]);
  if (step.for !== undefined) checkFor(checks, step, [...path, "for"]);
  if (step.after !== undefined) checks.duration(step.after, [...path, "after"]);
  if (step.when !== undefined) checkMoment(checks, step.when, [...path, "when"]);
}

/** Actions that cannot be undone, or that undo another action. */
const NOT_UNDOABLE = [
  "write",
  "start",
  "restart",
  "upgrade",
  "resume",
  "heal",
  "release",
  "settle",
  "disconnect",
  "inFlight",
];

function checkFor(checks: FieldChecks, step: Step, path: Path): void {
  checks.duration(step.for as string, path);
  const verb = NOT_UNDOABLE.find((one) => one in step);
  if (verb === undefined) return;
  checks.report(path, step.for, `cannot be combined with ${verb}, which cannot be undone`, "a step without for");
}

const MESSAGE_FIELDS = ["from", "to", "on"] as const;

function checkMoment(checks: FieldChecks, moment: Moment, path: Path): void {
  const { event, message } = moment;
  if ((event === undefined) === (message === undefined)) {
    const wrong = event === undefined ? "names neither an event nor a message" : "names both an event and a message";
    checks.report(path, undefined, wrong, "either event, or message");
    return;
  }
  if (message !== undefined && moment.server !== undefined) {
    checks.report([...path, "server"], moment.server, "needs an event", "from or to, for a message");
  }
  for (const field of MESSAGE_FIELDS) {
    if (event === undefined || moment[field] === undefined) continue;
    checks.report([...path, field], moment[field], "needs a message", "server, for an event");
  }
  if (moment.server !== undefined) checks.server(moment.server, [...path, "server"]);
  checkMatch(checks, moment, path);
}

function checkMatch(checks: FieldChecks, match: Pick<MessageMatch, "from" | "to" | "zxid">, path: Path): void {
  if (match.from !== undefined) checks.server(match.from, [...path, "from"]);
  if (match.to !== undefined) checks.server(match.to, [...path, "to"]);
  if (match.zxid !== undefined) checks.zxid(match.zxid, [...path, "zxid"]);
}

function checkAction(checks: FieldChecks, step: Step, path: Path): void {
  for (const [verb, argument] of Object.entries(step)) {
    ACTION_CHECKS[verb]?.(checks, argument as never, [...path, verb]);
  }
}

type ActionCheck = (checks: FieldChecks, argument: never, path: Path) => void;

const checkServerId = (checks: FieldChecks, id: ServerId, path: Path) => void checks.server(id, path);
const checkServerOrLeader = (checks: FieldChecks, id: ServerOrLeader, path: Path) => {
  if (id !== "leader") checks.server(id, path);
};
const checkStart = (checks: FieldChecks, start: ServerId | ConfigChange, path: Path) => {
  if (typeof start !== "object") {
    checks.server(start, path);
    return;
  }
  checks.server(start.server, [...path, "server"]);
  checks.settings(start.settings ?? {}, [...path, "settings"]);
  if (start.myid !== undefined) checks.server(start.myid, [...path, "myid"]);
  if (start.config !== undefined) checkConfig(checks, start.config, [...path, "config"]);
};
const checkDirection = (checks: FieldChecks, { from, to }: Direction, path: Path) => {
  checks.servers(from ?? [], [...path, "from"]);
  checks.servers(to ?? [], [...path, "to"]);
};
const checkMatched = (checks: FieldChecks, { match }: { match: MessageMatch }, path: Path) =>
  checkMatch(checks, match, path);

const checkInFlight = (checks: FieldChecks, { delay, deliver, drop, match }: InFlightAction, path: Path) => {
  checkMatch(checks, match, path);
  if (delay !== undefined) checks.duration(delay, [...path, "delay"]);
  const verdicts = [delay, deliver, drop].filter((verdict) => verdict !== undefined);
  if (verdicts.length !== 1) checks.report(path, undefined, "needs one verdict", "exactly one of drop, delay, deliver");
};

const ACTION_CHECKS: Readonly<Record<string, ActionCheck>> = {
  start: checkStart,
  restart: checkStart,
  upgrade: (checks, { server }: { server: ServerId }, path) => checks.server(server, [...path, "server"]),
  pause: checkServerOrLeader,
  snapshot: checkServerOrLeader,
  stall: (checks, { server }: ThreadStall, path) => checkServerOrLeader(checks, server, [...path, "server"]),
  reconfig: checkReconfig,
  failDns: checkServerOrLeader,
  crashAtConfigWrite: (checks, { server }: { server: ServerOrLeader }, path) =>
    checkServerOrLeader(checks, server, [...path, "server"]),
  acceptError: (checks, { server }: AcceptError, path) => checkServerOrLeader(checks, server, [...path, "server"]),
  isolate: checkServerOrLeader,
  refuse: checkServerId,
  settle: (checks: FieldChecks, ids: readonly ServerId[], path: Path) => checks.servers(ids, path),
  resume: checkServerId,
  wipe: checkServerId,
  drop: checkMatched,
  inFlight: checkInFlight,
  hold: checkMatched,
  reset: checkMatched,
  write(checks, { at, every }: { at: ServerId | "leader"; every: string }, path) {
    if (at !== "leader") checks.server(at, [...path, "at"]);
    checks.duration(every, [...path, "every"]);
  },
  crash: (checks, { server }: CrashSpec, path) => checkServerOrLeader(checks, server, [...path, "server"]),
  disconnect(checks, { server, from }: { server: ServerOrLeader; from?: ServerId }, path) {
    checkServerOrLeader(checks, server, [...path, "server"]);
    if (from !== undefined) checks.server(from, [...path, "from"]);
    if (from === server) checks.report([...path, "from"], from, "is the same server", "another server");
  },
  clock: (checks, { server }: { server: ServerId }, path) => checkServerId(checks, server, [...path, "server"]),
  bridge(checks, { over, sides }: { over: ServerId; sides: readonly (readonly ServerId[])[] }, path) {
    checks.server(over, [...path, "over"]);
    checkGroups(checks, [[over], ...sides], [...path, "sides"], -1);
  },
  flap(checks, { between, every }: { between: readonly ServerId[]; every: string }, path) {
    checks.servers(between, [...path, "between"]);
    checks.duration(every, [...path, "every"]);
    const us = parseDuration(every);
    if (us === 0) checks.report([...path, "every"], every, "is zero", "at least 1us");
  },
  clog: checkDirection,
  link(checks, spec: Direction & LinkCharacterSpec, path) {
    checkDirection(checks, spec, path);
    if (spec.latency !== undefined) checks.durationRange(spec.latency, [...path, "latency"]);
  },
  cutOneWay(checks, { from, to }: { from: readonly ServerId[]; to: readonly ServerId[] }, path) {
    checks.servers(from, [...path, "from"]);
    checks.servers(to, [...path, "to"]);
    const accepted = "two lists that share no server";
    if (from.length === 0) checks.report([...path, "from"], from, "is empty", accepted);
    if (to.length === 0) checks.report([...path, "to"], to, "is empty", accepted);
    const both = from.find((id) => to.includes(id));
    if (both !== undefined) checks.report([...path, "to"], to, `server ${both} is on both sides`, accepted);
  },
  partition: checkPartition,
  heal(checks, servers: "all" | readonly ServerId[], path) {
    if (servers !== "all") checks.servers(servers, path);
    if (servers.length === 0) checks.report(path, servers, "is empty", "all, a server id or a list of them");
  },
  delay(checks, { match, by }: { match: MessageMatch; by: string }, path) {
    checkMatch(checks, match, path);
    checks.duration(by, [...path, "by"]);
  },
  alter(checks, { match, set }: { match: MessageMatch; set: AlteredFields }, path) {
    checkMatch(checks, match, path);
    const zxid = set.zxid === undefined ? undefined : checks.zxid(set.zxid, [...path, "set", "zxid"]);
    if (zxid !== undefined) checks.epochBelowLimit(zxid, [...path, "set", "zxid"]);
  },
  disk: checkDiskFault,
};

function checkReconfig(checks: FieldChecks, request: ReconfigAction, path: Path): void {
  const { add, config, fromVersion, ports, remove } = request;
  const changes = add !== undefined || ports !== undefined || remove !== undefined;
  checks.servers(serverIdsOf(add ?? {}), [...path, "add"]);
  checks.servers(serverIdsOf(ports ?? {}), [...path, "ports"]);
  checks.servers(remove ?? [], [...path, "remove"]);
  if (fromVersion !== undefined) checks.zxid(fromVersion, [...path, "fromVersion"]);
  if (config === undefined) {
    if (changes) return;
    checks.report(path, undefined, "changes nothing", "add, ports, remove or config");
    return;
  }
  checkConfig(checks, config, [...path, "config"]);
  if (changes) {
    checks.report(
      [...path, "config"],
      undefined,
      "replaces the whole configuration",
      "either config, or add, ports and remove",
    );
  }
}

function checkPartition(checks: FieldChecks, groups: readonly (readonly ServerId[])[], path: Path): void {
  const seen = checkGroups(checks, groups, path, 0);
  if (groups.length === 1 && checks.serverIds.every((id) => seen.has(id))) {
    checks.report(path, groups, "holds all servers in one group, so nothing is cut", "at least two sides");
  }
}

/**
 * Checks groups of servers. `firstIndex` is the index of the first group in the list at `path`, or -1 if the first
 * group is not in that list.
 */
function checkGroups(
  checks: FieldChecks,
  groups: readonly (readonly ServerId[])[],
  path: Path,
  firstIndex: number,
): ReadonlySet<ServerId> {
  const seen = new Set<ServerId>();
  for (const [position, group] of groups.entries()) {
    const i = position + firstIndex;
    if (i >= 0) checks.servers(group, [...path, i]);
    if (group.length === 0) checks.report([...path, i], group, "is empty", "groups of at least one server");
    const twice = group.find((id) => seen.has(id));
    if (twice !== undefined) {
      checks.report([...path, i], group, `server ${twice} is in another group already`, "groups that do not overlap");
    }
    for (const id of group) seen.add(id);
  }
  return seen;
}

function checkDiskFault(checks: FieldChecks, fault: DiskFault, path: Path): void {
  checkServerOrLeader(checks, fault.server, [...path, "server"]);
  if (fault.sync !== undefined) checks.durationRange(fault.sync, [...path, "sync"]);
  if (fault.write !== undefined) checks.durationRange(fault.write, [...path, "write"]);
  if (fault.copyFrom !== undefined) checks.server(fault.copyFrom, [...path, "copyFrom"]);
  if (fault.copyFrom !== undefined && fault.copyFrom === fault.server) {
    checks.report([...path, "copyFrom"], fault.copyFrom, "is the same server", "another server");
  }
  if (fault.file !== undefined) {
    const zxid = checks.zxid(fault.file, [...path, "file"]);
    if (zxid !== undefined) checks.epochBelowLimit(zxid, [...path, "file"]);
    const kind = fault.corrupt ?? fault.delete ?? "";
    if (!kind.startsWith("log") && !kind.startsWith("snapshot")) {
      checks.report(
        [...path, "file"],
        fault.file,
        "names no file",
        "file together with corrupt or delete of log or snapshot",
      );
    }
  }
  if (fault.stall === true && fault.resume === true) {
    checks.report([...path, "resume"], true, "contradicts stall", "either stall or resume");
  }
}
