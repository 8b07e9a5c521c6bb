import { expect, test } from "vitest";
import { createRule } from "../../sim/rules.ts";
import { connectedBed, delivered, testBed } from "./probe.ts";

const isText = (text: string) => (message: string) => message === text;

test("a partition cuts both directions between its groups and no link within a group", () => {
  const { world, logs, run } = testBed(3);
  const cuts = world.network.partition([[1], [2, 3]]);
  expect(cuts.length).toBe(4);
  world.node(1).connect(2, 1);
  world.node(3).connect(2, 1);
  run(1000);
  expect([logs[1], logs[3]]).toEqual([[], ["200 connected 2"]]);
  expect([world.network.isCut(1, 2), world.network.isCut(3, 1), world.network.isCut(2, 3)]).toEqual([
    true,
    true,
    false,
  ]);
  world.network.healAll();
  run(2000);
  expect(logs[1]).toEqual(["1200 connected 1"]);
});

test("a node in two groups of a partition is cut off from the other members of both, but not from itself", () => {
  const { world } = testBed(3);
  const cuts = world.network.partition([
    [1, 2],
    [2, 3],
  ]);
  expect(cuts.map(({ from, to }) => `${from}-${to}`).sort()).toEqual(["1-2", "1-3", "2-1", "2-3", "3-1", "3-2"]);
});

test("a node in no group of a partition keeps all its links", () => {
  const { world } = testBed(3);
  world.network.partition([[1], [2]]);
  expect([world.network.isCut(1, 3), world.network.isCut(3, 2)]).toEqual([false, false]);
});

test("a second cut or clog of a direction returns the effect of the first, and one heal ends it", () => {
  const { world } = testBed(2);
  const { network } = world;
  const [cut, clog] = [network.cut(1, 2), network.clog(1, 2)];
  expect([network.cut(1, 2), network.clog(1, 2)]).toEqual([cut, clog]);
  network.heal(1, 2);
  network.unclog(1, 2);
  expect([network.isCut(1, 2), cut.untilUs, clog.untilUs, network.effects.blocks.length]).toEqual([false, 0, 0, 2]);
});

test("a heal of a direction that is not cut changes nothing", () => {
  const { world, run, logs, conn } = connectedBed();
  world.network.heal(1, 2);
  world.network.unclog(1, 2);
  world.node(1).send(conn, "a");
  run(1000);
  expect([delivered(logs[2]), world.network.effects.blocks]).toEqual([["a"], []]);
});

test("healAll ends every cut and no clog, unclogAll ends every clog", () => {
  const { world, logs, run } = testBed(3);
  const { network } = world;
  network.cut(1, 2);
  network.clog(1, 3);
  network.clog(2, 3);
  network.healAll();
  world.node(1).datagram(2, 5, "over the healed link");
  world.node(1).datagram(3, 5, "from-1");
  world.node(2).datagram(3, 5, "from-2");
  run(1000);
  expect([logs[2]?.length, logs[3]]).toEqual([1, []]);
  network.unclogAll();
  run(2000);
  expect(delivered(logs[3])).toEqual(["from-1", "from-2"]);
});

test("disconnect with a peer resets only the connections between the two nodes", () => {
  const { world, logs, run } = testBed(3);
  for (const to of [2, 2, 3]) world.node(1).connect(to, 1);
  world.node(2).connect(3, 1);
  run(1000);
  for (const log of logs) log?.splice(0);
  expect(world.network.disconnect(2, 1)).toBe(2);
  run(2000);
  expect([logs[1], logs[2], logs[3]]).toEqual([["1100 reset 1", "1100 reset 2"], ["1100 reset 1", "1100 reset 2"], []]);
});

test("disconnect without a peer resets every connection of the node and no other", () => {
  const { world, logs, run } = testBed(3);
  world.node(1).connect(2, 1);
  world.node(3).connect(1, 1);
  world.node(2).connect(3, 1);
  run(1000);
  for (const log of logs) log?.splice(0);
  expect(world.network.disconnect(1)).toBe(2);
  run(2000);
  expect([logs[2], logs[3]]).toEqual([["1100 reset 1"], ["1100 reset 2"]]);
  expect(world.network.effects.resetByScript).toBe(2);
});

test("disconnect by a close: each end receives the messages in flight, then the close, and can send no more", () => {
  const { world, logs, run, conn } = connectedBed();
  world.node(1).send(conn, "to 2");
  world.node(2).send(conn, "to 1");
  expect(world.network.disconnect(1, 2, "close")).toBe(1);
  for (const node of [1, 2]) world.node(node).send(conn, "after the close");
  run(1000);
  expect(logs[1]).toEqual([`300 message to 1 on ${conn} from 2`, `300 closed ${conn}`]);
  expect(logs[2]).toEqual([`300 message to 2 on ${conn} from 1`, `300 closed ${conn}`]);
  expect(world.network.effects.resetByScript).toBe(1);
});

test("disconnect by a close refuses a connection that its caller does not know to be open", () => {
  const { world, logs, run } = testBed(2);
  const conn = world.node(1).connect(2, 1);
  world.network.disconnect(1, 2, "close");
  run(1000);
  expect(logs[1]).toEqual([`100 refused ${conn}`]);
});

