import { expect, test } from "vitest";
import { TIMERS_MAX } from "../../sim/index.ts";
import { connectedBed, Probe, testBed } from "./probe.ts";

test("a replaced timer and a canceled timer do not fire and do not count as events", () => {
  const { world, logs, run } = testBed(1);
  const node = world.node(1);
  node.setTimer(0, 100);
  node.setTimer(0, 300);
  node.setTimer(1, 50);
  node.cancelTimer(1);
  node.setTimer(15, 200);
  run(1000);
  expect(logs[1]).toEqual(["200 timer 15", "300 timer 0"]);
  expect(world.eventsHandled).toBe(2);
  expect(() => node.setTimer(TIMERS_MAX, 1)).toThrow(RangeError);
  expect(() => node.setTimer(0, -1)).toThrow(RangeError);
});

test("timers of a node with a clock twice as fast take half as long", () => {
  const { world, logs, run } = testBed(1);
  world.node(1).clockRate = 2;
  world.node(1).setTimer(0, 1001);
  run(5000);
  expect(logs[1]).toEqual(["501 timer 0"]);
  expect(() => {
    world.node(1).clockRate = 0;
  }).toThrow(RangeError);
});

test("after a crash and a restart, the new process gets no timer or disk completion of the old one", () => {
  const { world, logs, run } = testBed(1);
  const node = world.node(1);
  node.setTimer(0, 100);
  node.disk.sync(7);
  node.crash();
  expect([node.up, node.hostUp, node.program]).toEqual([false, true, undefined]);
  const after: string[] = [];
  node.start(new Probe(node, after));
  run(5000);
  expect([logs[1], after, node.incarnation]).toEqual([[], [], 2]);
  expect(() => node.start(new Probe(node))).toThrow(/already running/);
});

test("a resumed node handles the deferred events one by one and in order, before newer events", () => {
  const { world, logs, run, conn } = connectedBed();
  const node = world.node(2);
  node.setTimer(0, 150);
  node.disk.sync(3);
  node.pause();
  world.node(1).send(conn, "a");
  world.node(1).send(conn, "b");
  world.node(1).datagram(2, 5, "d");
  run(5000);
  expect(logs[2]).toEqual([]);
  // Message c is due at the time of the resume, and its arrival is scheduled before the deferred events.
  world.at(5100, () => node.resume(), "resume");
  world.node(1).send(conn, "c");
  const before = world.eventsHandled;
  run(9000);
  expect(logs[2]).toEqual([
    "5100 message a on 1 from 1",
    "5100 message b on 1 from 1",
    "5100 datagram d from 1 on 5",
    "5100 timer 0",
    "5100 disk 3 ok",
    "5100 message c on 1 from 1",
  ]);
  expect(world.eventsHandled - before).toBe(8);
});

test("the host of a paused node accepts a connection, and its program is notified at the resume", () => {
  const { world, logs, run } = testBed(2);
  world.node(2).pause();
  world.node(1).connect(2, 1);
  run(1000);
  expect([logs[1], logs[2]]).toEqual([["200 connected 1"], []]);
  world.node(2).resume();
  run(2000);
  expect(logs[2]).toEqual(["1000 accepted 1 from 1 on 1"]);
});

test("if a resumed node closes a connection at its first deferred message, it never reads the second", () => {
  const { world, logs, probes, run, conn } = connectedBed();
  const node = world.node(2);
  node.pause();
  for (const message of ["a", "b"]) world.node(1).send(conn, message);
  run(1000);
  const probe = probes[2] as Probe;
  probe.react = () => node.close(conn);
  node.resume();
  run(2000);
  expect(logs[2]).toEqual(["1000 message a on 1 from 1"]);
  expect(logs[1]).toEqual(["1100 reset 1"]);
});

test("a deferred timer does not fire if the handler of an earlier deferred event cancels it", () => {
  const { world, logs, probes, run } = testBed(1);
  const node = world.node(1);
  node.setTimer(0, 100);
  node.setTimer(1, 200);
  node.pause();
  run(1000);
  (probes[1] as Probe).react = () => node.cancelTimer(1);
  node.resume();
  run(2000);
  expect(logs[1]).toEqual(["1000 timer 0"]);
});

test("if a node is paused again, the remaining deferred events wait for the next resume", () => {
  const { world, logs, probes, run, conn } = connectedBed();
  const node = world.node(2);
  node.pause();
  for (const message of ["a", "b"]) world.node(1).send(conn, message);
  run(1000);
  (probes[2] as Probe).react = () => node.pause();
  node.resume();
  run(2000);
  expect(logs[2]?.length).toBe(1);
  (probes[2] as Probe).react = () => undefined;
  node.resume();
  run(3000);
  expect(logs[2]).toEqual(["1000 message a on 1 from 1", "2000 message b on 1 from 1"]);
});

test("a crash of a paused node loses its deferred events", () => {
  const { world, logs, run, conn } = connectedBed();
  world.node(2).pause();
  world.node(1).send(conn, "a");
  run(1000);
  world.node(2).crash();
  world.node(2).start(new Probe(world.node(2), logs[2] ?? []));
  run(2000);
  expect([logs[2], logs[1]]).toEqual([[], ["1100 reset 1"]]);
});

test("a stop keeps unsynced records, and only the disk of a stopped node can be wiped", () => {
  const { world } = testBed(1);
  const node = world.node(1);
  node.disk.append("log", 1);
  expect(() => node.wipe()).toThrow(/stop it before/);
  node.stop();
  expect(node.disk.records("log")).toEqual([1]);
  node.wipe();
  expect(node.disk.list()).toEqual([]);
});

test("a node refuses connections to a port that it no longer listens on", () => {
  const { world, logs, run } = testBed(2);
  world.node(2).unlisten(1);
  world.node(1).connect(2, 1);
  run(1000);
  expect(logs[1]).toEqual(["200 refused 1"]);
});

test("a port that a program opens twice is closed by one unlisten", () => {
  const { world, logs, run } = testBed(2);
  world.node(2).listen(1);
  world.node(2).unlisten(1);
  world.node(1).connect(2, 1);
  run(1000);
  expect(logs[1]).toEqual(["200 refused 1"]);
});

test("a changed clock rate moves the clock of the node from now on", () => {
  const { world, run } = testBed(1);
  const node = world.node(1);
  run(1000);
  node.clockRate = 2;
  run(1500);
  expect([node.clockRate, node.clockUs]).toEqual([2, 2000]);
  node.clockRate = 0.5;
  run(2500);
  expect([node.clockRate, node.clockUs]).toEqual([0.5, 2500]);
});
