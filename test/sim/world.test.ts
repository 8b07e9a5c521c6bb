import { expect, test } from "vitest";
import { USER_EVENT } from "../../sim/event-kinds.ts";
import { Trace } from "../../sim/trace.ts";
import { World, type WorldOptions } from "../../sim/world.ts";
import { connectedBed, delivered, hashText, type Probe, testBed } from "./probe.ts";

/** Runs 3 nodes that answer messages for 1 s, with cuts, losses, a pause and a crash. Returns the digest. */
function eventfulRun(options: Partial<WorldOptions<string>>): string {
  const { world, logs, probes, run } = testBed(3, { ...options, link: { latencyMaxUs: 900, lossRate: 0.02 } });
  for (const node of world.nodes) {
    const probe = probes[node.id] as Probe;
    probe.react = (line) => {
      const message = /^message (\S+) on (\d+)/.exec(line);
      if (message !== null) node.send(Number(message[2]), `${node.id}${message[1]}`.slice(0, 20));
      const connected = /^connected (\d+)/.exec(line);
      if (connected !== null) node.send(Number(connected[1]), "hello");
      node.disk.append("log", line);
      node.disk.sync(1);
    };
    node.connect((node.id % 3) + 1, 1);
  }
  world.at(100_000, () => world.network.partition([[1], [2, 3]]), "partition");
  world.at(200_000, () => world.network.healAll(), "heal");
  world.at(300_000, () => world.node(2).pause(), "pause");
  world.at(400_000, () => world.node(2).resume(), "resume");
  world.at(500_000, () => world.node(3).crash({ power: true, unsynced: "torn" }), "crash");
  run(1_000_000);
  expect(world.eventsHandled).toBeGreaterThan(1000);
  expect(delivered(logs[2]).length).toBeGreaterThan(20);
  return world.digestHex();
}

test("the seed determines the digest of a run with many faults, whether the run is traced or not", () => {
  const digest = eventfulRun({ seed: 5 });
  expect(eventfulRun({ seed: 5n })).toBe(digest);
  expect(eventfulRun({ seed: 5, trace: new Trace() })).toBe(digest);
  expect(eventfulRun({ seed: 5, trace: new Trace({ level: "none" }) })).toBe(digest);
  expect(eventfulRun({ seed: 5, trace: new Trace({ limit: 10 }) })).toBe(digest);
  expect(eventfulRun({ seed: 6 })).not.toBe(digest);
  expect(eventfulRun({ seed: 5, digest: false })).toBe("");
  expect(eventfulRun({ seed: 5, digestState: false })).not.toBe(digest);
});

test("a different text of one message changes the digest", () => {
  const digestOf = (message: string) => {
    const { world, run, conn } = connectedBed(2, { digestState: false, hashMessage: hashText });
    world.node(1).send(conn, message);
    run(1000);
    return world.digestHex();
  };
  expect(digestOf("a")).toBe(digestOf("a"));
  expect(digestOf("a")).not.toBe(digestOf("b"));
});

test("a run ends at its time limit, without events, at its event limit, or when stopWhen returns true", () => {
  const world = new World<string>({ seed: 1, nodes: 1 });
  const seen: number[] = [];
  for (const timeUs of [10, 20, 30, 40]) world.at(timeUs, () => seen.push(timeUs), `at ${timeUs}`);
  expect(world.run({ untilUs: 20 })).toEqual({ reason: "until", events: 2 });
  expect(world.run({ untilUs: 25 })).toEqual({ reason: "until", events: 0 });
  expect([world.nowUs, seen]).toEqual([25, [10, 20]]);
  expect(world.run({ untilUs: 100, maxEvents: 1 })).toEqual({ reason: "events", events: 1 });
  expect(world.nowUs).toBe(30);
  expect(world.run({ untilUs: 100, stopWhen: () => seen.length === 4 })).toEqual({ reason: "stopped", events: 1 });
  expect(world.run({ untilUs: 100 })).toEqual({ reason: "idle", events: 0 });
  expect([world.nowUs, world.step()]).toEqual([100, false]);
  expect(world.run({ untilUs: Number.POSITIVE_INFINITY })).toEqual({ reason: "idle", events: 0 });
  expect(world.nowUs).toBe(100);
});

test("scripts with equal times run in the order of scheduling, and none can be scheduled in the past", () => {
  const world = new World<string>({ seed: 1, nodes: [0, 7] });
  const seen: string[] = [];
  world.at(5, () => seen.push("first"), "a");
  world.at(5, () => world.at(5, () => seen.push("third"), "c"), "b");
  world.at(5, () => seen.push("second"), "d");
  while (world.step());
  expect(seen).toEqual(["first", "second", "third"]);
  expect(() => world.at(4, () => undefined, "late")).toThrow(RangeError);
  expect(() => world.at(5.5, () => undefined, "between")).toThrow(RangeError);
});

test("onEvent sees every event while it is current, and onUserEvent gets the events of user kinds", () => {
  const world = new World<string>({ seed: 1, nodes: 1 });
  const seen: number[] = [];
  world.onEvent = () => seen.push(world.currentSequence);
  const own: unknown[] = [];
  world.onUserEvent = (...event) => own.push(event);
  world.schedule(3, 1, USER_EVENT + 2, 4, 5, "payload");
  world.at(1, () => undefined, "script");
  world.run({ untilUs: 10 });
  expect([seen, own, world.currentSequence]).toEqual([[1, 0], [[1, USER_EVENT + 2, 4, 5, "payload"]], -1]);
  expect(world.describe()).toMatch(/^event 2 at 0\.000003: user 66 5 at node 1 from node 4/);
});

test("invalid node ids are an error that names the id", () => {
  const make = (nodes: number | number[]) => () => new World<string>({ seed: 1, nodes });
  expect(make([256])).toThrow(/node id 256/);
  expect(make([1, 1])).toThrow(/not distinct/);
  expect(make(0)).toThrow(/at least one/);
  expect(() => make(2)().node(3)).toThrow(/no node 3/);
});

test("a world describes its last event, and says so if there is none", () => {
  const { world, run } = testBed(2);
  expect(world.describe()).toBe("no event yet");
  world.at(10, () => undefined, "script");
  run(10);
  expect(world.describe()).toBe("event 1 at 0.000010: script 0, payload 00000000");
  world.node(2).datagram(1, 5, "a");
  run(1000);
  expect(world.describe()).toBe(
    "event 2 at 0.000110: datagram 5 at node 1 from node 2, payload 00000061, state 00000001",
  );
});

test("an event of a kind between those of the simulator and those of the user is an error", () => {
  const world = new World<string>({ seed: 1, nodes: 1 });
  world.schedule(1, 1, USER_EVENT - 1, 0, 0, undefined);
  expect(() => world.step()).toThrow("There is no event kind 63; your own start at 64");
});

test("a world without a digest does not hash messages", () => {
  let hashed = 0;
  const hashMessage = () => ++hashed;
  for (const digest of [true, false]) {
    hashed = 0;
    const { world, run } = connectedBed(2, { digest, hashMessage });
    world.node(1).datagram(2, 5, "a");
    run(1000);
    expect(hashed).toBe(digest ? 1 : 0);
  }
});
