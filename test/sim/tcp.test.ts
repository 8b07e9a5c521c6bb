import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRule } from "../../sim/rules.ts";
import { connectedBed, delivered, testBed } from "./probe.ts";

test("a listening node accepts after one latency, and the caller is connected after two", () => {
  const { world, logs, run } = testBed(2);
  world.node(1).connect(2, 1);
  run(1000);
  expect(logs[2]).toEqual(["100 accepted 1 from 1 on 1"]);
  expect(logs[1]).toEqual(["200 connected 1"]);
});

test("a node that does not listen or has no process refuses a connection after two latencies", () => {
  const { world, logs, run } = testBed(2);
  world.node(1).connect(2, 9);
  run(500);
  world.node(2).crash();
  world.node(1).connect(2, 1);
  run(1000);
  expect(logs[1]).toEqual(["200 refused 1", "700 refused 2"]);
  expect(world.network.effects.refused).toBe(2);
});

test("a connection to a host without power waits until the host starts again", () => {
  const { world, logs, run, probes } = testBed(2);
  world.node(2).crash({ power: true });
  world.node(1).connect(2, 1);
  run(5000);
  expect(logs[1]).toEqual([]);
  world.node(2).start(probes[2] as never);
  world.node(2).listen(1);
  run(9000);
  expect(logs[1]).toEqual(["5200 connected 1"]);
});

for (const [way, from, to] of [
  ["there", 1, 2],
  ["back", 2, 1],
] as const) {
  test(`a connection whose way ${way} is cut is established after the heal`, () => {
    const { world, logs, run } = testBed(2);
    const cut = world.network.cut(from, to);
    world.node(1).connect(2, 1);
    run(5000);
    expect([logs[1], logs[2], cut.held]).toEqual([[], [], 1]);
    world.network.heal(from, to);
    run(9000);
    expect(logs[2]).toEqual(["5100 accepted 1 from 1 on 1"]);
    expect(logs[1]).toEqual(["5200 connected 1"]);
  });
}

test("if the caller closes a connection that waits for a heal, its peer never sees it", () => {
  const { world, logs, run } = testBed(2);
  world.network.cut(1, 2);
  const conn = world.node(1).connect(2, 1);
  run(1000);
  world.node(1).close(conn);
  world.network.heal(1, 2);
  run(9000);
  expect([logs[1], logs[2]]).toEqual([[], []]);
});

test("messages in flight on a cut direction arrive in order after the heal, and the other direction works", () => {
  const { world, logs, run, conn } = connectedBed();
  world.node(1).send(conn, "a");
  run(250);
  const cut = world.network.cut(1, 2);
  world.node(1).send(conn, "b");
  world.node(2).send(conn, "back");
  run(2000);
  expect([delivered(logs[2]), delivered(logs[1])]).toEqual([[], ["back"]]);
  expect(world.network.inFlight().map(({ message, dueUs }) => [message, dueUs])).toEqual([
    ["a", undefined],
    ["b", undefined],
  ]);
  world.network.heal(1, 2);
  run(3000);
  expect(logs[2]).toEqual(["2100 message a on 1 from 1", "2100 message b on 1 from 1"]);
  expect([cut.held, cut.untilUs, world.network.effects.heldByCut]).toEqual([2, 2000, 2]);
});

test("a cut during which no node sends holds and loses nothing", () => {
  const { world, run } = connectedBed();
  world.network.cut(1, 2);
  run(1000);
  world.network.heal(1, 2);
  expect(world.network.effects.blocks.map(({ kind, held, lost }) => [kind, held, lost])).toEqual([["cut", 0, 0]]);
});

test("a stream with random latencies delivers in the order of sending", () => {
  const { world, logs, run, conn } = connectedBed(2, { link: { latencyMinUs: 100, latencyMaxUs: 100 } });
  world.network.setCharacter(1, 2, { latencyMaxUs: 5000, slowRate: 0.2, slowExtraUs: 50_000 });
  const sent = Array.from({ length: 50 }, (_, index) => `m${index}`);
  for (const message of sent) world.node(1).send(conn, message);
  run(1_000_000);
  expect(delivered(logs[2])).toEqual(sent);
});

