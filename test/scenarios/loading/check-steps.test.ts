/** The rules that the loader checks for the triggers and actions of steps. */
import { describe, expect, it } from "vitest";
import { checkSteps } from "../../../scenarios/loading/check-steps.ts";
import { formatPath } from "../../../scenarios/loading/field-path.ts";
import { type StepField, stepFields } from "../../schema/step-fields.ts";
import { testInvalidFiles } from "../bad/invalid-files.ts";
import { WRONG_STEPS } from "../bad/table.ts";
import { checksOf, testRules } from "./valid-and-invalid.ts";

const step = (fields: object): object => ({ steps: [fields] });

describe("a step is valid only if", () => {
  testRules(checkSteps, [
    [
      "its moment is either an event or a message",
      step({ when: { event: "active" }, crash: 1 }),
      step({ when: { event: "active", message: "ACK" }, crash: 1 }),
      "steps[0].when",
    ],
    [
      "the moment of a message has no server",
      step({ when: { message: "ACK", from: 1 }, crash: 1 }),
      step({ when: { message: "ACK", server: 1 }, crash: 1 }),
      "steps[0].when.server",
    ],
    [
      "the moment of an event is neither sent nor delivered",
      step({ when: { message: "ACK", on: "sent" }, crash: 1 }),
      step({ when: { event: "active", on: "sent" }, crash: 1 }),
      "steps[0].when.on",
    ],
    [
      "a partition has two sides",
      step({ partition: [[1, 2]] }),
      step({ partition: [[1, 2, 3, 4]] }),
      "steps[0].partition",
    ],
    [
      "each server is on one side of a bridge",
      step({ bridge: { over: 1, sides: [[2], [3]] } }),
      step({ bridge: { over: 1, sides: [[2], [2, 3]] } }),
      "steps[0].bridge.sides[1]",
    ],
    [
      "the server of a bridge is on no side",
      step({ bridge: { over: 1, sides: [[2], [3]] } }),
      step({ bridge: { over: 1, sides: [[2], [1, 3]] } }),
      "steps[0].bridge.sides[1]",
    ],
    [
      "time passes between two cuts of a link",
      step({ flap: { between: [1, 2], every: "1us" } }),
      step({ flap: { between: [1, 2], every: 0 } }),
      "steps[0].flap.every",
    ],
    [
      "one thing happens to a message in flight",
      step({ inFlight: { type: "ACK", drop: true } }),
      step({ inFlight: { type: "ACK", drop: true, deliver: true } }),
      "steps[0].inFlight",
    ],
    [
      "something happens to a message in flight",
      step({ inFlight: { delay: "1ms" } }),
      step({ inFlight: {} }),
      "steps[0].inFlight",
    ],
    [
      "a disconnect is between two servers",
      step({ disconnect: { server: 1, from: 2 } }),
      step({ disconnect: { server: 1, from: 1 } }),
      "steps[0].disconnect.from",
    ],
    [
      "a cut has two sides",
      step({ cutOneWay: { from: 1, to: [2, 3] } }),
      step({ cutOneWay: { from: 1, to: [2, 1] } }),
      "steps[0].cutOneWay.to",
    ],
    [
      "a disk either stalls or resumes",
      step({ disk: { server: 1, stall: true } }),
      step({ disk: { server: 1, stall: true, resume: true } }),
      "steps[0].disk.resume",
    ],
    [
      "a data directory is copied from another server",
      step({ disk: { server: 1, copyFrom: 2 } }),
      step({ disk: { server: 1, copyFrom: 1 } }),
      "steps[0].disk.copyFrom",
    ],
  ]);

  const undoable = { pause: 1, crash: 1, partition: [[1]], drop: {}, clock: { server: 1, rate: 2 } };
  const notUndoable = {
    write: 1,
    start: 1,
    restart: 1,
    upgrade: { server: 1, to: "3.9.3" },
    resume: 1,
    heal: "all",
    release: "all",
    settle: 1,
    disconnect: 1,
  };

  it.each(Object.entries(undoable))("for is combined with an action that can be undone: %s", (verb, argument) => {
    const checks = checksOf(step({ [verb]: argument, for: "1s" }));
    checkSteps(checks);
    expect(checks.problems).toEqual([]);
  });

  it.each(Object.entries(notUndoable))("for is not combined with %s", (verb, argument) => {
    const checks = checksOf(step({ [verb]: argument, for: "1s" }));
    checkSteps(checks);
    expect(checks.problems).toMatchObject([{ path: ["steps", 0, "for"], message: expect.stringContaining(verb) }]);
  });
});

