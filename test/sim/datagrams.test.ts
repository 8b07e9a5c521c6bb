import { expect, test } from "vitest";
import { delivered, testBed } from "./probe.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);

test("datagrams with random latencies all arrive, and some overtake others", () => {
  const { world, logs, run } = testBed(2);
  world.network.setCharacter(1, 2, { latencyMaxUs: 5000 });
  for (const message of numbered(30)) world.node(1).datagram(2, 5, message);
  run(10_000);
  const got = delivered(logs[2]);
  expect([...got].sort()).toEqual(numbered(30).sort());
  expect(got).not.toEqual(numbered(30));
});

test("a lossy, duplicating link loses some datagrams, delivers some twice, and counts both", () => {
  const { world, logs, run } = testBed(2);
  world.network.setCharacter(1, 2, { lossRate: 0.3, duplicateRate: 0.3 });
  for (const message of numbered(100)) world.node(1).datagram(2, 5, message);
  run(10_000);
  const { lostByRate, duplicated } = world.network.effects;
  expect(lostByRate).toBeGreaterThan(10);
  expect(duplicated).toBeGreaterThan(10);
  expect(delivered(logs[2]).length).toBe(100 - lostByRate + duplicated);
});

test("a cut loses the datagrams in flight and those sent before the heal", () => {
  const { world, logs, run } = testBed(2);
  world.node(1).datagram(2, 5, "flying");
  const cut = world.network.cut(1, 2);
  world.node(1).datagram(2, 5, "sent");
  run(1000);
  world.network.heal(1, 2);
  world.node(1).datagram(2, 5, "after");
  run(2000);
  expect([delivered(logs[2]), cut.lost]).toEqual([["after"], 2]);
});

test("a clog holds datagrams until it ends", () => {
  const { world, logs, run } = testBed(2);
  world.node(1).datagram(2, 5, "flying");
  const clog = world.network.clog(1, 2);
  world.node(1).datagram(2, 5, "sent");
  run(1000);
  expect([delivered(logs[2]), clog.held]).toEqual([[], 2]);
  world.network.unclog(1, 2);
  run(2000);
  expect(delivered(logs[2]).sort()).toEqual(["flying", "sent"]);
});

test("datagrams above the queue limit or to a stopped node are lost and counted", () => {
  const { world, logs, run } = testBed(2);
  world.network.queueLimit = 2;
  for (const message of ["a", "b", "c"]) world.node(1).datagram(2, 5, message);
  run(1000);
  expect([delivered(logs[2]), world.network.effects.lostByQueueLimit]).toEqual([["a", "b"], 1]);
  world.node(2).stop();
  world.node(1).datagram(2, 5, "d");
  run(2000);
  expect(world.network.effects.lostAtNode).toBe(1);
});

test("datagrams that a clog holds survive a cut and arrive after both end", () => {
  const { world, logs, run } = testBed(2);
  const clog = world.network.clog(1, 2);
  world.node(1).datagram(2, 5, "held");
  world.network.cut(1, 2);
  world.network.heal(1, 2);
  run(1000);
  world.network.cut(1, 2);
  world.network.unclog(1, 2);
  run(2000);
  world.network.heal(1, 2);
  run(3000);
  expect([delivered(logs[2]), clog.held, clog.lost]).toEqual([["held"], 1, 0]);
});

test("a clogged link holds no more datagrams than the queue limit", () => {
  const { world, logs, run } = testBed(2);
  world.network.queueLimit = 2;
  const clog = world.network.clog(1, 2);
  for (const message of ["a", "b", "c"]) world.node(1).datagram(2, 5, message);
  expect([clog.held, world.network.effects.lostByQueueLimit]).toEqual([2, 1]);
  world.network.unclog(1, 2);
  run(1000);
  expect(delivered(logs[2])).toEqual(["a", "b"]);
});

test("a clogged link that is also cut loses new datagrams", () => {
  const { world, logs, run } = testBed(2);
  const [clog, cut] = [world.network.clog(1, 2), world.network.cut(1, 2)];
  world.node(1).datagram(2, 5, "lost");
  expect([clog.held, cut.lost]).toEqual([0, 1]);
  world.network.heal(1, 2);
  world.network.unclog(1, 2);
  run(1000);
  expect(logs[2]).toEqual([]);
});