test("with any cuts, clogs and losses, each direction delivers in order, and everything after the heal", () => {
  const step = fc.record({
    what: fc.constantFrom("send12", "send21", "cut", "heal", "clog", "unclog"),
    forwards: fc.boolean(),
    thenUs: fc.nat(400),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), fc.boolean(), (steps, seed, lossy) => {
      const link = lossy ? { latencyMaxUs: 300, lossRate: 0.05 } : { latencyMaxUs: 300 };
      const { world, logs, run, conn } = connectedBed(2, { seed });
      world.network.setDefaultCharacter(link);
      const sent: string[][] = [[], [], []];
      let counter = 0;
      for (const { what, forwards, thenUs } of steps) {
        const [from, to] = forwards ? [1, 2] : [2, 1];
        if (what === "cut" || what === "heal" || what === "clog" || what === "unclog") world.network[what](from, to);
        else {
          const sender = what === "send12" ? 1 : 2;
          const message = `m${counter++}`;
          if (world.node(sender).send(conn, message)) sent[3 - sender]?.push(message);
        }
        run(world.nowUs + thenUs);
        for (const receiver of [1, 2]) {
          const got = delivered(logs[receiver]);
          expect(got).toEqual(sent[receiver]?.slice(0, got.length));
        }
      }
      world.network.healAll();
      for (const [from, to] of [
        [1, 2],
        [2, 1],
      ] as const)
        world.network.unclog(from, to);
      run(world.nowUs + 60_000_000);
      const wasReset = world.network.effects.resetByLoss > 0;
      if (!wasReset) expect([delivered(logs[1]), delivered(logs[2])]).toEqual([sent[1], sent[2]]);
    }),
    { seed: 1, numRuns: 150 },
  );
});

test("the end that closes is gone immediately, and its peer gets the data before the close", () => {
  const { world, logs, run, conn } = connectedBed();
  world.node(2).send(conn, "unread");
  world.node(1).send(conn, "a");
  world.node(1).close(conn);
  expect(world.node(1).send(conn, "late")).toBe(false);
  run(1000);
  expect(logs[2]).toEqual(["300 message a on 1 from 1", "300 closed 1"]);
  expect(logs[1]).toEqual([]);
  expect(world.node(2).send(conn, "late")).toBe(false);
});

test("messages that a process sent before its crash arrive before the close", () => {
  const { world, logs, run, conn } = connectedBed();
  world.node(1).send(conn, "last");
  world.node(1).crash();
  run(1000);
  expect(logs[2]).toEqual(["300 message last on 1 from 1", "300 closed 1"]);
});

describe("a connection with messages that its process has not read", () => {
  test.each(["close", "crash"] as const)("is reset by a %s of the process, after the messages in flight", (end) => {
    const { world, logs, run, conn, probes } = connectedBed();
    probes[1]?.unread.add(conn);
    world.node(1).send(conn, "last");
    if (end === "close") world.node(1).close(conn);
    else world.node(1).crash();
    run(1000);
    expect(logs[2]).toEqual(["300 message last on 1 from 1", "300 reset 1"]);
  });

  test.each([
    ["a message", true, "reset"],
    ["no message", false, "closed"],
  ])("is the one of a paused process for which %s has arrived: the other end is %s", (_, sends, how) => {
    const { world, logs, run, conn } = connectedBed();
    world.node(1).pause();
    if (sends) world.node(2).send(conn, "unread");
    run(1000);
    world.node(1).crash();
    run(2000);
    expect(logs[2]).toEqual([`1100 ${how} 1`]);
  });

  test("is the one that a paused process has not accepted", () => {
    const { world, logs, run } = testBed(2);
    world.node(2).pause();
    world.node(1).connect(2, 1);
    run(1000);
    world.node(2).crash();
    run(2000);
    expect(logs[1]).toEqual(["200 connected 1", "1100 reset 1"]);
  });

  test("loses the messages that a cut holds and the reset, so its other end stays open until it sends", () => {
    const { world, logs, run, conn, probes } = connectedBed();
    probes[1]?.unread.add(conn);
    const cut = world.network.cut(1, 2);
    world.node(1).send(conn, "taken back");
    world.node(1).close(conn);
    run(1000);
    world.network.heal(1, 2);
    run(2000);
    expect([logs[2], cut.lost]).toEqual([[], 2]);
    world.node(2).send(conn, "still there?");
    run(3000);
    expect(logs[2]).toEqual(["2200 reset 1"]);
  });

  test("loses the messages in flight and the reset to a cut that begins before they arrive", () => {
    const { world, logs, run, conn, probes } = connectedBed();
    probes[1]?.unread.add(conn);
    world.node(1).send(conn, "taken back");
    world.node(1).close(conn);
    run(250);
    world.network.cut(1, 2);
    run(1000);
    world.network.heal(1, 2);
    run(2000);
    expect(logs[2]).toEqual([]);
  });

  test("loses the reset if a rule has dropped a message on its way", () => {
    const { world, logs, run, conn, probes } = connectedBed();
    probes[1]?.unread.add(conn);
    const rule = createRule<string>(() => true, { kind: "drop" }, 1);
    world.network.addRule(rule);
    world.node(1).send(conn, "dropped");
    world.node(1).close(conn);
    run(1000);
    expect([logs[2], rule.affected]).toEqual([[], 2]);
  });
});

