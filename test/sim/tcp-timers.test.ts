import { describe, expect, test } from "vitest";
import { createRule } from "../../sim/rules.ts";
import { type Bed, connectedBed, testBed } from "./probe.ts";

const TIMEOUT_US = 10_000_000;
const MINUTE_US = 60_000_000;

/** A test bed with a retransmission timeout of 10 s and an established connection from node 1 to node 2. */
function stalling(): Bed & { conn: number } {
  const bed = connectedBed();
  bed.world.network.retransmissionTimeoutUs = TIMEOUT_US;
  return bed;
}

describe("the retransmission timeout ends the connection at the end that has sent a message", () => {
  test.each<[string, (bed: Bed) => void]>([
    ["the way there is cut", ({ world }) => world.network.cut(1, 2)],
    ["the way back is cut, so that no acknowledgment arrives", ({ world }) => world.network.cut(2, 1)],
    ["the way there is clogged", ({ world }) => world.network.clog(1, 2)],
    [
      "a rule holds the message",
      ({ world }) => world.network.addRule(createRule<string>(() => true, { kind: "hold" })),
    ],
    [
      "a rule drops the message",
      ({ world }) => world.network.addRule(createRule<string>(() => true, { kind: "drop" })),
    ],
  ])("if %s", (_, obstruct) => {
    const bed = stalling();
    const { world, logs, run, conn } = bed;
    obstruct(bed);
    world.node(1).send(conn, "unacknowledged");
    run(200 + TIMEOUT_US - 1);
    expect(logs[1]).toEqual([]);
    run(2 * MINUTE_US);
    expect(logs[1]).toEqual([`${200 + TIMEOUT_US} reset ${conn}`]);
    expect(logs[2]?.filter((line) => line.includes("reset"))).toEqual([]);
    expect([world.node(1).send(conn, "more"), world.network.effects.endedByTimeout]).toEqual([false, 1]);
  });

  test("if the cut begins while the message is in flight, or while its acknowledgment is missing", () => {
    for (const [from, to] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const { world, logs, run, conn } = stalling();
      world.node(1).send(conn, "in flight");
      run(250);
      world.network.cut(from, to);
      run(2 * MINUTE_US);
      expect(logs[1]).toEqual([`${250 + TIMEOUT_US} reset ${conn}`]);
    }
  });

  test("if the other host has lost power, from the first message to it on", () => {
    const { world, logs, run, conn } = stalling();
    world.node(2).crash({ power: true });
    run(5000);
    world.node(1).send(conn, "unacknowledged");
    run(7000);
    world.node(1).send(conn, "more");
    run(2 * MINUTE_US);
    expect(logs[1]).toEqual([`${5100 + TIMEOUT_US} reset ${conn}`]);
  });

  test("after the end of a pause, if its process is paused", () => {
    const { world, logs, run, conn } = stalling();
    world.network.cut(1, 2);
    world.node(1).send(conn, "unacknowledged");
    world.node(1).pause();
    run(MINUTE_US);
    world.node(1).resume();
    run(2 * MINUTE_US);
    expect(logs[1]).toEqual([`${MINUTE_US} reset ${conn}`]);
  });

  test("and the other end gets a reset when it sends after the heal", () => {
    const { world, logs, run, conn } = stalling();
    world.network.cut(1, 2);
    world.node(1).send(conn, "never");
    run(MINUTE_US);
    world.network.heal(1, 2);
    run(MINUTE_US + 1000);
    expect(logs[2]).toEqual([]);
    world.node(2).send(conn, "still there?");
    run(2 * MINUTE_US);
    expect(logs[2]).toEqual([`${MINUTE_US + 1200} reset ${conn}`]);
  });
});

describe("the retransmission timeout does not end", () => {
  test("an idle connection", () => {
    const { world, logs, run } = stalling();
    world.network.cut(1, 2);
    world.network.cut(2, 1);
    run(2 * MINUTE_US);
    expect([logs[1], logs[2]]).toEqual([[], []]);
  });

  test.each<[string, (bed: Bed) => number | undefined, (bed: Bed, rule: number) => void]>([
    ["cut", ({ world }) => void world.network.cut(1, 2), ({ world }) => world.network.heal(1, 2)],
    ["cut of the way back", ({ world }) => void world.network.cut(2, 1), ({ world }) => world.network.heal(2, 1)],
    [
      "hold",
      ({ world }) => world.network.addRule(createRule<string>(() => true, { kind: "hold" }, 1)),
      ({ world }, rule) => world.network.releaseRule(rule),
    ],
  ])("a connection whose %s ends before the timeout, even if another one follows", (_, obstruct, release) => {
    const bed = stalling();
    const { world, logs, run, conn } = bed;
    for (const startUs of [200, 8_000_000]) {
      run(startUs);
      const rule = obstruct(bed) ?? 0;
      world.node(1).send(conn, "delayed");
      run(startUs + 6_000_000);
      release(bed, rule);
    }
    run(2 * MINUTE_US);
    expect(logs[1]).toEqual([]);
    expect(logs[2]?.length).toBe(2);
  });

  test("a connection to a host that has power again before the timeout; the host resets it", () => {
    const { world, logs, run, conn, probes } = stalling();
    world.node(2).crash({ power: true });
    world.node(1).send(conn, "unacknowledged");
    run(5_000_000);
    world.node(2).start(probes[2] as never);
    run(2 * MINUTE_US);
    expect(logs[1]).toEqual(["5000200 reset 1"]);
    expect(world.network.effects.endedByTimeout).toBe(0);
  });

  test("a connection of a host that has lost power meanwhile", () => {
    const { world, run, conn } = stalling();
    world.network.cut(1, 2);
    world.node(1).send(conn, "unacknowledged");
    world.node(1).crash({ power: true });
    run(2 * MINUTE_US);
    expect(world.network.effects.endedByTimeout).toBe(0);
  });
});