const UNKNOWN_SERVER: readonly (readonly [fields: object, field: string])[] = [
  [{ start: 9 }, "steps[0].start"],
  [{ restart: 9 }, "steps[0].restart"],
  [{ upgrade: { server: 9, to: "3.9.3" } }, "steps[0].upgrade.server"],
  [{ start: { server: 9 } }, "steps[0].start.server"],
  [{ start: { server: 1, config: { voters: [1, 9] } } }, "steps[0].start.config.voters[1]"],
  [{ start: { server: 1, config: { voters: [1], observers: [9] } } }, "steps[0].start.config.observers[0]"],
  [{ start: { server: 1, config: { voters: [1], groups: { a: [1, 9] } } } }, "steps[0].start.config.groups.a[1]"],
  [{ restart: { server: 9 } }, "steps[0].restart.server"],
  [{ restart: { server: 1, config: { voters: [1, 9] } } }, "steps[0].restart.config.voters[1]"],
  [{ restart: { server: 1, config: { voters: [1], observers: [9] } } }, "steps[0].restart.config.observers[0]"],
  [{ restart: { server: 1, config: { voters: [1], groups: { a: [1, 9] } } } }, "steps[0].restart.config.groups.a[1]"],
  [{ pause: 9 }, "steps[0].pause"],
  [{ resume: 9 }, "steps[0].resume"],
  [{ wipe: 9 }, "steps[0].wipe"],
  [{ crashAtConfigWrite: { server: 9, write: "next" } }, "steps[0].crashAtConfigWrite.server"],
  [{ reconfig: { remove: 9 } }, "steps[0].reconfig.remove[0]"],
  [{ reconfig: { config: { voters: [9] } } }, "steps[0].reconfig.config.voters[0]"],
  [{ reconfig: { config: { voters: [1, 2], observers: [9] } } }, "steps[0].reconfig.config.observers[0]"],
  [{ reconfig: { config: { voters: [1], groups: { a: [1, 9] } } } }, "steps[0].reconfig.config.groups.a[1]"],
  [{ failDns: 9 }, "steps[0].failDns"],
  [{ reconfig: { ports: { 9: { client: 2182 } } } }, "steps[0].reconfig.ports[0]"],
  [{ acceptError: { server: 9, thread: "acceptor" } }, "steps[0].acceptError.server"],
  [{ isolate: 9 }, "steps[0].isolate"],
  [{ refuse: 9 }, "steps[0].refuse"],
  [{ settle: [1, 9] }, "steps[0].settle[1]"],
  [{ crash: 9 }, "steps[0].crash.server"],
  [{ write: { at: 9 } }, "steps[0].write.at"],
  [{ disconnect: { server: 9 } }, "steps[0].disconnect.server"],
  [{ disconnect: { server: "leader", from: 9 } }, "steps[0].disconnect.from"],
  [{ clock: { server: 9, rate: 2 } }, "steps[0].clock.server"],
  [{ bridge: { over: 9, sides: [[1], [2]] } }, "steps[0].bridge.over"],
  [{ bridge: { over: 1, sides: [[2], [9]] } }, "steps[0].bridge.sides[1][0]"],
  [{ flap: { between: [1, 9], every: "1ms" } }, "steps[0].flap.between[1]"],
  [{ clog: { from: 9 } }, "steps[0].clog.from[0]"],
  [{ link: { to: 9, latency: "1ms" } }, "steps[0].link.to[0]"],
  [{ cutOneWay: { from: 9, to: 1 } }, "steps[0].cutOneWay.from[0]"],
  [{ partition: [[1], [9]] }, "steps[0].partition[1][0]"],
  [{ heal: [1, 9] }, "steps[0].heal[1]"],
  [{ drop: { from: 9 } }, "steps[0].drop.from"],
  [{ delay: { to: 9, by: "1ms" } }, "steps[0].delay.to"],
  [{ hold: { to: 9 } }, "steps[0].hold.to"],
  [{ reset: { from: 9 } }, "steps[0].reset.from"],
  [{ alter: { from: 9, set: { epoch: 1 } } }, "steps[0].alter.from"],
  [{ disk: { server: 9, stall: true } }, "steps[0].disk.server"],
  [{ when: { event: "active", server: 9 }, heal: "all" }, "steps[0].when.server"],
  [{ when: { message: "ACK", to: 9 }, heal: "all" }, "steps[0].when.to"],
  [{ stall: { server: 9, thread: "sync" } }, "steps[0].stall.server"],
  [{ crash: { server: 9 } }, "steps[0].crash.server"],
  [{ disconnect: 9 }, "steps[0].disconnect.server"],
  [{ clog: { to: 9 } }, "steps[0].clog.to[0]"],
  [{ link: { from: 9, latency: "1ms" } }, "steps[0].link.from[0]"],
  [{ cutOneWay: { from: 1, to: 9 } }, "steps[0].cutOneWay.to[0]"],
  [{ drop: { to: 9 } }, "steps[0].drop.to"],
  [{ delay: { from: 9, by: "1ms" } }, "steps[0].delay.from"],
  [{ hold: { from: 9 } }, "steps[0].hold.from"],
  [{ reset: { to: 9 } }, "steps[0].reset.to"],
  [{ alter: { to: 9, set: { epoch: 1 } } }, "steps[0].alter.to"],
  [{ inFlight: { from: 9, drop: true } }, "steps[0].inFlight.from"],
  [{ inFlight: { to: 9, deliver: true } }, "steps[0].inFlight.to"],
  [{ start: { server: 1, myid: 9 } }, "steps[0].start.myid"],
  [{ restart: { server: 1, myid: 9 } }, "steps[0].restart.myid"],
  [{ disk: { server: 1, copyFrom: 9 } }, "steps[0].disk.copyFrom"],
  [{ snapshot: 9 }, "steps[0].snapshot"],
  [{ when: { message: "ACK", from: 9 }, heal: "all" }, "steps[0].when.from"],
];