test("a connection to a host that lost power is half-open until a message gets a reset from the restarted host", () => {
  const { world, logs, run, conn, probes } = connectedBed();
  world.node(1).crash({ power: true });
  run(50_000);
  expect(logs[2]).toEqual([]);
  expect(world.node(2).send(conn, "into the void")).toBe(true);
  run(100_000);
  expect([logs[2], world.network.effects.heldByHost]).toEqual([[], 1]);
  world.node(1).start(probes[1] as never);
  run(200_000);
  expect(logs[2]).toEqual(["100200 reset 1"]);
  expect(logs[1]).toEqual([]);
});

test.each([
  ["before", ["cut", "crash"]],
  ["after", ["crash", "cut"]],
])(
  "the caller connects again if the way back is cut %s its peer loses power, before the answer arrives",
  (_, faults) => {
    const { world, logs, run, probes } = testBed(2);
    world.node(1).connect(2, 1);
    run(150);
    for (const fault of faults) {
      if (fault === "cut") world.network.cut(2, 1);
      else world.node(2).crash({ power: true });
    }
    run(1000);
    world.network.healAll();
    world.node(2).start(probes[2] as never);
    world.node(2).listen(1);
    run(5000);
    expect(logs[1]).toEqual(["1200 connected 1"]);
    expect(logs[2]).toEqual(["100 accepted 1 from 1 on 1", "1100 accepted 1 from 1 on 1"]);
  },
);

test("a node does not notice that its peer lost power and restarted until it sends", () => {
  const { world, logs, run, conn, probes } = connectedBed();
  world.node(1).crash({ power: true });
  world.node(1).start(probes[1] as never);
  run(50_000);
  expect(logs[2]).toEqual([]);
  world.node(2).send(conn, "hello?");
  run(100_000);
  expect(logs[2]).toEqual(["50200 reset 1"]);
});

test("a reset connection loses the messages in flight, and an end after a cut notices at the heal", () => {
  const { world, logs, run, conn } = connectedBed();
  world.node(1).send(conn, "lost");
  world.network.cut(1, 2);
  expect(world.network.resetConnection(conn)).toBe(true);
  run(1000);
  expect([logs[1], logs[2]]).toEqual([["300 reset 1"], []]);
  world.network.heal(1, 2);
  run(2000);
  expect(logs[2]).toEqual(["1100 reset 1"]);
  expect(world.network.resetConnection(conn)).toBe(false);
});

test("a connection on a link that loses everything is reset after six retransmissions", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.setCharacter(1, 2, { lossRate: 1 });
  world.node(1).send(conn, "never");
  run(60_000_000);
  const givenUpUs = 200 + 200_000 * 63 + 100;
  expect([logs[1], logs[2]]).toEqual([[`${givenUpUs} reset 1`], [`${givenUpUs} reset 1`]]);
  expect([world.network.effects.retransmitted, world.network.effects.resetByLoss]).toEqual([6, 1]);
});

test("a close that is lost six times resets the peer's end", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.setCharacter(1, 2, { lossRate: 1 });
  world.node(1).close(conn);
  run(60_000_000);
  expect([logs[1], logs[2]]).toEqual([[], [`${200 + 200_000 * 63 + 100} reset 1`]]);
});

test("a loss on a stream delays messages and loses none", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.setCharacter(1, 2, { lossRate: 0.3 });
  const sent = Array.from({ length: 40 }, (_, index) => `m${index}`);
  for (const message of sent) world.node(1).send(conn, message);
  run(60_000_000);
  expect(delivered(logs[2])).toEqual(sent);
  expect(world.network.effects.retransmitted).toBeGreaterThan(3);
  expect(Number(logs[2]?.at(-1)?.split(" ")[0])).toBeGreaterThan(200_000);
});

test("messages and connections wait for the end of a clog and then arrive in order", () => {
  const { world, logs, run, conn } = connectedBed();
  const clog = world.network.clog(1, 2);
  world.node(1).send(conn, "a");
  const second = world.node(1).connect(2, 1);
  run(1000);
  expect(logs[2]).toEqual([]);
  world.network.unclog(1, 2);
  run(2000);
  expect(logs[2]).toEqual(["1100 message a on 1 from 1", `1100 accepted ${second} from 1 on 1`]);
  expect(clog.held).toBe(2);
});

