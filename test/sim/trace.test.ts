import { expect, test } from "vitest";
import { Trace } from "../../sim/trace.ts";
import { connectedBed, testBed } from "./probe.ts";

test("the trace of a message that a cut holds has send, hold and deliver, and the cause is its sender", () => {
  const trace = new Trace();
  const { world, run, conn } = connectedBed(2, { trace });
  const before = trace.length;
  world.at(300, () => world.node(1).send(conn, "a"), "send");
  world.network.cut(1, 2);
  world.at(500, () => world.network.heal(1, 2), "heal");
  run(1000);
  const events = trace.events().slice(before);
  expect(events.map(({ kind, timeUs, node, peer }) => `${timeUs} ${kind} ${node} ${peer}`)).toEqual([
    "200 cut 1 2",
    "300 send 1 2",
    "300 hold 1 2",
    "500 heal 1 2",
    "600 deliver 2 1",
  ]);
  const [, send, , heal, deliver] = events;
  expect(deliver?.cause).toBe(send?.sequence);
  expect(deliver?.cause).not.toBe(heal?.sequence);
  expect([send?.payload, deliver?.payload, deliver?.detail]).toEqual(["a", "a", conn]);
});

test("the trace records starts, stops, pauses, timers, disk operations and notes with their events", () => {
  const trace = new Trace();
  const { world, run } = testBed(1, { trace });
  const node = world.node(1);
  node.setTimer(3, 10);
  node.disk.sync(4);
  world.onEvent = () => trace.note(1, "seen");
  run(2000);
  node.pause();
  node.resume();
  node.stop();
  const kinds = trace.events().map(({ kind, detail, sequence }) => [kind, detail, sequence]);
  expect(kinds).toEqual([
    ["start", 1, -1],
    ["timer", 3, 0],
    ["note", -1, 0],
    ["disk", 4, 1],
    ["note", -1, 1],
    ["pause", 1, -1],
    ["resume", 1, -1],
    ["stop", 1, -1],
  ]);
});

test("a trace with a limit keeps the last events, oldest first, and counts the dropped ones", () => {
  const trace = new Trace({ limit: 3 });
  const { world } = testBed(1, { trace });
  for (const note of ["a", "b", "c", "d"]) trace.note(1, note);
  expect(trace.events().map(({ payload }) => payload)).toEqual(["b", "c", "d"]);
  expect([trace.length, trace.dropped, world.trace]).toEqual([3, 2, trace]);
});

test("a world with a trace of level none has no trace, and notes are dropped", () => {
  const trace = new Trace({ level: "none" });
  const { world } = testBed(1, { trace });
  trace.note(1, "x");
  expect([world.trace, trace.length]).toEqual([undefined, 0]);
});

test("a trace cannot be attached to a second world", () => {
  const trace = new Trace();
  testBed(1, { trace });
  expect(() => testBed(1, { trace })).toThrow(/another world/);
});

test("a trace limit below one event is an error", () => {
  expect(() => new Trace({ limit: 0 })).toThrow("Trace: limit 0 must be at least 1");
});

test("the trace says whether a connection was closed or reset", () => {
  const trace = new Trace();
  const { world, run, conn, probes } = connectedBed(2, { trace });
  const second = world.node(1).connect(2, 1);
  run(1000);
  world.node(1).close(conn);
  probes[1]?.unread.add(second);
  world.node(1).crash();
  run(2000);
  const ends = trace.events().filter(({ node, timeUs }) => node === 2 && timeUs > 1000);
  expect(ends.map(({ kind, detail, payload }) => [kind, detail, payload])).toEqual([
    ["close", conn, "closed"],
    ["reset", second, "reset"],
  ]);
});