describe("every server that a step names exists:", () => {
  it.each(UNKNOWN_SERVER)("%j", (fields, field) => {
    const checks = checksOf(step(fields));
    checkSteps(checks);
    expect(checks.problems.map(({ path }) => formatPath(path))).toEqual([field]);
    expect(checks.problems[0]).toMatchObject({ value: 9, message: "there is no such server", accepted: "1, 2, 3, 4" });
  });

  it("for every field that the schema declares as a server", () => {
    expect(pathsOf([9], UNKNOWN_SERVER)).toEqual(declared("server"));
  });
});

const WRONG_VALUE: readonly (readonly [fields: object, field: string])[] = [
  [{ start: { server: 1, config: { voters: [1], version: "2097152:1" } } }, "steps[0].start.config.version"],
  [{ restart: { server: 1, config: { voters: [1], version: "2097152:1" } } }, "steps[0].restart.config.version"],
  [{ reconfig: { config: { voters: [1], version: "2097152:1" } } }, "steps[0].reconfig.config.version"],
  [{ reconfig: { remove: [1], fromVersion: "2097152:1" } }, "steps[0].reconfig.fromVersion"],
  [{ at: "25h", heal: "all" }, "steps[0].at"],
  [{ after: "25h", heal: "all" }, "steps[0].after"],
  [{ from: "25h", heal: "all" }, "steps[0].from"],
  [{ for: "25h", pause: 1 }, "steps[0].for"],
  [{ write: { every: "25h" } }, "steps[0].write.every"],
  [{ flap: { between: [1, 2], every: "25h" } }, "steps[0].flap.every"],
  [{ delay: { by: "25h" } }, "steps[0].delay.by"],
  [{ inFlight: { delay: "25h" } }, "steps[0].inFlight.delay"],
  [{ inFlight: { zxid: "2097152:1", drop: true } }, "steps[0].inFlight.zxid"],
  [{ link: { latency: "2ms..1ms" } }, "steps[0].link.latency"],
  [{ disk: { server: 1, sync: "2ms..1ms" } }, "steps[0].disk.sync"],
  [{ disk: { server: 1, write: "2ms..1ms" } }, "steps[0].disk.write"],
  [{ disk: { server: 1, corrupt: "log", file: "2097152:1" } }, "steps[0].disk.file"],
  [{ hold: { zxid: "2097152:1" } }, "steps[0].hold.zxid"],
  [{ drop: { zxid: "2097152:1" } }, "steps[0].drop.zxid"],
  [{ reset: { zxid: "2097152:1" } }, "steps[0].reset.zxid"],
  [{ delay: { zxid: "2097152:1", by: "1ms" } }, "steps[0].delay.zxid"],
  [{ alter: { zxid: "2097152:1", set: { epoch: 1 } } }, "steps[0].alter.zxid"],
  [{ alter: { set: { zxid: "2097152:1" } } }, "steps[0].alter.set.zxid"],
  [{ when: { message: "ACK", zxid: "2097152:1" }, heal: "all" }, "steps[0].when.zxid"],
];