test("a link that is cut and clogged delivers only after both have ended", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.cut(1, 2);
  world.network.clog(1, 2);
  world.node(1).send(conn, "a");
  world.network.heal(1, 2);
  run(1000);
  expect(logs[2]).toEqual([]);
  world.network.unclog(1, 2);
  run(2000);
  expect(delivered(logs[2])).toEqual(["a"]);
});

test("a message above the queue limit resets the connection", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.queueLimit = 2;
  for (const message of ["a", "b", "c"]) world.node(1).send(conn, message);
  run(1000);
  expect([logs[1], logs[2]]).toEqual([["300 reset 1"], ["300 reset 1"]]);
  expect(world.network.effects.resetByQueueLimit).toBe(1);
});

test("a node that connects to itself is refused, even if it listens", () => {
  const { world, logs, run } = testBed(2);
  world.node(1).listen(1);
  const connection = world.node(1).connect(1, 1);
  run(1000);
  expect(logs[1]).toEqual([`200 refused ${connection}`]);
});

test("connecting to an unknown node is an error, and an unknown connection sends nothing", () => {
  const { world } = testBed(2);
  expect(() => world.node(1).connect(7, 1)).toThrow(/no link 1 -> 7/);
  expect(world.node(1).send(99, "x")).toBe(false);
});

for (const script of [true, false]) {
  const loss = script ? "disconnect" : "crash";
  test(`a node notices the ${loss} and power loss of its peer during a cut only at its next message`, () => {
    const { world, logs, run, probes } = connectedBed();
    world.network.cut(1, 2);
    world.network.cut(2, 1);
    if (script) world.network.disconnect(2);
    else world.node(2).crash();
    if (!script) world.node(2).start(probes[2] as never);
    world.node(2).crash({ power: true });
    world.network.healAll();
    world.node(2).start(probes[2] as never);
    world.node(2).listen(1);
    run(5000);
    expect(logs[1]?.filter((line) => line.includes("reset"))).toEqual([]);
    world.node(1).send(1, "still there?");
    run(9000);
    expect(logs[1]?.at(-1)).toMatch(/reset/);
  });
}

test("a caller cannot send before it is connected, but the accepting node can", () => {
  const { world, logs, run } = testBed(2);
  const conn = world.node(1).connect(2, 1);
  run(150);
  expect([world.node(1).send(conn, "early"), world.node(2).send(conn, "welcome")]).toEqual([false, true]);
  run(1000);
  expect(logs[1]).toEqual(["200 connected 1", "250 message welcome on 1 from 2"]);
  expect(delivered(logs[2])).toEqual([]);
});

test("the end of the caller is open from the start, the end of its peer from the accept, each until it closes", () => {
  const { world, run } = testBed(3);
  const { tcp } = world.network;
  const conn = world.node(1).connect(2, 1);
  const openEnds = () => [1, 2, 3].filter((node) => tcp.isOpen(node, conn));
  expect(openEnds()).toEqual([1]);
  run(1000);
  expect(openEnds()).toEqual([1, 2]);
  world.node(1).close(conn);
  expect(openEnds()).toEqual([2]);
  run(2000);
  expect(openEnds()).toEqual([]);
});

test("only the first close of an open end has an effect", () => {
  const { world, logs, run, conn } = connectedBed(3);
  world.node(3).close(conn);
  world.node(1).close(99);
  run(500);
  expect([logs[1], logs[2]]).toEqual([[], []]);
  world.node(1).close(conn);
  world.node(1).close(conn);
  run(1000);
  expect([logs[1], logs[2]]).toEqual([[], ["600 closed 1"]]);
});

test("a message of a host that lost power arrives if its link is intact, and is lost if its link is cut", () => {
  for (const isCut of [false, true]) {
    const { world, logs, run, conn } = connectedBed();
    world.node(1).send(conn, "last");
    world.node(1).crash({ power: true });
    if (isCut) world.network.cut(1, 2);
    run(1000);
    world.network.healAll();
    run(2000);
    expect(delivered(logs[2])).toEqual(isCut ? [] : ["last"]);
  }
});

test("an attempt whose opening is lost six times is refused at the caller and unknown to its peer", () => {
  const { world, logs, run } = testBed(2);
  world.network.setCharacter(1, 2, { lossRate: 1 });
  world.node(1).connect(2, 1);
  run(60_000_000);
  expect([logs[1], logs[2]]).toEqual([[`${200_000 * 63 + 100} refused 1`], []]);
});

test("an attempt whose refusal is lost six times is refused at the caller after the last loss", () => {
  const { world, logs, run } = testBed(2);
  world.network.setCharacter(2, 1, { lossRate: 1 });
  world.node(1).connect(2, 9);
  run(60_000_000);
  expect([logs[1], logs[2]]).toEqual([[`${100 + 200_000 * 63 + 100} refused 1`], []]);
});