test("a close that stays unacknowledged until the timeout leaves the other end open", () => {
  const { world, logs, run, conn } = stalling();
  world.network.cut(1, 2);
  world.node(1).close(conn);
  run(MINUTE_US);
  world.network.heal(1, 2);
  run(2 * MINUTE_US);
  expect([logs[1], logs[2]]).toEqual([[], []]);
  expect(world.node(2).send(conn, "still there?")).toBe(true);
});

test("the default retransmission timeout is that of Linux, 924.6 s", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.cut(1, 2);
  world.node(1).send(conn, "unacknowledged");
  run(1_000_000_000);
  expect(logs[1]).toEqual([`${200 + 924_600_000} reset ${conn}`]);
  expect(world.network.keepAliveTimeoutUs).toBe((7200 + 9 * 75) * 1_000_000);
  expect(world.network.retransmissionTimeoutUs).toBe(924_600_000);
});

describe("keep-alive", () => {
  /** A test bed with a keep-alive timeout of 10 s, which only node 1 turns on. */
  function keptAlive(): Bed & { conn: number } {
    const bed = connectedBed();
    bed.world.network.keepAliveTimeoutUs = TIMEOUT_US;
    bed.world.node(1).keepAlive(bed.conn);
    return bed;
  }

  test.each<[string, (bed: Bed) => void]>([
    ["the way there is cut", ({ world }) => world.network.cut(1, 2)],
    ["the way back is cut", ({ world }) => world.network.cut(2, 1)],
    ["the other host has no power", ({ world }) => world.node(2).crash({ power: true })],
    [
      "the other host was restarted after a power loss",
      ({ world, probes }) => {
        world.node(2).crash({ power: true });
        world.node(2).start(probes[2] as never);
      },
    ],
  ])("ends an idle connection if %s", (_, obstruct) => {
    const bed = keptAlive();
    obstruct(bed);
    bed.run(MINUTE_US);
    expect(bed.world.network.effects.blocks.map(({ lost }) => lost)).toEqual(
      bed.world.network.effects.blocks.map(() => 1),
    );
    expect(bed.logs[1]).toEqual([`${200 + TIMEOUT_US} reset ${bed.conn}`]);
    expect([bed.logs[2], bed.world.network.effects.endedByTimeout]).toEqual([[], 1]);
  });

  test("counts from the last message that has arrived", () => {
    const { world, logs, run, conn } = keptAlive();
    run(4_000_000);
    world.node(2).send(conn, "alive");
    run(5_000_000);
    world.network.cut(2, 1);
    run(MINUTE_US);
    expect(logs[1]?.at(-1)).toBe(`${4_000_100 + TIMEOUT_US} reset ${conn}`);
  });

  test("keeps an idle connection whose other end answers, and counts from the answer", () => {
    const { world, logs, run, conn } = keptAlive();
    run(MINUTE_US);
    expect(logs[1]).toEqual([]);
    world.network.cut(1, 2);
    run(2 * MINUTE_US);
    expect(logs[1]).toEqual([`${200 + 6 * TIMEOUT_US} reset ${conn}`]);
  });

  test("has no effect on a connection that its program has closed, or that does not exist", () => {
    const { world, logs, run, conn } = keptAlive();
    world.node(1).close(conn);
    world.node(1).keepAlive(99);
    world.network.cut(1, 2);
    run(MINUTE_US);
    expect([logs[1], world.network.effects.endedByTimeout]).toEqual([[], 0]);
  });

  test("works for a caller that turns it on before it is connected", () => {
    const { world, logs, run } = testBed(2);
    world.network.keepAliveTimeoutUs = TIMEOUT_US;
    const conn = world.node(1).connect(2, 1);
    world.node(1).keepAlive(conn);
    run(1000);
    world.network.cut(2, 1);
    run(MINUTE_US);
    expect(logs[1]?.at(-1)).toMatch(`reset ${conn}`);
  });
});