describe("every duration and zxid of a step is valid:", () => {
  it.each(WRONG_VALUE)("%j", (fields, field) => {
    const checks = checksOf(step(fields));
    checkSteps(checks);
    expect(checks.problems.map(({ path }) => formatPath(path))).toEqual([field]);
  });

  it("for every field that the schema declares as a duration or a zxid", () => {
    expect(pathsOf(["25h", "2ms..1ms", "2097152:1"], WRONG_VALUE)).toEqual(declared("duration", "zxid"));
  });
});

/** Returns the paths of the fields of the schema that have one of these kinds, sorted. */
function declared(...kinds: readonly StepField["kind"][]): string[] {
  const fields = stepFields().filter(({ kind }) => kinds.includes(kind));
  return [...new Set(fields.map(({ path }) => path))].sort();
}

/** Returns whether the fields below this path are the names of groups, which the schema does not declare. */
function namesGroups(path: string): boolean {
  return path.endsWith(".groups");
}

/** Returns the paths of the fields in these examples that contain one of these values, sorted and without indexes. */
function pathsOf(
  values: readonly unknown[],
  examples: readonly (readonly [fields: object, field: string])[],
): string[] {
  const within = (value: unknown, path: string): string[] => {
    if (values.includes(value)) return [path];
    if (Array.isArray(value)) return value.flatMap((one) => within(one, path));
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, one]) =>
      within(one, path === "" ? name : namesGroups(path) ? path : `${path}.${name}`),
    );
  };
  return [...new Set(examples.flatMap(([fields]) => within(fields, "")))].sort();
}

describe("an invalid step:", () => {
  testInvalidFiles(WRONG_STEPS);
});

it("a step of wrong shape, which is null, is skipped", () => {
  const checks = checksOf({ steps: [null, { start: 9 }] });
  checkSteps(checks);
  expect(checks.problems.map(({ path }) => formatPath(path))).toEqual(["steps[1].start"]);
});
