import { expect, test } from "vitest";
import type { InFlightVerdict } from "../../sim/index.ts";
import { delivered, testBed } from "./probe.ts";

const LATENCY_US = 1000;

/** Two nodes with an open connection, and the messages a, b and c in flight from 1 to 2. */
function withStream(latencyUs = LATENCY_US) {
  const bed = testBed(2);
  const { network } = bed.world;
  network.setCharacter(1, 2, { latencyMinUs: latencyUs, latencyMaxUs: latencyUs });
  bed.world.node(2).listen(7);
  const conn = bed.world.node(1).connect(2, 7);
  bed.run(10_000);
  for (const message of ["a", "b", "c"]) bed.world.node(1).send(conn, message);
  const decide = (message: string, verdict: InFlightVerdict): number =>
    network.decideInFlight((one) => one === message, 1, verdict);
  return { ...bed, conn, decide, flying: () => network.inFlight().map(({ message }) => message) };
}

test("a message of a stream that is dropped takes the later ones along", () => {
  const { decide, flying, logs, run } = withStream();
  expect(decide("b", { kind: "drop" })).toBe(1);
  expect(flying()).toEqual(["a"]);
  run(20_000);
  expect(delivered(logs[2])).toEqual(["a"]);
});

test("a message of a stream that is delayed holds up the later ones", () => {
  const { decide, logs, run } = withStream();
  expect(decide("b", { kind: "delay", byUs: 5000 })).toBe(1);
  run(10_000 + LATENCY_US);
  expect(delivered(logs[2])).toEqual(["a"]);
  run(10_000 + LATENCY_US + 5000);
  expect(delivered(logs[2])).toEqual(["a", "b", "c"]);
});

test("a message of a stream that is delivered brings the earlier ones along", () => {
  const { decide, logs, run } = withStream();
  expect(decide("b", { kind: "deliver" })).toBe(1);
  run(10_000);
  expect(delivered(logs[2])).toEqual(["a", "b"]);
  run(20_000);
  expect(delivered(logs[2])).toEqual(["a", "b", "c"]);
});

test("a message that a cut holds can be delayed and dropped, but not delivered", () => {
  const { decide, logs, run, world } = withStream();
  world.network.cut(1, 2);
  expect(decide("a", { kind: "deliver" })).toBe(0);
  expect(decide("a", { kind: "delay", byUs: 3000 })).toBe(1);
  expect(decide("c", { kind: "drop" })).toBe(1);
  world.network.heal(1, 2);
  run(10_000 + LATENCY_US);
  expect(delivered(logs[2])).toEqual([]);
  run(10_000 + LATENCY_US + 3000);
  expect(delivered(logs[2])).toEqual(["a", "b"]);
});

test("a message that a rule holds can be delivered", () => {
  const { conn, decide, logs, run, world } = withStream();
  run(20_000);
  world.network.addRule({
    matches: (message) => message === "held",
    verdict: { kind: "hold" },
    remaining: 1,
    hits: 0,
    affected: 0,
  });
  world.node(1).send(conn, "held");
  world.node(1).send(conn, "after");
  run(30_000);
  expect(delivered(logs[2])).toEqual(["a", "b", "c"]);
  expect(decide("held", { kind: "deliver" })).toBe(1);
  run(40_000);
  expect(delivered(logs[2])).toEqual(["a", "b", "c", "held", "after"]);
});

test("a datagram is dropped, delayed or delivered alone", () => {
  const { decide, logs, run, world } = withStream();
  run(20_000);
  for (const message of ["x", "y", "z"]) world.node(1).datagram(2, 5, message);
  expect([decide("x", { kind: "drop" }), decide("y", { kind: "delay", byUs: 5000 })]).toEqual([1, 1]);
  expect(decide("z", { kind: "deliver" })).toBe(1);
  run(20_000);
  expect(delivered(logs[2]).slice(3)).toEqual(["z"]);
  run(30_000);
  expect(delivered(logs[2]).slice(3)).toEqual(["z", "y"]);
});

test("a datagram that a clog holds, and a message that does not exist, cannot be changed", () => {
  const { decide, run, world } = withStream();
  run(20_000);
  world.network.clog(1, 2);
  world.node(1).datagram(2, 5, "x");
  expect(decide("x", { kind: "deliver" })).toBe(0);
  expect(decide("none", { kind: "drop" })).toBe(0);
});

test("a paused node shows the messages that wait for it, and its timers show when they are due", () => {
  const { conn, run, world } = withStream();
  world.node(2).pause();
  world.node(1).datagram(2, 5, "x");
  run(20_000);
  expect(world.node(2).deferredMessages()).toEqual([
    { conn, message: "a" },
    { conn, message: "b" },
    { conn, message: "c" },
    { conn: 0, message: "x" },
  ]);
  world.node(1).setTimer(3, 500);
  expect(world.node(1).pendingTimers()).toEqual([{ timer: 3, dueUs: 20_500 }]);
});