test("a message that matches a rule with the verdict close ends the connection after the messages before it", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.addRule(createRule(isText("b"), { kind: "close" }));
  for (const message of ["a", "b", "c"]) world.node(1).send(conn, message);
  run(1000);
  expect(logs[2]).toEqual([`300 message a on ${conn} from 1`, `300 closed ${conn}`]);
  expect(logs[1]).toEqual([`300 closed ${conn}`]);
  expect(world.network.effects.resetByRule).toBe(1);
});

test("the queue limit that is set applies to streams and datagrams, and can be read", () => {
  const { world, run, conn } = connectedBed();
  expect(world.network.queueLimit).toBe(Number.POSITIVE_INFINITY);
  world.network.queueLimit = 1;
  for (const message of ["a", "b"]) {
    world.node(1).datagram(2, 5, message);
    world.node(1).send(conn, message);
  }
  run(1000);
  const { lostByQueueLimit, resetByQueueLimit } = world.network.effects;
  expect([world.network.queueLimit, lostByQueueLimit, resetByQueueLimit]).toEqual([1, 1, 1]);
});

test("a shorter retransmission timeout resets a connection on a dead link earlier", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.rtoUs = 10;
  world.network.setCharacter(1, 2, { lossRate: 1 });
  world.node(1).send(conn, "never");
  run(10_000);
  // Six losses delay the message by 1 + 2 + 4 + 8 + 16 + 32 timeouts.
  expect([world.network.rtoUs, logs[1]]).toEqual([10, [`${200 + 63 * 10 + 100} reset 1`]]);
});

test("a link has the default character until it gets its own", () => {
  const { world } = testBed(2);
  const { network } = world;
  network.setCharacter(1, 2, { lossRate: 0.5 });
  network.setDefaultCharacter({ latencyMaxUs: 700 });
  expect(network.characterOf(1, 2)).toMatchObject({ latencyMinUs: 100, latencyMaxUs: 100, lossRate: 0.5 });
  expect(network.characterOf(2, 1)).toMatchObject({ latencyMinUs: 100, latencyMaxUs: 700, lossRate: 0 });
});

test("removing all rules delivers the messages that they hold", () => {
  const { world, logs, run, conn } = connectedBed();
  const hold = createRule<string>(() => true, { kind: "hold" });
  const exhausted = createRule<string>(isText("first"), { kind: "hold" }, 1);
  world.network.addRule(exhausted);
  world.network.addRule(hold);
  world.node(1).send(conn, "first");
  world.node(1).send(conn, "second");
  world.node(1).datagram(2, 5, "datagram");
  run(1000);
  expect(delivered(logs[2])).toEqual([]);
  world.network.removeAllRules();
  world.node(1).send(conn, "third");
  run(2000);
  expect(delivered(logs[2]).sort()).toEqual(["datagram", "first", "second", "third"]);
  expect([exhausted.hits, hold.hits]).toEqual([1, 2]);
});

for (const [direction, sender] of [
  ["from the caller", 1],
  ["to the caller", 2],
] as const) {
  test(`removing all rules resets a connection ${direction} that a dropped message silenced, and no other`, () => {
    const { world, logs, run, conn } = connectedBed();
    const healthy = world.node(1).connect(2, 1);
    world.network.addRule(createRule<string>(isText("dropped"), { kind: "drop" }));
    world.node(sender).send(conn, "dropped");
    run(1000);
    world.network.removeAllRules();
    world.node(1).send(healthy, "a");
    run(2000);
    expect(logs[1]?.at(-1)).toBe(`1100 reset ${conn}`);
    expect(logs[2]?.slice(-2)).toEqual([`1100 reset ${conn}`, `1100 message a on ${healthy} from 1`]);
  });
}

test("inFlight lists a stream message with its arrival time, and no opening or close of a connection", () => {
  const { world, conn } = connectedBed();
  world.node(1).connect(2, 1);
  world.node(2).send(conn, "a");
  world.node(2).close(conn);
  expect(world.network.inFlight()).toEqual([{ from: 2, to: 1, conn, message: "a", dueUs: 300 }]);
});

test("inFlight lists datagrams by arrival time, then sender, then receiver, and no other event", () => {
  const { world } = testBed(3);
  world.network.setCharacter(1, 2, { latencyMinUs: 500, latencyMaxUs: 500 });
  world.at(50, () => undefined, "script");
  world.node(2).datagram(3, 5, "d");
  world.node(1).datagram(2, 5, "slow");
  world.node(2).datagram(1, 5, "c");
  world.node(1).datagram(3, 5, "b");
  expect(world.network.inFlight().map(({ message, dueUs }) => `${dueUs} ${message}`)).toEqual([
    "100 b",
    "100 c",
    "100 d",
    "500 slow",
  ]);
});

test("inFlight lists held messages without an arrival time", () => {
  const { world, conn } = connectedBed();
  world.network.addRule(createRule<string>(isText("rule"), { kind: "hold" }));
  world.node(1).datagram(2, 5, "rule");
  world.node(1).send(conn, "rule");
  world.network.clog(2, 1);
  world.node(2).datagram(1, 5, "clog");
  expect(world.network.inFlight()).toEqual([
    { from: 1, to: 2, conn, message: "rule", dueUs: undefined },
    { from: 1, to: 2, conn: 0, message: "rule", dueUs: undefined },
    { from: 2, to: 1, conn: 0, message: "clog", dueUs: undefined },
  ]);
});
